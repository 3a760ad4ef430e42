package report

import (
	"strings"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// quantiles that are drawn over time.
var overTime = []struct {
	name string
	p    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}

// quantilesFigure draws quantiles of handshake over the run's time.
func quantilesFigure(r *results.Result, c course) *plot.Figure {
	y := latencyOf(c.columns)
	f := &plot.Figure{
		ID: "quantiles", Title: "Handshake quantiles over time", Height: 260, X: c.axis(), Y: y.axis("handshake"),
		Caption: "Population: all " + several(r.Arrivals, "arrival") + ", by the " + c.each() + " they were due in; what was not established counts as longer than any. " + neededText(),
		Table:   &plot.Table{Caption: "Data: handshake quantiles over time", Head: []string{"from", "arrivals", "not established", "p50", "p90", "p99"}},
	}
	var labels []plot.Label
	for _, q := range overTime {
		path, last := quantileLine(c, y, q.p)
		if path == "" {
			continue
		}
		f.Marks = append(f.Marks, plot.Mark{Class: "line " + q.name, Path: path, Title: q.name})
		labels = append(labels, plot.Label{Y: last, Class: q.name, Text: q.name})
	}
	f.Beside(labels...)
	for i := range c.columns {
		f.Table.Add(quantilesRow(c, i)...)
	}
	f.Summary = quantilesSummary(c)
	return f
}

// neededText says where a quantile is not drawn.
func neededText() string {
	var parts []string
	for _, q := range overTime {
		parts = append(parts, results.FormatCount(neededFor(q.p))+" for "+q.name)
	}
	return "A quantile is drawn where there are arrivals enough: " + strings.Join(parts, ", ") + "."
}

// quantileLine draws one quantile and says at what height it ends.
func quantileLine(c course, y latency, p float64) (path string, last float64) {
	var line plot.Path
	for i := range c.columns {
		d := c.columns[i].quantile(p)
		if d == tooFew {
			line.Lift()
			continue
		}
		from, to := c.across(i)
		last = y.at(d)
		line.Step(from, to, last)
	}
	return line.String(), last
}

func quantilesRow(c course, i int) []string {
	at := &c.columns[i]
	row := []string{c.when(i), results.FormatCount(at.arrivals), results.FormatCount(at.unestablished())}
	for _, q := range overTime {
		row = append(row, quantileText(at.quantile(q.p)))
	}
	return row
}

func quantileText(d time.Duration) string {
	switch d {
	case tooFew:
		return none
	case never:
		return "not established"
	}
	return duration(d)
}

func quantilesSummary(c course) string {
	best, worst, n := time.Duration(never), time.Duration(0), 0
	for i := range c.columns {
		if d := c.columns[i].quantile(0.5); d != tooFew {
			best, worst, n = min(best, d), max(worst, d), n+1
		}
	}
	if n == 0 {
		return "No column has arrivals enough for a median."
	}
	return "The median of a column is " + quantileText(best) + " at best and " + quantileText(worst) + " at worst."
}
