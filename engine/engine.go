// Package engine makes the load: shards of raw non-blocking sockets that
// start every arrival of a schedule at its instant, carry each handshake to
// exactly one outcome, hold what was established, and tell all of it to one
// recorder. Making load needs Linux; the rest of the package works anywhere.
package engine

import (
	"errors"
	"net/netip"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// ErrUnsupported is what Run returns on systems that can't make load.
var ErrUnsupported = errors.New("making load needs Linux (epoll, kernel receive stamps, TCP_INFO): run this in a Linux machine or container; check, report and gate work here")

// Config says what to run. It is not changed by Run.
type Config struct {
	Schedule        *scenario.Schedule
	Targets         []*Target
	Pick            func(n int64) int // the index in Targets of arrival n's target, a pure function; nil: the first
	Timeouts        scenario.Timeouts
	Hold            scenario.Hold
	Ready           scenario.Ready // what must come behind the 101; the zero value asks for nothing
	CloseWithin     time.Duration  // a connection that the server ends sooner than this after its 101 has failed; zero: none has
	SourceAddresses []netip.Addr   // dialled from in turn; empty: the kernel chooses
	Shards          int            // 0: one a CPU this process may use
	NoEvidence      bool           // do not ask the kernel (receive stamps, TCP_INFO): no lags but start_lag, no retransmissions

	// First and Stride pick a slice of the schedule: arrivals First,
	// First+Stride, … A zero Stride is the whole schedule.
	First, Stride int64

	// Begin says when offset zero is. It is called once, when everything is
	// made; lead is how much time the run wants to arm its first burst. Nil:
	// lead from that moment. An error of it ends Run, with nothing sent.
	Begin func(lead time.Duration) (time.Time, error)

	// Mask takes the secrets out of a text that answered arrival n, before it is
	// a sample. Shards call it, each from its own goroutine. Nil: nothing is secret.
	Mask func(n int64, text string) string

	Recorder Sink     // told of everything, from one goroutine
	Observe  Observer // may be nil
}

// Sink takes what a run tells. *results.Recorder is one.
type Sink interface {
	Attempt(a *results.Attempt)            // an arrival that has ended; a is the caller's again afterwards
	Close(c results.HeldClose)             // a held connection that has ended
	Sample(o results.Outcome, text string) // what a server sent, as an example of an outcome
	Warn(text string, n int64)             // n sightings of something odd
	Note(text string)                      // a sentence for the result's reader
}

// Observer is told how the run goes. Its methods are called from the
// goroutine that feeds the recorder, never while the recorder changes.
type Observer interface {
	// Attempt sees every attempt once, in the order of their ends within a shard.
	Attempt(a *results.Attempt)
	// Tick comes about ten times a second.
	Tick(l Live)
}

// Live is the state of a run at one moment.
type Live struct {
	Elapsed  time.Duration // since the run's start; negative while bursts are being armed
	InFlight int64         // started and not ended
	Held     int64         // established and open
	Open     int64         // sockets in use, those armed ahead and those closing included
}

// Report is what a finished run says beside what its recorder holds.
type Report struct {
	StartedAt   time.Time     // the instant of offset zero
	EndedAt     time.Time     // all arrivals ended, all connections closed
	Interrupted bool          // stopped by its context before the plan's end
	StoppedAt   time.Duration // when, if Interrupted
	Armed       int64         // arrivals whose socket was ready before their instant

	Checks   []results.Check  // of the host that made the load
	Counters map[string]int64 // how far the kernel's own counters moved: ListenOverflows, …
}
