package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/results"
	"stampede/results/report"
)

// duel is one sitting for two targets, or for a release alone: trials of
// either, turn by turn.
type duel struct {
	sides    [2]*sitting // by results.Side; no A: the release alone
	servers  []*variantServer
	measures []results.Measure
	dir      *trialsDir
	loud     io.Writer // told what ends the sitting
	notes    io.Writer // told what happens; nil: nobody is
	shards   int       // as trial has them
	workers  int

	last *results.Result // the last finished trial of B
}

// sitBoth makes both targets ready; a may be nothing. Servers are started by
// begin. Who got a duel stops it.
func sitBoth(ctx context.Context, a, b operand) (*duel, error) {
	d := &duel{}
	for i, o := range []operand{a, b} {
		if !o.live() {
			continue
		}
		at, server, err := o.sit(ctx)
		if err != nil {
			return nil, errors.Join(err, d.stop())
		}
		d.sides[i], d.servers = at, append(d.servers, server)
	}
	return d, nil
}

// sitting are those there are.
func (d *duel) sitting() []*sitting {
	return slices.DeleteFunc(slices.Clone(d.sides[:]), func(at *sitting) bool { return at == nil })
}

// stop ends what was started for the sides.
func (d *duel) stop() error {
	var errs []error
	for _, v := range d.servers {
		errs = append(errs, v.stop())
	}
	for _, at := range d.sitting() {
		at.stop()
	}
	return errors.Join(errs...)
}

// restarts reports whether both sides' servers can be started anew.
func (d *duel) restarts() bool {
	return !slices.ContainsFunc(d.servers, func(v *variantServer) bool { return !v.variant.Restarts() })
}

// release is the side that is judged.
func (d *duel) release() *sitting { return d.sides[results.SideB] }

// begin asks whether so many trials of a side are meant, warns of what may be
// short, makes the directory, and starts the servers.
func (d *duel) begin(ctx context.Context, c *cli.Context, s streams, out, name string, trials int64) (err error) {
	if err := checkGenerator(c); err != nil {
		return err
	}
	d.loud, d.shards, d.workers = s.err, c.Int("shards"), c.Int("workers")
	var targets []*engine.Target
	var count int64
	for _, at := range d.sitting() {
		targets = append(targets, at.targets...)
		count += cmp.Or(trials*at.scenario.Schedule().Len(), at.scenario.Search.To, at.scenario.Search.From) // of a search its largest trial
	}
	if err := confirm(s, c.Bool("yes"), count, targets); err != nil {
		return err
	}
	if !c.Bool("quiet") {
		d.notes = s.err
		for _, at := range d.sitting() {
			j := job{sitting: at, schedule: at.scenario.Schedule()}
			j.noteNeeds(s)
			j.noteIgnoredProxy(s)
		}
	}
	if d.dir, err = newTrialsDir(out, name); err != nil {
		return err
	}
	for _, v := range d.servers {
		if err := v.startFor(ctx, d.dir.resultDir); err != nil {
			return err
		}
	}
	return nil
}

// turn makes the trial that a plan asks for and adds it. more is false when
// the plan asks for none, or ctx ended; a trial that was cut short is lost. A
// server that does not start anew, or ends by itself, ends the plan: the pairs
// that are done stand, and no trial is charged to a server that is not there.
func (d *duel) turn(ctx context.Context, plan *results.Pairs) (more bool, err error) {
	t, ok := plan.Next()
	if !ok {
		return false, nil
	}
	if t.Restart {
		if err := d.restart(ctx); err != nil {
			d.giveUp(ctx, plan, err)
			return false, nil
		}
	}
	r, err := d.try(ctx, turnName(t), t.Side, t.Seed)
	if r == nil || err != nil {
		return false, err
	}
	if err := d.died(); err != nil {
		d.giveUp(ctx, plan, err)
		return false, nil
	}
	plan.Add(results.NewReading(r, d.measures))
	return true, nil
}

// restart starts all servers anew.
func (d *duel) restart(ctx context.Context) error {
	for _, v := range d.servers {
		if err := v.restart(ctx); err != nil {
			return err
		}
	}
	return nil
}

