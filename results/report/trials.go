package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// maxPageTrials bounds the trials of a search that are drawn. A search takes
// some sixty.
const maxPageTrials = 200

// trials are the drawings of a search: on one axis of loads, a point a trial.
type trials struct {
	*results.Ceiling
	most  int             // trials that are looked at, the last ones
	drawn []results.Trial // of those, each at a load above zero
	from  float64         // the axis of loads
	to    float64
	loads plot.Scale
	ticks []plot.Tick
}

func trialsOf(c *results.Ceiling, most int) trials {
	t := trials{Ceiling: c, most: most}
	t.drawn = slices.DeleteFunc(slices.Clone(c.Trials[max(len(c.Trials)-most, 0):]), func(tr results.Trial) bool { return tr.Load <= 0 })
	if len(t.drawn) == 0 {
		return t
	}
	byLoad := func(a, b results.Trial) int { return cmp.Compare(a.Load, b.Load) }
	low := float64(slices.MinFunc(t.drawn, byLoad).Load) * 0.9
	high := float64(slices.MaxFunc(t.drawn, byLoad).Load) * 1.1
	t.span(low, high)
	return t
}

// span sets the axis of loads.
func (t *trials) span(low, high float64) {
	t.from, t.to = low, high
	t.loads = plot.Log(low, high)
	t.ticks = plot.Ticks(t.loads, plot.RoundTicks(low, high, 6), func(v float64) string { return results.FormatCount(int64(math.Round(v))) })
}

// near is the same with the loads around the ceiling alone, where most trials
// are.
func (t *trials) near() trials {
	n := *t
	low, high := max(t.from, float64(t.Low)*0.75), t.to
	if t.High > 0 {
		high = min(high, float64(t.High)*1.35)
	}
	if low >= high {
		return n
	}
	n.span(low, high)
	n.drawn = slices.DeleteFunc(slices.Clone(t.drawn), func(tr results.Trial) bool { return float64(tr.Load) < low || float64(tr.Load) > high })
	return n
}

// figures are the drawings, none without trials.
func (t *trials) figures() []*plot.Figure {
	if len(t.drawn) == 0 {
		return nil
	}
	list := []*plot.Figure{t.latencies(), t.failures()}
	near := t.near()
	if f := near.votes(); f != nil {
		list = append(list, f)
	}
	return list
}

// figure is what the drawings have in common: the load and where the ceiling is.
func (t *trials) figure(id, title string) *plot.Figure {
	f := &plot.Figure{ID: id, Title: title, Height: 260, X: plot.Axis{Name: "load in " + t.unit(), Ticks: t.ticks}}
	t.drawCeiling(f)
	return f
}

func (t *trials) unit() string { return cmp.Or(t.Of.Unit(), "handshakes") }

// population names the trials that are drawn.
func (t *trials) population() string {
	text := several(int64(len(t.drawn)), "trial")
	if len(t.drawn) < len(t.Trials) {
		text = fmt.Sprintf("the last %d of %s", len(t.drawn), several(int64(len(t.Trials)), "trial"))
	}
	return fmt.Sprintf("Population: %s, of which %d count; a trial is one run of its load, and each factor of load has the same length.", text, len(t.Valid()))
}

// drawCeiling marks what the search found.
func (t *trials) drawCeiling(f *plot.Figure) {
	if from, to, ok := t.band(); ok {
		var band plot.Path
		band.Box(from, max(to, from+0.003), 0, 1)
		f.Marks = append(f.Marks, plot.Mark{Class: "band", Path: band.String(), Title: ending(t.Ceiling)})
		f.Legend = append(f.Legend, plot.Key{Class: "band", Text: t.bandText()})
	}
	if t.Value > 0 && t.Status == results.CeilingConfirmed {
		f.Marks = append(f.Marks, plot.Mark{Class: "line ceiling", Path: upright(t.loads.At(float64(t.Value))), Title: "ceiling " + load(t.Ceiling, t.Value)})
	}
	if t.SafeLoad > 0 {
		f.Marks = append(f.Marks, plot.Mark{Class: "line safe", Path: upright(t.loads.At(float64(t.SafeLoad))), Title: "safe load"})
		f.Legend = append(f.Legend, plot.Key{Class: "safe rule", Text: "safe load " + load(t.Ceiling, t.SafeLoad)})
	}
	t.drawVotes(f, t.LastGood, plot.Up, "good", "last good")
	t.drawVotes(f, t.FirstBad, plot.Down, "bad", "first bad")
}

