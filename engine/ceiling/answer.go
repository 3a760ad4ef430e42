package ceiling

import (
	"slices"

	"stampede/results"
	"stampede/results/stats"
)

// Answer returns what is known now. Of a search that is not over that is
// inconclusive, reason interrupted, with the bounds and the interval so far.
// The result shares nothing with the search.
func (s *Search) Answer() *results.Ceiling {
	c := &results.Ceiling{
		Of: s.o.Of, Unit: s.o.Of.Unit(), Status: s.status, Reason: s.reason,
		From: s.o.From, To: s.o.To, CappedBy: s.o.CappedBy, Duration: s.spent,
		Trials: append([]results.Trial{}, s.trials...),
	}
	if !s.over() {
		c.Reason = results.ReasonInterrupted
	}
	if c.Reason == results.ReasonGeneratorLimited {
		c.LimitedAt = s.trials[len(s.trials)-1].Load
	}
	c.LastGood, c.FirstBad = s.bounds()
	if s.attempt > 0 {
		votes := s.confirmed
		c.Confirmed = &votes
	}
	s.estimate(c)
	c.LimitedBy = limitedBy(c)
	c.Diagnose()
	return c
}

// bounds are the relevant bounds by the largest majority that has both;
// without one, whatever single trials say.
func (s *Search) bounds() (lastGood, firstBad *results.Votes) {
	for _, n := range []int64{5, 3, 1} {
		if lastGood, firstBad = s.votes.bounds(n); lastGood != nil && firstBad != nil {
			break
		}
	}
	return lastGood, firstBad
}

// bracket is the pair of ends so far; 0 is an end that is not known. Low is
// below high.
func (s *Search) bracket() (low, high int64) {
	switch s.stage {
	case results.StagePosterior, results.StageConfirm, results.StageShortRest:
		return s.low, s.high
	}
	lastGood, firstBad := s.bounds()
	if lastGood != nil {
		low = lastGood.Load
	}
	if firstBad != nil {
		high = firstBad.Load
	}
	return low, high
}

// estimate fills the value and its interval: from all trials once both ends
// are known, else from the ends themselves. The ceiling is the largest whole
// load below the half point, so every figure is rounded down.
func (s *Search) estimate(c *results.Ceiling) {
	low, high := s.bracket()
	if low == 0 || high == 0 {
		c.Value, c.Low, c.High = low, low, high
		if c.Status == results.CeilingAtLeast {
			c.Value, c.Low = c.Confirmed.Load, c.Confirmed.Load
		}
		return
	}
	p := s.posterior()
	c.Value, c.Low, c.High = int64(p.Median), int64(p.Low), int64(p.High)
	if c.Status == results.CeilingConfirmed {
		c.Low = min(c.Low, c.Confirmed.Load)
	}
	c.Scale, c.Spoilt = p.Scale, p.Spoilt
	c.Soft = p.Scale > softScale
	c.SafeLoad = safeLoad(p)
}

const (
	// softScale is the s from which on there is no edge to speak of: between
	// loads at which a quarter and three quarters of the trials fail lies a fifth.
	softScale = 0.08

	// spoiltShare is the g beyond which no load is safe. One spoilt trial in a
	// search does not reach it.
	spoiltShare = 0.08
)

// safeLoad is where 95 % of the trials pass that nothing else spoils, 0 if too
// many are spoilt to say so.
func safeLoad(p stats.HalfPoint) int64 {
	if p.Spoilt > spoiltShare {
		return 0
	}
	return int64(p.Passing(0.95))
}

// limitedBy is the goal that failed most often in the bad trials nearest above
// the ceiling: up to a quarter above the interval, or if there are none, in all
// of them. Of goals that failed as often it is the one asked for first.
func limitedBy(c *results.Ceiling) string {
	bad := slices.DeleteFunc(c.Valid(), func(t results.Trial) bool { return t.Good || t.Load < c.Low })
	near := slices.DeleteFunc(slices.Clone(bad), func(t results.Trial) bool { return t.Load > c.High+c.High/4 })
	if len(near) > 0 {
		bad = near
	}
	failed := map[string]int{}
	most := ""
	for _, t := range bad {
		for _, g := range t.Goals {
			if !g.Good {
				failed[g.Goal]++
			}
		}
	}
	for _, t := range bad {
		for _, g := range t.Goals {
			if failed[g.Goal] > failed[most] {
				most = g.Goal
			}
		}
	}
	return most
}
