package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

func gateCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		variantFlag(),
		&cli.StringSliceFlag{Name: "baseline", Usage: "what it must not be worse than: a URL, a scenario or another of its variants to run in turn with it, or recorded results, one a sitting"},
		&cli.StringSliceFlag{Name: "margin", Usage: "a measure that may be worse by so much, as 'handshake p99 10%'", DefaultText: "handshake p99 10%, p50 5%, error rate by the goal or 0.1 points; with --ceilings 'ceiling 5%'"},
		&cli.BoolFlag{Name: "ceilings", Usage: "gate by the ceiling: searches of the baseline and of the release in turn"},
		&cli.StringFlag{Name: "inconclusive", Usage: "what no verdict counts as: pass or fail", DefaultText: "exit code 3"},
		&cli.StringFlag{Name: "calibration", Usage: "what stampede calibrate wrote here, a directory or a file, to say before it starts whether the margins can be told apart"},
	}
	return &cli.Command{
		Name:  "gate",
		Usage: "hold a release to its thresholds and to a baseline, for CI",
		UsageText: "stampede gate RESULT|SCENARIO|URL [flags]\n\n   stampede gate examples/release-gate.yaml\n" +
			"   stampede gate scenario.yaml --baseline ws://127.0.0.1:8001/\n   stampede gate variants.yaml --variant new --baseline old\n   stampede gate scenario.yaml --baseline ws://127.0.0.1:8001/ --ceilings --of burst\n   stampede gate stampede-results/release --baseline monday --baseline tuesday",
		Flags:  slices.Concat(flags, searchFlags(), trialFlags(), announceFlags()),
		Action: func(c *cli.Context) error { return runGate(c, s) },
	}
}

// gateRun is one gate while it is carried out.
type gateRun struct {
	policy   string // of --inconclusive
	gated    []results.Gated
	warnings []string // of the calibration
	notes    []string // what the verdict does not cover
	seed     uint64   // of the trials
	ceilings bool     // are gated, by searches
	search   *compareSearch
	result   *results.Result
	failed   error // why the result could not be written
}

func runGate(c *cli.Context, s streams) error {
	g, err := newGateRun(c)
	if err != nil {
		return err
	}
	if c.NArg() != 1 {
		return fmt.Errorf("want one result, scenario or URL, got %d arguments; see stampede gate --help", c.NArg())
	}
	if g.search, err = searchOptions(c); err != nil {
		return err
	}
	subject, baseline, recorded, err := gateOperands(c)
	if err != nil {
		return err
	}
	switch {
	case !subject.live() && baseline.live():
		return errors.New("a recorded run and a live baseline are no one sitting: give a scenario or URL to run, or recorded baselines")
	case g.ceilings && !baseline.live():
		return errors.New("--ceilings: give --baseline a URL or a scenario, which is searched in turn with the release")
	case !subject.live():
		return g.judgeRecorded(c, s, subject.recorded, recorded)
	}
	if g.ceilings {
		if err := g.search.prepare([]operand{baseline, subject}); err != nil {
			return err
		}
		g.notes = append(g.notes, g.search.notes...)
	}
	g.gated = g.gatedBy(subject.scenario.Thresholds)
	if len(subject.scenario.Thresholds) == 0 && !baseline.live() && len(recorded) == 0 {
		return errors.New("nothing to hold it to: give --threshold or --baseline")
	}
	return g.runLive(c, s, subject, baseline, recorded)
}

func newGateRun(c *cli.Context) (*gateRun, error) {
	if err := checkOutput(c); err != nil {
		return nil, err
	}
	g := &gateRun{policy: c.String("inconclusive"), ceilings: c.Bool("ceilings")}
	if g.policy != "" && g.policy != "pass" && g.policy != "fail" {
		return nil, fmt.Errorf("--inconclusive %q: want pass or fail", g.policy)
	}
	for _, text := range c.StringSlice("margin") {
		m, err := results.ParseGated(text)
		if err != nil {
			return nil, fmt.Errorf("--margin: %w", err)
		}
		if m.OfCeiling() != g.ceilings {
			return nil, fmt.Errorf("--margin %q: with --ceilings the ceiling alone is gated, and nothing else without it", text)
		}
		g.gated = append(g.gated, m)
	}
	if len(g.gated) > 1 && g.ceilings {
		return nil, errors.New("--margin: one of the ceiling is enough")
	}
	return g, nil
}