func (t *trials) drawVotes(f *plot.Figure, v *results.Votes, shape plot.Shape, class, name string) {
	if v == nil || v.Load <= 0 {
		return
	}
	text := name + " " + load(t.Ceiling, v.Load) + " (" + votes(v) + ")"
	f.Points = append(f.Points, plot.Point{X: t.loads.At(float64(v.Load)), Y: 1.05, Shape: shape, Class: class, Title: text})
	f.Legend = append(f.Legend, plot.Key{Class: class, Shape: shape, Text: text})
}

func upright(x float64) string {
	var p plot.Path
	p.Point(x, 0)
	p.Point(x, 1)
	return p.String()
}

// band is where the ceiling lies; what has no bound goes to the edge.
func (t *trials) band() (from, to float64, ok bool) {
	from, to = 0, 1
	if t.Low > 0 {
		from = t.loads.At(float64(t.Low))
	}
	if t.High > 0 {
		to = t.loads.At(float64(t.High))
	}
	return from, to, t.Low > 0 || t.High > 0
}

func (t *trials) bandText() string {
	switch {
	case t.Low > 0 && t.High > 0:
		return "ceiling " + interval(t.Ceiling)
	case t.Low > 0:
		return "ceiling at least " + load(t.Ceiling, t.Low)
	}
	return "ceiling below " + load(t.Ceiling, t.High)
}

// latencies draws the p99 of each trial.
func (t *trials) latencies() *plot.Figure {
	y := latency{min: math.MaxInt64}
	for i := range t.drawn {
		if p := t.drawn[i].P99; p != nil {
			y.min, y.max = min(y.min, time.Duration(max(*p, 1))), max(y.max, time.Duration(*p))
		} else {
			y.lane = true
		}
	}
	y = y.atLeast()
	f := t.figure("trial-latency", "Load and handshake p99")
	f.Y = y.axis("handshake p99")
	f.Caption = t.population()
	if y.lane {
		f.Y.Ticks[len(f.Y.Ticks)-1].Text = "no p99"
		f.Caption += " Without a p99: more than 1 % were not established, or there were too few."
	}
	t.scatter(f, func(tr *results.Trial) float64 {
		if tr.P99 == nil {
			return y.at(never)
		}
		return y.at(time.Duration(*tr.P99))
	})
	f.Summary = t.summary()
	f.Table = t.table()
	return f
}

// summary is how the search ended, as a sentence.
func (t *trials) summary() string {
	return short("The "+escape(string(t.Of))+" ceiling: "+ending(t.Ceiling), maxPageNote) + "."
}

// leastShare is where the axis of failures begins at most.
const leastShare = 0.01

// failures draws what share of each trial was not established, a factor being
// of the same length everywhere and none standing below.
func (t *trials) failures() *plot.Figure {
	least := leastShare
	for i := range t.drawn {
		if s := failedShare(&t.drawn[i]); s > 0 {
			least = min(least, max(s, 1e-6))
		}
	}
	least = math.Pow(10, math.Floor(math.Log10(least)))
	y := plot.Log(least, 1)
	place := func(share float64) float64 {
		if share <= 0 {
			return 0.06
		}
		return 0.2 + 0.8*y.At(share)
	}
	f := t.figure("trial-failures", "Load and failures")
	f.Height = 200
	f.Y = plot.Axis{Name: "share not established", Ticks: []plot.Tick{{At: place(0), Text: "none"}}}
	for share := least; share <= 1.001; share *= 10 {
		f.Y.Ticks = append(f.Y.Ticks, plot.Tick{At: place(share), Text: percent(math.Min(share, 1))})
	}
	f.Caption = t.population() + " Shares are of the handshakes that a trial planned; the data are in the table above."
	t.scatter(f, func(tr *results.Trial) float64 { return place(failedShare(tr)) })
	f.Summary = t.summary()
	return f
}

// trialShapes tell how a trial ended.
var trialShapes = []struct {
	verdict, class string
	shape          plot.Shape
}{{"discarded", "spare", plot.Diamond}, {"invalid", "spare", plot.Diamond}, {"good", "good", plot.Disc}, {"bad", "bad", plot.Cross}}

// scatter draws the trials at the heights that at gives them: those that don't
// count first.
func (t *trials) scatter(f *plot.Figure, at func(*results.Trial) float64) {
	for _, kind := range trialShapes {
		n := 0
		for i := range t.drawn {
			tr := &t.drawn[i]
			if trialVerdict(tr) != kind.verdict {
				continue
			}
			n++
			f.Points = append(f.Points, plot.Point{X: t.loads.At(float64(tr.Load)), Y: at(tr), Shape: kind.shape, Class: kind.class, Title: t.title(tr)})
		}
		if n > 0 {
			f.Legend = append(f.Legend, plot.Key{Class: kind.class, Shape: kind.shape, Text: fmt.Sprintf("%s: %d", kind.verdict, n)})
		}
	}
}

