package ceiling

import (
	"cmp"
	"math"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// Plan is the load of one trial.
type Plan struct {
	Shapes []scenario.Shape
	From   time.Duration // arrivals due before it warm the server up and are not counted; zero: all count
	Hold   scenario.Hold
	Held   bool   // a connection that the server closes before Hold.For has failed
	Seed   uint64 // of the arrivals
}

const (
	// perTrial handshakes at least are in a trial of bursts: with fewer a p99 is
	// one handshake.
	perTrial = 1000

	// burstsPerTrial at most: each is followed by quiet, and a hundred bursts of
	// ten would take minutes to say what ten of them do.
	burstsPerTrial = 10

	// perRateTrial handshakes at least are measured in a trial of a rate.
	perRateTrial = 2000

	// probeShare of the connections of a held trial are opened slowly while the
	// others are held: they show whether the server still takes anybody in.
	probeShare = 0.1
)

// NewPlan returns the load of trial number n of a search at a load. Trials of
// one number have the same arrivals in every search.
//
// A burst below perTrial is repeated with a quiet gap between one and the next
// until it has as many, or burstsPerTrial of them. A rate is a Poisson process. What is held is opened in
// two parts: most of it at a rate the server is known to stand, the rest during
// the first half of the hold; for the second half all are open.
func NewPlan(search scenario.Search, hold scenario.Hold, load int64, n int) Plan {
	s := withDefaults(search)
	p := Plan{Hold: hold, Seed: uint64(n) + 1}
	switch s.Of {
	case results.LoadRate:
		p.rate(s, load)
	case results.LoadHeld:
		p.held(s, load)
	default:
		p.burst(s, load)
	}
	return p
}

func (p *Plan) burst(s scenario.Search, load int64) {
	shape := scenario.Shape{Kind: scenario.KindBurst, Count: load, Release: s.Release, Repeat: min((perTrial+load-1)/load, burstsPerTrial)}
	if shape.Repeat > 1 {
		shape.Every = p.Hold.For + s.Quiet/2
	}
	p.Shapes = []scenario.Shape{shape}
}

func (p *Plan) rate(s scenario.Search, load int64) {
	measure := s.Measure
	if measure == 0 {
		measure = max(10*time.Second, time.Duration(perRateTrial*float64(time.Second)/float64(load)))
	}
	p.From = s.WarmUp
	p.Shapes = []scenario.Shape{{
		Kind: scenario.KindSteady, Rate: scenario.Rate(load) * scenario.PerSecond, For: s.WarmUp + measure, Arrivals: scenario.Poisson,
	}}
}

func (p *Plan) held(s scenario.Search, load int64) {
	probes := int64(math.Ceil(probeShare * float64(load)))
	opening := time.Duration(float64(load-probes) / s.Ramp.PerSecond() * float64(time.Second))
	if load > probes {
		p.Shapes = append(p.Shapes, spread(load-probes, opening))
	}
	p.Shapes = append(p.Shapes, spread(probes, s.Hold/2))
	p.Hold.For = opening + s.Hold
	p.Held = true
}

// spread is exactly n arrivals, evenly over a length.
func spread(n int64, over time.Duration) scenario.Shape {
	return scenario.Shape{Kind: scenario.KindSteady, Rate: scenario.RateFor(n, over), For: over}
}

// withDefaults returns s with what zero means written out, but for Measure,
// which depends on the load.
func withDefaults(s scenario.Search) scenario.Search {
	set := func(d *time.Duration, usual, strict time.Duration) {
		if *d == 0 && s.Strict {
			*d = strict
		} else if *d == 0 {
			*d = usual
		}
	}
	set(&s.Hold, time.Minute, 5*time.Minute)
	set(&s.Measure, 0, time.Minute)
	set(&s.WarmUp, 5*time.Second, 5*time.Second)
	set(&s.Quiet, 2*time.Second, 2*time.Second)
	set(&s.Budget, 15*time.Minute, 15*time.Minute)
	if s.Ramp == 0 {
		s.Ramp = 200 * scenario.PerSecond
	}
	return s
}

// usualFrom is the smallest load of a search that says none.
const usualFrom = 10

// heldWidths are those of a search for what can be held. How many get in is
// counted, not timed, and varies less from trial to trial than how long a burst
// takes; a limit of connections has an edge of one.
var heldWidths = Widths{Fine: 0.02, Interval: 0.04}

// NewOptions are those of a scenario's search by its goals. To is zero where
// the scenario says none.
func NewOptions(search scenario.Search, goals []results.Threshold) Options {
	s := withDefaults(search)
	o := Options{
		Of: s.Of, From: cmp.Or(s.From, usualFrom), To: s.To, Duration: s.Budget, Strict: s.Strict, Pooled: PooledFor(goals),
	}
	if s.Of == results.LoadHeld {
		o.Widths = heldWidths
	}
	return o
}
