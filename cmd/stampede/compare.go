package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
	"stampede/scenario"
)

func compareCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		&cli.IntFlag{Name: "pairs", Value: 10, Usage: "pairs that count; one before them does not"},
		&cli.StringFlag{Name: "delta", Value: "5%", Usage: "times that differ by less are the same"},
		&cli.StringFlag{Name: "primary", Value: "handshake p99", Usage: "the measure that decides: METRIC pN or OUTCOME rate"},
	}
	return &cli.Command{
		Name:  "compare",
		Usage: "say which of two targets is better, by interleaved pairs of trials",
		UsageText: "stampede compare A B [flags]\n\n   stampede compare ws://127.0.0.1:8001/ ws://127.0.0.1:8002/ --rate 300/s --for 10s\n" +
			"   stampede compare scenario.yaml ws://127.0.0.1:8002/\n   stampede compare stampede-results/monday stampede-results/tuesday",
		Description: "Exit codes: 0 answered, whatever the answer; 2 usage; 3 inconclusive; 4 generator-limited.",
		Flags:       slices.Concat(flags, trialFlags(), announceFlags()),
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
	return slices.Concat(sittingFlags(), thresholdFlags(), loadFlags())
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
	if c.NArg() != 2 {
		return fmt.Errorf("want two targets or two results, got %d arguments; see stampede compare --help", c.NArg())
	}
	both, err := loadBoth(c, [2]string{c.Args().Get(0), c.Args().Get(1)})
	if err != nil {
		return err
	}
	o.A, o.B = both[0].name, both[1].name
	if both[0].live() != both[1].live() {
		return errors.New("one is recorded and one is not: compare two results, or run both now")
	}
	if !both[0].live() {
		r := both[1].recorded
		r.Compare = results.CompareStored(both[0].recorded, r, o)
		return tellComparison(c, s, r)
	}
	return compareLive(c, s, both[0].scenario, both[1].scenario, o)
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
	if o.Primary, err = results.ParseMeasure(c.String("primary")); err != nil {
		return o, fmt.Errorf("--primary: %w", err)
	}
	return o, nil
}

func compareLive(c *cli.Context, s streams, a, b *scenario.Scenario, o results.CompareOptions) error {
	if err := sameLoad(a, b); err != nil {
		return err
	}
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	d, err := sitBoth(ctx, a, b)
	if err != nil {
		return err
	}
	defer d.stop()
	d.measures = o.Measured()
	plan := results.NewPairs(results.PairsOptions{Seed: seedOf(c), Pairs: c.Int("pairs")})
	if err := d.begin(c, s, "compare", int64(c.Int("pairs"))+1); err != nil {
		return err
	}
	r, err := d.compare(ctx, plan, o)
	if err != nil {
		return err
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "result: %s\n", d.dir.path)
	}
	return tellComparison(c, s, r)
}

// compare carries out a plan, and writes what is known after every trial.
func (d *duel) compare(ctx context.Context, plan *results.Pairs, o results.CompareOptions) (*results.Result, error) {
	for {
		more, err := d.turn(ctx, plan)
		if err != nil {
			return nil, err
		}
		r := d.result()
		r.Compare = results.ComparePlan(plan, o)
		d.warnOfShort(r.Compare)
		if err := d.dir.write(r); err != nil || !more {
			return r, err
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

// tellComparison prints a comparison the way that was asked for.
func tellComparison(c *cli.Context, s streams, r *results.Result) error {
	announce(c, s, r)
	err := writeComparison(s.out, r, c.String("output"), c.Bool("quiet"))
	if err != nil {
		fmt.Fprintln(s.err, "stampede:", err)
	}
	return exit(r.Compare.ExitCode())
}

func writeComparison(w io.Writer, r *results.Result, output string, quiet bool) error {
	switch {
	case output == "json":
		return r.Write(w)
	case quiet:
		word, evidence := report.CompareLine(r.Compare)
		_, err := fmt.Fprintln(w, word+evidence)
		return err
	}
	return report.CompareText(w, r.Compare, report.TextOptions{Color: wantsColor(w)})
}
