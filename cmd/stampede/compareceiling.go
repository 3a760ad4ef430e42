package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine/ceiling"
	"stampede/results"
)

// usualCeilingDelta is what ceilings may differ by and be the same, unless
// --delta says: a search stops when its interval is 10 % wide, so that a finer
// margin would hardly ever hold the ratio of two.
const usualCeilingDelta = 0.1

// compareSearchFlags are those of a comparison that searches: for both
// ceilings, or for A's, to load both by it.
func compareSearchFlags() []cli.Flag {
	return slices.Concat([]cli.Flag{
		&cli.BoolFlag{Name: "ceilings", Usage: "compare the ceilings, by two searches in turn (--delta is 10% then)"},
		&cli.StringFlag{Name: "at", Usage: "load both by this share of A's ceiling of bursts or rates, as 70%; it is searched for first"},
		&cli.StringFlag{Name: "ceiling-of", Usage: "with --at: the result of a search that was made before"},
	}, searchFlags())
}

// searches reports whether a command's scenarios are loaded by a search.
func searches(c *cli.Context) bool { return c.Bool("ceilings") || c.IsSet("at") }

// compareSearch is what a comparison searches for.
type compareSearch struct {
	share   float64          // of A's ceiling, which is the load; 0: of none
	ceiling *results.Ceiling // A's; nil: not known yet
	notes   []string
	nulls   nullCeilings // of this host, for all searches of the run
}

// searchOptions reads what a comparison searches for, and refuses flags that
// say nothing then.
func searchOptions(c *cli.Context) (*compareSearch, error) {
	s := &compareSearch{}
	switch unused := slices.DeleteFunc(slices.Clone(shapeFlags), func(name string) bool { return !c.IsSet(name) }); {
	case c.Bool("ceilings") && c.IsSet("at"):
		return nil, errors.New("--ceilings compares ceilings and --at times below one: give one of them")
	case c.Bool("ceilings") && c.IsSet("primary"):
		return nil, errors.New("--primary: with --ceilings it is the ceiling")
	case !c.IsSet("at") && c.IsSet("ceiling-of"):
		return nil, errors.New("--ceiling-of: give --at, the share of that ceiling")
	case searches(c) && len(unused) > 0:
		return nil, fmt.Errorf("--%s: the load is the search's; give --of, --from and --to", unused[0])
	}
	for _, f := range searchFlags() {
		if name := f.Names()[0]; c.IsSet(name) && !searches(c) {
			return nil, fmt.Errorf("--%s goes with --ceilings or --at", name)
		}
	}
	if !c.IsSet("at") {
		return s, nil
	}
	var err error
	if s.share, err = results.ParseMargin(c.String("at")); err != nil {
		return nil, fmt.Errorf("--at %s: want a share of A's ceiling, as 70%%", c.String("at"))
	}
	return s, s.read(c)
}

// read takes the ceiling of a search that was made before, and what it was of.
func (s *compareSearch) read(c *cli.Context) error {
	path := c.String("ceiling-of")
	if path == "" {
		return nil
	}
	r, err := readResult(path)
	if err != nil {
		return fmt.Errorf("--ceiling-of: %w", err)
	}
	if r.Ceiling == nil {
		return fmt.Errorf("--ceiling-of %s: it holds no search", path)
	}
	s.ceiling = r.Ceiling
	if of := string(r.Ceiling.Of); c.IsSet("of") && c.String("of") != of {
		return fmt.Errorf("--ceiling-of %s: a ceiling of %s, and --of %s", path, of, c.String("of"))
	}
	return c.Set("of", string(r.Ceiling.Of)) // as if it were given: the trials have that shape
}

// prepare makes scenarios ready to be searched, and refuses those that are not
// searched alike.
func (s *compareSearch) prepare(sides []operand) error {
	a := sides[0].scenario
	if s.share > 0 && a.Search.Of == results.LoadHeld {
		return errors.New("--at: a share of a ceiling of bursts or rates, not of what is held; give --of burst or rate")
	}
	usual := false
	for _, o := range sides {
		o.scenario.Load = nil // a search makes its own
		usual = giveGoals(o.scenario) || usual
		if o.scenario.Search != a.Search || !reflect.DeepEqual(o.scenario.Thresholds, a.Thresholds) {
			return errors.New("the scenarios differ in search or thresholds, so that their ceilings are of different things")
		}
	}
	if usual {
		s.notes = append(s.notes, "no thresholds given, so the usual: "+strings.Join(usualGoals, ", "))
	}
	return nil
}

