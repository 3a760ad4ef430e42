package results

import (
	"fmt"
	"time"
)

// Finding is one sentence about what happened, drawn from evidence.
type Finding struct {
	Name  string  `json:"name"`  // a stable word, as "accept_queue_full"
	Text  string  `json:"text"`  // what was seen and what it suggests
	Share float64 `json:"share"` // of the arrivals; for held connections, of those
	Next  string  `json:"next"`  // what to look at next
}

// Kernel is what a caller knows of the kernel that made the load. The zero
// value is a kernel nobody knows.
type Kernel struct {
	SYNSteps  []time.Duration // when a SYN is sent again, counted from the first; see SYNSteps
	Somaxconn int             // net.core.somaxconn, the most a listen queue here may be; 0: unknown

	// Moved is how far its counters of TCP moved during the run, by name, as
	// "ListenOverflows"; one that stood still is left out. nil: unknown.
	Moved map[string]int64
}

// SYNSteps returns when Linux sends a SYN again that nobody answers, counted
// from the first: after each of linearTimeouts + 1 steps of initialRTO, then
// after steps that double, up to 32 of it. linearTimeouts is
// net.ipv4.tcp_syn_linear_timeouts, 4 by default since Linux 6.5, and 0 for
// older kernels; the initial timeout is 1 s (RFC 6298 §2.1).
func SYNSteps(linearTimeouts int, initialRTO time.Duration) []time.Duration {
	var steps []time.Duration
	var at time.Duration
	step := func(d time.Duration) {
		at += d
		steps = append(steps, at)
	}
	for range max(linearTimeouts, 0) + 1 {
		step(initialRTO)
	}
	for factor := time.Duration(2); factor <= 32; factor *= 2 {
		step(factor * initialRTO)
	}
	return steps
}

// Explain says what happened in a run, as far as its evidence shows: each
// finding with its share and what to look at next, in a fixed order. It is
// silent where the evidence is thin. Unless a finding says otherwise it takes
// fewestSeen attempts, and of those that it is about most must agree.
func Explain(r *Result, k Kernel) []Finding {
	e := explainer{Result: r, kernel: k}
	happened, event := e.happened()
	e.event = event
	var list []Finding
	for _, look := range []func() (Finding, bool){
		e.ownLimit, e.acceptQueue, e.halfOpen, func() (Finding, bool) { return happened, event }, e.fixedAge, e.admission, e.refusedInPart, e.notListening, e.closedAtOnce,
		e.unanswered, e.oneByOne, e.slowPhase, e.deadline, e.closedOnOpen, e.closedWhileHeld,
		e.saturated, e.plateau, e.losses, e.unread,
	} {
		if f, seen := look(); seen {
			list = append(list, f)
		}
	}
	return copied(list)
}

// fewestSeen is how many attempts a finding takes at least, most what share of
// those it is about must agree, and atOnce how long an answer may take that
// nobody worked for.
const (
	fewestSeen = 5
	most       = 0.8
	atOnce     = 100 * time.Millisecond
)

type explainer struct {
	*Result
	kernel Kernel
	event  bool // what failed is told as something that happened; see happened
}

func (e explainer) share(n int64) float64 {
	if e.Arrivals == 0 {
		return 0
	}
	return float64(n) / float64(e.Arrivals)
}

// ages returns how old the attempts of a row became.
func (o *OutcomeRow) ages() sparse {
	s, _ := parseSparse(o.Ages) // held to on reading
	return s
}

// cluster looks for a timer: the age before which next to none of the most
// values lie that come within a tenth of one another, and how many these are.
// A timer is never early, and late by as much as its host is busy.
func (s *sparse) cluster() (at time.Duration, n int64) {
	var from int
	for i, c := range s.counts {
		var near int64
		to := bucketFrom(s.from+i) * 11 / 10
		for j := i; j < len(s.counts) && bucketFrom(s.from+j) <= to; j++ {
			near += int64(s.counts[j])
		}
		if c > 0 && near > n {
			from, n = i, near
		}
	}
	early := n / 10 // of others, that happen to come shortly before
	for i := from; i < len(s.counts); i++ {
		if early -= int64(s.counts[i]); early < 0 {
			return (bucketFrom(s.from+i) + bucketFrom(s.from+i+1)) / 2, n
		}
	}
	return 0, 0
}

// fast reports whether most of s came at once.
func (s *sparse) fast() bool { return s.within(atOnce) }

// within reports whether most of s took less than d.
func (s *sparse) within(d time.Duration) bool { return s.below(d) >= most*float64(s.total()) }

// about writes a duration to two digits: what is suggested is no measurement.
func about(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 100 {
		unit *= 10
	}
	return formatDuration(d.Round(unit))
}

func percentOf(part, whole int64) string {
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(max(whole, 1)))
}
