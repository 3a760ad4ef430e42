package ceiling

import (
	"context"
	"slices"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// Runner makes the load that a search asks for.
type Runner interface {
	// Try makes a trial and returns what came of it at a load. It returns once
	// nothing is in flight. The error is of this host: a trial that went badly
	// is none.
	Try(ctx context.Context, p Plan, load int64) (results.Trial, error)

	// Probe makes n single handshakes, one after another.
	Probe(ctx context.Context, n int64) (Probe, error)
}

// Probe is what single handshakes on a server without other load came to.
type Probe struct {
	Sent, Established int64
	Median, Slowest   time.Duration // of the established
}

// Loop runs a search. Its fields are set before Run, and not changed by it.
type Loop struct {
	Search *Search          // fed with what was recorded, to go on from there
	Config scenario.Search  // the one that Search is of
	Hold   scenario.Hold    // of the scenario
	Runner Runner           //
	Tell   func(p Progress) // called before each trial; nil: nobody is told
	Save   func() error     // called after each trial; an error ends the loop; nil: nothing is saved
	idle   time.Duration    // median of single handshakes; 0: none was established
	fails  bool             // single handshakes fail now and then on the idle server too
	began  time.Time        // less what recorded trials took
	config scenario.Search  // with defaults
}

// Progress is where a search stands before a trial.
type Progress struct {
	Step
	Trials int           // made so far
	Left   time.Duration // the most the search can still take; 0: not known yet
	Waits  bool          // for the server to recover
}

const (
	baseProbes     = 20
	recoveryProbes = 3

	// Single handshakes are as quick as on the idle server up to idleFactor times
	// its median, or idleFloor more: on a loopback that median is a fraction of a
	// millisecond, and the turn of one other thread is longer than the server's
	// whole answer.
	idleFactor = 1.5
	idleFloor  = 5 * time.Millisecond

	patience  = 30 * time.Second // for a server to recover
	probeRest = time.Second      // between one look and the next

	// shortRestDivisor is by how much a hurried trial shortens the rest. Four
	// times is far beyond how rests differ from trial to trial.
	shortRestDivisor = 4
)

// Run makes trials until the search is over. When ctx ends it returns without
// an error; the search then says what is known so far. A trial that was under
// way is not part of it.
func (l *Loop) Run(ctx context.Context) error { return RunInTurn(ctx, l) }

// RunInTurn is Run for several searches, of servers that are compared: a trial
// of each, then again one of each in the opposite order, so that what drifts
// meets all of them alike. A search that is over leaves the turns to the others.
func RunInTurn(ctx context.Context, loops ...*Loop) error {
	for _, l := range loops {
		if err := l.begin(ctx); err != nil || ctx.Err() != nil {
			return err
		}
	}
	order := slices.Clone(loops)
	for {
		made := 0
		for _, l := range order {
			step, ok := l.Search.Next()
			if !ok {
				continue
			}
			if err := l.turn(ctx, step); err != nil || ctx.Err() != nil {
				return err
			}
			made++
		}
		if made == 0 {
			return nil
		}
		slices.Reverse(order)
	}
}

// begin looks at the server before any load.
func (l *Loop) begin(ctx context.Context) error {
	l.config = withDefaults(l.Config)
	l.began = time.Now().Add(-l.Search.spent)
	base, err := l.Runner.Probe(ctx, baseProbes)
	l.idle, l.fails = base.Median, base.Established < base.Sent
	return err
}

// turn is a trial, and those that are to follow it at once.
func (l *Loop) turn(ctx context.Context, step Step) error {
	for {
		if err := l.trial(ctx, step); err != nil || ctx.Err() != nil {
			return err
		}
		next, ok := l.Search.Next()
		if !ok || !next.Hurried() {
			return nil
		}
		step = next
	}
}

func (l *Loop) trial(ctx context.Context, step Step) error {
	asked := time.Now()
	recovered, err := l.recover(ctx, step)
	if err != nil || ctx.Err() != nil {
		return err
	}
	l.tell(step, false)
	started := time.Now()
	config := l.config
	config.Quiet = l.rest(step)
	plan := NewPlan(config, l.Hold, step.Load, len(l.Search.trials))
	plan.Rest(l.Search.drain(step.Load))
	t, err := l.Runner.Try(ctx, plan, step.Load)
	if err != nil || ctx.Err() != nil {
		return err
	}
	t.Load, t.Stage = step.Load, step.Stage
	t.StartedAt, t.Settle, t.Duration = started.Sub(l.began), started.Sub(asked), time.Since(started)
	if !recovered {
		t.Note = results.NotRecovered
	}
	if err := l.Search.Feed(t); err != nil || l.Save == nil {
		return err
	}
	return l.Save()
}

// recover waits until the server is as it was before the load: quiet for a
// while, and single handshakes as quick as on the idle server. It gives up
// after a while, a longer one before a trial that has to begin from idle.
func (l *Loop) recover(ctx context.Context, step Step) (recovered bool, err error) {
	if len(l.Search.trials) == 0 {
		return true, nil
	}
	if step.Hurried() {
		sleep(ctx, l.rest(step))
		return true, nil
	}
	l.tell(step, true)
	limit := patience
	if step.FromIdle() {
		limit *= 2
	}
	until := time.Now().Add(limit)
	for rest := l.rest(step); ; rest = probeRest {
		if !sleep(ctx, rest) {
			return false, nil
		}
		p, err := l.Runner.Probe(ctx, recoveryProbes)
		if err != nil || l.isIdle(p) {
			return err == nil, err
		}
		if !time.Now().Before(until) {
			return false, nil
		}
	}
}

// rest is the quiet before a trial at least, which goes with that between its
// bursts.
func (l *Loop) rest(step Step) time.Duration {
	if step.Hurried() {
		return l.config.Quiet / shortRestDivisor
	}
	return l.config.Quiet
}

// isIdle reports whether single handshakes were all established, and as quick
// as on the idle server. What that could not do is not asked for.
func (l *Loop) isIdle(p Probe) bool {
	if l.idle == 0 {
		return true
	}
	limit := max(time.Duration(idleFactor*float64(l.idle)), l.idle+idleFloor)
	return (l.fails || p.Established == p.Sent) && p.Slowest <= limit
}

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *Loop) tell(step Step, waits bool) {
	if l.Tell == nil {
		return
	}
	p := Progress{Step: step, Trials: len(l.Search.trials), Waits: waits}
	if p.Trials > 0 {
		p.Left = time.Duration(step.Left) * l.Search.meanTrial()
	}
	if budget := l.Search.o.Duration; budget > 0 {
		p.Left = min(p.Left, budget-l.Search.spent)
	}
	l.Tell(p)
}