// hunt begins a search on one side, in trials/NAME. like is a search beside it,
// whose range it shares as far as this host allows; nil: none.
func (d *duel) hunt(ctx context.Context, s streams, search *compareSearch, side results.Side, name string, like *hunt) (*hunt, error) {
	h := &hunt{streams: s, at: d.sides[side], server: d.servers[side], quiet: d.notes == nil, shards: d.shards, label: side.String() + ": ", began: time.Now()}
	err := h.unreached()
	if err != nil {
		return nil, err
	}
	if h.dir, err = d.dir.of(name); err != nil {
		return nil, err
	}
	o := ceiling.NewOptions(h.at.scenario.Search, h.at.scenario.Thresholds)
	if like != nil {
		o = h.recordedOptions(like.search.Answer())
	}
	if err := h.bound(ctx, &search.nulls, &o); err != nil {
		return nil, err
	}
	h.search, err = ceiling.New(o)
	return h, err
}

// ceilingDuel searches for the ceilings of both sides, by pairs of searches.
type ceilingDuel struct {
	*duel
	streams streams
	plan    *results.Pairs
	pairs   int // planned, 0: as many as it takes; of one, what both searches know is compared
	search  *compareSearch

	seed  uint64
	hunts [2]*hunt // the pair that is, or was, under way
}

// newCeilingDuel plans pairs of searches.
func newCeilingDuel(d *duel, s streams, search *compareSearch, p results.PairsOptions) *ceilingDuel {
	p.Warm, p.Restart = true, p.Restart && p.Pairs != 1
	return &ceilingDuel{duel: d, streams: s, plan: results.NewPairs(p), pairs: p.Pairs, search: search, seed: p.Seed}
}

// compareCeilings makes pairs of searches, those of a pair trial by trial in
// turn.
func (d *duel) compareCeilings(ctx context.Context, s streams, search *compareSearch, p results.PairsOptions, o results.CompareOptions) (*results.Result, error) {
	c := newCeilingDuel(d, s, search, p)
	for {
		r := c.answer(o)
		if err := d.dir.write(r); err != nil { // for the first time before anything is sent
			return r, afterLoad(err)
		}
		if more, err := c.searchPair(ctx); err != nil {
			return nil, err
		} else if !more {
			r = c.answer(o)
			return r, afterLoad(d.dir.write(r))
		}
	}
}

// searchPair makes the next pair. more is false when there is none to come.
func (c *ceilingDuel) searchPair(ctx context.Context) (more bool, err error) {
	t, ok := c.plan.Next()
	if !ok || ctx.Err() != nil {
		return false, nil
	}
	if t.Restart {
		if err := c.restart(ctx); err != nil {
			c.giveUp(ctx, c.plan, err)
			return false, nil
		}
	}
	if err := c.beginPair(ctx, t); err != nil {
		return false, err
	}
	first, second := c.hunts[t.Side], c.hunts[1-t.Side]
	if err := ceiling.RunInTurn(ctx, first.loop(first.at.scenario), second.loop(second.at.scenario)); err != nil {
		return false, afterLoad(err)
	}
	if err := errors.Join(first.save(), second.save()); err != nil || ctx.Err() != nil || c.pairs == 1 {
		return false, afterLoad(err)
	}
	for _, h := range []*hunt{first, second} {
		found := results.NewSearchReading(h.search.Answer())
		if c.plan.Add(found); found.Invalid != "" {
			break // the pair is begun anew
		}
	}
	return true, nil
}

// beginPair makes both searches of a pair, and writes them before anything is
// sent: a killed comparison has its searches. Their range is that of the first
// pair, so that all are searches of the same.
func (c *ceilingDuel) beginPair(ctx context.Context, t results.Turn) (err error) {
	like := c.hunts[results.SideA]
	for _, side := range []results.Side{results.SideA, results.SideB} {
		name := "ceiling-" + side.String()
		t.Side = side
		if c.pairs != 1 {
			name = turnName(t) + "-ceiling"
		}
		h, err := c.hunt(ctx, c.streams, c.search, side, name, like)
		if err != nil {
			return err
		}
		if c.pairs != 1 {
			h.label = turnName(t) + ": "
		}
		h.seed = t.Seed
		c.hunts[side], like = h, cmp.Or(like, h)
	}
	return errors.Join(c.hunts[0].save(), c.hunts[1].save())
}

