package report

import (
	"math"

	"stampede/results"
	"stampede/results/report/plot"
)

// maxPageEffects bounds the effects, and the checks of a gate, that are drawn.
const maxPageEffects = 40

// row is one row of a forest: an estimate, its interval, and what they say.
type row struct {
	name, text          string
	estimate, low, high *float64 // nil is +∞
	limit               float64  // a margin of its own; 0: none
	class               string
}

// forest draws changes below each other on one axis, with the line of no change.
type forest struct {
	unit      results.Unit
	delta     float64 // within ± of it counts as the same; 0: each row has a limit
	multiples bool    // multiples of what is allowed, and none is below zero
	rows      []row
}

// widest is as far as an axis goes: four times as long, all of it, or five
// times what is allowed.
func (f *forest) widest() float64 {
	switch {
	case f.multiples:
		return 5
	case f.unit == results.Share:
		return 1
	}
	return 3
}

// reach is how far the axis goes beyond no change.
func (f *forest) reach() (below, above float64) {
	most := 1.5 * f.delta
	for i := range f.rows {
		r := &f.rows[i]
		most = max(most, 1.2*r.limit)
		for _, v := range []*float64{r.estimate, r.low, r.high} {
			if v != nil && !math.IsNaN(*v) {
				most = max(most, math.Abs(*v)*1.05)
			}
		}
	}
	above = min(max(most, 1e-6), f.widest())
	if f.multiples {
		return 0, above
	}
	return min(above, 1), above
}

// rowHeight is the room of a row, in CSS pixels: two lines of text and one of
// marks.
const rowHeight = 64

func (f *forest) figure(id, title string) *plot.Figure {
	below, above := f.reach()
	x := plot.Linear(-below, above)
	figure := &plot.Figure{ID: id, Title: title, Class: "forest", Height: rowHeight * len(f.rows), X: f.axis(x, below, above)}
	if f.delta > 0 {
		var same plot.Path
		same.Box(x.At(-f.delta), x.At(f.delta), 0, 1)
		text := "within ±" + significantDigits(100*f.delta) + unitText(f.unit) + ": the same"
		figure.Marks = append(figure.Marks, plot.Mark{Class: "same", Path: same.String(), Title: text})
		figure.Legend = append(figure.Legend, plot.Key{Class: "same", Text: text})
	}
	if !f.multiples {
		figure.Marks = append(figure.Marks, plot.Mark{Class: "line zero", Path: upright(x.At(0)), Title: "no change"})
	}
	for i := range f.rows {
		f.draw(figure, x, i)
	}
	return figure
}

// draw draws row i: its text, below it the interval, the estimate on it.
func (f *forest) draw(figure *plot.Figure, x plot.Scale, i int) {
	r := &f.rows[i]
	n := float64(len(f.rows))
	y := 1 - (float64(i)+0.75)/n
	tick := 0.08 / n
	place := func(v *float64) float64 {
		if v == nil {
			return 1
		}
		return x.At(*v)
	}
	if r.limit > 0 {
		var limit plot.Path
		limit.Point(x.At(r.limit), y-2*tick)
		limit.Point(x.At(r.limit), y+2*tick)
		figure.Marks = append(figure.Marks, plot.Mark{Class: "line limit", Path: limit.String(), Title: "limit"})
	}
	var line plot.Path
	line.Point(place(r.low), y)
	line.Point(place(r.high), y)
	for _, end := range []*float64{r.low, r.high} {
		if end != nil {
			line.Lift()
			line.Point(place(end), y-tick)
			line.Point(place(end), y+tick)
		}
	}
	figure.Marks = append(figure.Marks, plot.Mark{Class: "line interval " + r.class, Path: line.String(), Title: r.name + " " + r.text})
	figure.Points = append(figure.Points, plot.Point{X: place(r.estimate), Y: y, Class: r.class, Title: r.name + " " + r.text})
	figure.Labels = append(figure.Labels, plot.Label{Y: 1 - (float64(i)+0.18)/n, Class: "row-name", Text: r.name},
		plot.Label{Y: 1 - (float64(i)+0.45)/n, Class: "row-text", Text: r.text})
	if r.high == nil {
		figure.Labels = append(figure.Labels, plot.Label{X: 1, Y: y, Class: "row-name", Text: "→ ∞"})
	}
}

// axis names changes to both sides of none.
func (f *forest) axis(x plot.Scale, below, above float64) plot.Axis {
	if f.multiples {
		return plot.Axis{Name: "on the wrong side, in multiples of what is allowed", Ticks: plot.Ticks(x, plot.LinearTicks(above, 5, 0), significant)}
	}
	var values []float64
	for _, v := range plot.LinearTicks(above, 3, 0) {
		if v > 0 && v <= below {
			values = append(values, -v)
		}
		values = append(values, v)
	}
	name := func(v float64) string { return signed(&v) + unitText(f.unit) }
	sides := "B beside A: better to the left, worse to the right"
	if f.unit == results.Capacity {
		sides = "B beside A: worse to the left, better to the right"
	}
	return plot.Axis{Name: sides, Ticks: plot.Ticks(x, values, name)}
}
