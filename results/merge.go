package results

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Merge adds results of one target into one, as if a single run had made all
// their arrivals side by side: counts and histograms add, so every quantile
// is that of the whole and none is an average. Thresholds of all are judged
// anew. The results are left as they were.
//
// It refuses what would not be exact: another target or deadline, or figures
// without their histogram. Only the peak of held connections can't be had
// from results when more than one held some; it is then the highest sum at
// the end of a timeline's step, and a note says so.
func Merge(list ...*Result) (*Result, error) {
	if len(list) == 0 {
		return nil, errors.New("merging results: there are none")
	}
	merged, err := list[0].clone()
	if err != nil {
		return nil, fmt.Errorf("merging results: %w", err)
	}
	for i, r := range list[1:] {
		if err := merged.add(r); err != nil {
			return nil, fmt.Errorf("merging results: number %d: %w", i+2, err)
		}
	}
	if len(list) > 1 {
		merged.settlePeak(list)
	}
	thresholds, err := thresholdsOf(list)
	if err != nil {
		return nil, fmt.Errorf("merging results: %w", err)
	}
	merged.Judge(thresholds)
	return merged, nil
}

// clone copies r as far as add changes it.
func (r *Result) clone() (*Result, error) {
	c := *r
	if err := c.checkFigures(); err != nil {
		return nil, err
	}
	for m := range numMetrics {
		c.Metrics.Of(m).decoded = nil
	}
	c.Metrics.HandshakeLow.decoded, c.Pacing.Lag.decoded, c.Held.EarlyAge.decoded = nil, nil, nil
	c.fillEmpty()
	c.Target.Addresses = maps.Clone(r.Target.Addresses)
	c.Environment = maps.Clone(c.Environment)
	for i := range c.Timeline {
		c.Timeline[i].Outcomes = maps.Clone(c.Timeline[i].Outcomes)
	}
	for i := range c.Outcomes {
		c.Outcomes[i].Samples = slices.Clone(c.Outcomes[i].Samples)
	}
	return &c, nil
}

func (r *Result) add(o *Result) error {
	switch {
	case o.Schema != r.Schema:
		return fmt.Errorf("schema %q is not %q", o.Schema, r.Schema)
	case o.Target.URL != r.Target.URL:
		return fmt.Errorf("target %q is not %q: arrivals at different targets are no one population", o.Target.URL, r.Target.URL)
	case o.Timeout != r.Timeout:
		return fmt.Errorf("its deadline of %s is not %s", formatDuration(o.Timeout), formatDuration(r.Timeout))
	}
	if err := r.addFigures(o); err != nil {
		return err
	}
	if o.StartedAt.Before(r.StartedAt) {
		r.StartedAt = o.StartedAt
	}
	if o.EndedAt.After(r.EndedAt) {
		r.EndedAt = o.EndedAt
	}
	r.addInterruption(o)
	r.Planned += o.Planned
	r.Arrivals += o.Arrivals
	r.Started += o.Started
	r.TCP.merge(o.TCP)
	r.TLS = mergeTLS(r.TLS, o.TLS)
	r.addOutcomes(o)
	r.addGroups(o)
	r.Evidence.merge(&o.Evidence)
	r.Findings = []Finding{} // they are of the parts; Explain knows those of the whole
	r.Correlation.merge(o.Correlation)
	r.addHeld(o)
	r.addTimeline(o)
	r.Monitors = append(slices.Clip(r.Monitors), o.Monitors[:min(len(o.Monitors), maxMonitors-len(r.Monitors))]...)
	r.addRemarks(o)
	return nil
}

func (r *Result) addInterruption(o *Result) {
	if o.Interrupted && (!r.Interrupted || o.InterruptedAt < r.InterruptedAt) {
		r.InterruptedAt = o.InterruptedAt
	}
	r.Interrupted = r.Interrupted || o.Interrupted
	r.Partial = r.Partial || o.Partial
	r.Generator.Limited = r.Generator.Limited || o.Generator.Limited
	r.Generator.Checks = append(r.Generator.Checks, o.Generator.Checks...)
}

func (r *Result) addFigures(o *Result) error {
	for m := range numMetrics {
		if err := r.Metrics.Of(m).merge(o.Metrics.Of(m), LowestValue, HighestValue); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
	}
	if err := r.Metrics.HandshakeLow.merge(&o.Metrics.HandshakeLow, LowestValue, HighestValue); err != nil {
		return fmt.Errorf("handshake_low: %w", err)
	}
	if err := r.Pacing.merge(&o.Pacing); err != nil {
		return fmt.Errorf("pacing: %w", err)
	}
	if err := r.Held.EarlyAge.merge(&o.Held.EarlyAge, lowestAge, highestAge); err != nil {
		return fmt.Errorf("held.early_age: %w", err)
	}
	return nil
}

