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
	skip    family // is left out; numFamilies for none
	single  bool   // a mark for each column of a family
	highest int64  // of a column
}

func stackOf(c course, all census, skip family) stack {
	s := stack{course: c, all: all, skip: skip, highest: 1}
	for i := range c.columns {
		var n int64
		for k, count := range c.columns[i].ended {
			if family(k) != skip {
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
	s := stackOf(c, all, numFamilies)
	s.single = all[familyEstablished] == 0 // no failuresFigure follows
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
	s := stackOf(c, all, familyEstablished)
	s.single = true
	f := s.figure("failures", "What was not established")
	f.Height = 140
	f.Caption = "Population: the " + results.FormatCount(all.total()-all[familyEstablished]) + " of " + several(r.Arrivals, "arrival") +
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
		if n > 0 && family(k) != s.skip {
			f.Legend = append(f.Legend, plot.Key{Class: families[k].class, Text: fmt.Sprintf("%s: %s (%s)", families[k].name, results.FormatCount(n), percent(ratio(n, s.all.total())))})
		}
	}
	return f
}

func countText(v float64) string { return results.FormatCount(int64(v)) }

// marks draws the columns, each from the axis up: a mark a family, or where
// each is looked for one by one, a mark a family and column that says how many.
func (s *stack) marks() (marks []plot.Mark) {
	var whole [numFamilies]plot.Path
	for i := range s.course.columns {
		from, to := s.course.across(i)
		gap := (to - from) * 0.1
		var below int64
		for k, n := range s.course.columns[i].ended {
			if n == 0 || family(k) == s.skip {
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
	if name == families[family504].name {
		return "× " + name
	}
	return name
}

// summary names the column with the most of each family that failed.
func (s *stack) summary() string {
	text := ""
	for k, n := range s.all {
		if n == 0 || family(k) == familyEstablished {
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
