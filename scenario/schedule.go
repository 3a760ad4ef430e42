package scenario

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Arrival is one planned handshake.
type Arrival struct {
	N       int64         // its number, from 0 in the order of time
	At      time.Duration // when it is due, from the run's start
	Shape   int32         // index into Scenario.Load
	Burst   int32         // index into Schedule.Bursts; -1 outside any
	Release Release
}

// Burst is one repetition of a burst.
type Burst struct {
	At      time.Duration // its start
	Count   int64
	Within  time.Duration // over which its arrivals are spread; zero: all at once
	Jitter  bool          // spread at random, not evenly
	Release Release
	Shape   int32 // index into Scenario.Load
	First   int64 // number of its first arrival; the others may not follow at once where shapes overlap
}

// Schedule is every arrival of a scenario. It is immutable, and safe for use
// by several goroutines.
type Schedule struct {
	tracks []track
	total  int64
	end    time.Duration
	bursts []Burst
}

// Schedule lays the scenario's load out in time. The scenario must have
// passed Parse or Validate.
func (s *Scenario) Schedule() *Schedule {
	sc := &Schedule{}
	for i, start := range s.starts() {
		shape := &s.Load[i]
		sc.end = max(sc.end, start+shape.length())
		t := newTrack(shape, i, start, s.Seed)
		if t.count == 0 {
			continue
		}
		sc.total += t.count
		sc.tracks = append(sc.tracks, t)
	}
	sc.layBursts(s.Load)
	return sc
}

// starts is when each shape begins: at its At, or where the last shape
// without one ended.
func (s *Scenario) starts() []time.Duration {
	starts := make([]time.Duration, len(s.Load))
	var next time.Duration
	for i := range s.Load {
		shape := &s.Load[i]
		if shape.At != nil {
			starts[i] = *shape.At
			continue
		}
		starts[i] = next
		next += shape.length()
	}
	return starts
}

// layBursts lists the repetitions of every burst in the order of time and
// tells their tracks their numbers.
func (sc *Schedule) layBursts(load []Shape) {
	for k := range sc.tracks {
		t := &sc.tracks[k]
		shape := &load[t.shape]
		if shape.Kind != KindBurst {
			continue
		}
		t.bursts = make([]int32, 0, t.groups())
		for g := range t.groups() {
			sc.bursts = append(sc.bursts, Burst{
				At: t.start + time.Duration(g)*t.every, Count: t.group, Within: shape.spread(),
				Jitter: shape.Jitter > 0, Release: t.release, Shape: t.shape, First: sc.rank(t, g*t.group),
			})
		}
	}
	slices.SortStableFunc(sc.bursts, func(a, b Burst) int { return cmp.Compare(a.At, b.At) })
	of := make(map[int32]*track, len(sc.tracks))
	for k := range sc.tracks {
		of[sc.tracks[k].shape] = &sc.tracks[k]
	}
	for n, b := range sc.bursts {
		of[b.Shape].bursts = append(of[b.Shape].bursts, int32(n))
	}
}

// Len is the number of arrivals.
func (sc *Schedule) Len() int64 { return sc.total }

// End is when the last shape ends, counting pauses and levels of rate zero;
// no arrival is due later.
func (sc *Schedule) End() time.Duration { return sc.end }

// Bursts lists every repetition of every burst in the order of time, and at
// one instant in the order of shapes. Arrival.Burst is an index into it. The
// caller must not change it.
func (sc *Schedule) Bursts() []Burst { return sc.bursts }

// before is how many arrivals are due before instant x.
func (sc *Schedule) before(x time.Duration) int64 {
	n := int64(0)
	for k := range sc.tracks {
		n += sc.tracks[k].before(x)
	}
	return n
}

// rank is the number in the schedule of arrival i of track t: those due
// before it, and those due with it but of an earlier shape.
func (sc *Schedule) rank(t *track, i int64) int64 {
	x := t.at(i)
	n := i
	for k := range sc.tracks {
		switch o := &sc.tracks[k]; {
		case o.shape < t.shape:
			n += o.before(x + 1)
		case o.shape > t.shape:
			n += o.before(x)
		}
	}
	return n
}

// At is arrival n, 0 ≤ n < Len, found without walking there. It panics for
// any other n.
func (sc *Schedule) At(n int64) Arrival {
	if n < 0 || n >= sc.total {
		panic("scenario: no such arrival")
	}
	c := sc.Cursor(n, 1)
	a, _ := c.Next()
	return a
}

// heads returns the place in every track where arrival n is the next of all:
// the instant x of arrival n is the first with more than n arrivals due by
// then; tracks stand at x, and the n − before(x) arrivals at x itself that
// still come before n are passed in the order of shapes.
func (sc *Schedule) heads(n int64) []head {
	x := sc.instantOf(n)
	heads := make([]head, 0, len(sc.tracks))
	left := n - sc.before(x)
	for k := range sc.tracks {
		t := &sc.tracks[k]
		i := t.before(x)
		pass := min(left, t.before(x+1)-i)
		left -= pass
		if h := newHead(t, i+pass); !h.done() {
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b head) int {
		if a.earlier(&b) {
			return -1
		}
		return 1
	})
	return heads
}

// instantOf is when arrival n is due.
func (sc *Schedule) instantOf(n int64) time.Duration {
	low, high := time.Duration(0), sc.end
	for low < high {
		mid := low + (high-low)/2
		if sc.before(mid+1) > n {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Peak is the most arrivals in any half-open window of this length, such as
// a handshake's life for an estimate of descriptors. It is exact up to a
// million arrivals, and above that too large by at most two in a million of Len.
func (sc *Schedule) Peak(window time.Duration) int64 {
	if window <= 0 || sc.total == 0 {
		return 0
	}
	return sc.peak(window, max(1, sc.total>>20))
}

// peak looks at windows that begin at arrivals k·s, s the stride. A window
// beginning at an arrival from k·s up to the next sample, itself due at a(k+1)
// at the latest, holds no arrival before number k·s and none from the first
// sample due at a(k+1)+window on. For s = 1 the only start is a(k) itself.
func (sc *Schedule) peak(window time.Duration, s int64) int64 {
	starts, ends := sc.Cursor(0, s), sc.Cursor(0, s)
	last := time.Duration(math.MaxInt64)
	start, more := starts.Next()
	end, open := ends.Next()
	most := int64(0)
	for more {
		first, limit := start.N, start.At
		start, more = starts.Next()
		if s > 1 {
			limit = start.At
			if !more {
				limit = last - window
			}
		}
		for open && end.At < limit+window {
			end, open = ends.Next()
		}
		reach := sc.total
		if open {
			reach = end.N
		}
		most = max(most, reach-first)
	}
	return most
}
