package main

import (
	"stampede/engine"
	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

// largestTried is the largest load there is a use for.
const largestTried = 1_000_000

// room is the largest load for which this host has descriptors, ports and
// memory, and what there is no more of beyond.
func (s *sitting) room(search scenario.Search, hold scenario.Hold) (load int64, short string) {
	low, high := int64(0), int64(largestTried+1) // low fits, high does not
	for high-low > 1 {
		middle := (low + high) / 2
		if what := s.shortOf(search, hold, middle); what != "" {
			high, short = middle, what
		} else {
			low = middle
		}
	}
	if short == "" {
		short = "more is never tried"
	}
	return low, short
}

// shortOf names what this host has too little of for a load, "" for nothing.
func (s *sitting) shortOf(search scenario.Search, hold scenario.Hold, load int64) string {
	p := ceiling.NewPlan(search, hold, load, 0)
	sc := *s.scenario
	sc.Load, sc.Hold = p.Shapes, p.Hold
	sc.EarlyClose, sc.EarlyCloseWithin = scenario.CountEarlyClose, 0
	if err := sc.Validate(); err != nil {
		return "the caps of a scenario"
	}
	schedule := sc.Schedule()
	for _, n := range engine.Needs(&sc, schedule, s.targets) {
		if n.What == engine.Descriptors && search.Of == results.LoadHeld {
			n = n.Split(engine.Workers(&sc, schedule)) // bursts and rates are measured as one process makes them
		}
		if n.Short() {
			return n.What
		}
	}
	return ""
}
