package report

import (
	"fmt"

	"stampede/results"
	"stampede/results/report/plot"
)

// stack draws outcomes over the run's time, one family on the other.
type stack struct {
	course  course
	all     census // of the run
	skip    int    // a family that is left out; len(families) for none
	single  bool   // a mark for each column of a family
	highest int64  // of a column
}

func stackOf(c course, all census, skip int) stack {
	s := stack{course: c, all: all, skip: skip, highest: 1}
	for i := range c.columns {
		var n int64
		for k, count := range c.columns[i].ended {
			if k != skip {
				n += count
			}
		}
		s.highest = max(s.highest, n)
	}
	return s
}

// outcomesFigure draws how all arrivals ended.
func outcomesFigure(r *results.Result, c course) *plot.Figure {
	all := censusOf(r)
	s := stackOf(c, all, len(families))
	s.single = all[established] == 0 // no failuresFigure follows
	f := s.figure("outcomes", "How all arrivals ended")
	f.Caption = "Population: all " + several(r.Arrivals, "arrival") + ", by the " + c.each() + " their outcome was known in."
	f.Summary = s.summary()
	f.Table = s.table("Data: outcomes over time")
	return f
}

// failuresFigure draws what was not established on a scale of its own: next to
// thousands established, a few don't show.
func failuresFigure(r *results.Result, c course) *plot.Figure {
	all := censusOf(r)
	s := stackOf(c, all, established)
	s.single = true
	f := s.figure("failures", "What was not established")
	f.Height = 140
	f.Caption = "Population: the " + results.FormatCount(all.total()-all[established]) + " of " + several(r.Arrivals, "arrival") +
		" that were not established; the data are in the table above."
	f.Summary = s.summary()
	return f
}

func (s *stack) figure(id, title string) *plot.Figure {
	y := plot.Linear(0, float64(s.highest))
	f := &plot.Figure{ID: id, Title: title, Height: 220, X: s.course.axis()}
	f.Y = plot.Axis{Name: "arrivals per " + s.course.each(), Ticks: plot.Ticks(y, plot.LinearTicks(float64(s.highest), 5, 1), countText)}
	f.Marks = s.marks()
	for k, n := range s.all {
		if n > 0 && k != s.skip {
			f.Legend = append(f.Legend, plot.Key{Class: families[k].class, Text: fmt.Sprintf("%s: %s (%s)", families[k].name, results.FormatCount(n), percent(ratio(n, s.all.total())))})
		}
	}
	return f
}

func countText(v float64) string { return results.FormatCount(int64(v)) }

// marks draws the columns, each from the axis up: a mark a family, or where
// each is looked for one by one, a mark a family and column that says how many.
func (s *stack) marks() (marks []plot.Mark) {
	whole := make([]plot.Path, len(families))
	for i := range s.course.columns {
		from, to := s.course.across(i)
		gap := (to - from) * 0.1
		var below int64
		for k, n := range s.course.columns[i].ended {
			if n == 0 || k == s.skip {
				continue
			}
			path := &whole[k]
			if s.single {
				path = new(plot.Path)
			}
			path.Box(from+gap, to-gap, ratio(below, s.highest), ratio(below+n, s.highest))
			below += n
			if s.single {
				marks = append(marks, plot.Mark{Class: families[k].class, Path: path.String(),
					Title: fmt.Sprintf("%s: %s %s", s.course.when(i), results.FormatCount(n), times(families[k].name))})
			}
		}
	}
	for k := range whole {
		if !whole[k].Empty() {
			marks = append(marks, plot.Mark{Class: families[k].class, Path: whole[k].String(), Title: families[k].name})
		}
	}
	return marks
}

// times sets a status apart from the count before it.
func times(name string) string {
	if name == families[0].name {
		return "× " + name
	}
	return name
}

// summary names the column with the most of each family that failed.
func (s *stack) summary() string {
	text := ""
	for k, n := range s.all {
		if n == 0 || k >= established {
			continue
		}
		most := 0
		for i := range s.course.columns {
			if s.course.columns[i].ended[k] > s.course.columns[most].ended[k] {
				most = i
			}
		}
		if most < len(s.course.columns) {
			text += fmt.Sprintf("%s %s in all, most of them at %s. ", results.FormatCount(n), times(families[k].name), s.course.when(most))
		}
	}
	if text == "" {
		return "Everything was established."
	}
	return text
}

func (s *stack) table(caption string) *plot.Table {
	t := &plot.Table{Caption: caption, Head: []string{"from", "in all"}}
	for k, n := range s.all {
		if n > 0 {
			t.Head = append(t.Head, families[k].name)
		}
	}
	for i := range s.course.columns {
		ended := &s.course.columns[i].ended
		row := []string{s.course.when(i), results.FormatCount(ended.total())}
		for k, n := range ended {
			if s.all[k] > 0 {
				row = append(row, results.FormatCount(n))
			}
		}
		t.Add(row...)
	}
	return t
}

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
