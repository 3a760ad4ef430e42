package report

import (
	"fmt"
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"stampede/results"
	"stampede/results/report/plot"
)

// curves are the metrics whose percentile curves are drawn, the phases first
// and then this host's own delays.
var curves = []results.Metric{
	results.MetricHandshake, results.MetricConnect, results.MetricTLS, results.MetricUpgrade, results.MetricReady,
	results.MetricStartLag, results.MetricConnectLag, results.MetricTLSLag, results.MetricReadLag,
}

// tableShares are the rows of a curve's table.
var tableShares = []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}

// curve is the distribution of one metric over its population.
type curve struct {
	metric  results.Metric
	figures *results.Figures
	values  *hdr.Histogram
}

// curvesOf are those of the metrics that have values. A partial result has none.
func curvesOf(r *results.Result) (list []curve) {
	for _, m := range curves {
		f := r.Metrics.Of(m)
		if f.Buckets == "" || f.Largest == nil {
			continue
		}
		if h, err := hdr.Decode([]byte(f.Buckets)); err == nil && h.TotalCount() > 0 {
			list = append(list, curve{m, f, h})
		}
	}
	return list
}

// at returns the quantile of a share by nearest rank over the population;
// never where it falls among what was not established.
func (c *curve) at(share float64) time.Duration {
	rank := max(int64(math.Ceil(share*float64(c.figures.Count)-1e-6)), 1)
	if rank > c.values.TotalCount() {
		return never
	}
	v := c.values.ValueAtPercentile(100 * float64(rank) / float64(c.values.TotalCount()))
	return time.Duration(min(v, *c.figures.Largest))
}

// last is the largest share a population of n tells of.
func last(n int64) float64 { return 1 - 1/math.Max(float64(n), 2) }

// curvePoints is how many points a curve has.
const curvePoints = 150

// curvesFigure draws how each metric spreads, all in one drawing: where a
// delay of this host comes near a phase, that phase is not the server's alone.
func curvesFigure(r *results.Result) *plot.Figure {
	list := curvesOf(r)
	if len(list) == 0 {
		return nil
	}
	end := 0.99
	y := latency{min: math.MaxInt64, lane: list[0].figures.Infinite > 0}
	for i := range list {
		end = math.Max(end, last(list[i].figures.Count))
		y.min, y.max = min(y.min, max(list[i].at(0), results.LowestValue)), max(y.max, time.Duration(*list[i].figures.Largest))
	}
	y = y.atLeast()
	x := plot.Nines(end)
	f := &plot.Figure{
		ID: "percentiles", Title: "Percentiles by phase, and this host's own delays", Height: 340, Class: "wide-labels",
		X: plot.Axis{Name: "percentile, nine by nine", Ticks: plot.Ticks(x, plot.NinesTicks(end), percent)}, Y: y.axis("duration"),
		Caption: "Each curve is over its own population: " + populations(list) + ". Dashed: what this host itself added.",
		Table:   curvesTable(list),
	}
	var labels []plot.Label
	for i := range list {
		path, height := list[i].draw(x, y, end)
		class := curveClass(list[i].metric)
		f.Marks = append(f.Marks, plot.Mark{Class: "line " + class, Path: path, Title: list[i].metric.String()})
		labels = append(labels, plot.Label{Y: height, Class: class, Text: list[i].metric.String()})
	}
	f.Beside(labels...)
	f.Summary = "The median of " + list[0].metric.String() + " is " + quantileText(list[0].at(0.5)) + "."
	return f
}

func curveClass(m results.Metric) string {
	switch m {
	case results.MetricStartLag:
		return "own start-lag"
	case results.MetricConnectLag:
		return "own connect-lag"
	case results.MetricTLSLag:
		return "own tls-lag"
	case results.MetricReadLag:
		return "own read-lag"
	}
	return "phase-" + m.String()
}

func populations(list []curve) string {
	text := ""
	for i := range list {
		if i > 0 {
			text += ", "
		}
		f := list[i].figures
		text += fmt.Sprintf("%s n = %s", list[i].metric, results.FormatCount(f.Count))
		if f.Infinite > 0 {
			text += fmt.Sprintf(" (%s not established)", percent(ratio(f.Infinite, f.Count)))
		}
	}
	return text
}

// draw returns the curve's path and the height at which it ends.
func (c *curve) draw(x plot.Scale, y latency, end float64) (string, float64) {
	var path plot.Path
	nines := -math.Log10(1 - math.Min(end, last(c.figures.Count)))
	height := 0.0
	for i := range curvePoints + 1 {
		share := 1 - math.Pow(10, -nines*float64(i)/curvePoints)
		d := c.at(share)
		height = y.at(d)
		path.Point(x.At(share), height)
		if d == never {
			path.Point(x.At(last(c.figures.Count)), height)
			break
		}
	}
	return path.String(), height
}

func curvesTable(list []curve) *plot.Table {
	t := &plot.Table{Caption: "Data: percentiles by phase", Head: []string{"percentile"}}
	for i := range list {
		t.Head = append(t.Head, list[i].metric.String())
	}
	for _, share := range tableShares {
		row := []string{percent(share)}
		for i := range list {
			if list[i].figures.Count < neededFor(share) {
				row = append(row, none)
				continue
			}
			row = append(row, quantileText(list[i].at(share)))
		}
		t.Add(row...)
	}
	return t
}