// gateOperands loads what is gated and its baselines: one that is run, or
// recorded ones.
func gateOperands(c *cli.Context) (subject, baseline operand, recorded []*results.Result, err error) {
	arg, against := c.Args().First(), c.StringSlice("baseline")
	if len(against) == 1 && !isRecorded(against[0]) {
		both, err := loadAgainst(c, against[0], arg)
		return both[1], both[0], nil, err
	}
	if subject, err = loadOperand(c, arg); err != nil {
		return subject, baseline, nil, err
	}
	if !subject.live() {
		if err := wantsRun(arg, subject.recorded); err != nil {
			return subject, baseline, nil, err
		}
	}
	for _, path := range against {
		if !isRecorded(path) {
			return subject, baseline, nil, fmt.Errorf("--baseline %s: one baseline is run in turn with the release, or all are recorded", path)
		}
		r, err := readResult(path)
		if err == nil {
			err = wantsRun(path, r)
		}
		if err != nil {
			return subject, baseline, nil, fmt.Errorf("--baseline: %w", err)
		}
		recorded = append(recorded, r)
	}
	return subject, baseline, recorded, nil
}

// judgeRecorded gates a run that was made before.
func (g *gateRun) judgeRecorded(c *cli.Context, s streams, r *results.Result, baselines []*results.Result) error {
	goals, err := goalsOf(r, c.StringSlice("threshold"))
	if err != nil {
		return err
	}
	if len(goals) == 0 && len(baselines) == 0 {
		return errors.New("nothing to hold it to: give --threshold or --baseline")
	}
	r.Judge(goals)
	gates := []results.Gate{results.GateJudged(r)}
	if len(baselines) > 0 {
		gates = append(gates, results.GateStored(baselines, r, g.gatedBy(goals)))
	}
	g.answer(r, results.JoinGates(gates...))
	return g.tell(c, s, false)
}

// gatedBy are the measures that were asked for, or the usual ones.
func (g *gateRun) gatedBy(goals []results.Threshold) []results.Gated {
	switch {
	case len(g.gated) > 0:
		return g.gated
	case g.ceilings:
		return results.DefaultGatedCeiling()
	}
	return results.DefaultGated(goals)
}

// goalsOf are the thresholds a run was judged by, and more.
func goalsOf(r *results.Result, more []string) (goals []results.Threshold, err error) {
	var texts []string
	for _, j := range r.Thresholds {
		texts = append(texts, j.Text)
	}
	for _, text := range more {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	for _, text := range texts {
		t, err := results.ParseThreshold(text)
		if err != nil {
			return nil, fmt.Errorf("threshold: %w", err)
		}
		goals = append(goals, t)
	}
	return goals, nil
}

// runLive makes trials of the release, in turn with the baseline's if that is
// live, until the gate is decided.
func (g *gateRun) runLive(c *cli.Context, s streams, release, baseline operand, recorded []*results.Result) (err error) {
	if baseline.live() {
		if err := sameLoad(baseline.scenario, release.scenario); err != nil {
			return err
		}
	}
	if err := g.calibrated(c, s); err != nil {
		return err
	}
	ctx, stop := stopOnSignal(c.Context, s.err)
	defer stop()
	d, err := sitBoth(ctx, baseline, release)
	if err != nil {
		return err
	}
	defer func() { endWith(&err, d.stop()) }()
	d.measures = results.Measures(g.gated)
	if err := d.begin(ctx, c, s, c.String("out"), "gate", mostTrials); err != nil {
		return err
	}
	g.seed = seedOf(c)
	switch {
	case g.ceilings:
		err = g.regression(ctx, d, g.searches(d, s))
	case baseline.live():
		err = g.regression(ctx, d, g.trials(d))
	default:
		err = g.goals(ctx, d, recorded)
	}
	if err != nil {
		return afterLoad(err)
	}
	g.failed = d.dir.draw(g.result)
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "result: %s\n", d.dir.path)
	}
	return g.tell(c, s, ctx.Err() != nil)
}

// What a gate takes at most of either side: the looks of results.RegressionGate
// and of results.GoalGate, and the pair that is not counted.
const mostTrials = 31

// pairing is how the pairs of a regression gate are made.
type pairing struct {
	plan  *results.Pairs
	goals *results.GoalGate // that the release's trials are held to as well
	turn  func(context.Context) (more bool, err error)
	found func() *results.Result // of the release, so far
}

// trials are pairs of runs.
func (g *gateRun) trials(d *duel) pairing {
	plan := results.NewPairs(results.PairsOptions{Seed: g.seed, Restart: d.restarts()})
	turn := func(ctx context.Context) (bool, error) { return d.turn(ctx, plan) }
	return pairing{plan, results.NewGoalGate(d.release().scenario.Thresholds), turn, d.result}
}

// searches are pairs of searches, whose thresholds are what they search by.
func (g *gateRun) searches(d *duel, s streams) pairing {
	c := newCeilingDuel(d, s, g.search, results.PairsOptions{Seed: g.seed, Restart: d.restarts()})
	return pairing{c.plan, results.NewGoalGate(nil), c.searchPair, c.found}
}

