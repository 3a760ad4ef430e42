package ceiling

import (
	"errors"
	"fmt"
	"math"
	"time"

	"stampede/results"
)

// Search is one search. It is a function of its options and of the trials it
// was fed: feeding recorded trials to a new search of the same options brings
// it to where the first one stood. It is not for concurrent use.
type Search struct {
	o      Options
	trials []results.Trial // all that were fed
	votes  votes           // of the valid ones, without the warm-up
	valid  int             // how many those are
	spent  time.Duration   // by all

	stage    results.TrialStage
	load     int64   // of the next trial; 0: the search is over
	invalid  int     // trials in a row that were, at load
	low      int64   // lower end of the bracket, good unless votes are still out; 0: nothing below high is left
	high     int64   // upper end, bad unless votes are still out; 0: nothing above low is left
	out      float64 // logarithm of the next step outward
	stepping bool    // outward: one trial a load, until there is another end
	added    int     // trials of the posterior stage

	confirmed results.Votes // of the current confirmation
	pooled    int64         // handshakes its trials planned
	attempt   int           // which confirmation it is; 0: none yet

	hurried results.Votes // trials with little rest, after the answer

	status results.CeilingStatus
	reason results.CeilingReason
}

// New returns a search that has not begun. The error says everything that is
// wrong with the options.
func New(o Options) (*Search, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	s := &Search{o: o, votes: votes{}, stage: results.StageWarmUp}
	s.load = min(snap(float64(o.From)*warmUpFactor), o.To)
	return s, nil
}

// warmUpFactor times the smallest load is what the discarded trial makes.
const warmUpFactor = 4

// Step is what to run next, and how far the search is.
type Step struct {
	Stage results.TrialStage
	Load  int64
	Low   int64 // the bracket so far: the largest load held for good; 0: none yet
	High  int64 // the smallest held for bad, above Low; 0: none yet

	// Left is the most valid trials still to come, this one included.
	Left int
}

// Discarded reports whether the trial only warms the server up.
func (s Step) Discarded() bool { return s.Stage == results.StageWarmUp }

// FromIdle reports whether the server is waited for longer before the trial: it
// is to begin from idle.
func (s Step) FromIdle() bool { return s.Stage == results.StageConfirm }

// Hurried reports whether the trial begins at once, and has less rest between
// its bursts.
func (s Step) Hurried() bool { return s.Stage == results.StageShortRest }

// Next returns what to run next; ok is false when the search is over. It
// changes nothing: asked again it says the same.
func (s *Search) Next() (step Step, ok bool) {
	if s.load == 0 {
		return Step{}, false
	}
	low, high := s.bracket()
	return Step{Stage: s.stage, Load: s.load, Low: low, High: high, Left: s.left()}, true
}

// left bounds the valid trials still to come.
func (s *Search) left() int {
	if s.stage == results.StageShortRest {
		return results.ShortRestTrials - int(s.hurried.Of)
	}
	return s.leftToAnswer() + s.shortRests()
}

// leftToAnswer bounds those that count, with the warm-up.
func (s *Search) leftToAnswer() int {
	budget := s.o.Trials - s.valid
	confirm := s.confirmLength()
	switch s.stage {
	case results.StageWarmUp:
		return budget + 1
	case results.StagePosterior:
		return min(budget, max(enoughTrials-s.valid, 0)+confirmations*confirm)
	case results.StageConfirm:
		return min(budget, (confirmations-s.attempt+1)*confirm-int(s.confirmed.Of))
	}
	return budget
}

// ErrOver is what Feed returns once the search is over.
var ErrOver = errors.New("ceiling: the search is over")

// A StepError is a trial that is not the one Next asked for, as when recorded
// trials are fed to a search of other options.
type StepError struct {
	Trial int // its number, from 0
	Stage results.TrialStage
	Load  int64
	Want  Step
}

func (e *StepError) Error() string {
	return fmt.Sprintf("ceiling: trial %d is %s at load %d, but %s at load %d was next", e.Trial, e.Stage, e.Load, e.Want.Stage, e.Want.Load)
}

// Feed takes the trial that Next asked for; an empty Stage means the one that
// was asked for. An invalid trial is asked for again. Errors are ErrOver and
// *StepError, and change nothing.
func (s *Search) Feed(t results.Trial) error {
	step, ok := s.Next()
	if !ok {
		return ErrOver
	}
	if t.Stage == "" {
		t.Stage = step.Stage
	}
	if t.Stage != step.Stage || t.Load != step.Load {
		return &StepError{Trial: len(s.trials), Stage: t.Stage, Load: t.Load, Want: step}
	}
	s.trials = append(s.trials, t)
	s.spent += t.Duration + t.Settle
	switch {
	case t.Stage == results.StageWarmUp:
		s.stage, s.high, s.out = results.StageCoarse, s.o.From, math.Ln2
	case t.Stage == results.StageShortRest:
		s.hurry(t)
		return nil
	case !t.Valid:
		s.redo()
		return nil
	default:
		s.count(t)
	}
	s.invalid = 0
	s.advance()
	return nil
}

// redo lets the same trial be asked for again, unless that was in vain often
// enough.
func (s *Search) redo() {
	s.invalid++
	switch {
	case s.invalid >= s.o.Redo:
		s.end(results.CeilingInconclusive, results.ReasonGeneratorLimited)
	case s.overBudget():
		s.end(results.CeilingInconclusive, results.ReasonBudget)
	}
}

func (s *Search) count(t results.Trial) {
	s.valid++
	s.votes.add(t.Load, t.Good)
	switch t.Stage {
	case results.StagePosterior:
		s.added++
	case results.StageConfirm:
		s.pooled += t.Planned
		s.confirmed.Of++
		if t.Good {
			s.confirmed.Good++
		}
	}
}

// advance settles the load of the next trial, going from stage to stage.
func (s *Search) advance() {
	s.load = 0
	for s.load == 0 && !s.over() {
		switch s.stage {
		case results.StageCoarse:
			s.narrow(1, s.o.Widths.Coarse, results.StageMiddle)
		case results.StageMiddle:
			s.narrow(3, s.o.Widths.Middle, results.StageFine)
		case results.StageFine:
			s.narrow(5, s.o.Widths.Fine, results.StagePosterior)
		case results.StagePosterior:
			s.sharpen()
		case results.StageConfirm:
			s.confirm()
		}
	}
	if s.load != 0 && s.overBudget() {
		s.end(results.CeilingInconclusive, results.ReasonBudget)
	}
}

func (s *Search) overBudget() bool {
	return s.valid >= s.o.Trials || (s.o.Duration > 0 && s.spent >= s.o.Duration)
}

// over reports whether the search has ended: every ending but confirmed has a
// reason.
func (s *Search) over() bool { return s.status != results.CeilingInconclusive || s.reason != "" }

func (s *Search) end(status results.CeilingStatus, reason results.CeilingReason) {
	s.status, s.reason, s.load = status, reason, 0
}
