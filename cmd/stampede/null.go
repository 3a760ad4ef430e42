package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

const (
	nullFrom    = int64(200)      // the first load tried on the null server
	nullMeasure = 2 * time.Second // how long a rate is
	nullTries   = 2               // of which one has to pass: something else may have spoilt the other

	// ofGenerator is the share of what this host alone can make that a search
	// goes up to: near its own limit a generator is late, and a late generator
	// measures itself.
	ofGenerator = 0.8
)

// nullCeiling is the largest load of a search's shape that this host makes in
// good order against a server that does nothing, in a process of its own on
// this host: twice as much each time, until a load does not pass, most is
// reached or the host has no more; then once half way. why says what ended it.
func nullCeiling(ctx context.Context, sc *scenario.Scenario, shards int, most int64) (largest int64, why string, err error) {
	null := *sc
	null.Target = scenario.Target{URL: scenario.Practice, SourceAddresses: sc.Target.SourceAddresses}
	null.Data, null.Ready, null.Load = nil, scenario.Ready{}, nil
	null.Search.From, null.Search.To, null.Search.Quiet = 0, 0, time.Second
	if null.Search.Of == results.LoadRate {
		null.Search.WarmUp, null.Search.Measure = time.Millisecond, nullMeasure
	}
	if err := null.Validate(); err != nil {
		return 0, "", err
	}
	at, err := sit(ctx, &null)
	if err != nil {
		return 0, "", err
	}
	defer at.stop()
	h := &hunt{at: at, shards: shards, quiet: true}
	room, short := at.room(null.Search, null.Hold)
	failed := int64(0)
	for load := min(nullFrom, room); largest < room; load = min(2*load, room) {
		ok, limit, err := h.passes(ctx, null.Search, load)
		if err != nil || ctx.Err() != nil {
			return 0, "", err
		}
		if !ok {
			failed, why = load, limit
			break
		}
		largest = load
		if most > 0 && largest >= most {
			return largest, "more was not asked for", nil
		}
	}
	if failed == 0 {
		return largest, short, nil
	}
	if middle := (largest + failed) / 2; largest > 0 {
		if ok, _, err := h.passes(ctx, null.Search, middle); err != nil || ctx.Err() != nil {
			return 0, "", err
		} else if ok {
			largest = middle
		}
	}
	return largest, why, nil
}

// passes reports whether a load is made in good order, and if not, why.
func (h *hunt) passes(ctx context.Context, s scenario.Search, load int64) (ok bool, why string, err error) {
	for n := range nullTries {
		row, err := h.Try(ctx, ceiling.NewPlan(s, scenario.Hold{}, load, n), load)
		if err != nil || ctx.Err() != nil || row.Good && row.Valid {
			return err == nil, "", err
		}
		why = fmt.Sprintf("at %s: %s", results.FormatCount(load), row.Invalid)
		if row.Valid {
			why = fmt.Sprintf("at %s a threshold does not hold", results.FormatCount(load))
		}
	}
	return false, why, nil
}

// largestTried is the largest load there is a use for.
const largestTried = 1_000_000

// room is the largest load for which this host has descriptors, ports and
// memory, and what there is no more of beyond.
func (s *sitting) room(search scenario.Search, hold scenario.Hold) (load int64, short string) {
	low, high := int64(0), int64(largestTried+1) // low fits, high does not
	for high-low > 1 {
		middle := (low + high) / 2
		if what := s.shortOf(search, hold, middle); what != "" {
			high, short = middle, what
		} else {
			low = middle
		}
	}
	if short == "" {
		short = "more is never tried"
	}
	return low, short
}

// shortOf names what this host has too little of for a load, "" for nothing.
func (s *sitting) shortOf(search scenario.Search, hold scenario.Hold, load int64) string {
	p := ceiling.NewPlan(search, hold, load, 0)
	sc := *s.scenario
	sc.Load, sc.Hold = p.Shapes, p.Hold
	sc.EarlyClose, sc.EarlyCloseWithin = scenario.CountEarlyClose, 0
	if err := sc.Validate(); err != nil {
		return "the caps of a scenario"
	}
	schedule := sc.Schedule()
	for _, n := range engine.Needs(&sc, schedule, s.targets) {
		if n.What == engine.Descriptors && search.Of == results.LoadHeld {
			n = n.Split(engine.Workers(&sc, schedule)) // bursts and rates are measured as one process makes them
		}
		if n.Short() {
			return n.What
		}
	}
	return ""
}

// options are those of the search: its range ends where this host's does.
func (h *hunt) options(ctx context.Context, sc *scenario.Scenario, record *results.Ceiling) (ceiling.Options, error) {
	o := ceiling.NewOptions(sc.Search, sc.Thresholds)
	if record != nil { // of the host as it was measured then
		o.From, o.To, o.CappedBy, h.generator = record.From, record.To, record.CappedBy, record.GeneratorCeiling
		return o, nil
	}
	room, short := h.at.room(sc.Search, sc.Hold)
	h.limit(&o, room, short+" of this host")
	if sc.Search.Of == results.LoadHeld {
		return o, nil
	}
	h.say("measuring what this host alone can make")
	n, _, err := nullCeiling(ctx, sc, h.shards, (o.To*10+7)/8)
	if err != nil || ctx.Err() != nil {
		return o, err
	}
	if h.generator = n; n == 0 {
		return o, &exitError{exitGeneratorLimited, fmt.Errorf("this host is too busy to make %d %s in good order", nullFrom, o.Of.Unit())}
	}
	h.limit(&o, int64(ofGenerator*float64(n)), fmt.Sprintf("80 %% of what this host alone can make, %s", results.FormatCount(n)))
	if h.at.secure() {
		h.note("what this host alone can make was measured without TLS, which takes most of the time of a handshake: where a trial is late it says so")
	}
	return o, nil
}

// limit ends the range of a search at most.
func (h *hunt) limit(o *ceiling.Options, most int64, why string) {
	if o.To == 0 || o.To > most {
		o.To, o.CappedBy = max(most, 1), why
		o.From = min(o.From, o.To)
	}
}

// secure reports whether any target is dialled over TLS.
func (s *sitting) secure() bool {
	for _, t := range s.targets {
		if t.TLS != nil {
			return true
		}
	}
	return false
}

// calibrateNull says what this host alone can make.
func calibrateNull(c *cli.Context, s streams) error {
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