// found is what the search of the release has come to, the last that was begun.
func (c *ceilingDuel) found() *results.Result {
	if h := c.hunts[results.SideB]; h != nil {
		return h.result()
	}
	return nothing(c.release())
}

// answer is how the ceilings compare so far.
func (c *ceilingDuel) answer(o results.CompareOptions) *results.Result {
	r := c.found()
	notes := c.search.notes
	if c.pairs == 1 {
		notes = slices.Concat(notes, []string{"one search each: how a ceiling differs from search to search is not in the interval; --pairs 6 has it"})
	}
	if c.pairs == 1 && r.Ceiling != nil {
		r.Compare = results.CompareCeilings(c.hunts[results.SideA].search.Answer(), r.Ceiling, o)
		r.Compare.Interleaved, r.Compare.WithinOneServerLife, r.Compare.Seed = true, true, c.seed
	} else {
		r.Compare = results.CompareSearches(c.plan, o)
	}
	r.Compare.Notes = append(r.Compare.Notes, notes...)
	r.SettleComparisons()
	return r
}

// loadBy gives both sides the load that is a share of A's ceiling, which is
// searched for unless it is known. The note says what it came to.
func (d *duel) loadBy(ctx context.Context, s streams, search *compareSearch) (note string, err error) {
	if search.ceiling == nil {
		h, err := d.hunt(ctx, s, search, results.SideA, "ceiling-a", nil)
		if err != nil {
			return "", err
		}
		r, err := h.run(ctx, h.at.scenario)
		if err != nil {
			return "", afterLoad(err)
		}
		search.ceiling = r.Ceiling
	}
	load, err := search.load()
	if err != nil {
		return "", err
	}
	for i, side := range d.sides {
		sc := *side.scenario
		sc.Load = ceiling.NewPlan(sc.Search, sc.Hold, load, 0).Shapes
		if err := sc.Validate(); err != nil {
			return "", err
		}
		d.sides[i].scenario = &sc
	}
	unit := search.ceiling.Unit
	return fmt.Sprintf("load: %s %s, %.3g %% of A's ceiling of %s", results.FormatCount(load), unit, 100*search.share, results.FormatCount(search.ceiling.Value)), nil
}

// load is the share of the ceiling, in its unit. A search that found no ceiling
// leaves nothing to take a share of.
func (s *compareSearch) load() (int64, error) {
	c := s.ceiling
	switch {
	case c.Reason == results.ReasonGeneratorLimited:
		return 0, &exitError{exitGeneratorLimited, errors.New("the ceiling of A is not known: this host was the limit")}
	case c.Status == results.CeilingInconclusive, c.Status == results.CeilingBelow:
		return 0, &exitError{exitInconclusive, fmt.Errorf("the ceiling of A is not known: %s", c.Reason)}
	}
	return max(int64(s.share*float64(c.Value)), 1), nil
}

// compareStoredCeilings compares two searches that were made before.
func compareStoredCeilings(a, b operand, o results.CompareOptions) (*results.Comparison, error) {
	x, y := a.recorded.Ceiling, b.recorded.Ceiling
	if x == nil || y == nil {
		return nil, errors.New("one is the result of a search and one is not: compare two of a kind")
	}
	for _, part := range []struct{ what, a, b string }{
		{"load", string(x.Of), string(y.Of)}, {"thresholds", recordedGoals(x), recordedGoals(y)},
	} {
		if part.a != part.b {
			return nil, fmt.Errorf("the searches differ in %s, %s and %s, so that their ceilings are of different things", part.what, part.a, part.b)
		}
	}
	return results.CompareStoredCeilings(a.recorded, b.recorded, o), nil
}

// recordedGoals are those that the trials were judged by, "" without trials.
func recordedGoals(c *results.Ceiling) string {
	if len(c.Trials) == 0 {
		return ""
	}
	texts := make([]string, len(c.Trials[0].Goals))
	for i, g := range c.Trials[0].Goals {
		texts[i] = g.Goal
	}
	return strings.Join(texts, ", ")
}
