package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// maxPagePairs bounds the pairs that are drawn.
const maxPagePairs = 120

// pairsFigure draws the primary measure of each pair, A to B, in the order the
// pairs were run, as many as the part has room for: what they share of the hour
// shows, and what parts them. nil without pairs.
func pairsFigure(c comparedPart) *plot.Figure {
	if !c.Interleaved || len(c.Effects) == 0 || len(c.Effects[0].Values) < 2 {
		return nil
	}
	e := &c.Effects[0]
	p := pairing{effect: e, values: e.Values[:min(len(e.Values), c.pairs)]}
	p.measure()
	name := short(escape(e.Metric), maxPageName)
	f := &plot.Figure{ID: "pairs" + c.suffix, Title: name + " of each pair", Height: 280, Class: "wide-labels", X: p.order(), Y: p.axis(name)}
	p.draw(f)
	f.Caption = fmt.Sprintf("Population: %s of two trials, in the order they were run; A is %s, B is %s.",
		several(int64(len(e.Values)), "pair"), short(escape(c.A), maxPageName), short(escape(c.B), maxPageName))
	if len(p.values) < len(e.Values) {
		f.Caption += fmt.Sprintf(" The first %d are drawn.", len(p.values))
	}
	f.Summary = fmt.Sprintf("B is above A in %d of %d pairs; %s.", p.higher, len(p.values), short(changeText(e), maxRowText))
	return f
}

// pairing draws pairs of times, of shares or of ceilings.
type pairing struct {
	effect *results.Effect
	values []results.PairValues
	times  latency    // of times
	even   plot.Scale // of shares and of ceilings, from 0
	most   float64    // that is drawn on it
	higher int        // pairs in which B is above A
}

// timed reports whether the values are times, on a logarithmic scale.
func (p *pairing) timed() bool {
	return p.effect.Unit != results.Share && p.effect.Unit != results.Capacity
}

func (p *pairing) measure() {
	p.times = latency{min: math.MaxInt64}
	for _, v := range p.values {
		if above(v) {
			p.higher++
		}
		for _, side := range []*float64{v.A, v.B} {
			switch {
			case side == nil:
				p.times.lane = true
			case p.effect.Unit == results.Share:
				p.most = max(p.most, min(*side, 1))
			case !p.timed():
				p.most = max(p.most, min(*side, float64(results.HighestValue)))
			default:
				d := nanosecondsOf(*side)
				p.times.min, p.times.max = min(p.times.min, d), max(p.times.max, d)
			}
		}
	}
	p.times = p.times.padded()
	p.most = max(p.most*1.05, 1e-6)
	p.even = plot.Linear(0, p.most)
}

// nanosecondsOf is a time as a file has it, kept within what an axis takes.
func nanosecondsOf(v float64) time.Duration {
	return time.Duration(min(max(v, 1), float64(results.HighestValue)))
}

// above reports whether B is above A; nil is +∞.
func above(v results.PairValues) bool {
	return v.A != nil && (v.B == nil || *v.B > *v.A)
}

func (p *pairing) at(v *float64) float64 {
	switch {
	case !p.timed() && v != nil:
		return p.even.At(*v)
	case !p.timed():
		return 1
	case v == nil:
		return p.times.at(never)
	}
	return p.times.at(nanosecondsOf(*v))
}

func (p *pairing) axis(name string) plot.Axis {
	if p.timed() {
		return p.times.axis(name)
	}
	say := percent
	if p.effect.Unit == results.Capacity {
		say = func(v float64) string { return results.FormatCount(int64(v)) }
	}
	return plot.Axis{Name: name, Ticks: plot.Ticks(p.even, plot.LinearTicks(p.most, 5, 0), say)}
}

// across is the place of pair i.
func (p *pairing) across(i int) float64 { return (float64(i) + 0.5) / float64(len(p.values)) }

func (p *pairing) order() plot.Axis {
	axis := plot.Axis{Name: "pair, in the order they were run"}
	step := max(1, (len(p.values)+9)/10)
	for i := 0; i < len(p.values); i += step {
		axis.Ticks = append(axis.Ticks, plot.Tick{At: p.across(i), Text: strconv.Itoa(i + 1)})
	}
	return axis
}

// draw draws the sides of each pair as points, with a line from A to B.
func (p *pairing) draw(f *plot.Figure) {
	f.Table = &plot.Table{Caption: "Data: the pairs", Left: map[int]bool{1: true}, Head: []string{"pair", "first", "A", "B"}}
	var up, down plot.Path
	for i, v := range p.values {
		x, a, b := p.across(i), p.at(v.A), p.at(v.B)
		line, first := &down, "A"
		if above(v) {
			line = &up
		}
		if v.BFirst {
			first = "B"
		}
		line.Lift()
		line.Point(x, a)
		line.Point(x, b)
		sayA, sayB := p.say(v.A), p.say(v.B)
		title := fmt.Sprintf("pair %d, %s first: A %s, B %s", i+1, first, sayA, sayB)
		f.Points = append(f.Points, plot.Point{X: x, Y: a, Shape: plot.Diamond, Class: "side-a", Title: title},
			plot.Point{X: x, Y: b, Shape: plot.Disc, Class: "side-b", Title: title})
		f.Table.Add(strconv.Itoa(i+1), first, sayA, sayB)
	}
	p.drawLines(f, up.String(), down.String())
	p.key(f)
}

// say writes a side's value.
func (p *pairing) say(v *float64) string { return short(middle(v, p.effect.Unit), maxRowText) }

// drawLines draws what is between the sides, and the medians across.
func (p *pairing) drawLines(f *plot.Figure, up, down string) {
	higher, lower := p.classes()
	for _, m := range []plot.Mark{{Class: "line " + higher, Path: up, Title: "B above A"}, {Class: "line " + lower, Path: down, Title: "B not above A"},
		{Class: "line median side-a", Path: level(p.at(p.effect.A)), Title: "median of A"}, {Class: "line median side-b", Path: level(p.at(p.effect.B)), Title: "median of B"}} {
		if m.Path != "" {
			f.Marks = append(f.Marks, m)
		}
	}
	f.Beside(plot.Label{Y: p.at(p.effect.A), Class: "side-a", Text: "A"}, plot.Label{Y: p.at(p.effect.B), Class: "side-b", Text: "B"})
}

// classes are those of a B above A and of one that is not: of a ceiling, more
// is better.
func (p *pairing) classes() (higher, lower string) {
	if p.effect.Unit == results.Capacity {
		return "better", "worse"
	}
	return "worse", "better"
}

// key explains the points and lines, and counts the latter.
func (p *pairing) key(f *plot.Figure) {
	f.Legend = []plot.Key{{Class: "side-a", Shape: plot.Diamond, Text: "A, median " + p.say(p.effect.A)},
		{Class: "side-b", Shape: plot.Disc, Text: "B, median " + p.say(p.effect.B)}}
	higher, lower := p.classes()
	if p.higher > 0 {
		f.Legend = append(f.Legend, plot.Key{Class: higher + " rule", Text: fmt.Sprintf("B above A: %d", p.higher)})
	}
	if n := len(p.values) - p.higher; n > 0 {
		f.Legend = append(f.Legend, plot.Key{Class: lower + " rule", Text: fmt.Sprintf("B not above A: %d", n)})
	}
}

// level is a line across.
func level(y float64) string {
	var p plot.Path
	p.Step(0, 1, y)
	return p.String()
}
