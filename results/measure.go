package results

import (
	"fmt"
	"math"
	"strings"
)

// Measure is a figure of a trial that comparisons and regression gates look
// at: a quantile of a metric, or the rate of an outcome. More is worse. Measures
// are comparable; the zero value is none.
type Measure struct {
	Statistic Statistic // Quantile or Rate
	Metric    Metric    // for Quantile
	Hundredth int       // for Quantile: N of pN in hundredths of a percent
	Outcome   Selector  // for Rate
}

// The measures a comparison looks at unless told otherwise, in table order.
var (
	handshakeP99 = Measure{Statistic: Quantile, Hundredth: 9900}
	handshakeP95 = Measure{Statistic: Quantile, Hundredth: 9500}
	handshakeP50 = Measure{Statistic: Quantile, Hundredth: 5000}
	serviceP50   = Measure{Statistic: Quantile, Metric: MetricService, Hundredth: 5000}
	errorRate    = Measure{Statistic: Rate}
	rate504      = Measure{Statistic: Rate, Outcome: Selector{Kind: Status, Status: 504}}
	timeoutRate  = Measure{Statistic: Rate, Outcome: Selector{Kind: Timeout}}
)

// ParseMeasure reads METRIC pN or OUTCOME rate, as "handshake p99" or "504
// rate", in the words of ParseThreshold. Outcomes of which more is no worse,
// or which are no doing of the server, are refused.
func ParseMeasure(text string) (Measure, error) {
	m, err := parseMeasure(strings.Fields(strings.ToLower(text)))
	if err != nil {
		return Measure{}, fmt.Errorf("measure %q: %w", text, err)
	}
	return m, nil
}

func parseMeasure(words []string) (m Measure, err error) {
	if len(words) < 2 {
		return m, fmt.Errorf("write METRIC pN (handshake p99) or OUTCOME rate (504 rate)")
	}
	name, figure := words[:len(words)-1], words[len(words)-1]
	if figure == "rate" {
		m.Statistic = Rate
		if m.Outcome, err = parseSelector(name); err == nil && (m.Outcome.Kind == Established || !m.Outcome.ofServer()) {
			err = fmt.Errorf("more of %s is not the server's doing, or not worse; compare error rate", m.Outcome)
		}
		return m, err
	}
	if m.Statistic, m.Hundredth, err = parseFigure(figure); err != nil {
		return m, err
	}
	if m.Statistic != Quantile {
		return m, fmt.Errorf("a %s is not compared: one arrival decides it; write a quantile as p99", figure)
	}
	var ok bool
	if m.Metric, ok = ParseMetric(strings.Join(name, " ")); !ok {
		return m, unknownWord("metric", strings.Join(name, " "), metricNames[:], strings.Join(metricNames[:], ", "))
	}
	return m, nil
}

// String returns the text that ParseMeasure reads back as m, "" for none.
func (m Measure) String() string {
	switch m.Statistic {
	case Quantile:
		return m.Metric.String() + " " + m.threshold().figure()
	case Rate:
		return m.Outcome.String() + " rate"
	case bySearch:
		return CeilingMetric
	}
	return ""
}

func (m Measure) threshold() Threshold {
	return Threshold{Statistic: m.Statistic, Metric: m.Metric, Hundredth: m.Hundredth, Outcome: m.Outcome}
}

// Sample is what a trial says of a measure.
type Sample struct {
	Value   float64 // nanoseconds, +Inf for a quantile that falls among failures, or a share
	Bad, Of int64   // a share's evidence; of a quantile, Of is the population
	Missing string  // why there is no value; "": there is one
}

// Of takes the sample of m from a run.
func (m Measure) Of(r *Result) Sample {
	if m.Statistic == Rate {
		n, _ := r.population(m.Outcome)
		if n <= 0 {
			return Sample{Missing: "no data"}
		}
		k := r.Count(m.Outcome)
		return Sample{Value: float64(k) / float64(n), Bad: k, Of: n}
	}
	return m.quantileOf(r)
}

func (m Measure) quantileOf(r *Result) Sample {
	f := r.Metrics.Of(m.Metric)
	if f == nil || m.Statistic != Quantile {
		return Sample{Missing: "no such measure"}
	}
	h, err := f.histogram(LowestValue, HighestValue)
	switch n := neededFor(m.Hundredth); {
	case err != nil || f.Count == 0:
		return Sample{Missing: noData(err)}
	case f.Count < n:
		return Sample{Missing: fmt.Sprintf("%s needs n ≥ %s in a trial (have %s)", m, FormatCount(n), FormatCount(f.Count))}
	}
	s := Sample{Value: math.Inf(1), Of: f.Count}
	if v := f.quantile(h, m.Hundredth); v != nil {
		s.Value = float64(max(*v, 1)) // no ratio to nothing
	}
	return s
}

// Reading is what a comparison or a regression gate keeps of one run.
type Reading struct {
	Limited bool               // it measured its own host, not the server
	Invalid string             // why it is no evidence; "": it is
	Samples map[Measure]Sample // nil of an invalid trial
}

// NewReading takes the measures from a judged run. A run that is generator-limited
// or did not finish is no evidence; one in which nothing was established is.
func NewReading(r *Result, measures []Measure) Reading {
	switch {
	case r.unfinished():
		return Reading{Invalid: r.whyUnfinished()}
	case r.GeneratorLimited():
		return Reading{Limited: true, Invalid: "generator-limited"}
	}
	t := Reading{Samples: make(map[Measure]Sample, len(measures))}
	for _, m := range measures {
		t.Samples[m] = m.Of(r)
	}
	return t
}
