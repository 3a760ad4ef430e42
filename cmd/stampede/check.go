package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"stampede/engine"
)

func checkCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "validate a scenario, draw its plan and see whether this host can make it",
		UsageText: "stampede check SCENARIO|URL [flags]\n\n   stampede check examples/quickstart.yaml",
		Flags:     append(thresholdFlags(), loadFlags()...),
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
	j, err := prepare(c.Context, sc)
	if err != nil {
		return err
	}
	defer j.stopPractice()
	fmt.Fprintln(s.out)
	if j.target.Err != nil {
		fmt.Fprintln(s.out, "target:", j.target.Err)
	} else {
		fmt.Fprintf(s.out, "target: %s at %s\n", sc.Masked(j.url), addressList(j.target.Addresses))
	}
	short := false
	for _, n := range engine.Needs(sc, j.schedule, j.target.Addresses) {
		fmt.Fprintln(s.out, n)
		short = short || n.Short()
	}
	if j.target.Err != nil {
		return exit(exitFail)
	}
	return nil
}
