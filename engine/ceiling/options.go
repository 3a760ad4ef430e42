package ceiling

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"stampede/results"
	"stampede/results/stats"
)

// Options says what to search and how far to go.
type Options struct {
	Of       results.LoadKind
	From     int64  // smallest load to try; 0: 1
	To       int64  // largest load to try; at least From
	CappedBy string // why To is less than what was asked for; "": it is not

	Widths   Widths
	Trials   int           // most valid trials; 0: 79, which is 55 and two long confirmations
	Duration time.Duration // most time that trials and the waits before them may take; 0: no bound
	Redo     int           // invalid trials in a row, at one load, that end the search; 0: 3

	// Pooled is how many handshakes the confirming trials have to plan
	// together; 0: no matter. See PooledFor.
	Pooled int64

	// Strict asks the confirmation for proof, one-sided at 95 %, that more than
	// half of the trials at that load are good: 5 of 5, 7 of 8, 9 of 11 or 10
	// of 12, instead of 4 of 5.
	Strict bool
}

// Widths are where the stages stop, as (high − low)/high. Zeros mean 20 %,
// 10 %, 5 % and 10 %. A width finer than the noise between trials costs trials
// and finds nothing.
type Widths struct {
	Coarse, Middle, Fine float64
	Interval             float64 // of the posterior
}

const (
	defaultRedo = 3

	// enoughTrials ends the posterior stage, narrow or not, so that with one
	// confirmation a search takes 60: beyond it each trial narrows the interval
	// too little to pay for itself.
	enoughTrials = 60 - confirmTrials

	// A confirmation is confirmTrials long. It goes on, to longestConfirm at
	// most, while it lacks handshakes or, if strict, proof.
	confirmTrials  = 5
	longestConfirm = 12
	confirmations  = 2

	// confirmShare of its trials have to be good.
	confirmShare = 0.8

	// rareShare is the share from which on a goal is about events too rare for
	// a single trial to show.
	rareShare = 0.001

	defaultTrials = enoughTrials + confirmations*longestConfirm
)

// PooledFor returns Options.Pooled for a set of goals: 2,995, the number of
// handshakes that prove with no bad one that fewer than 0.1 % are bad, one-sided
// at 95 %, if any goal allows no more than that; else 0.
func PooledFor(goals []results.Threshold) int64 {
	for _, g := range goals {
		if share := g.Allowed(); share > 0 && share <= rareShare {
			return stats.NeededToProve(0, rareShare, 0.95)
		}
	}
	return 0
}

// filled returns o with its defaults, and everything that is wrong with it.
func (o Options) filled() (Options, error) {
	var faults []error
	if o.From < 0 || o.To < max(o.From, 1) {
		faults = append(faults, fmt.Errorf("the range of loads is %d to %d", o.From, o.To))
	}
	if o.Trials < 0 || o.Duration < 0 || o.Redo < 0 || o.Pooled < 0 {
		faults = append(faults, errors.New("a bound is negative"))
	}
	for _, w := range []float64{o.Widths.Coarse, o.Widths.Middle, o.Widths.Fine, o.Widths.Interval} {
		if !(w >= 0 && w < 1) {
			faults = append(faults, fmt.Errorf("a width is %v, not 0 to 1", w))
		}
	}
	if o.Of.Unit() == "" {
		faults = append(faults, fmt.Errorf("%q is no kind of load", o.Of))
	}
	if len(faults) > 0 {
		return o, fmt.Errorf("ceiling: %w", errors.Join(faults...))
	}
	o.From = cmp.Or(o.From, 1)
	o.Widths.Coarse = cmp.Or(o.Widths.Coarse, 0.20)
	o.Widths.Middle = cmp.Or(o.Widths.Middle, 0.10)
	o.Widths.Fine = cmp.Or(o.Widths.Fine, 0.05)
	o.Widths.Interval = cmp.Or(o.Widths.Interval, 0.10)
	o.Trials = cmp.Or(o.Trials, defaultTrials)
	o.Redo = cmp.Or(o.Redo, defaultRedo)
	return o, nil
}