// died is the first server's that ended by itself.
func (d *duel) died() error {
	for _, v := range d.servers {
		if err := v.died(); err != nil {
			return err
		}
	}
	return nil
}

// giveUp ends a plan. What ctx ended is interrupted, whatever else went wrong
// by it.
func (d *duel) giveUp(ctx context.Context, plan *results.Pairs, why error) {
	if ctx.Err() != nil {
		return
	}
	plan.GiveUp(d.fault(why))
}

// fault tells what ended the sitting, even where notes are not told, and
// returns it without what a command said.
func (d *duel) fault(why error) (reason string) {
	fmt.Fprintln(d.loud, "stampede:", why)
	var failed *commandError
	if errors.As(why, &failed) {
		return failed.reason()
	}
	return why.Error()
}

// try makes one trial, saves it and tells of it; nil when ctx ended before
// the trial had.
func (d *duel) try(ctx context.Context, name string, side results.Side, seed uint64) (*results.Result, error) {
	if ctx.Err() != nil {
		return nil, nil
	}
	at := d.sides[side]
	r, err := at.try(ctx, trial{load: at.scenario.Load, seed: seed, shards: d.shards, workers: d.workers})
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	if side == results.SideB {
		d.last = r
	}
	d.tell(name, r)
	return r, d.dir.save(name, r)
}

// turnName is the name of a turn's trial: pair-03-b, or pair-03-b-again-1.
func turnName(t results.Turn) string {
	name := fmt.Sprintf("pair-%02d-%s", t.Pair, t.Side)
	if t.Repeat > 0 {
		name += fmt.Sprintf("-again-%d", t.Repeat)
	}
	return name
}

// tell says what came of a trial.
func (d *duel) tell(name string, r *results.Result) {
	if d.notes == nil {
		return
	}
	text := name + ": " + report.TrialLine(r, d.measures[0])
	if t := results.NewReading(r, nil); t.Invalid != "" {
		text += ", no evidence: " + t.Invalid
	}
	fmt.Fprintln(d.notes, "stampede:", text)
}

// result is the last trial of the release, or that there was none.
func (d *duel) result() *results.Result {
	if d.last == nil {
		return nothing(d.release())
	}
	return d.last
}

// nothing is the result of a sitting in which no trial of at's target ended.
func nothing(at *sitting) *results.Result {
	now := time.Now()
	r := results.NewRecorder(results.RecorderOptions{Planned: at.scenario.Schedule().Len(), Addresses: at.names()}).Result(results.Run{
		Name: at.scenario.Name, URL: at.scenario.Masked(at.url), StartedAt: now, EndedAt: now, Interrupted: true,
		Environment: environment(), Scenario: string(at.scenario.MaskedSource),
	})
	r.Judge(at.scenario.Thresholds)
	return r
}

// trialsDir is the directory of a comparison or a gate: result.json says what
// it came to, and trials/NAME/result.json holds each trial.
type trialsDir struct{ *resultDir }

func newTrialsDir(out, name string) (*trialsDir, error) {
	if _, err := os.Stat(filepath.Join(out, "trials")); out != "" && err == nil { // before anything of it is replaced
		return nil, fmt.Errorf("making the result directory: %s holds the trials of an earlier comparison or gate; choose another with --out", out)
	}
	dir, err := newResultDir(out, name, time.Now(), false)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir.path, "trials"), 0o755); err != nil {
		return nil, fmt.Errorf("making the result directory: %w; choose another with --out", err)
	}
	return &trialsDir{dir}, nil
}

// save writes one trial.
func (d *trialsDir) save(name string, r *results.Result) error {
	of, err := d.of(name)
	if err != nil {
		return err
	}
	return of.write(r)
}

// of is the directory of one trial, or of one search.
func (d *trialsDir) of(name string) (*resultDir, error) {
	path := filepath.Join(d.path, "trials", name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("writing a trial: %w", err)
	}
	return &resultDir{path: path}, nil
}