func (t *trials) title(tr *results.Trial) string {
	return fmt.Sprintf("%s, %s: p99 %s, %s", load(t.Ceiling, tr.Load), trialVerdict(tr), nanoseconds(tr.P99), percent(failedShare(tr))+" not established")
}

// maxFailures bounds the kinds of failure that are named of a trial.
const maxFailures = 4

// failuresText names what a trial failed by.
func failuresText(tr *results.Trial) string {
	var parts []string
	for _, name := range slices.SortedFunc(maps.Keys(tr.Failures), func(a, b string) int {
		return cmp.Or(cmp.Compare(tr.Failures[b], tr.Failures[a]), cmp.Compare(a, b))
	}) {
		if len(parts) == maxFailures {
			parts = append(parts, "and others")
			break
		}
		parts = append(parts, short(escape(name), noteWidth)+" "+percent(min(tr.Failures[name], 1)))
	}
	return cmp.Or(strings.Join(parts, ", "), "none failed")
}

// votes draws the share of bad trials at each load beside the curve that the
// ceiling was read off; nil without one.
func (t *trials) votes() *plot.Figure {
	points := loadPoints(slices.DeleteFunc(slices.Clone(t.drawn), func(tr results.Trial) bool { return !tr.Valid || !tr.Stage.Counts() }))
	if t.Scale <= 0 || t.Value <= 0 || len(points) == 0 {
		return nil
	}
	f := t.figure("trial-votes", "Bad trials near the ceiling")
	f.Height = 200
	y := plot.Linear(0, 1)
	f.Y = plot.Axis{Name: "bad trials", Ticks: plot.Ticks(y, []float64{0, 0.25, 0.5, 0.75, 1}, percent)}
	f.Marks = append(f.Marks, plot.Mark{Class: "line fitted", Path: t.curve(), Title: "what all trials together say"})
	f.Legend = append(f.Legend, plot.Key{Class: "fitted rule", Text: "what all trials together say"})
	f.Table = &plot.Table{Caption: "Data: trials by load", Head: []string{"load", "trials", "bad", "share", "middle p99", "mean failed"}}
	for i := range points {
		p := &points[i]
		bad := p.votes.Of - p.votes.Good
		f.Points = append(f.Points, plot.Point{X: t.loads.At(float64(p.votes.Load)), Y: ratio(bad, p.votes.Of), Class: "vote",
			Title: fmt.Sprintf("%s: %d of %d bad", load(t.Ceiling, p.votes.Load), bad, p.votes.Of)})
		f.Table.Add(results.FormatCount(p.votes.Load), results.FormatCount(p.votes.Of), results.FormatCount(bad),
			percent(ratio(bad, p.votes.Of)), p.latency(), percent(p.failed))
	}
	f.Legend = append(f.Legend, plot.Key{Class: "vote", Text: "the trials at one load"})
	f.Caption = fmt.Sprintf("Population: the trials that count at %s around the ceiling, which is where half of them are bad.", several(int64(len(points)), "load"))
	f.Summary = t.summary()
	return f
}

// curve is the share of bad trials by load that results/stats.HalfPoint fits,
// at the middle of its parameters.
func (t *trials) curve() string {
	var path plot.Path
	for i := range curvePoints + 1 {
		x := math.Log(t.from) + math.Log(t.to/t.from)*float64(i)/curvePoints
		bad := t.Spoilt + (1-t.Spoilt)/(1+math.Exp(-(x-math.Log(float64(t.Value)))/t.Scale))
		path.Point(t.loads.At(math.Exp(x)), min(max(bad, 0), 1))
	}
	return path.String()
}

// table has the trials that are drawn.
func (t *trials) table() *plot.Table {
	table := &plot.Table{
		Caption: "Data: trials in the order they were run", Left: map[int]bool{1: true, 3: true, 7: true, 9: true},
		Head: []string{"trial", "stage", "load", "verdict", "bad", "p50", "p99", "not established", "goodput", "note"},
	}
	first := max(len(t.Trials)-t.most, 0)
	for i := range t.Trials[first:] {
		tr := &t.Trials[first+i]
		table.Add(strconv.Itoa(first+i+1), strings.ReplaceAll(short(escape(string(tr.Stage)), noteWidth), "_", "-"), results.FormatCount(tr.Load), trialVerdict(tr),
			percent(min(tr.BadShare, 1)), nanoseconds(tr.P50), nanoseconds(tr.P99), failuresText(tr), significantCount(tr.Goodput)+"/s",
			short(escape(cmp.Or(tr.Invalid, tr.Note)), maxPageNote))
	}
	return table
}
