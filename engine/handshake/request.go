package handshake

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Header is one header line of a request. Where Fill is set, it writes the
// value and Value is not used.
type Header struct {
	Name, Value string
	Fill        Filler
}

// Filler writes a part of the request that differs from attempt to attempt.
// What it writes must be fit for its place: NewRequest can't check it.
type Filler interface {
	AppendTo(dst []byte, n int64) []byte // the text for attempt n
	MaxLen() int                         // the most bytes that AppendTo appends
}

// RequestOptions says what a request asks for.
type RequestOptions struct {
	Target       string   // path and query, already percent-encoded; "" is "/"
	Host         string   // value of Host, with the port unless it is the scheme's own; required
	Headers      []Header // further header lines, sent in this order; none that the handshake itself writes
	Subprotocols []string // offered in this order of preference (RFC 6455 §4.1, item 10); empty offers none
	Extensions   string   // value of Sec-WebSocket-Extensions; "" offers none

	FillTarget          Filler // writes the target instead of Target
	SubprotocolRequired bool   // a 101 that selects none of Subprotocols is a fault
}

// Request is a compiled request: all of its bytes but the key. It is made once
// and used by any number of goroutines, for any number of handshakes.
type Request struct {
	text         []byte // the whole request, the key's place filled with dots
	key          int    // where the key goes
	holes        []hole // in the order of their places
	most         int    // the longest it can be
	required     bool   // a subprotocol must be selected
	subprotocols []string
	offers       []extension
}

// hole is a place in a request's text that a filler writes to.
type hole struct {
	at   int
	fill Filler
}

// OptionError is one fault of RequestOptions.
type OptionError struct {
	Field string // name of the field of RequestOptions
	Value string // what it holds, the secret part (a header's value) left out
	Fault string // what is wrong with it
}

// Error tells the whole fault in one line.
func (e *OptionError) Error() string {
	return "request " + e.Field + " " + strconv.Quote(e.Value) + ": " + e.Fault
}

// ownHeaders are the names the handshake writes itself.
var ownHeaders = []string{"host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
	"sec-websocket-protocol", "sec-websocket-extensions"}

// NewRequest checks o and compiles it. The error joins one *OptionError for
// every fault found. o is not kept.
func NewRequest(o RequestOptions) (*Request, error) {
	if o.Target == "" {
		o.Target = "/"
	}
	offers, ok := parseExtensions([]byte(o.Extensions))
	faults := o.faults()
	if !ok || !isText(o.Extensions) {
		faults = append(faults, &OptionError{"Extensions", o.Extensions, "not a list of extensions (RFC 6455 §9.1)"})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	r := &Request{subprotocols: slices.Clone(o.Subprotocols), offers: offers, required: o.SubprotocolRequired}
	r.compile(o)
	return r, nil
}

// faults checks everything but the extensions.
func (o *RequestOptions) faults() (faults []error) {
	report := func(field, value, fault string) {
		faults = append(faults, &OptionError{field, value, fault})
	}
	if o.Target[0] != '/' {
		report("Target", o.Target, "must start with a slash (RFC 9112 §3.2.1)")
	}
	if strings.ContainsFunc(o.Target, notInTarget) {
		report("Target", o.Target, "blanks, control characters, # and non-ASCII must be percent-encoded (RFC 3986 §2)")
	}
	switch {
	case o.Host == "":
		report("Host", o.Host, "must not be empty (RFC 6455 §4.1)")
	case strings.ContainsFunc(o.Host, notInHost):
		report("Host", o.Host, "must be a host and, if need be, a port (RFC 9110 §7.2)")
	}
	for _, h := range o.Headers {
		if fault := h.fault(); fault != "" {
			report("Headers", h.Name, fault)
		}
	}
	for i, s := range o.Subprotocols {
		switch {
		case !isToken(s):
			report("Subprotocols", s, "not a token (RFC 6455 §4.1)")
		case slices.Contains(o.Subprotocols[:i], s):
			report("Subprotocols", s, "offered twice (RFC 6455 §4.1)")
		}
	}
	return faults
}

func notInTarget(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }

func notInHost(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`/?#@\"<>,`, c) }

// fault says what is wrong with h; "" if nothing is.
func (h Header) fault() string {
	switch {
	case !isToken(h.Name):
		return "name is not a token (RFC 9110 §5.1)"
	case slices.Contains(ownHeaders, strings.ToLower(h.Name)):
		return "is written by the handshake itself"
	case !isText(h.Value):
		return "value holds a control character (RFC 9110 §5.5)"
	}
	return ""
}

// compile writes the request's text (RFC 6455 §4.1).
func (r *Request) compile(o RequestOptions) {
	b := append(r.text, "GET "...)
	fill := func(f Filler, text string) {
		if f == nil {
			b = append(b, text...)
			return
		}
		r.holes = append(r.holes, hole{len(b), f})
		r.most += f.MaxLen()
	}
	fill(o.FillTarget, o.Target)
	b = append(b, " HTTP/1.1\r\nHost: "+o.Host+
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "...)
	r.key = len(b)
	b = append(b, strings.Repeat(".", len(Key{}))+"\r\n"...)
	if len(o.Subprotocols) > 0 {
		b = append(b, "Sec-WebSocket-Protocol: "+strings.Join(o.Subprotocols, ", ")+"\r\n"...)
	}
	if o.Extensions != "" {
		b = append(b, "Sec-WebSocket-Extensions: "+o.Extensions+"\r\n"...)
	}
	for _, h := range o.Headers {
		b = append(b, h.Name+": "...)
		fill(h.Fill, h.Value)
		b = append(b, "\r\n"...)
	}
	r.text = append(b, "\r\n"...)
	r.most += len(r.text)
}

// Len returns the most bytes a request takes; without fillers each takes as many.
func (r *Request) Len() int { return r.most }

// AppendTo appends the whole request of attempt n with its key to dst, in
// place if dst has room for Len more bytes.
func (r *Request) AppendTo(dst []byte, key *Key, n int64) []byte {
	from, keyAt := 0, 0
	for _, h := range r.holes {
		if from <= r.key && r.key < h.at {
			keyAt = len(dst) + r.key - from
		}
		dst = append(dst, r.text[from:h.at]...)
		dst, from = h.fill.AppendTo(dst, n), h.at
	}
	if from <= r.key {
		keyAt = len(dst) + r.key - from
	}
	dst = append(dst, r.text[from:]...)
	copy(dst[keyAt:], key[:])
	return dst
}
