package probe

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"stampede/results"
)

// Schema names the form of a Probe as JSON. Its keys are a contract.
const Schema = "stampede/probe/v1"

// Probe is all that one handshake told. Times count from StartedAt.
type Probe struct {
	Schema     string     `json:"schema"`
	URL        string     `json:"url"`
	StartedAt  time.Time  `json:"started_at"`
	Timeout    Duration   `json:"timeout_ns"`
	Outcome    Outcome    `json:"outcome"`
	Steps      []Step     `json:"steps"`            // in the order they began; those that did not begin are absent
	Resolution Resolution `json:"resolve"`          // of the proxy, if there is one; zero for a Unix socket
	Connects   []Connect  `json:"connects"`         // one an address, in the resolver's order
	Proxy      *Proxy     `json:"proxy,omitempty"`  // nil if the target was dialled directly, or no proxy was reached
	TLS        *TLS       `json:"tls,omitempty"`    // nil for ws://, and where TLS did not begin
	Request    Request    `json:"request"`          // as it was or would have been sent
	Reply      *Reply     `json:"reply,omitempty"`  // nil if not a byte came
	Checks     []Check    `json:"checks,omitempty"` // the rules of a 101
	Hops       []Hop      `json:"hops,omitempty"`   // who answered, the likeliest first
	Ready      *Answer    `json:"ready,omitempty"`  // nil without a ready check, and where it did not begin
	Trials     []Trial    `json:"trials,omitempty"` // further handshakes, each on a connection of its own
	Hints      []Hint     `json:"hints"`            // what it means; empty if there is nothing to say
	Curl       string     `json:"curl,omitempty"`   // set by who wants it
}

// Duration is a span of time; in files nanoseconds.
type Duration = time.Duration

// Outcome is how the handshake ended.
type Outcome struct {
	Kind   results.Kind   `json:"outcome"`
	Phase  results.Phase  `json:"phase,omitempty"`
	Status uint16         `json:"status,omitempty"`
	Reason results.Reason `json:"reason,omitempty"`
	Detail string         `json:"detail,omitempty"` // what exactly was wrong; "" if there is no more to say
}

// Name is the outcome's word, as results.Outcome has it.
func (o Outcome) Name() string {
	return results.Outcome{Kind: o.Kind, Phase: o.Phase, Status: o.Status, Reason: o.Reason}.Name()
}

func outcomeOf(o results.Outcome, detail string) Outcome {
	return Outcome{o.Kind, o.Phase, o.Status, o.Reason, detail}
}

// Established reports whether the handshake ended in a valid 101, and in the
// answer waited for if there was a ready check.
func (p *Probe) Established() bool { return p.Outcome.Kind == results.Established }

// Step names.
const (
	StepResolve = "resolve" // the name look-up
	StepConnect = "connect" // TCP, to the address that was used
	StepProxy   = "proxy"   // asking the proxy for the target, and its answer
	StepTLS     = "tls"
	StepSend    = "send"    // writing the request
	StepWait    = "wait"    // from the request's last byte to the reply's first
	StepReceive = "receive" // from there to the end of the head
	StepReady   = "ready"   // from the 101 to the answer waited for
)

// Step is one stretch of the handshake.
type Step struct {
	Name  string   `json:"name"`
	Start Duration `json:"start_ns"` // since StartedAt
	Took  Duration `json:"took_ns"`
}

// took returns how long a step took; ok is false if it never began.
func (p *Probe) took(name string) (took time.Duration, ok bool) {
	for _, s := range p.Steps {
		if s.Name == name {
			return s.Took, true
		}
	}
	return 0, false
}

// Resolution is what the name look-up gave.
type Resolution struct {
	Name  string   `json:"name"` // what was looked up, or the address that needed no look-up
	IPv4  []string `json:"ipv4,omitempty"`
	IPv6  []string `json:"ipv6,omitempty"`
	Error string   `json:"error,omitempty"`
	// NotFound says that the name is known not to exist, or to have no address
	// of the kind asked for, as opposed to a resolver that failed.
	NotFound bool `json:"not_found,omitempty"`
}

