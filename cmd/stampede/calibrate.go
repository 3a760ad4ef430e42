package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

func calibrateCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		variantFlag(),
		&cli.BoolFlag{Name: "null", Usage: "against a server that does nothing: what this host alone can make, over TLS as SCENARIO or a wss:// URL asks"},
		&cli.StringFlag{Name: "of", Usage: "with --null: burst or rate", Value: string(results.LoadBurst)},
		&cli.IntFlag{Name: "pairs", Value: 10, Usage: "pairs of the target with itself; one before them does not count"},
		&cli.StringSliceFlag{Name: "margin", Usage: "a measure and the change to be found, as 'handshake p99 10%'", DefaultText: "handshake p99 10%, p50 5%, error rate 0.1 points"},
	}
	return &cli.Command{
		Name:      "calibrate",
		Usage:     "measure this host: how small a change can be found on it, and what it alone can make",
		UsageText: "stampede calibrate SCENARIO|URL [flags]\n   stampede calibrate --null [SCENARIO|URL] [--of burst|rate]\n\n   stampede calibrate practice --rate 300/s --for 10s\n   stampede calibrate scenario.yaml --out calibrated\n   stampede calibrate --null wss://staging.example.test/socket --insecure",
		Flags:     slices.Concat(flags, trialFlags()),
		Action:    func(c *cli.Context) error { return calibrate(c, s) },
	}
}

// calibration is what calibrate prints as JSON, and gate reads.
type calibration struct {
	Schema      string                `json:"schema"`
	Seed        uint64                `json:"seed"`
	Pairs       int                   `json:"pairs"`
	Withheld    string                `json:"withheld,omitempty"` // why there are fewer pairs than asked for
	Environment map[string]string     `json:"environment"`
	Measures    []results.Calibration `json:"measures"`
}

// write writes it as readCalibration reads it.
func (found *calibration) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(found)
}

// calibrationFile is what calibrate writes beside its trials.
const calibrationFile = "calibration.json"

const calibrationSchema = "stampede/calibration/v1"

func calibrate(c *cli.Context, s streams) error {
	if err := checkGenerator(c); err != nil {
		return err
	}
	if c.Bool("null") {
		return calibrateNull(c, s)
	}
	g, err := newGateRun(c)
	if err != nil {
		return err
	}
	o, err := loadOnly(c)
	if err != nil {
		return err
	}
	if n := c.Int("pairs"); n < 2 {
		return fmt.Errorf("--pairs %d: want at least 2", n)
	}
	ctx, stop := stopOnSignal(c.Context, s.err)
	defer stop()
	found, code, err := g.calibrate(ctx, c, s, o)
	if err != nil {
		return err
	}
	if c.String("output") == "json" {
		err = found.write(s.out)
	} else {
		if _, err = fmt.Fprintf(s.out, "%d pairs interleaved, seed %d\n", found.Pairs, found.Seed); err == nil {
			err = report.CalibrationText(s.out, found.Measures)
		}
	}
	return kept(code, nil, err)
}

// calibrate runs a target against itself. Both sides are one sitting, one
// server life.
func (g *gateRun) calibrate(ctx context.Context, c *cli.Context, s streams, o operand) (_ *calibration, code int, err error) {
	at, server, err := o.sit(ctx)
	if err != nil {
		return nil, 0, err
	}
	gated := g.gatedBy(o.scenario.Thresholds)
	d := &duel{sides: [2]*sitting{at, at}, servers: []*variantServer{server}, measures: results.Measures(gated)}
	defer func() { endWith(&err, d.stop()) }()
	if err := d.begin(ctx, c, s, c.String("out"), "calibrate", int64(c.Int("pairs"))+1); err != nil {
		return nil, 0, err
	}
	seed := seedOf(c)
	plan := results.NewPairs(results.PairsOptions{Seed: seed, Pairs: c.Int("pairs")})
	for more := true; more; {
		if more, err = d.turn(ctx, plan); err != nil {
			return nil, 0, afterLoad(err)
		}
	}
	found := &calibration{Schema: calibrationSchema, Seed: seed, Pairs: len(plan.Done()), Environment: environment(),
		Measures: results.Calibrate(plan.Done(), gated)}
	code = found.exitCode(ctx, plan, s)
	if err := d.dir.replace(calibrationFile, found.write); err != nil {
		return nil, 0, afterLoad(err)
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "result: %s\n", d.dir.path)
	}
	return found, code, nil
}

// exitCode is that of a calibration: 0 when all pairs were had.
func (found *calibration) exitCode(ctx context.Context, plan *results.Pairs, s streams) int {
	why, limited := plan.GaveUp()
	if ctx.Err() != nil {
		why = "interrupted"
	}
	if why == "" {
		return exitPass
	}
	found.Withheld = why
	fmt.Fprintln(s.err, "stampede:", why)
	if limited {
		return exitGeneratorLimited
	}
	return exitInconclusive
}

// readCalibration reads what calibrate wrote, or printed as JSON. One of
// another host says nothing of this one.
func readCalibration(path string) ([]results.Calibration, error) {
	if i, err := os.Stat(path); err == nil && i.IsDir() {
		path = filepath.Join(path, calibrationFile)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	var found calibration
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if found.Schema != calibrationSchema {
		return nil, fmt.Errorf("%s: no calibration: its schema is %q, not %q", path, found.Schema, calibrationSchema)
	}
	if other := elsewhere(found.Environment); other != "" {
		return nil, fmt.Errorf("%s: made elsewhere: %s", path, other)
	}
	return found.Measures, nil
}
