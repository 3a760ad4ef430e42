package ceiling

import (
	"time"

	"stampede/results"
	"stampede/scenario"
)

// drain is how long the server takes to be done with a burst of a load: as the
// slowest good trial of the largest load up to this one showed, in proportion
// to the load. It is zero until there is such a trial.
func (s *Search) drain(load int64) time.Duration {
	var known results.Trial
	for _, t := range s.trials {
		switch {
		case !t.Valid || !t.Good || t.Load > load || t.Load < known.Load:
		case t.Load > known.Load, t.Drain > known.Drain:
			known = t
		}
	}
	if known.Load == 0 {
		return 0
	}
	return time.Duration(float64(known.Drain) * float64(load) / float64(known.Load))
}

// Rest lengthens the gaps between bursts by drain, so that each of them meets
// an idle server: a burst behind what the last one left in a queue is a larger
// burst than the trial says.
func (p *Plan) Rest(drain time.Duration) {
	for i := range p.Shapes {
		if shape := &p.Shapes[i]; shape.Kind == scenario.KindBurst && shape.Repeat > 1 {
			shape.Every += drain
		}
	}
}