func (r *Result) addOutcomes(o *Result) {
	for _, row := range o.Outcomes {
		i := slices.IndexFunc(r.Outcomes, func(have OutcomeRow) bool { return have.Outcome() == row.Outcome() })
		if i < 0 {
			row.Samples, row.Groups = slices.Clone(row.Samples), ""
			r.Outcomes = append(r.Outcomes, row)
			continue
		}
		have := &r.Outcomes[i]
		have.Count += row.Count
		have.SYN, have.Data = have.SYN+row.SYN, have.Data+row.Data
		have.Ages = mergeSparse(have.Ages, row.Ages)
		have.First, have.Last = min(have.First, row.First), max(have.Last, row.Last)
		for _, s := range row.Samples {
			if len(have.Samples) < samplesPerOutcome && !slices.Contains(have.Samples, s) {
				have.Samples = append(have.Samples, s)
			}
		}
	}
	sortOutcomes(r.Outcomes)
	for address, n := range o.Target.Addresses {
		if r.Target.Addresses == nil {
			r.Target.Addresses = map[string]int64{}
		}
		r.Target.Addresses[address] += n
	}
	r.Bursts = append(r.Bursts, o.Bursts...)
	slices.SortStableFunc(r.Bursts, func(a, b BurstRow) int { return cmp.Compare(a.At, b.At) })
}

func (r *Result) addHeld(o *Result) {
	r.Held.Opened += o.Held.Opened
	r.Held.Closed = r.Held.Closed.plus(o.Held.Closed)
	for _, e := range o.Held.ClosedEarly {
		r.Held.ClosedEarly = addEarlyClose(r.Held.ClosedEarly, e)
	}
	sortEarly(r.Held.ClosedEarly)
}

// settlePeak replaces the peak once more than one result held connections.
func (r *Result) settlePeak(list []*Result) {
	holders := 0
	r.Held.Peak = 0
	for _, o := range list {
		r.Held.Peak = max(r.Held.Peak, o.Held.Peak)
		if o.Held.Opened > 0 {
			holders++
		}
	}
	if holders < 2 {
		return
	}
	for i := range r.Timeline {
		r.Held.Peak = max(r.Held.Peak, r.Timeline[i].Held)
	}
	r.Held.PeakStep = r.TimelineStep
	r.Notes = append(r.Notes, "merged: the peak of held connections is the highest at the ends of timeline steps, a lower bound")
}

// addTimeline adds step by step, at the coarser of the two resolutions.
func (r *Result) addTimeline(o *Result) {
	step := max(r.TimelineStep, o.TimelineStep)
	a, b := coarser(r.Timeline, int(step/r.TimelineStep)), coarser(o.Timeline, int(step/o.TimelineStep))
	for len(a) < len(b) {
		a = append(a, Second{At: b[len(a)].At, Outcomes: map[string]int64{}})
	}
	for i := range b {
		a[i].Arrivals += b[i].Arrivals
		a[i].OwnDelay = max(a[i].OwnDelay, b[i].OwnDelay)
		a[i].InFlight += b[i].InFlight
		a[i].Held += b[i].Held
		a[i].ClosedEarly += b[i].ClosedEarly
		a[i].Handshakes = mergeSparse(a[i].Handshakes, b[i].Handshakes)
		for name, n := range b[i].Outcomes {
			a[i].Outcomes[name] += n
		}
	}
	r.Timeline, r.TimelineStep = a, step
}

// coarser adds every k steps into one of its own.
func coarser(list []Second, k int) []Second {
	out := make([]Second, 0, len(list)/k+1)
	for i, s := range list {
		if i%k == 0 {
			s.Outcomes = maps.Clone(s.Outcomes)
			if s.Outcomes == nil {
				s.Outcomes = map[string]int64{}
			}
			out = append(out, s)
			continue
		}
		last := &out[len(out)-1]
		last.Arrivals += s.Arrivals
		last.OwnDelay = max(last.OwnDelay, s.OwnDelay)
		last.InFlight, last.Held = s.InFlight, s.Held
		last.ClosedEarly += s.ClosedEarly
		last.Handshakes = mergeSparse(last.Handshakes, s.Handshakes)
		for name, n := range s.Outcomes {
			last.Outcomes[name] += n
		}
	}
	return out
}

func (r *Result) addRemarks(o *Result) {
	m := remarks{warnings: r.Warnings, notes: r.Notes}
	m.merge(&remarks{warnings: o.Warnings, notes: o.Notes})
	maps.DeleteFunc(r.Environment, func(k, v string) bool {
		other, ok := o.Environment[k]
		return !ok || other != v
	})
	if r.Scenario != o.Scenario {
		m.note("merged: the scenarios differ, the first is shown")
	}
	r.Warnings, r.Notes = m.sorted(), m.notes
}

// thresholdsOf returns the thresholds of all results, each once.
func thresholdsOf(list []*Result) (all []Threshold, err error) {
	for _, r := range list {
		for _, j := range r.Thresholds {
			t, err := ParseThreshold(j.Text)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all, nil
}
