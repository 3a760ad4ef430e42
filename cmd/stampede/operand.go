package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/scenario"
)

// operand is what an argument of compare or gate names: a recorded run, or
// something to run.
type operand struct {
	name     string             // as it was given, secrets masked
	recorded *results.Result    // nil: it is to be run
	scenario *scenario.Scenario // nil: it is recorded
	variant  *scenario.Variant  // whose server is started; nil: it runs already
	folder   string             // where the variant's commands run
}

func (o operand) live() bool { return o.scenario != nil }

// loadOperand loads one argument.
func loadOperand(c *cli.Context, arg string) (o operand, err error) {
	if isRecorded(arg) {
		o.name = arg
		o.recorded, err = readResult(arg)
		return o, err
	}
	sc, err := loadArgument(c, arg)
	if err != nil {
		return o, err
	}
	return choose(sc, arg, c.String("variant"))
}

// loadOnly loads the one argument of a command that runs it.
func loadOnly(c *cli.Context) (o operand, err error) {
	sc, err := load(c)
	if err != nil {
		return o, err
	}
	return choose(sc, c.Args().First(), c.String("variant"))
}

// variantFlag is that of commands that run one variant of a scenario.
func variantFlag() cli.Flag {
	return &cli.StringFlag{Name: "variant", Usage: "which of the scenario's variants; its server is started before and ended after"}
}

// choose makes an operand of a scenario, or of the variant of that name. A
// scenario with variants does not say which of them is meant by itself, and
// running none of them would be a run that nobody asked for.
func choose(sc *scenario.Scenario, arg, name string) (o operand, err error) {
	if len(sc.Variants) == 0 {
		if name != "" {
			return o, fmt.Errorf("--variant %s: %s has no variants", name, sc.Masked(arg))
		}
		return operand{name: sc.Masked(arg), scenario: sc}, nil
	}
	i := slices.IndexFunc(sc.Variants, func(v scenario.Variant) bool { return v.Name == name })
	switch {
	case name == "":
		return o, fmt.Errorf("%s has variants, %s: choose one with --variant, or compare them all with stampede compare %[1]s", arg, variantNames(sc))
	case i < 0:
		return o, fmt.Errorf("--variant %s: %s has %s", name, arg, variantNames(sc))
	}
	o, err = variantOf(sc, i, arg)
	if err == nil {
		o.scenario.Name = sc.Name + ", " + name
	}
	return o, err
}

// variantNames lists the names of a scenario's variants.
func variantNames(sc *scenario.Scenario) string {
	names := make([]string, len(sc.Variants))
	for i := range sc.Variants {
		names[i] = sc.Variants[i].Name
	}
	return strings.Join(names, ", ")
}

// variantOf is variant i of a scenario's file.
func variantOf(sc *scenario.Scenario, i int, file string) (o operand, err error) {
	v := &sc.Variants[i]
	o = operand{name: v.Name, variant: v, folder: filepath.Dir(file)}
	if o.scenario, err = sc.Of(v); err != nil {
		return o, fmt.Errorf("variant %s: %w", v.Name, err)
	}
	return o, nil
}

// sit makes the target ready. The server is that of its variant, not started
// yet; without one it has nothing to start. Who got them stops both.
func (o operand) sit(ctx context.Context) (*sitting, *variantServer, error) {
	at, err := sit(ctx, o.scenario)
	if err != nil {
		return nil, nil, err
	}
	server := &variantServer{folder: o.folder, at: at}
	if o.variant != nil {
		server.variant = *o.variant
	}
	return at, server, nil
}

// wantsRun refuses the result of a search or of a comparison where a run is
// judged: what such a result holds beside its answer is at best its last trial.
func wantsRun(name string, r *results.Result) error {
	switch {
	case r.Ceiling != nil:
		return fmt.Errorf("%s is the result of a search, and no run: stampede report prints it, stampede compare takes two of them", name)
	case r.Compare != nil:
		return fmt.Errorf("%s is the result of a comparison, and no run: those it made are in its trials", name)
	}
	return nil
}

// isRecorded reports whether an argument names a result: its directory, or
// the file in it.
func isRecorded(arg string) bool {
	if isURL(arg) {
		return false
	}
	info, err := os.Stat(arg)
	return err == nil && info.IsDir() || filepath.Ext(arg) == ".json"
}

// loadVariants loads the variants of one scenario.
func loadVariants(c *cli.Context, file string) ([]operand, error) {
	if isRecorded(file) {
		return nil, fmt.Errorf("%s is one result: give a second to compare it with", file)
	}
	sc, err := loadArgument(c, file)
	if err != nil {
		return nil, err
	}
	if len(sc.Variants) == 0 {
		return nil, fmt.Errorf("%s has no variants: give two targets, or a scenario with variants", file)
	}
	return allVariants(sc, file)
}

func allVariants(sc *scenario.Scenario, file string) (all []operand, err error) {
	all = make([]operand, len(sc.Variants))
	for i := range all {
		if all[i], err = variantOf(sc, i, file); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// loadBoth loads two arguments that are run in the same sitting, or are both
// recorded. A URL beside a scenario file is the scenario at another URL.
func loadBoth(c *cli.Context, args [2]string) (both [2]operand, err error) {
	for i, arg := range args {
		if beside := args[1-i]; isURL(arg) && !isURL(beside) && !isRecorded(beside) {
			both[i], err = loadBeside(c, arg, beside)
		} else {
			both[i], err = loadOperand(c, arg)
		}
		if err != nil {
			return both, err
		}
	}
	return both, nil
}

func loadBeside(c *cli.Context, url, file string) (o operand, err error) {
	if o, err = loadOperand(c, file); err != nil {
		return o, err
	}
	t := &o.scenario.Target
	t.URL, t.URLs, t.Practice, t.ConnectTo = url, nil, nil, ""
	return operand{name: o.scenario.Masked(url), scenario: o.scenario}, o.scenario.Validate()
}

// loadAgainst loads a baseline and the release that is held to it: two
// targets, or two variants of the release's scenario.
func loadAgainst(c *cli.Context, baseline, release string) (both [2]operand, err error) {
	if isURL(release) || isRecorded(release) {
		return loadBoth(c, [2]string{baseline, release})
	}
	sc, err := loadArgument(c, release)
	if err != nil {
		return both, err
	}
	i := slices.IndexFunc(sc.Variants, func(v scenario.Variant) bool { return v.Name == baseline })
	switch {
	case i < 0:
		return loadBoth(c, [2]string{baseline, release})
	case c.String("variant") == baseline:
		return both, fmt.Errorf("--baseline %s: the release is that variant", baseline)
	}
	if both[0], err = variantOf(sc, i, release); err == nil {
		both[1], err = choose(sc, release, c.String("variant"))
	}
	return both, err
}

// sameLoad refuses two scenarios whose connections do not meet the same fate:
// what differs must be the target.
func sameLoad(a, b *scenario.Scenario) error {
	for _, p := range []struct {
		what string
		a, b any
	}{
		{"load", a.Load, b.Load}, {"hold", a.Hold, b.Hold}, {"timeouts", a.Timeouts, b.Timeouts}, {"ready", a.Ready, b.Ready},
		{"early_close", a.EarlyClose, b.EarlyClose},
	} {
		if !reflect.DeepEqual(p.a, p.b) {
			return fmt.Errorf("the two scenarios differ in %s, so that a comparison of them would be one of loads", p.what)
		}
	}
	return nil
}
