package results

import (
	"cmp"
	"slices"
	"time"
)

// CloseKind is how a held connection ended. The zero value is invalid.
type CloseKind uint8

// The ways to end, first our own, then the server's.
const (
	_           CloseKind = iota
	CleanClose            // ours, with a whole closing handshake (RFC 6455 §7.1.2)
	ForcedClose           // ours, without waiting for the server's part, or having waited in vain
	ResetClose            // ours, by RST, as the scenario asked
	CodeEarly             // the server's, with a close frame
	EOFEarly              // the server's, FIN without a close frame
	ResetEarly            // the server's, RST without a close frame
	FrameError            // ours, because the server sent what is no frame
	numCloseKinds
)

var closeNames = [numCloseKinds]string{"invalid", "clean", "forced", "reset", "code", "eof", "reset", "frame_error"}

// String returns the word files carry; beside its code it needs no owner.
func (k CloseKind) String() string {
	if k < numCloseKinds {
		return closeNames[k]
	}
	return closeNames[0]
}

// Early reports whether the connection ended by the server's doing.
func (k CloseKind) Early() bool { return k >= CodeEarly }

// HeldClose is the end of a held connection.
type HeldClose struct {
	At   time.Duration // instant, as offset from the run's start
	Age  time.Duration // since it was established
	Kind CloseKind
	Code uint16 // for early kinds: the close frame's code (RFC 6455 §7.4), 1006 if there was none
}

// Held is what became of the connections that were kept open.
type Held struct {
	Peak        int64         `json:"peak"`         // most open at the end of a PeakStep
	PeakStep    time.Duration `json:"peak_step_ns"` // resolution of Peak
	Opened      int64         `json:"opened"`
	Closed      HeldClosed    `json:"closed"`       // by us
	ClosedEarly []EarlyClose  `json:"closed_early"` // by the server, by code
	EarlyAge    Figures       `json:"early_age"`    // age of those
}

// HeldClosed counts the connections that we closed.
type HeldClosed struct {
	Clean  int64 `json:"clean"`  // CleanClose
	Forced int64 `json:"forced"` // ForcedClose
	Reset  int64 `json:"reset"`  // ResetClose
}

// EarlyClose counts the connections that the server closed in one manner.
type EarlyClose struct {
	Code  uint16 `json:"code"` // 1006: no close frame
	How   string `json:"how"`  // code, eof, reset or frame_error
	Count int64  `json:"count"`
}

// The level of open connections is kept in steps of 10 ms up to maxLevels of
// them (44 minutes in 1 MB); a longer run doubles the step.
const (
	maxLevels  = 1 << 18
	firstLevel = 10 * time.Millisecond
)

// levels is a count that goes up and down, kept as its change per step: any
// order of events gives the same levels. Empty and ready at its zero value.
type levels struct {
	step    time.Duration
	changes []int32
}

func (l *levels) add(at time.Duration, change int32) {
	if l.step == 0 {
		l.step = firstLevel
	}
	at = max(at, 0)
	for at/l.step >= maxLevels {
		l.double()
	}
	i := int(at / l.step)
	if i >= len(l.changes) {
		l.changes = append(l.changes, make([]int32, i+1-len(l.changes))...)
	}
	l.changes[i] += change
}

func (l *levels) double() {
	for i, c := range l.changes {
		l.changes[i] = 0
		l.changes[i/2] += c
	}
	l.changes = l.changes[:(len(l.changes)+1)/2]
	l.step *= 2
}

// peak is the highest level at the end of a step.
func (l *levels) peak() (peak int64) {
	var level int64
	for _, c := range l.changes {
		level += int64(c)
		peak = max(peak, level)
	}
	return peak
}

func (l *levels) merge(o *levels) {
	for i, c := range o.changes {
		l.add(time.Duration(i)*o.step, c)
	}
	for len(o.changes) > 0 && l.step < o.step {
		l.double()
	}
}

// heldTally accumulates Held.
type heldTally struct {
	level  levels
	opened int64
	closed HeldClosed
	early  []EarlyClose
	age    histogram
}

func (h *heldTally) close(c HeldClose) {
	h.level.add(c.At, -1)
	switch c.Kind {
	case CleanClose:
		h.closed.Clean++
	case ForcedClose:
		h.closed.Forced++
	case ResetClose:
		h.closed.Reset++
	default:
		h.closeEarly(c)
	}
}

func (h *heldTally) closeEarly(c HeldClose) {
	if h.age.buckets == nil {
		h.age.low, h.age.high = lowestAge, highestAge
	}
	h.age.record(c.Age)
	h.early = addEarlyClose(h.early, EarlyClose{Code: c.Code, How: c.Kind.String(), Count: 1})
}

// open is how many have not ended.
func (h *heldTally) open() int64 { return h.opened - h.closed.total() - h.age.count() }

func (c HeldClosed) total() int64 { return c.Clean + c.Forced + c.Reset }

func (c HeldClosed) plus(o HeldClosed) HeldClosed {
	return HeldClosed{c.Clean + o.Clean, c.Forced + o.Forced, c.Reset + o.Reset}
}

func addEarlyClose(list []EarlyClose, e EarlyClose) []EarlyClose {
	for i := range list {
		if list[i].Code == e.Code && list[i].How == e.How {
			list[i].Count += e.Count
			return list
		}
	}
	return append(list, e)
}

func (h *heldTally) merge(o *heldTally) {
	h.level.merge(&o.level)
	h.opened += o.opened
	h.closed = h.closed.plus(o.closed)
	for _, e := range o.early {
		h.early = addEarlyClose(h.early, e)
	}
	_ = h.age.merge(&o.age) // the same range by construction
}

func (h *heldTally) result() Held {
	early := slices.Clone(h.early)
	sortEarly(early)
	return Held{
		Peak: h.level.peak(), PeakStep: max(h.level.step, firstLevel), Opened: h.opened,
		Closed: h.closed, ClosedEarly: copied(early),
	}
}

func sortEarly(list []EarlyClose) {
	slices.SortFunc(list, func(a, b EarlyClose) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.How, b.How))
	})
}
