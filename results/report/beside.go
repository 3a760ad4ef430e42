package report

import (
	"fmt"
	"strconv"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// Bounds on the series that are drawn, and that are in the table.
const (
	maxBesides    = 16
	maxPageSeries = 64
)

// beside draws the server beside the load: a small figure a series, and all of
// them in a table.
func beside(v view) section {
	s := section{ID: "beside", Title: "The server beside the load"}
	rows, errors := monitorRows(v.Result)
	if len(rows) > 0 {
		if figures := besideFigures(v); len(figures) > 0 {
			s.Blocks = append(s.Blocks, block{Small: figures})
		}
		t := &plot.Table{Caption: "What was looked at beside the load", Left: map[int]bool{4: true}, Head: []string{"figure", "first", "peak", "at end", "limit"}}
		shown, rest := first(rows, v.most(maxPageSeries), "row")
		for _, cells := range shown {
			t.Add(cells...)
		}
		s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
	}
	shown, rest := first(errors, v.most(maxPageRemarks), "error")
	for _, text := range shown {
		s.Blocks = append(s.Blocks, block{Text: short(text, maxPageReason)})
	}
	s.Blocks = append(s.Blocks, rest...)
	return s
}

func besideFigures(v view) (list []*plot.Figure) {
	if len(v.course.columns) == 0 {
		return nil
	}
	for i := range v.Monitors {
		m := &v.Monitors[i]
		for k := range m.Series {
			if len(list) < v.most(maxBesides) && seriesCells(m, &m.Series[k]) != nil {
				list = append(list, besideFigure(m, &m.Series[k], v.course, len(list)+1))
			}
		}
	}
	return list
}

// besideFigure draws a gauge as it stood, and of a counter its rise by column.
func besideFigure(m *results.Monitor, s *results.Series, c course, number int) *plot.Figure {
	values, unit := besideColumns(s, c), s.Unit
	highest := 0.0
	for _, v := range values {
		if v != nil {
			highest = max(highest, *v)
		}
	}
	top := highest
	if s.Limit <= 2*highest { // a limit far away would flatten the line
		top = max(top, s.Limit)
	}
	y := plot.Linear(0, top)
	what := "the most of each column"
	if s.Kind == results.Counter {
		what = "rise in each column"
	}
	f := &plot.Figure{
		ID: "beside-" + strconv.Itoa(number), Title: seriesName(m, s), Class: "small", Height: 110, X: c.axis(),
		Y:       plot.Axis{Name: what, Ticks: plot.Ticks(y, plot.LinearTicks(top, 3, 0), func(v float64) string { return quantity(v, unit) })},
		Caption: fmt.Sprintf("n = %s, by the %s.", several(int64(len(s.Points)), "look"), c.each()),
		Summary: "The highest is " + quantity(highest, unit) + ".",
		Table:   &plot.Table{Caption: "Data: " + seriesName(m, s), Head: []string{"from", what}},
	}
	if s.Limit > 0 && s.Limit <= top {
		var limit plot.Path
		limit.Step(0, 1, y.At(s.Limit))
		f.Marks = append(f.Marks, plot.Mark{Class: "line p99", Path: limit.String(), Title: "limit " + quantity(s.Limit, unit)})
	}
	var line plot.Path
	for i, v := range values {
		if v == nil {
			line.Lift()
			continue
		}
		from, to := c.across(i)
		line.Step(from, to, y.At(*v))
		f.Table.Add(c.when(i), quantity(*v, unit))
	}
	f.Marks = append(f.Marks, plot.Mark{Class: "line in-flight", Path: line.String(), Title: seriesName(m, s)})
	return f
}

// besideColumns are the values of a series by column; nil where nobody looked.
// Looks before the first column and behind the last are put into those.
func besideColumns(s *results.Series, c course) []*float64 {
	values := make([]*float64, len(c.columns))
	put := func(at time.Duration, v float64, add bool) {
		i := min(int(max(at, 0)/c.step), len(values)-1)
		switch {
		case values[i] == nil:
			values[i] = &v
		case add:
			*values[i] += v
		default:
			*values[i] = max(*values[i], v)
		}
	}
	for i, p := range s.Points {
		switch {
		case s.Kind == results.Gauge:
			put(p.At, p.Value, false)
		case i > 0: // a counter that fell began anew
			before := s.Points[i-1].Value
			if p.Value < before {
				before = 0
			}
			put(p.At, p.Value-before, true)
		}
	}
	return values
}
