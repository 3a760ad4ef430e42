package scenario

import (
	"time"

	"stampede/results"
)

// Scenario is what a run does. Parse fills it from a file; who builds one
// from flags calls Validate before anything else.
type Scenario struct {
	Name        string
	Target      Target
	Data        []Data  // tables that templates draw from, in file order
	Load        []Shape // one after another, except those with At
	Search      Search  // for a ceiling
	Hold        Hold
	Ready       Ready
	EarlyClose  EarlyClose
	Timeouts    Timeouts
	Thresholds  []results.Threshold
	Variants    []Variant     // of the target, to be compared; none: there is one target
	Monitors    []Monitor     // looked at beside the load
	Seed        uint64        // of everything random in the schedule, and of {{uuid}}
	MaxDuration time.Duration // refuse a plan that takes longer, its hold included; zero: no such limit
	Force       bool          // the caps on counts, rates and lengths are lifted, as by Options.Force

	// EarlyCloseWithin is how soon after the 101 a close by the server makes
	// an attempt fail, with FailEarlyClose. Where it is zero, Parse and
	// Validate make it 1s, or the hold where that is shorter.
	EarlyCloseWithin time.Duration

	// MaskedSource is the file as it was read, with header values that are
	// secret replaced by ***; nil when there was no file.
	MaskedSource []byte

	// Secrets are what Masked hides, the longest first. Parse and Validate add
	// what they find.
	Secrets []string

	paths  []Template // of each URL: its path and query
	values []Template // of each header
}

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
