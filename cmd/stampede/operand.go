package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"

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
	if o.scenario, err = loadArgument(c, arg); err == nil {
		o.name = o.scenario.Masked(arg)
	}
	return o, err
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
	all := make([]operand, len(sc.Variants))
	for i := range sc.Variants {
		v := &sc.Variants[i]
		all[i] = operand{name: v.Name, variant: v, folder: filepath.Dir(file)}
		if all[i].scenario, err = sc.Of(v); err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
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
	sc, err := loadArgument(c, file)
	if err != nil {
		return o, err
	}
	t := &sc.Target
	t.URL, t.URLs, t.Practice, t.ConnectTo = url, nil, nil, ""
	return operand{name: sc.Masked(url), scenario: sc}, sc.Validate()
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
