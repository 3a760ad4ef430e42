package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

// hunt is a search for a ceiling on its way: a ceiling.Runner at a sitting,
// and what it leaves behind.
type hunt struct {
	streams
	at     *sitting
	server *variantServer // the target's; nil: somebody else's
	search *ceiling.Search
	dir    *resultDir
	shards int
	quiet  bool
	seed   uint64 // beside the plan's own, of the trials' arrivals
	label  string // of one search of several, before what is said of it
	began  time.Time

	terms []results.Term
	null  nullCeiling // what this host alone can make; zero: not measured
	notes []string
}

// unreached is why there is nothing to search: the target has no address. That
// is an outcome of a handshake, and no mistake in the command.
func (h *hunt) unreached() error {
	if err := h.at.fault(); err != nil {
		return &exitError{exitFail, fmt.Errorf("finding the target: %w", err)}
	}
	return nil
}

// note keeps a sentence for the result and says it.
func (h *hunt) note(format string, args ...any) {
	h.notes = append(h.notes, fmt.Sprintf(format, args...))
	h.say(format, args...)
}

// say tells whoever watches.
func (h *hunt) say(format string, args ...any) {
	if !h.quiet {
		fmt.Fprintf(h.err, "stampede: "+h.label+format+"\n", args...)
	}
}

// run makes the search. Whatever ends it, the result is written; one that
// could not be is returned all the same, beside the error.
func (h *hunt) run(ctx context.Context, sc *scenario.Scenario) (*results.Result, error) {
	if err := h.save(); err != nil { // so that a directory that can't be written to is known before anything is sent
		return nil, err
	}
	if err := h.loop(sc).Run(ctx); err != nil {
		return nil, afterLoad(err)
	}
	r := h.result()
	return r, h.dir.finish(r)
}

func (h *hunt) loop(sc *scenario.Scenario) *ceiling.Loop {
	return &ceiling.Loop{Search: h.search, Config: sc.Search, Hold: sc.Hold, Runner: h, Tell: h.tellProgress, Save: h.save}
}

// Try implements ceiling.Runner.
func (h *hunt) Try(ctx context.Context, p ceiling.Plan, load int64) (results.Trial, error) {
	r, err := h.at.try(ctx, trial{load: p.Shapes, seed: p.Seed ^ h.seed, hold: &p.Hold, held: p.Held, from: p.From, shards: h.shards})
	if err = cmp.Or(err, h.server.died()); err != nil {
		return results.Trial{}, err
	}
	return r.Trial(load, h.at.scenario.Thresholds), nil
}

// probeEvery is how far apart single handshakes are.
const probeEvery = 50 * time.Millisecond

// Probe implements ceiling.Runner.
func (h *hunt) Probe(ctx context.Context, n int64) (ceiling.Probe, error) {
	single := scenario.Shape{Kind: scenario.KindBurst, Count: 1, Repeat: n, Every: probeEvery}
	r, err := h.at.try(ctx, trial{load: []scenario.Shape{single}, hold: &scenario.Hold{}, shards: 1, workers: 1})
	if err != nil {
		return ceiling.Probe{}, err
	}
	p := ceiling.Probe{Sent: n, Established: r.Count(results.Selector{Kind: results.Established})}
	if f := r.Metrics.Service; f.P50 != nil && f.Largest != nil {
		p.Median, p.Slowest = time.Duration(*f.P50), time.Duration(*f.Largest)
	}
	return p, nil
}

func (h *hunt) tellProgress(p ceiling.Progress) {
	what := fmt.Sprintf("trial %d (%s) at %s", p.Trials+1, strings.ReplaceAll(string(p.Stage), "_", "-"), results.FormatCount(p.Load))
	if p.Waits {
		what = "waiting for the server to recover"
	}
	h.say("%s%s%s", what, bracket(p.Low, p.High), atMost(p.Left))
}

// bracket is the ends of a search so far, as ", ceiling 240 to 300".
func bracket(low, high int64) string {
	switch {
	case low > 0 && high > 0:
		return fmt.Sprintf(", ceiling %s to %s", results.FormatCount(low), results.FormatCount(high))
	case low > 0:
		return ", ceiling above " + results.FormatCount(low)
	case high > 0:
		return ", ceiling below " + results.FormatCount(high)
	}
	return ""
}

func atMost(left time.Duration) string {
	if left <= 0 {
		return ""
	}
	return fmt.Sprintf(", %s more at most", left.Round(time.Second))
}

// save writes what is known now.
func (h *hunt) save() error { return h.dir.write(h.result()) }

// result is the search so far as a result.
func (h *hunt) result() *results.Result {
	sc := h.at.scenario
	recorder := results.NewRecorder(results.RecorderOptions{Addresses: h.at.names()})
	for _, n := range h.notes {
		recorder.Note(n)
	}
	r := recorder.Result(results.Run{
		Name: sc.Name, URL: sc.Masked(h.at.url), StartedAt: h.began, EndedAt: time.Now(), Timeout: sc.Timeouts.Total,
		Unverified: sc.Target.TLS.Insecure, Environment: environment(), Scenario: string(sc.MaskedSource),
	})
	r.Ceiling = h.search.Answer()
	r.Ceiling.GeneratorCeiling, r.Ceiling.GeneratorMore, r.Ceiling.GeneratorTLS = h.null.largest, h.null.more, h.null.tls
	r.Ceiling.Terms = h.terms
	r.Interrupted = r.Ceiling.Reason == results.ReasonInterrupted
	r.Judge(nil)
	r.Findings = r.Ceiling.Findings()
	return r
}
