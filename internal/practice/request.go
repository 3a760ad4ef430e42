package practice

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// maxHead bounds a request head, and firstRead is what is set aside for one
// to begin with: most heads are a few hundred bytes, and in a burst thousands
// are awaited at once.
const (
	maxHead   = 64 << 10
	firstRead = 1 << 10
)

// A request is what the server needs to know of a valid upgrade request.
type request struct {
	key         string        // Sec-WebSocket-Key
	subprotocol string        // the first one offered; empty: none
	delay       time.Duration // X-Practice-Delay
}

// badRequest is a request answered with a status instead of an upgrade.
type badRequest struct {
	status int
	why    string
}

func (e *badRequest) Error() string { return fmt.Sprintf("practice: reading a request: %s", e.why) }

func malformed(why string) error { return &badRequest{400, why} }

// heads keeps buffers for request heads of the usual size.
var heads = sync.Pool{New: func() any { b := make([]byte, firstRead); return &b }}

// readRequest reads and parses one request head. It returns the bytes that
// arrived behind the head, if any. The error is a *badRequest or r's.
func readRequest(r io.Reader) (req request, behind []byte, err error) {
	first := heads.Get().(*[]byte)
	defer heads.Put(first)
	head, behind, err := readHead(r, *first)
	if err != nil {
		return request{}, nil, err
	}
	req, err = parseRequest(head)
	return req, bytes.Clone(behind), err
}

// readHead reads until the end of a head, into buf while it lasts and then
// into larger ones.
func readHead(r io.Reader, buf []byte) (head, behind []byte, err error) {
	for n := 0; ; {
		if n == len(buf) {
			buf = append(buf, make([]byte, min(len(buf), maxHead-n))...)
		}
		m, err := r.Read(buf[n:])
		from := max(0, n-3) // the end may straddle two reads
		n += m
		if end := headEnd(buf[:n], from); end >= 0 {
			return buf[:end], buf[end:n], nil
		}
		if n == maxHead {
			return nil, nil, &badRequest{431, "head over 64 KB"}
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// headEnd returns the offset just behind the empty line that ends a head, or
// −1, looking from an offset at most at the first byte of that line's
// predecessor's end. A line ends in CRLF or, as RFC 9112 §2.2 allows a
// recipient, in LF alone.
func headEnd(b []byte, from int) int {
	for i := from; ; {
		lf := bytes.IndexByte(b[i:], '\n')
		if lf < 0 {
			return -1
		}
		i += lf + 1
		if bytes.HasPrefix(b[i:], []byte("\n")) {
			return i + 1
		}
		if bytes.HasPrefix(b[i:], []byte("\r\n")) {
			return i + 2
		}
	}
}

// fields are the header fields an upgrade depends on, lists joined by commas
// (RFC 9110 §5.3).
type fields struct {
	host, upgrade, connection, key, version, subprotocols, delay string
	hosts, keys, versions                                        int // how often those appeared
}

// parseRequest reads a whole head and checks it as RFC 6455 §4.2.1 asks. The
// error is a *badRequest.
func parseRequest(head []byte) (request, error) {
	line, rest := cutLine(head)
	if err := checkRequestLine(line); err != nil {
		return request{}, err
	}
	var f fields
	for {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			return f.request()
		}
		if err := f.add(line); err != nil {
			return request{}, err
		}
	}
}

// cutLine returns the first line of b without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// checkRequestLine wants GET, a target and HTTP/1.1 (RFC 9112 §3).
func checkRequestLine(line []byte) error {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, ok := bytes.Cut(rest, []byte(" "))
	switch {
	case !ok || !printable(target) || len(target) == 0:
		return malformed("the first line is no request line")
	case string(version) == "HTTP/1.0":
		return &badRequest{426, "HTTP/1.0 can't be upgraded"}
	case string(version) != "HTTP/1.1":
		return malformed("the first line is no request line of HTTP/1.1")
	case string(method) != "GET":
		return &badRequest{405, "the method is not GET"}
	}
	return nil
}

// printable reports whether b is visible ASCII throughout.
func printable(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r <= ' ' || r > '~' })
}

// add takes in one header line (RFC 9112 §5).
func (f *fields) add(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(name) {
		return malformed("a header line has no valid name")
	}
	value = bytes.Trim(value, " \t") // and no CR: one that ends no line is refused (RFC 9112 §2.2)
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return malformed("a header value holds a control character")
		}
	}
	f.set(name, value)
	return nil
}

// set notes the value of a field that matters.
func (f *fields) set(name, value []byte) {
	switch {
	case is(name, "host"):
		f.host = string(value)
		f.hosts++
	case is(name, "upgrade"):
		f.upgrade += string(value) + ","
	case is(name, "connection"):
		f.connection += string(value) + ","
	case is(name, "sec-websocket-key"):
		f.key = string(value)
		f.keys++
	case is(name, "sec-websocket-version"):
		f.version = string(value)
		f.versions++
	case is(name, "sec-websocket-protocol"):
		f.subprotocols += string(value) + ","
	case is(name, "x-practice-delay"):
		f.delay = string(value)
	}
}

func is(name []byte, want string) bool {
	return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
}

// isToken reports whether b is a token (RFC 9110 §5.6.2).
func isToken(b []byte) bool {
	return len(b) > 0 && !bytes.ContainsFunc(b, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// request judges the fields of a complete head.
func (f *fields) request() (request, error) {
	if f.hosts != 1 {
		return request{}, malformed("there is not exactly one Host")
	}
	if !hasToken(f.upgrade, "websocket") || !hasToken(f.connection, "upgrade") {
		return request{}, &badRequest{426, "the request asks for no upgrade to websocket"}
	}
	if f.versions != 1 || f.version != "13" {
		return request{}, &badRequest{426, "Sec-WebSocket-Version is not 13"}
	}
	if key, err := base64.StdEncoding.DecodeString(f.key); f.keys != 1 || err != nil || len(key) != 16 {
		return request{}, malformed("Sec-WebSocket-Key is not 16 bytes in base64")
	}
	delay, ok := parseDelay(f.delay)
	if f.delay != "" && !ok {
		return request{}, malformed("X-Practice-Delay is no duration such as 20ms, from 0s to 24h")
	}
	offered, _, _ := strings.Cut(f.subprotocols, ",")
	offered = strings.Trim(offered, " \t")
	if offered != "" && !isToken([]byte(offered)) {
		return request{}, malformed("Sec-WebSocket-Protocol is no list of names")
	}
	return request{key: f.key, subprotocol: offered, delay: delay}, nil
}

// hasToken reports whether a comma-separated list holds the token, in any case.
func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// asBadRequest returns err's *badRequest, or nil.
func asBadRequest(err error) *badRequest {
	bad, _ := errors.AsType[*badRequest](err)
	return bad
}
