package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

// usualGoals are those of a search whose scenario has none. Where many fail
// both are missed, and the first names what limits.
var usualGoals = []string{"error rate < 0.1%", "handshake p99 < 1s"}

func ceilingCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		variantFlag(),
		&cli.StringFlag{Name: "release", Usage: "what a burst holds back: connect or upgrade"},
		&cli.StringFlag{Name: "out", Usage: "directory for the result (default stampede-results/NAME-TIME)"},
		&cli.StringFlag{Name: "resume", Usage: "go on from the trials in this result directory"},
		&cli.StringFlag{Name: "output", Usage: "text, or json: one document on standard output and nothing else there", Value: "text"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no notes; the answer line alone"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask before loading an address that is neither loopback nor private"},
		&cli.IntFlag{Name: "shards", Usage: "threads that make load", DefaultText: "one a CPU"},
	}
	return &cli.Command{
		Name:      "ceiling",
		Usage:     "find the largest load at which every threshold holds",
		UsageText: "stampede ceiling SCENARIO|URL --of burst|rate|held [flags]\n\n   stampede ceiling examples/ceiling.yaml\n   stampede ceiling ws://127.0.0.1:8080/ws --of burst --threshold '504 rate < 0.1%'\n   stampede ceiling wss://staging.example.test/socket --of rate --from 50/s --to 2000/s",
		Flags:     slices.Concat(searchFlags(), flags, thresholdFlags(), requestFlags()),
		Action:    func(c *cli.Context) error { return findCeiling(c, s) },
	}
}

// searchFlags say what is searched.
func searchFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "of", Usage: "burst, rate or held: handshakes at one instant, handshakes a second, connections open at one time"},
		&cli.StringFlag{Name: "from", Usage: "smallest load to try: a count, or for a rate 20/s", DefaultText: "10"},
		&cli.StringFlag{Name: "to", Usage: "largest load to try", DefaultText: "what this host can make"},
		&cli.StringFlag{Name: "budget", Usage: "most time for all trials and the waits between them", DefaultText: "15m"},
		&cli.StringFlag{Name: "quiet-time", Usage: "least time between trials", DefaultText: "2s"},
		&cli.BoolFlag{Name: "strict", Usage: "longer trials, and a confirmation that is proof"},
	}
}

// shapeFlags name the load flags that a search has no use for.
var shapeFlags = []string{"burst", "rate", "for", "arrivals"}

// requestFlags are the load flags that say nothing of the load's shape.
func requestFlags() []cli.Flag {
	return slices.DeleteFunc(loadFlags(), func(f cli.Flag) bool {
		name := f.Names()[0]
		return name == "release" || slices.Contains(shapeFlags, name)
	})
}

// loadSearch makes the scenario of a search: the file's, or a URL's, with what
// the flags say of the search.
func loadSearch(c *cli.Context, arg string) (*scenario.Scenario, error) {
	sc, err := loadWith(c, arg, requestFlags(), func(s *scenario.Scenario) error {
		s.Name = "ceiling"
		return setSearch(c, &s.Search)
	})
	if err != nil {
		return nil, err
	}
	if err := setSearch(c, &sc.Search); err != nil {
		return nil, err
	}
	if sc.Search.Of == results.LoadHeld && sc.Search.Hold == 0 {
		sc.Search.Hold = sc.Hold.For
	}
	sc.MaxDuration = 0 // of the scenario's own load, which is not made
	return sc, sc.Validate()
}

// setSearch puts what the flags say over what is there.
func setSearch(c *cli.Context, s *scenario.Search) error {
	f := flagParser{c: c}
	if c.IsSet("of") {
		s.Of = parseFlag(&f, "of", scenario.ParseSearchOf)
	}
	if s.Of == "" && f.err == nil {
		return errors.New("--of is missing: burst, rate or held (or a search: in the scenario)")
	}
	load := func(text string) (int64, error) { return scenario.ParseSearchLoad(s.Of, text) }
	if c.IsSet("from") {
		s.From = parseFlag(&f, "from", load)
	}
	if c.IsSet("to") {
		s.To = parseFlag(&f, "to", load)
	}
	if c.IsSet("budget") {
		s.Budget = f.nonZero("budget")
	}
	if c.IsSet("quiet-time") {
		s.Quiet = f.nonZero("quiet-time")
	}
	f.release(s)
	s.Strict = s.Strict || c.Bool("strict")
	return f.err
}

