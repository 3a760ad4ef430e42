package report

import (
	"fmt"

	"stampede/results"
	"stampede/results/report/plot"
)

// openFigure draws how many attempts and connections were open.
func openFigure(r *results.Result, c course) *plot.Figure {
	var highest int64 = 1
	for i := range c.columns {
		highest = max(highest, c.columns[i].inFlight, c.columns[i].held)
	}
	y := plot.Linear(0, float64(highest))
	f := &plot.Figure{
		ID: "open", Title: "Open at the same time", Height: 180, X: c.axis(),
		Y: plot.Axis{Name: "at the end of a step, the most of each column", Ticks: plot.Ticks(y, plot.LinearTicks(float64(highest), 5, 1), countText)},
		Caption: fmt.Sprintf("Population: %s that were started (in flight: started and not ended) and %s (held: established and still open).",
			several(r.Started, "attempt"), several(r.Held.Opened, "connection")),
		Summary: "Held connections peak at " + results.FormatCount(r.Held.Peak) + ".",
		Table:   &plot.Table{Caption: "Data: in flight and held over time", Head: []string{"from", "in flight", "held"}},
	}
	var flying, held plot.Path
	var flyingEnd, heldEnd float64
	for i := range c.columns {
		at := &c.columns[i]
		from, to := c.across(i)
		flyingEnd, heldEnd = ratio(max(at.inFlight, 0), highest), ratio(max(at.held, 0), highest)
		flying.Step(from, to, flyingEnd)
		held.Step(from, to, heldEnd)
		f.Table.Add(c.when(i), results.FormatCount(at.inFlight), results.FormatCount(at.held))
	}
	f.Marks = []plot.Mark{{Class: "line held", Path: held.String(), Title: "held"}, {Class: "line in-flight", Path: flying.String(), Title: "in flight"}}
	f.Beside(plot.Label{Y: heldEnd, Class: "held", Text: "held"}, plot.Label{Y: flyingEnd, Class: "in-flight", Text: "in flight"})
	return f
}
