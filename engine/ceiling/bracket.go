package ceiling

import (
	"math"

	"stampede/results"
)

// narrow settles the next load of a stage that goes by the majority of n: the
// middle of the bracket until it is as narrow as the stage asks, then its ends,
// until both hold by that majority. The ends come last because a middle that
// becomes one of them saves the trials that the old end would have taken, and
// is none too many if the other turns out wrong; the high one first, because
// what spoils a trial makes it bad.
func (s *Search) narrow(n int64, width float64, then results.TrialStage) {
	n = s.majority(n)
	low, high := s.votes.side(s.low, n), s.votes.side(s.high, n)
	switch {
	case s.low > 0 && s.high > 0 && !s.stepping && !s.narrowerThan(width):
		s.out = width
		s.bisect(n)
	case s.high > 0 && high == undecided:
		s.load = s.high
	case s.high > 0 && high == good:
		s.stepUp()
	case s.low > 0 && low == undecided:
		s.load = s.low
	case s.low > 0 && low == bad:
		s.stepDown()
	case s.stepping:
		s.stepping = false
	default:
		s.leave(then)
	}
}

// majority is how many trials decide: those of the stage, but one while the
// bracket is wide, which it is again after steps outward. That the smallest
// load is bad would end the search, so one trial never says it.
func (s *Search) majority(n int64) int64 {
	switch {
	case s.low == 0 && s.votes.side(s.high, 1) == bad:
		return max(n, 3)
	case s.stepping, s.low > 0 && s.high > 0 && !s.narrowerThan(s.o.Widths.Coarse):
		return 1
	}
	return n
}

// middle is the load half way through the bracket, on a logarithmic scale.
func (s *Search) middle() int64 { return snap(math.Sqrt(float64(s.low) * float64(s.high))) }

// narrowerThan reports whether the bracket has at most this width, or no load
// of the grid inside: between small loads there is no smaller step than one.
func (s *Search) narrowerThan(width float64) bool {
	m := s.middle()
	return float64(s.high-s.low) <= width*float64(s.high) || m <= s.low || m >= s.high
}

func (s *Search) bisect(n int64) {
	m := s.middle()
	switch s.votes.side(m, n) {
	case good:
		s.low = m
	case bad:
		s.high = m
	default:
		s.load = m
	}
}

// stepUp makes a high end that is good the low one.
func (s *Search) stepUp() {
	s.low = s.high
	s.high = 0
	if s.low < s.o.To {
		s.high = min(max(snap(float64(s.low)*math.Exp(s.out)), s.low+1), s.o.To)
		if known := s.votes.badAbove(s.low); known > 0 {
			s.high = min(s.high, known)
		}
	}
	s.lengthen()
}

// stepDown makes a low end that is bad the high one.
func (s *Search) stepDown() {
	s.high = s.low
	s.low = 0
	if s.high > s.o.From {
		s.low = max(min(snap(float64(s.high)*math.Exp(-s.out)), s.high-1), s.o.From)
	}
	s.lengthen()
}

// lengthen doubles the next step outward. The coarse stage, which steps by
// twice the load from the start, goes on doing so.
func (s *Search) lengthen() {
	s.stepping = true
	if s.stage != results.StageCoarse {
		s.out *= 2
	}
}

// leave goes on to the next stage, or out of the fine one to what a missing
// end of the bracket means.
func (s *Search) leave(then results.TrialStage) {
	switch {
	case then == results.StagePosterior && s.low == 0:
		s.end(results.CeilingBelow, results.ReasonMinLoad)
		return
	case then == results.StagePosterior && s.high == 0:
		s.beginConfirm(s.low)
		return
	case then == results.StageMiddle:
		s.out = s.o.Widths.Middle
	case then == results.StageFine:
		s.out = s.o.Widths.Fine
	}
	s.stage = then
}