// release reads what a burst holds back, if that is said.
func (f *flagParser) release(s *scenario.Search) {
	if f.c.IsSet("release") {
		s.Release = scenario.Connect
		if f.word("release", "connect", "upgrade") == "upgrade" {
			s.Release = scenario.Upgrade
		}
	}
}

func findCeiling(c *cli.Context, s streams) (err error) {
	output := c.String("output")
	if output != "text" && output != "json" {
		return fmt.Errorf("--output %q: want text or json", output)
	}
	if err := errors.Join(checkGenerator(c), wantsOne(c)); err != nil {
		return err
	}
	sc, err := loadSearch(c, c.Args().First())
	if err != nil {
		return err
	}
	chosen, err := choose(sc, c.Args().First(), c.String("variant"))
	if err != nil {
		return err
	}
	sc = chosen.scenario
	h := &hunt{streams: s, shards: c.Int("shards"), quiet: c.Bool("quiet"), began: time.Now()}
	h.noteGoals(sc)
	record, err := readRecord(c.String("resume"), sc)
	if err != nil {
		return err
	}
	if h.terms = ceiling.Terms(sc); record != nil {
		h.terms = record.Terms // with the range that was asked for then
	}
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	if h.at, h.server, err = chosen.sit(ctx); err != nil {
		return err
	}
	defer h.at.stop()
	defer func() { endWith(&err, h.server.stop()) }()
	if err := h.unreached(); err != nil {
		return err
	}
	if err := confirm(s, c.Bool("yes"), max(sc.Search.To, sc.Search.From), h.at.targets); err != nil {
		return err
	}
	h.noteShared()
	o, err := h.options(ctx, record)
	if err != nil {
		return err
	}
	if h.search, err = ceiling.New(o); err != nil {
		return err
	}
	if err := feed(h.search, record); err != nil {
		return err
	}
	out := c.String("out")
	if out == "" {
		out = c.String("resume")
	}
	if h.dir, err = newResultDir(out, sc.Name, h.began, false); err != nil {
		return err
	}
	if err := h.server.startFor(ctx, h.dir); err != nil {
		return err
	}
	r, failed := h.run(ctx, sc)
	if r == nil {
		return failed
	}
	untold := tell(s, r, output, h.quiet)
	h.say("result: %s", h.dir.path)
	return kept(r.ExitCode(), failed, untold)
}

// options are those of the search. One that goes on keeps to this host as it
// was measured then.
func (h *hunt) options(ctx context.Context, record *results.Ceiling) (ceiling.Options, error) {
	if record != nil {
		h.null = nullCeiling{largest: record.GeneratorCeiling, more: record.GeneratorMore, tls: record.GeneratorTLS}
		return h.recordedOptions(record), nil
	}
	o := ceiling.NewOptions(h.at.scenario.Search, h.at.scenario.Thresholds)
	return o, h.bound(ctx, new(nullCeilings), &o)
}

// noteGoals gives a scenario without thresholds the usual ones, and says so.
func (h *hunt) noteGoals(sc *scenario.Scenario) {
	if len(sc.Load) > 0 {
		h.note("the load of the scenario is not made: a search makes its own")
	}
	if giveGoals(sc) {
		h.note("no thresholds given, so the usual: %s, %s", usualGoals[0], usualGoals[1])
	}
}

// noteShared says that the server is on this host, if it is. Behind a proxy it
// may be anywhere.
func (h *hunt) noteShared() {
	elsewhere := func(a netip.AddrPort) bool { return !a.Addr().IsLoopback() }
	if !slices.ContainsFunc(h.at.targets, func(t *engine.Target) bool { return t.Asked != "" || slices.ContainsFunc(t.Addresses, elsewhere) }) {
		h.note("the server is on this host and shares its CPUs with the generator: the ceiling is one of both")
	}
}

// giveGoals gives a scenario without thresholds the usual ones, and reports
// whether it did.
func giveGoals(sc *scenario.Scenario) bool {
	if len(sc.Thresholds) > 0 {
		return false
	}
	for _, text := range usualGoals {
		t, err := results.ParseThreshold(text)
		if err != nil {
			panic(err) // a constant of this file
		}
		sc.Thresholds = append(sc.Thresholds, t)
	}
	return true
}
