package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/scenario"
)

func calibrateCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "null", Usage: "against a server that does nothing: what this host alone can make"},
		&cli.StringFlag{Name: "of", Usage: "burst or rate", Value: string(results.LoadBurst)},
		&cli.StringFlag{Name: "release", Usage: "what a burst holds back: connect or upgrade"},
		&cli.IntFlag{Name: "shards", Usage: "threads that make load", DefaultText: "one a CPU"},
	}
	return &cli.Command{
		Name:      "calibrate",
		Usage:     "measure this host, so that its limit is not taken for a server's",
		UsageText: "stampede calibrate --null [--of burst|rate]\n\n   stampede calibrate --null --of rate",
		Flags:     append(flags, thresholdFlags()...),
		Action:    func(c *cli.Context) error { return calibrate(c, s) },
	}
}

func calibrate(c *cli.Context, s streams) error {
	if !c.Bool("null") {
		return errors.New("say what to calibrate by: --null, a server that does nothing")
	}
	if c.Args().Present() {
		return fmt.Errorf("calibrate takes no argument, got %q", c.Args().First())
	}
	sc := &scenario.Scenario{Name: "calibrate", Target: scenario.Target{URL: scenario.Practice}}
	for _, text := range c.StringSlice("threshold") {
		t, err := results.ParseThreshold(text)
		if err != nil {
			return fmt.Errorf("--threshold: %w", err)
		}
		sc.Thresholds = append(sc.Thresholds, t)
	}
	f := flagParser{c: c}
	sc.Search.Of = results.LoadBurst
	if c.IsSet("of") {
		sc.Search.Of = parseFlag(&f, "of", scenario.ParseSearchOf)
	}
	if f.word("release", "connect", "upgrade") == "upgrade" {
		sc.Search.Release = scenario.Upgrade
	}
	if f.err != nil {
		return f.err
	}
	if sc.Search.Of == results.LoadHeld {
		return errors.New("--of held: what this host can hold is a matter of descriptors, ports and memory; stampede check counts them")
	}
	h := &hunt{streams: s}
	h.noteGoals(sc)
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	n, why, err := nullCeiling(ctx, sc, c.Int("shards"), 0)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exit(exitInconclusive)
	}
	_, err = fmt.Fprintf(s.out, "this host alone: %s %s (%s)\n", results.FormatCount(n), sc.Search.Of.Unit(), why)
	if err == nil && n == 0 {
		return exit(exitGeneratorLimited)
	}
	return err
}
