package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

func compareCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		&cli.IntFlag{Name: "pairs", Value: 10, Usage: "pairs that count, after one that does not; with --ceilings pairs of searches, one unless given"},
		&cli.StringFlag{Name: "delta", Value: "5%", Usage: "times that differ by less are the same; of a rate as --primary so many points"},
		&cli.StringFlag{Name: "primary", Value: "handshake p99", Usage: "the measure that decides: METRIC pN or OUTCOME rate"},
	}
	return &cli.Command{
		Name:  "compare",
		Usage: "say which of two targets is better, by interleaved pairs of trials",
		UsageText: "stampede compare A B [flags]\n   stampede compare SCENARIO [flags]\n   stampede compare A B --ceilings --of burst|rate|held [flags]\n\n   stampede compare ws://127.0.0.1:8001/ ws://127.0.0.1:8002/ --rate 300/s --for 10s\n" +
			"   stampede compare ws://127.0.0.1:8001/ ws://127.0.0.1:8002/ --at 70% --of rate\n   stampede compare ws://127.0.0.1:8001/ ws://127.0.0.1:8002/ --ceilings --of burst --pairs 6\n   stampede compare scenario.yaml ws://127.0.0.1:8002/\n   stampede compare variants.yaml\n   stampede compare stampede-results/monday stampede-results/tuesday",
		Description: "Exit codes: 0 answered, whatever the answer; 1 nothing established on either side; 2 usage; 3 inconclusive; 4 generator-limited.",
		Flags:       slices.Concat([]cli.Flag{variantFlag()}, flags, compareSearchFlags(), trialFlags(), announceFlags()),
		Action:      func(c *cli.Context) error { return runCompare(c, s) },
	}
}

// sittingFlags are those of commands that make trial after trial.
func sittingFlags() []cli.Flag {
	return []cli.Flag{
		&cli.Uint64Flag{Name: "seed", Usage: "of the order of trials and of their arrivals", DefaultText: "drawn, and told"},
		&cli.StringFlag{Name: "out", Usage: "directory for the result and every trial (default stampede-results/NAME-TIME)"},
		&cli.StringFlag{Name: "output", Usage: "text, or json: one document on standard output and nothing else there", Value: "text"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no notes; the answer's line alone"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask before loading an address that is neither loopback nor private"},
	}
}

// trialFlags are sittingFlags and what says which load and how it is judged.
func trialFlags() []cli.Flag {
	return slices.Concat(sittingFlags(), generatorFlags(), thresholdFlags(), loadFlags())
}

// seedOf is the seed asked for, or a drawn one.
func seedOf(c *cli.Context) uint64 {
	if c.IsSet("seed") {
		return c.Uint64("seed")
	}
	return uint64(rand.Uint32())
}

// checkOutput refuses a form of output that there is not.
func checkOutput(c *cli.Context) error {
	if o := c.String("output"); o != "text" && o != "json" {
		return fmt.Errorf("--output %q: want text or json", o)
	}
	return nil
}

func runCompare(c *cli.Context, s streams) error {
	o, err := compareOptions(c)
	if err != nil {
		return err
	}
	search, err := searchOptions(c)
	if err != nil {
		return err
	}
	var sides []operand
	switch c.NArg() {
	case 1:
		if c.IsSet("variant") {
			return errors.New("--variant: without a second target all variants are compared")
		}
		sides, err = loadVariants(c, c.Args().First())
	case 2:
		var both [2]operand
		both, err = loadBoth(c, [2]string{c.Args().Get(0), c.Args().Get(1)})
		sides = both[:]
	default:
		err = fmt.Errorf("want two targets, two results or a scenario with variants, got %d arguments; see stampede compare --help", c.NArg())
	}
	if err != nil {
		return err
	}
	if sides[0].live() != sides[1].live() {
		return errors.New("one is recorded and one is not: compare two results, or run both now")
	}
	if !sides[0].live() {
		return compareRecorded(c, s, sides[0], sides[1], o)
	}
	if searches(c) {
		if err := search.prepare(sides); err != nil {
			return err
		}
	}
	r, failed := compareAll(c, s, sides, search, o)
	if r == nil {
		return failed
	}
	return tellComparison(c, s, r, failed)
}

// compareRecorded compares two recorded runs, or two recorded searches.
func compareRecorded(c *cli.Context, s streams, a, b operand, o results.CompareOptions) (err error) {
	if searches(c) {
		return errors.New("--ceilings and --at make load: results are compared as what they are, without them")
	}
	o.A, o.B = a.name, b.name
	if a.recorded.Ceiling == nil && b.recorded.Ceiling == nil {
		if err := errors.Join(wantsRun(a.name, a.recorded), wantsRun(b.name, b.recorded)); err != nil {
			return err
		}
		b.recorded.Compare = results.CompareStored(a.recorded, b.recorded, o)
	} else if b.recorded.Compare, err = compareStoredCeilings(a, b, o); err != nil {
		return err
	}
	b.recorded.SettleComparisons()
	return tellComparison(c, s, b.recorded, nil)
}

// compareAll compares every side with the first, one after the other. An error
// ends that, or is of a result that could not be written; last is what was
// compared before, nil if nothing was.
func compareAll(c *cli.Context, s streams, sides []operand, search *compareSearch, o results.CompareOptions) (last *results.Result, err error) {
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	seed, out := seedOf(c), c.String("out")
	var stored []keptResult
	for _, b := range sides[1:] {
		o.A, o.B = sides[0].name, b.name
		if out != "" && len(sides) > 2 {
			out = filepath.Join(c.String("out"), fileName(b.name))
		}
		kept, failed := compareLive(ctx, c, s, sides[0], b, results.PairsOptions{Seed: seed, Pairs: pairsOf(c)}, search, out, o)
		if kept.result != nil {
			last, stored = kept.result, append(stored, kept)
		}
		if err = failed; err != nil || ctx.Err() != nil {
			break
		}
	}
	return last, errors.Join(err, finishAll(stored, len(sides) > 2, o))
}

// finishAll corrects comparisons that are a family for their number, and writes
// all as they are then.
func finishAll(stored []keptResult, family bool, o results.CompareOptions) (failed error) {
	var all []*results.Comparison
	for _, kept := range stored {
		all = append(all, kept.result.Compare)
	}
	if family && len(all) > 0 {
		results.CorrectFamily(all, o)
		stored[len(stored)-1].result.Comparisons = all
	}
	for _, kept := range stored {
		kept.result.SettleComparisons()
		failed = errors.Join(failed, kept.dir.finish(kept.result))
	}
	return failed
}

// pairsOf is how many pairs are compared: of searches, which take minutes, one
// unless more are asked for.
func pairsOf(c *cli.Context) int {
	if c.Bool("ceilings") && !c.IsSet("pairs") {
		return 1
	}
	return c.Int("pairs")
}

// keptResult is a result and where it is written.
type keptResult struct {
	dir    *trialsDir
	result *results.Result
}

func compareOptions(c *cli.Context) (o results.CompareOptions, err error) {
	if err := checkOutput(c); err != nil {
		return o, err
	}
	if n := c.Int("pairs"); n < 1 {
		return o, fmt.Errorf("--pairs %d: want at least 1", n)
	}
	if o.Delta, err = results.ParseMargin(c.String("delta")); err != nil {
		return o, fmt.Errorf("--delta: %w", err)
	}
	if c.Bool("ceilings") && !c.IsSet("delta") {
		o.Delta = usualCeilingDelta
	}
	if o.Primary, err = results.ParseMeasure(c.String("primary")); err != nil {
		return o, fmt.Errorf("--primary: %w", err)
	}
	if o.Primary.Unit() == results.Share && c.IsSet("delta") {
		o.Delta, o.ShareDelta = 0, o.Delta // points
	}
	return o, nil
}

// compareLive makes the pairs of two targets.
func compareLive(ctx context.Context, c *cli.Context, s streams, a, b operand, p results.PairsOptions, search *compareSearch, out string, o results.CompareOptions) (kept keptResult, err error) {
	if err := sameLoad(a.scenario, b.scenario); err != nil {
		return kept, err
	}
	d, err := sitBoth(ctx, a, b)
	if err != nil {
		return kept, err
	}
	defer func() { err = errors.Join(err, afterLoad(d.stop())) }()
	d.measures, p.Restart = o.Measured(), d.restarts()
	if err := d.begin(ctx, c, s, out, "compare", int64(p.Pairs)+1); err != nil {
		return kept, err
	}
	kept.dir = d.dir
	if c.Bool("ceilings") {
		kept.result, err = d.compareCeilings(ctx, s, search, p, o)
	} else {
		kept.result, err = d.comparePairs(ctx, s, results.NewPairs(p), search, o)
	}
	if err != nil {
		return kept, err
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "result: %s\n", d.dir.path)
	}
	return kept, nil
}

