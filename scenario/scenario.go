package scenario

import (
	"net/netip"
	"time"

	"stampede/results"
)

// Practice is the target URL that stands for the practice server, started
// as a child of the run.
const Practice = "practice"

// Scenario is what a run does. Parse fills it from a file; who builds one
// from flags calls Validate before anything else.
type Scenario struct {
	Name        string
	Target      Target
	Load        []Shape // one after another, except those with At
	Hold        Hold
	Timeouts    Timeouts
	Thresholds  []results.Threshold
	Seed        uint64        // of everything random in the schedule
	MaxDuration time.Duration // refuse a plan that takes longer, its hold included; zero: no such limit
	Force       bool          // the caps on counts, rates and lengths are lifted, as by Options.Force

	// MaskedSource is the file as it was read, with header values that are
	// secret replaced by ***; nil when there was no file.
	MaskedSource []byte

	secrets []string // longest first
}

// Target is where handshakes go and what they carry.
type Target struct {
	URL             string       // ws://…, or Practice
	Practice        []Setting    // of the practice server, in file order; only with URL Practice
	Headers         []Header     // sent with every handshake in this order
	Subprotocols    []string     // offered in this order (RFC 6455 §4.1)
	ConnectTo       string       // host:port to dial instead of the URL's; Host stays the URL's; empty: the URL's
	SourceAddresses []netip.Addr // local addresses used in turn; none: the kernel chooses
}

// Setting is one setting of the practice server, such as capacity 300. The
// key "fault" may come several times, with values such as "504=1%".
type Setting struct{ Key, Value string }

// Header is a header field of the upgrade request.
type Header struct{ Name, Value string }

// CloseMode is how a held connection is ended.
type CloseMode uint8

// The ways to close.
const (
	Clean CloseMode = iota // a close frame and an orderly TCP close (RFC 6455 §7.1.1)
	Reset                  // a TCP reset, as a client does that vanishes
)

// String returns the word files use.
func (c CloseMode) String() string { return word(closeWords, int(c)) }

// Hold says what happens to an established connection.
type Hold struct {
	For       time.Duration // zero: closed as soon as it is established
	PingEvery time.Duration // zero: no pings
	Close     CloseMode
}

// Timeouts are the deadlines of one attempt. A zero field takes its default
// in Parse and Validate.
type Timeouts struct {
	Connect time.Duration // TCP; 5s by default
	TLS     time.Duration // TLS; 5s by default
	Total   time.Duration // from start to established; 10s by default
}

func (t *Timeouts) fillDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&t.Connect, 5 * time.Second}, {&t.TLS, 5 * time.Second}, {&t.Total, 10 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
}

// word returns words[i], or "invalid" when there is none.
func word(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return "invalid"
}
