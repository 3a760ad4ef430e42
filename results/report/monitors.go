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
	rows, errors := monitorRows(t.result)
	if len(rows)+len(errors) == 0 {
		return
	}
	t.line("")
	if hidden := len(rows) - maxMonitorRows; hidden > 0 {
		rows = rows[:maxMonitorRows]
		errors = append(errors, fmt.Sprintf("and %d more series in the result", hidden))
	}
	if len(rows) > 0 {
		table := table{left: map[int]bool{4: true}}
		table.add("beside the load", "first", "peak", "at end", "")
		for _, cells := range rows {
			table.add(cells...)
		}
		t.lines(table.lines())
	}
	t.lines(errors)
}

// monitorRows are the series that have something to say, and the errors there
// were.
func monitorRows(r *results.Result) (rows [][]string, errors []string) {
	for i := range r.Monitors {
		m := &r.Monitors[i]
		for k := range m.Series {
			if cells := seriesCells(m, &m.Series[k]); cells != nil {
				rows = append(rows, cells)
			}
		}
		for _, e := range m.Errors {
			errors = append(errors, fmt.Sprintf("monitor %s (%s): %s (%s of %s)", escape(m.Name), escape(m.Source),
				escape(e.Text), results.FormatCount(e.Count), several(m.Looks, "look")))
		}
	}
	return rows, errors
}

// seriesName names a series with its monitor, fit to be shown.
func seriesName(m *results.Monitor, s *results.Series) string {
	return short(escape(strings.TrimSpace(m.Name+" "+s.Name)), 48)
}

// seriesCells are the row of a series; nil if it has nothing to say.
func seriesCells(m *results.Monitor, s *results.Series) []string {
	name := seriesName(m, s)
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
	case unit == "cores" && v == 1:
		return "1 core"
	case unit == "cores":
		return significant(v) + " cores"
	case v == float64(int64(v)):
		return results.FormatCount(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