// comparePairs carries out a plan, and writes what is known after every trial.
func (d *duel) comparePairs(ctx context.Context, s streams, plan *results.Pairs, search *compareSearch, o results.CompareOptions) (*results.Result, error) {
	var notes []string
	if search.share > 0 {
		load, err := d.loadBy(ctx, s, search)
		if err != nil {
			return nil, err
		}
		notes = slices.Concat(search.notes, []string{load})
	}
	for {
		more, err := d.turn(ctx, plan)
		if err != nil {
			return nil, afterLoad(err)
		}
		r := d.result()
		r.Compare = results.ComparePlan(plan, o)
		r.Compare.Notes = append(r.Compare.Notes, notes...)
		r.SettleComparisons()
		d.warnOfShort(r.Compare)
		if err := d.dir.write(r); err != nil || !more {
			return r, afterLoad(err)
		}
	}
}

// Trials shorter than both of these differ by chance more than servers do.
const (
	enoughArrivals = 3000
	enoughTime     = 10 * time.Second
)

func (d *duel) warnOfShort(c *results.Comparison) {
	schedule := d.release().scenario.Schedule()
	if n := schedule.Len(); n < enoughArrivals && schedule.End() < enoughTime {
		c.Warnings = append(c.Warnings, fmt.Sprintf("trials of %s handshakes in %v are short: %s handshakes or %v vary less",
			results.FormatCount(n), schedule.End(), results.FormatCount(enoughArrivals), enoughTime))
	}
}

// tellComparison prints what was compared the way that was asked for; failed
// is why it could not be written.
func tellComparison(c *cli.Context, s streams, r *results.Result, failed error) error {
	announce(c, s, r)
	return kept(r.ExitCode(), failed, writeComparison(s.out, r, c.String("output"), c.Bool("quiet")))
}

func writeComparison(w io.Writer, r *results.Result, output string, quiet bool) (err error) {
	if output == "json" {
		return r.Write(w)
	}
	for i, one := range r.Compared() {
		if quiet {
			word, evidence := report.CompareLine(one)
			_, err = fmt.Fprintln(w, word+evidence)
		} else {
			if i > 0 {
				_, _ = fmt.Fprintln(w) // the next write fails, too
			}
			err = report.CompareText(w, one, report.TextOptions{Color: wantsColor(w)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
