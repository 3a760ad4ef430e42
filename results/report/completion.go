package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// Bounds on the bursts that are drawn, and on the points of each.
const (
	maxCompletions      = 12
	maxCompletionPoints = 120
)

// completionFigures draws bursts one by one on the same scales: when their
// connects were called, and what share was established by when.
func completionFigures(v view) (list []*plot.Figure) {
	drawn := v.Bursts[:min(len(v.Bursts), v.most(maxCompletions))]
	span := completionSpan(drawn)
	for i := range drawn {
		b := &drawn[i]
		done := b.CompletionBuckets()
		if total(done) == b.Outcomes[results.Established.String()] { // a result need not have kept them
			list = append(list, completionFigure(b, thinned(done, v.most(maxCompletionPoints)), i, span))
		}
	}
	return list
}

// thinned puts neighbours together until at most most are left.
func thinned(list []results.Bucket, most int) []results.Bucket {
	k := (len(list) + most - 1) / most
	if k < 2 {
		return list
	}
	var few []results.Bucket
	for part := range slices.Chunk(list, k) {
		few = append(few, results.Bucket{From: part[0].From, To: part[len(part)-1].To, Count: total(part)})
	}
	return few
}

// shortestSpan is the least that the axis of a burst begins at.
const shortestSpan = 100 * time.Microsecond

// completionSpan is the time that bursts took: from a quarter of the shortest
// launch to the last one established.
func completionSpan(list []results.BurstRow) latency {
	span := latency{min: math.MaxInt64}
	for i := range list {
		b := &list[i]
		span.min = min(span.min, max((b.LaunchDelay+b.LaunchSpan)/4, shortestSpan))
		span.max = max(span.max, b.LaunchDelay+b.LaunchSpan)
		if done := b.CompletionBuckets(); len(done) > 0 {
			span.max = max(span.max, done[len(done)-1].To)
		}
	}
	return span.atLeast()
}

func completionFigure(b *results.BurstRow, done []results.Bucket, i int, span latency) *plot.Figure {
	n := total(done)
	title := fmt.Sprintf("Burst %d at %s", i+1, duration(b.At))
	f := &plot.Figure{
		ID: "burst-" + strconv.Itoa(i+1), Title: title, Class: "small", Height: 150,
		X: span.axis("since the burst's instant"),
		Y: plot.Axis{Name: "established", Ticks: plot.Ticks(plot.Linear(0, 1), []float64{0, 0.5, 1}, percent)},
		Caption: fmt.Sprintf("Population: the burst's %s; launched over %s (shaded), %s established.",
			several(b.Count, "arrival"), duration(b.LaunchSpan), results.FormatCount(n)),
		Table: &plot.Table{Caption: "Data: " + title, Head: []string{"established within", "arrivals", "share"}},
	}
	if b.Launched > 0 {
		var launch plot.Path
		launch.Box(span.at(b.LaunchDelay), max(span.at(b.LaunchDelay+b.LaunchSpan), span.at(b.LaunchDelay)+0.004), 0, 1)
		f.Marks = append(f.Marks, plot.Mark{Class: "launch", Path: launch.String(), Title: "launched over " + duration(b.LaunchSpan)})
	}
	var line plot.Path
	var so int64
	line.Point(0, 0)
	var end time.Duration
	for _, k := range done {
		if k.From != end {
			line.Point(span.at(k.From), ratio(so, b.Count))
		}
		so, end = so+k.Count, k.To
		line.Point(span.at(end), ratio(so, b.Count))
	}
	line.Point(1, ratio(so, b.Count))
	f.Marks = append(f.Marks, plot.Mark{Class: "line completion", Path: line.String(), Title: "established"})
	f.Summary = completionTable(f.Table, done, b.Count)
	return f
}

// completionTable fills in when each tenth of a burst was established, and
// returns when the last was.
func completionTable(t *plot.Table, done []results.Bucket, count int64) string {
	var so int64
	next, end := int64(1), time.Duration(0)
	for _, k := range done {
		so += k.Count
		end = k.To
		if 10*so < next*count {
			continue
		}
		next = 10*so/max(count, 1) + 1
		t.Add(duration(k.To), results.FormatCount(so), percent(ratio(so, count)))
	}
	if so == 0 {
		return "None of it was established."
	}
	return fmt.Sprintf("%s of it were established, the last within %s.", percent(ratio(so, count)), duration(end))
}