// State is what became of a connect.
type State string

// The states.
const (
	Open        State = "open"
	Refused     State = "refused"     // answered with a reset: nothing listens there
	Filtered    State = "filtered"    // no answer at all
	Unreachable State = "unreachable" // no route, or a router said so
	Failed      State = "failed"      // anything else; Error says what
	Untried     State = "untried"     // beyond the first 16 addresses
)

// Connect is the attempt at one address.
type Connect struct {
	Address string   `json:"address"`
	State   State    `json:"state"`
	Took    Duration `json:"took_ns"`
	Used    bool     `json:"used,omitempty"` // the handshake went on here
	Error   string   `json:"error,omitempty"`
}

// Header is a header field as sent or received, its secret part masked.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Request is the upgrade request.
type Request struct {
	Sent         bool     `json:"sent"`
	Target       string   `json:"target"`           // path and query
	Host         string   `json:"host"`             // value of Host
	Origin       string   `json:"origin,omitempty"` // "" if none was sent
	Subprotocols []string `json:"subprotocols,omitempty"`
	Size         int      `json:"size"` // bytes
	Head         string   `json:"head"`
	Headers      []Header `json:"headers"`
}

// Reply is what came back, as far as it came.
type Reply struct {
	Status      int      `json:"status,omitempty"`  // 0 if it is no HTTP reply or not whole
	Head        string   `json:"head"`              // all heads, interim ones too
	HeadSize    int      `json:"head_size"`         // bytes
	Headers     []Header `json:"headers,omitempty"` // of the final head
	Interim     int      `json:"interim,omitempty"` // interim replies before it
	Whole       bool     `json:"whole"`             // the final head came to its end
	Body        string   `json:"body,omitempty"`    // behind a refusal: its first 4 KB
	BodySize    int      `json:"body_size,omitempty"`
	Behind      int      `json:"behind,omitempty"`       // bytes behind a 101 within a tenth of a second
	BehindIs    string   `json:"behind_is,omitempty"`    // what they are: frames, a close frame, or what is no frame
	CloseCode   int      `json:"close_code,omitempty"`   // of a close frame right behind a 101; 1005 if it has none
	CloseReason string   `json:"close_reason,omitempty"` // the text in that frame
	Ended       string   `json:"ended,omitempty"`        // closed or reset: how the connection ended within a tenth of a second of a 101; "" if it did not
	Warnings    []string `json:"warnings,omitempty"`     // oddities that don't make it invalid
}

// value returns the first value of the header called name, in lower case.
func (r *Reply) value(name string) string {
	if r == nil {
		return ""
	}
	return headerValue(r.Headers, name)
}

// has reports whether the header called name, in lower case, holds a text in
// lower case.
func (r *Reply) has(name, text string) bool {
	return strings.Contains(strings.ToLower(r.value(name)), text)
}

// Check is one rule a 101 must keep.
type Check struct {
	Rule     string         `json:"rule"`
	OK       bool           `json:"ok"`
	Received string         `json:"received"` // "" if nothing was
	Want     string         `json:"want"`
	Fault    results.Reason `json:"fault,omitempty"`
	Slip     string         `json:"slip,omitempty"` // how a server comes to the value received; "" if it can't be told
}

// Trial is a further handshake with one thing changed.
type Trial struct {
	Change   string   `json:"change"` // what was changed, for people
	About    string   `json:"about"`  // TrialVersion or TrialOrigin
	Value    string   `json:"value"`  // the version or the Origin sent; "" for none
	Outcome  Outcome  `json:"outcome"`
	Versions []string `json:"versions,omitempty"` // Sec-WebSocket-Version of the reply
}

// What a trial is about.
const (
	TrialVersion = "version"
	TrialOrigin  = "origin"
)

// WriteJSON writes p as one indented document.
func (p *Probe) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(p)
}
