package report

import (
	"fmt"
	"strconv"
	"strings"

	"stampede/results"
)

// maxMonitorRows bounds the table of what was looked at beside the load.
const maxMonitorRows = 24

// monitors shows the server beside the load: of a state its first, highest and
// last value, of a counter how much it rose. What stayed at zero, and counters
// that stood still, are left out.
func (t *text) monitors() {
	if len(t.result.Monitors) == 0 {
		return
	}
	rows := table{left: map[int]bool{4: true}}
	rows.add("beside the load", "first", "peak", "at end", "")
	var errors []string
	for i := range t.result.Monitors {
		m := &t.result.Monitors[i]
		for k := range m.Series {
			if cells := seriesCells(m, &m.Series[k]); cells != nil {
				rows.add(cells...)
			}
		}
		for _, e := range m.Errors {
			errors = append(errors, fmt.Sprintf("monitor %s (%s): %s (%s of %s)", escape(m.Name), escape(m.Source),
				escape(e.Text), results.FormatCount(e.Count), several(m.Looks, "look")))
		}
	}
	t.line("")
	if hidden := len(rows.rows) - 1 - maxMonitorRows; hidden > 0 {
		rows.rows = rows.rows[:1+maxMonitorRows]
		errors = append(errors, fmt.Sprintf("and %d more series in the result", hidden))
	}
	if len(rows.rows) > 1 {
		t.lines(rows.lines())
	}
	t.lines(errors)
}

// seriesCells are the row of a series; nil if it has nothing to say.
func seriesCells(m *results.Monitor, s *results.Series) []string {
	name := short(escape(strings.TrimSpace(m.Name+" "+s.Name)), 48)
	switch {
	case len(s.Points) == 0:
		return nil
	case s.Kind == results.Counter && s.Rise() == 0, s.Kind == results.Gauge && s.Peak() == 0:
		return nil
	case s.Kind == results.Counter:
		return []string{name, "", "", "+" + quantity(s.Rise(), s.Unit), ""}
	}
	limit := ""
	if s.Limit > 0 {
		limit = "of " + quantity(s.Limit, s.Unit)
	}
	return []string{name, quantity(s.First(), s.Unit), quantity(s.Peak(), s.Unit), quantity(s.Last(), s.Unit), limit}
}

// quantity writes a value with its unit where the series' name does not say
// it: memory in MB, CPU in cores, whole numbers with their commas.
func quantity(v float64, unit string) string {
	switch {
	case unit == "bytes":
		return significant(v/1e6) + " MB"
	case unit == "cores":
		return significant(v) + " cores"
	case v == float64(int64(v)):
		return results.FormatCount(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
