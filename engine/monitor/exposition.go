package monitor

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"stampede/results"
	"stampede/scenario"
)

// parseExposition reads the wanted series of a page in the Prometheus text
// format, version 0.0.4.
func parseExposition(body []byte, wanted []scenario.SeriesSelector) ([]reading, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(linesOf(body, wanted)))
	if err != nil {
		return nil, errors.New("answered what is no Prometheus text")
	}
	var list []reading
	for _, name := range slices.Sorted(maps.Keys(families)) {
		for _, m := range families[name].Metric {
			for _, r := range readingsOf(families[name], m) {
				if len(list) < results.MaxSeries && isWanted(r.name, m, wanted) {
					r.name = scenario.SeriesSelector{Name: r.name, Labels: labelsOf(m)}.String()
					list = append(list, r)
				}
			}
		}
	}
	if len(list) == 0 {
		return nil, errors.New("answered none of the series that are looked for")
	}
	return list, nil
}

// linesOf keeps the lines about the wanted series, comments included: a page
// may have tens of thousands of others, and parsing them every second would
// take time from the load.
func linesOf(body []byte, wanted []scenario.SeriesSelector) []byte {
	kept := make([]byte, 0, 1024)
	for line := range bytes.Lines(body) {
		name := bytes.TrimPrefix(line, []byte("# TYPE "))
		if bytes.HasPrefix(name, []byte("#")) {
			continue
		}
		name = name[:max(bytes.IndexAny(name, "{ \t\r\n"), 0)]
		if slices.ContainsFunc(wanted, func(s scenario.SeriesSelector) bool { return belongs(string(name), s.Name) }) {
			kept = append(kept, line...)
		}
	}
	if len(kept) > 0 && kept[len(kept)-1] != '\n' {
		kept = append(kept, '\n')
	}
	return kept
}

// belongs reports whether a line of that name is of the family that the wanted
// name is in: the sum and count of a summary or a histogram are asked for by
// its name or their own.
func belongs(name, wanted string) bool { return name == wanted || family(name) == family(wanted) }

func family(name string) string {
	for _, suffix := range []string{"_count", "_sum"} {
		if f, ok := strings.CutSuffix(name, suffix); ok {
			return f
		}
	}
	return name
}

// readingsOf is one reading of a plain metric, and the count and sum of a
// distribution.
func readingsOf(f *dto.MetricFamily, m *dto.Metric) []reading {
	one := func(kind results.SeriesKind, v float64) []reading {
		return []reading{{name: f.GetName(), kind: kind, value: v}}
	}
	both := func(n uint64, sum float64) []reading {
		return []reading{
			{name: f.GetName() + "_count", kind: results.Counter, value: float64(n)},
			{name: f.GetName() + "_sum", kind: results.Counter, value: sum},
		}
	}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		return one(results.Counter, m.GetCounter().GetValue())
	case dto.MetricType_GAUGE:
		return one(results.Gauge, m.GetGauge().GetValue())
	case dto.MetricType_SUMMARY:
		return both(m.GetSummary().GetSampleCount(), m.GetSummary().GetSampleSum())
	case dto.MetricType_HISTOGRAM:
		return both(m.GetHistogram().GetSampleCount(), m.GetHistogram().GetSampleSum())
	}
	return one(results.Gauge, m.GetUntyped().GetValue())
}

func isWanted(name string, m *dto.Metric, wanted []scenario.SeriesSelector) bool {
	labels := labelsOf(m)
	return slices.ContainsFunc(wanted, func(s scenario.SeriesSelector) bool {
		if name != s.Name && family(name) != s.Name {
			return false
		}
		for k, v := range s.Labels {
			if labels[k] != v {
				return false
			}
		}
		return true
	})
}

func labelsOf(m *dto.Metric) map[string]string {
	labels := make(map[string]string, len(m.Label))
	for _, l := range m.Label {
		labels[l.GetName()] = l.GetValue()
	}
	return labels
}
