package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/results"
	"stampede/scenario"
)

func checkCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "yes", Usage: "make the one handshake even with an address that is neither loopback nor private"},
	}
	return &cli.Command{
		Name:      "check",
		Usage:     "validate a scenario, draw its plan and see whether this host can make it",
		UsageText: "stampede check SCENARIO|URL [flags]\n\n   stampede check examples/quickstart.yaml",
		Flags:     append(append(flags, thresholdFlags()...), loadFlags()...),
		Action:    func(c *cli.Context) error { return check(c, s) },
	}
}

// check sends nothing but name look-ups and one handshake.
func check(c *cli.Context, s streams) error {
	sc, err := load(c)
	if err != nil {
		return err
	}
	if err := sc.Plan().Write(s.out, 80, wantsColor(s.out)); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	at, err := sit(c.Context, sc)
	if err != nil {
		return err
	}
	defer at.stop()
	j := &job{sitting: at, schedule: sc.Schedule()}
	fmt.Fprintln(s.out)
	if err := j.fault(); err != nil {
		fmt.Fprintln(s.out, "target:", err)
		return exit(exitFail)
	}
	fmt.Fprintf(s.out, "target: %s at %s\n", sc.Masked(j.url), strings.Join(j.names(), ", "))
	j.workers = engine.Workers(sc, j.schedule)
	for _, n := range engine.Needs(sc, j.schedule, j.targets) {
		fmt.Fprintln(s.out, j.need(n))
	}
	return j.tryOne(c.Context, s, c.Bool("yes"))
}

// tryOne makes a single handshake with the scenario's target.
func (s *sitting) tryOne(ctx context.Context, st streams, yes bool) error {
	if err := confirm(streams{err: st.err}, yes, 1, s.addresses()); err != nil {
		fmt.Fprintln(st.out, "one handshake: not tried:", err)
		return nil
	}
	r, err := s.try(ctx, trial{load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 1}}, hold: &scenario.Hold{}, workers: 1})
	if errors.Is(err, engine.ErrUnsupported) {
		fmt.Fprintln(st.out, "one handshake: not tried:", err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, row := range r.Outcomes {
		text := "one handshake: " + row.Outcome().Name()
		if row.Kind == results.Established {
			text += fmt.Sprintf(" in %v", time.Duration(*r.Metrics.Service.Max).Round(10*time.Microsecond))
		}
		fmt.Fprintln(st.out, text)
		for _, sample := range row.Samples {
			fmt.Fprintln(st.out, "  "+strings.ReplaceAll(sample, "\n", "\n  "))
		}
		if row.Kind != results.Established {
			return exit(exitFail)
		}
	}
	return nil
}
