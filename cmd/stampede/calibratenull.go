package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/scenario"
)

// calibrateNull says what this host alone can make, over TLS if the target that
// is named is. Nothing is sent to that.
func calibrateNull(c *cli.Context, s streams) error {
	sc, err := loadNull(c)
	if err != nil {
		return err
	}
	if sc.Search.Of == results.LoadHeld {
		return errors.New("--of held: what this host can hold is a matter of descriptors, ports and memory; stampede check counts them")
	}
	h := &hunt{streams: s, quiet: c.Bool("quiet")}
	h.noteGoals(sc)
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	n, err := new(nullCeilings).of(ctx, sc, c.Int("shards"), 0, h.say)
	if ctx.Err() != nil {
		return exit(exitInconclusive)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "this host alone: %s %s%s (%s)\n", results.FormatCount(n.largest), sc.Search.Of.Unit(), n.overTLS(), n.why)
	if err == nil && n.largest == 0 {
		return exit(exitGeneratorLimited)
	}
	return err
}

// loadNull is the search whose null ceiling is asked for: that of the argument,
// or one on ws://.
func loadNull(c *cli.Context) (*scenario.Scenario, error) {
	arg := scenario.Practice
	switch c.NArg() {
	case 0:
	case 1:
		arg = c.Args().First()
	default:
		return nil, wantsOne(c)
	}
	sc, err := loadWith(c, arg, requestFlags(), func(s *scenario.Scenario) error { return setNull(c, &s.Search) })
	if err != nil {
		return nil, err
	}
	return sc, setNull(c, &sc.Search) // over what a file says
}

// setNull puts what the flags say of a load's kind over what is there.
func setNull(c *cli.Context, s *scenario.Search) error {
	f := flagParser{c: c}
	s.Of = cmp.Or(parseFlag(&f, "of", scenario.ParseSearchOf), s.Of, results.LoadBurst)
	f.release(s)
	return f.err
}
