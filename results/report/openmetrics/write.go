package openmetrics

import (
	"bytes"
	"fmt"
	"io"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"stampede/results"
)

// Write writes a finished result as OpenMetrics text 1.0, with the names that
// Live has. Buckets are right to the 0.1 % of the result's histograms. A
// partial result has none, so its counters are all it says.
func Write(w io.Writer, r *results.Result) error {
	t := told{result: r}
	if err := t.figures.read(r); err != nil {
		return fmt.Errorf("writing openmetrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(&t); err != nil {
		return fmt.Errorf("writing openmetrics: %w", err)
	}
	families, err := registry.Gather()
	if err != nil {
		return fmt.Errorf("writing openmetrics: %w", err)
	}
	var page bytes.Buffer // written whole or not at all
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToOpenMetrics(&page, family); err != nil {
			return fmt.Errorf("writing openmetrics: %w", err)
		}
	}
	if _, err := expfmt.FinalizeOpenMetrics(&page); err != nil {
		return fmt.Errorf("writing openmetrics: %w", err)
	}
	_, err = page.WriteTo(w)
	return err
}

// told is a finished result as a collector.
type told struct {
	result  *results.Result
	figures figures
}

// Describe implements prometheus.Collector.
func (t *told) Describe(out chan<- *prometheus.Desc) { describe(out) }

// Collect implements prometheus.Collector.
func (t *told) Collect(out chan<- prometheus.Metric) {
	r := t.result
	limit := 0.0
	if r.GeneratorLimited() {
		limit = 1
	}
	out <- gauge(info, 1, text(r.Name), text(r.Target.URL))
	out <- gauge(limited, limit)
	out <- gauge(verdict, 1, r.Verdict.String())
	t.figures.collect(out, r.StartedAt)
}

// read takes the figures from a result.
func (f *figures) read(r *results.Result) error {
	for i := range r.Outcomes {
		f.outcomes = append(f.outcomes, results.OutcomeCount{Outcome: r.Outcomes[i].Outcome(), Count: r.Outcomes[i].Count})
	}
	f.started, f.planned, f.resent = r.Started, r.Planned, r.TCP.SYNRetransmitted
	f.elapsed = max(r.EndedAt.Sub(r.StartedAt), 0)
	for _, m := range metrics {
		if err := f.durations[m].read(r.Metrics.Of(m)); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
	}
	return nil
}

// read takes the values from a metric's figures, if it has kept them.
func (h *histogram) read(f *results.Figures) error {
	if f.Buckets == "" && f.Count > f.Infinite {
		return nil
	}
	h.infinite = f.Infinite
	if f.Buckets == "" {
		return nil
	}
	buckets, err := hdr.Decode([]byte(f.Buckets))
	if err != nil {
		return err
	}
	for _, bar := range buckets.Distribution() {
		if bar.Count > 0 {
			h.add(time.Duration(min(bar.To, *f.Largest)), bar.Count)
		}
	}
	h.sum = time.Duration(f.Sum)
	return nil
}