// regression alternates the baseline and the release until both gates are
// decided, or have looked for the last time.
func (g *gateRun) regression(ctx context.Context, d *duel, p pairing) error {
	against := results.NewRegressionGate(g.gated)
	if !d.restarts() {
		g.notes = append(g.notes, results.OneServerLife)
	}
	if err := g.save(ctx, d, p.found(), against.Gate()); err != nil { // before anything is sent
		return err
	}
	for added := 0; ; {
		if _, err := p.turn(ctx); err != nil {
			return err
		}
		if pairs := p.plan.Done(); len(pairs) > added {
			added = len(pairs)
			against.Add(pairs[added-1])
			if d.last != nil {
				p.goals.Add(d.last)
			}
		}
		against.GiveUp(p.plan.GaveUp())
		gate := results.JoinGates(p.goals.Gate(), against.Gate())
		if err := g.save(ctx, d, p.found(), gate); err != nil {
			return err
		}
		wanted := max(p.goals.Wanted(), against.Wanted())
		if why, _ := p.plan.GaveUp(); why != "" || wanted == 0 || gate.Verdict == results.Fail || ctx.Err() != nil {
			return nil
		}
		p.plan.Extend(added + wanted)
	}
}

// mostTries is how often the one trial is tried that is held against recorded
// baselines.
const mostTries = 3

// goals makes trials of the release alone. The first that is evidence is what
// is held against recorded baselines: any later choice would be a choice by
// its outcome.
func (g *gateRun) goals(ctx context.Context, d *duel, recorded []*results.Result) error {
	goals := results.NewGoalGate(d.release().scenario.Thresholds)
	var fresh *results.Result
	for n := 1; goals.Wanted() > 0 || len(recorded) > 0 && !isEvidence(fresh) && n <= mostTries; n++ {
		r, err := d.try(ctx, fmt.Sprintf("trial-%02d", n), results.SideB, rand.New(rand.NewPCG(g.seed, uint64(n))).Uint64())
		if err != nil {
			return err
		}
		died := d.died()
		if r != nil && died == nil {
			goals.Add(r)
			if !isEvidence(fresh) {
				fresh = r
			}
		}
		gate := goals.Gate()
		if died != nil {
			gate.Warnings = append(gate.Warnings, d.fault(died))
		}
		if len(recorded) > 0 && fresh != nil {
			gate = results.JoinGates(gate, results.GateStored(recorded, fresh, g.gated))
		}
		if err := g.save(ctx, d, d.result(), gate); err != nil || ctx.Err() != nil || died != nil {
			return err
		}
	}
	return nil
}

func isEvidence(r *results.Result) bool { return r != nil && results.NewReading(r, nil).Invalid == "" }

// save writes what the gate has come to so far, in found.
func (g *gateRun) save(ctx context.Context, d *duel, found *results.Result, gate results.Gate) error {
	if ctx.Err() != nil {
		gate.Warnings = append(gate.Warnings, "interrupted: what is not decided stays so")
	}
	gate.Warnings = append(gate.Warnings, g.warnings...)
	gate.Notes = append(gate.Notes, g.notes...)
	gate.Seed = g.seed
	g.answer(found, gate)
	g.result.Interrupted = g.result.Interrupted || ctx.Err() != nil
	return d.dir.write(g.result)
}

// answer makes r the result of the gate: its verdict is the gate's, whatever
// the one trial in it came to by itself.
func (g *gateRun) answer(r *results.Result, gate results.Gate) {
	r.Gate, r.Verdict = &gate, gate.Verdict
	g.result = r
}

// calibrated reads the calibration, and says what it lets expect.
func (g *gateRun) calibrated(c *cli.Context, s streams) error {
	path := c.String("calibration")
	if path == "" {
		return nil
	}
	list, err := readCalibration(path)
	if err != nil {
		return fmt.Errorf("--calibration: %w", err)
	}
	for _, m := range g.gated {
		warning := m.Measure.String() + " was not calibrated"
		if i := slices.IndexFunc(list, func(c results.Calibration) bool { return c.Metric == m.Measure.String() }); i >= 0 {
			list[i].Margin = m.Margin
			warning = list[i].Warning()
		}
		if warning != "" {
			g.warnings = append(g.warnings, warning)
			fmt.Fprintln(s.err, "stampede:", warning)
		}
	}
	return nil
}

// tell prints the gate and ends with its exit code. An interrupted gate passes
// nothing, whatever inconclusive counts as.
func (g *gateRun) tell(c *cli.Context, s streams, interrupted bool) error {
	announce(c, s, g.result)
	untold := writeGate(s.out, g.result, c.String("output"), c.Bool("quiet"))
	code := g.result.Gate.ExitCode()
	if code == exitInconclusive && !interrupted {
		code = map[string]int{"": code, "pass": exitPass, "fail": exitFail}[g.policy]
	}
	return kept(code, g.failed, untold)
}

func writeGate(w io.Writer, r *results.Result, output string, quiet bool) error {
	switch {
	case output == "json":
		return r.Write(w)
	case quiet:
		word, reason := report.GateLine(r.Gate)
		_, err := fmt.Fprintln(w, word+" · "+reason)
		return err
	}
	return report.GateText(w, r.Gate, report.TextOptions{Color: wantsColor(w)})
}
