package scenario

import "time"

// track is one shape laid into the run: arrivals in groups of equal size
// (one group, or one a repetition of a burst), each group under the same law.
type track struct {
	shape   int32
	release Release
	start   time.Duration // of the first group
	every   time.Duration // from group to group
	group   int64         // arrivals in a group
	count   int64         // arrivals in all
	law     law           // of one group
	last    time.Duration // when the last arrival is due
	draws   []draws       // of each group; none where arrivals are even
	bursts  []int32       // index of each group among the schedule's bursts; none where it is no burst
}

// newTrack lays shape number i down at start.
func newTrack(s *Shape, i int, start time.Duration, seed uint64) track {
	l, n := s.law()
	t := track{shape: int32(i), start: start, group: n, count: n, law: l}
	if s.Kind == KindBurst {
		t.count, t.every, t.release = n*s.repeats(), s.Every, s.Release
	}
	if s.Arrivals == Poisson || s.Jitter > 0 && s.Kind == KindBurst {
		for r := range t.groups() {
			t.draws = append(t.draws, newDraws(substream(seed, i, r), n, l))
		}
	}
	if t.count > 0 {
		t.last = t.at(t.count - 1)
	}
	return t
}

func (t *track) groups() int64 {
	if t.group == 0 {
		return 0
	}
	return t.count / t.group
}

// law returns Λ of the shape, or of one repetition of it, and its whole count.
func (s *Shape) law() (law, int64) {
	switch s.Kind {
	case KindBurst:
		return spread{s.Count, s.spread()}, s.Count
	case KindSteady:
		l := newStairs(s.For, []Rate{s.Rate})
		return l, l.sum().whole
	case KindRamp:
		l := slope{s.From, s.To, s.Over}
		return l, l.count()
	case KindSteps:
		rates := make([]Rate, s.levels())
		for k := range rates {
			rates[k] = s.level(int64(k))
		}
		l := newStairs(s.Each, rates)
		return l, l.sum().whole
	case KindWave:
		l := swing{s.Low, s.High, s.Period, s.For}
		return l, l.count()
	case KindReplay:
		return tape(s.Offsets), int64(len(s.Offsets))
	}
	return tape(nil), 0
}

// at is when arrival i of the track is due.
func (t *track) at(i int64) time.Duration {
	g, k := i/t.group, i%t.group
	base := t.start + time.Duration(g)*t.every
	if t.draws == nil {
		return base + t.law.due(k)
	}
	w := t.draws[g].walk(k)
	return base + w.step()
}

// before is how many arrivals of the track are due before instant x.
func (t *track) before(x time.Duration) int64 {
	switch {
	case x <= t.start:
		return 0
	case x > t.last:
		return t.count
	case t.draws != nil:
		return t.drawnBefore(x)
	}
	low, high := int64(0), t.count
	for low < high {
		mid := low + (high-low)/2
		if t.at(mid) < x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// drawnBefore is before for arrivals at random. Groups don't overlap: all of
// those that begin before x are due before it, except in the last of them.
func (t *track) drawnBefore(x time.Duration) int64 {
	g := int64(0)
	if t.every > 0 {
		g = min(int64((x-t.start-1)/t.every), t.groups()-1)
	}
	return g*t.group + t.draws[g].before(x-t.start-time.Duration(g)*t.every)
}

// burstOf is the index among the schedule's bursts of arrival i, -1 if it is of none.
func (t *track) burstOf(i int64) int32 {
	if t.bursts == nil {
		return -1
	}
	return t.bursts[i/t.group]
}

// head is a place in a track: the arrival next is due at at.
type head struct {
	t    *track
	next int64
	at   time.Duration
	walk walker // inside the group of next, where arrivals are random
}

func newHead(t *track, i int64) head {
	h := head{t: t, next: i}
	if h.done() {
		return h
	}
	if t.draws == nil {
		h.at = t.at(i)
		return h
	}
	h.walk = t.draws[i/t.group].walk(i % t.group)
	h.look()
	return h
}

func (h *head) done() bool { return h.next >= h.t.count }

// look sets at from the walker.
func (h *head) look() {
	h.at = h.t.start + time.Duration(h.next/h.t.group)*h.t.every + h.walk.step()
}

// advance moves k arrivals on.
func (h *head) advance(k int64) {
	h.next += k
	switch {
	case h.done():
	case h.t.draws == nil:
		h.at = h.t.at(h.next)
	default:
		h.stroll(k)
	}
}

// stroll takes the walker to next, a new one if that is in another group.
func (h *head) stroll(k int64) {
	if g := h.next / h.t.group; g != (h.next-k)/h.t.group {
		h.walk = h.t.draws[g].walk(h.next % h.t.group)
		h.look()
		return
	}
	for range k - 1 {
		h.walk.step()
	}
	h.look()
}

// earlier orders arrivals by instant, and at one instant by shape.
func (h *head) earlier(o *head) bool {
	return h.at < o.at || h.at == o.at && h.t.shape < o.t.shape
}
