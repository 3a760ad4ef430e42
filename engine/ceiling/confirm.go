package ceiling

import (
	"math"
	"time"

	"stampede/results"
	"stampede/results/stats"
)

// posterior is what all votes say; both ends of the bracket are known.
func (s *Search) posterior() stats.HalfPoint {
	low, high := s.bracket()
	return stats.NewHalfPoint(s.votes.shots(), float64(low), float64(high))
}

// sharpen adds trials alternately below and above the middle of the interval,
// by three eighths of its width, until it is narrow. Nearer to the middle they
// tell less of how soft the edge is, further out less of where it is.
func (s *Search) sharpen() {
	p := s.posterior()
	if s.sharp(p) {
		s.beginConfirm(snapDown(p.Low))
		return
	}
	apart := math.Pow(p.High/p.Low, 0.375)
	below, above := snap(p.Median/apart), snap(p.Median*apart)
	if below == above {
		below = int64(p.Median)
		above = below + 1
	}
	s.load = s.within(below)
	if s.added%2 == 1 {
		s.load = s.within(above)
	}
}

// sharp reports whether the interval is narrow, or has to do: between whole
// loads next to each other nothing can be tried, and what is left of the
// budget is for one confirmation.
func (s *Search) sharp(p stats.HalfPoint) bool {
	return p.High-p.Low <= s.o.Widths.Interval*p.Median ||
		math.Floor(p.High)-math.Floor(p.Low) <= 1 ||
		s.valid >= min(enoughTrials, s.o.Trials-confirmTrials) ||
		s.o.Duration > 0 && s.o.Duration-s.spent <= confirmTrials*s.meanTrial()
}

// meanTrial is how long a trial takes, with the wait before it.
func (s *Search) meanTrial() time.Duration { return s.spent / time.Duration(max(len(s.trials), 1)) }

// within is the load of the range that is nearest to a load.
func (s *Search) within(load int64) int64 { return min(max(load, s.o.From), s.o.To) }

func (s *Search) beginConfirm(load int64) {
	s.stage = results.StageConfirm
	s.attempt++
	s.confirmed = results.Votes{Load: s.within(load)}
	s.pooled = 0
}

// confirm settles the next load of the confirming stage: the same until its
// trials say something, then, once, one width further down.
func (s *Search) confirm() {
	switch s.ruling() {
	case undecided:
		s.load = s.confirmed.Load
	case bad:
		if s.attempt == confirmations || s.confirmed.Load == s.o.From {
			s.end(results.CeilingInconclusive, results.ReasonUnstable)
			return
		}
		s.beginConfirm(s.lower(s.confirmed.Load))
	case good:
		if s.high == 0 {
			s.end(results.CeilingAtLeast, results.ReasonMaxLoad)
			return
		}
		s.status = results.CeilingConfirmed
		s.beginShortRest()
	}
}

// shortRests is how many trials with little rest a search may end with: only
// bursts have a rest between them.
func (s *Search) shortRests() int {
	if s.o.Of != results.LoadBurst {
		return 0
	}
	return results.ShortRestTrials
}

// beginShortRest goes on to a trial with little rest, if anything is left of
// the budget. What was confirmed stays so.
func (s *Search) beginShortRest() {
	if s.shortRests() > 0 && !s.overBudget() {
		s.stage, s.load = results.StageShortRest, s.confirmed.Load
	}
}

// hurry takes a trial with little rest. Only one that is bad asks for another;
// one that this host limited says nothing, and is not worth making again.
func (s *Search) hurry(t results.Trial) {
	if s.load = 0; !t.Valid {
		return
	}
	s.hurried.Of++
	if !t.Good && s.hurried.Of < results.ShortRestTrials {
		s.load = s.confirmed.Load
	}
}

// lower is one width below a load that did not pass, or the lower end of the
// interval if its trials have moved that further down.
func (s *Search) lower(load int64) int64 {
	down := min(snapDown(float64(load)*(1-s.o.Widths.Fine)), load-1)
	if s.high > 0 {
		down = min(down, snapDown(s.posterior().Low))
	}
	return down
}

// ruling is what the trials of this confirmation say.
func (s *Search) ruling() side {
	c := s.confirmed
	failed, length := c.Of-c.Good, max(c.Of, confirmTrials)
	lost := float64(failed) > (1-confirmShare)*float64(length)+1e-9
	passed := c.Of >= confirmTrials
	if s.o.Strict {
		lost = stats.BinomialTail(longestConfirm-failed, longestConfirm, 0.5) > 0.05
		passed = stats.Above(c.Good, c.Of, 0.5, 0.95)
	}
	switch {
	case lost:
		return bad
	case passed && (s.pooled >= s.o.Pooled || c.Of >= longestConfirm):
		return good
	case c.Of >= longestConfirm:
		return bad
	}
	return undecided
}

// confirmLength bounds the trials of one confirmation.
func (s *Search) confirmLength() int {
	if s.o.Strict || s.o.Pooled > 0 {
		return longestConfirm
	}
	return confirmTrials
}
