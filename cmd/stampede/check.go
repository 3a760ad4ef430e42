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
		variantFlag(),
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

// check sends nothing but name look-ups and one handshake; of a scenario with
// variants one to each, unless one is chosen.
func check(c *cli.Context, s streams) error {
	sc, err := load(c)
	if err != nil {
		return err
	}
	all, err := checked(c, sc)
	if err != nil {
		return err
	}
	if err := sc.Plan().Write(s.out, 80, wantsColor(s.out)); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	code := exitPass
	for _, o := range all {
		fmt.Fprintln(s.out)
		if o.variant != nil {
			fmt.Fprintln(s.out, "variant:", o.name)
		}
		ok, err := checkTarget(c, s, o)
		if err != nil {
			return err
		}
		if !ok {
			code = exitFail
		}
	}
	return exit(code)
}

// checked are the variants of a scenario, the one that is chosen, or the
// scenario itself.
func checked(c *cli.Context, sc *scenario.Scenario) ([]operand, error) {
	arg, name := c.Args().First(), c.String("variant")
	if len(sc.Variants) > 0 && name == "" {
		return allVariants(sc, arg)
	}
	o, err := choose(sc, arg, name)
	return []operand{o}, err
}

// checkTarget looks for one target, and reports whether all was found well.
func checkTarget(c *cli.Context, s streams, o operand) (ok bool, err error) {
	at, err := sit(c.Context, o.scenario)
	if err != nil {
		return false, err
	}
	defer at.stop()
	sc := at.scenario
	j := &job{sitting: at, schedule: sc.Schedule()}
	if err := j.fault(); err != nil {
		fmt.Fprintln(s.out, "target:", err)
		return false, nil
	}
	fmt.Fprintf(s.out, "target: %s at %s\n", sc.Masked(j.url), strings.Join(j.names(), ", "))
	j.workers = engine.Workers(sc, j.schedule)
	for _, n := range engine.Needs(sc, j.schedule, j.targets) {
		fmt.Fprintln(s.out, j.need(n))
	}
	if o.variant != nil && len(o.variant.Start) > 0 {
		fmt.Fprintln(s.out, "one handshake: not tried: check does not start its server")
		return true, nil
	}
	return j.tryOne(c.Context, s, c.Bool("yes"))
}

// tryOne makes a single handshake with the scenario's target, and reports
// whether it was established, or could not be tried.
func (s *sitting) tryOne(ctx context.Context, st streams, yes bool) (ok bool, err error) {
	if err := confirm(streams{err: st.err}, yes, 1, s.targets); err != nil {
		fmt.Fprintln(st.out, "one handshake: not tried:", err)
		return true, nil
	}
	r, err := s.try(ctx, single())
	if errors.Is(err, engine.ErrUnsupported) {
		fmt.Fprintln(st.out, "one handshake: not tried:", err)
		return true, nil
	}
	if err != nil {
		return false, err
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
			return false, nil
		}
	}
	return true, nil
}
