package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
)

// view is what sections are made from.
type view struct {
	*results.Result
	course course
}

// sections are the parts of a page, in the order people ask. One that a
// result has no data for returns no blocks.
var sections = []func(view) section{
	checkedGate, comparedSides, searchedCeiling,
	happened, outcomesOverTime, latencyOverTime, beside, percentiles, bursts, open, samples,
	judged, measured, checked, remarked, setting,
}

// What a page shows at most.
const (
	maxPageBursts    = 100
	maxPageAddresses = 50
	maxPageSample    = 1 << 10  // bytes of one
	maxPageSamples   = 16 << 10 // bytes of all
	maxPageScenario  = 16 << 10 // bytes
)

func happened(v view) section {
	s := section{ID: "happened", Title: "What happened"}
	if v.GeneratorLimited() && v.Generator.Advice != "" {
		s.Blocks = append(s.Blocks, block{Finding: &finding{Share: "this host", Text: escape(v.Generator.Advice)}})
	}
	for _, f := range v.Findings {
		s.Blocks = append(s.Blocks, block{Finding: &finding{Share: percent(f.Share), Text: escape(f.Text), Next: escape(f.Next)}})
	}
	if len(v.Outcomes) > 0 {
		t := &plot.Table{Caption: "Outcomes of all " + several(v.Arrivals, "arrival"), Head: []string{"outcome", "count", "share", "first seen", "last seen"}}
		for i := range v.Outcomes {
			o := &v.Outcomes[i]
			t.Rows = append(t.Rows, plot.Row{Class: "marked " + families[familyOf(o.Outcome().Name())].class, Cells: []string{
				escape(o.Outcome().Name()), results.FormatCount(o.Count), percent(ratio(o.Count, v.Arrivals)), duration(o.First), duration(o.Last)}})
		}
		s.Blocks = append(s.Blocks, block{Table: t})
	}
	for text := range strings.Lines(facts(v.Result)) {
		s.Blocks = append(s.Blocks, block{Text: strings.TrimSpace(text)})
	}
	return s
}

// facts are what the terminal's summary says of connections.
func facts(r *results.Result) string {
	t := text{result: r}
	t.connections()
	return strings.TrimSpace(t.out.String())
}

func outcomesOverTime(v view) section {
	s := section{ID: "over-time", Title: "Outcomes over time"}
	if len(v.course.columns) == 0 {
		return s
	}
	s.Blocks = append(s.Blocks, block{Figure: outcomesFigure(v.Result, v.course)})
	if all := censusOf(v.Result); all[familyEstablished] > 0 && all.total() > all[familyEstablished] {
		s.Blocks = append(s.Blocks, block{Figure: failuresFigure(v.Result, v.course)})
	}
	return s
}

func latencyOverTime(v view) section {
	s := section{ID: "latency", Title: "Latency over time"}
	var kept int64 // older results, and what they are merged with, have not all
	for i := range v.course.columns {
		kept += total(v.course.columns[i].handshakes)
	}
	if h := &v.Metrics.Handshake; kept > 0 && kept == h.Count-h.Infinite {
		s.Blocks = append(s.Blocks, block{Figure: quantilesFigure(v.Result, v.course)}, block{Figure: heatFigure(v.Result, v.course)})
	}
	return s
}

func percentiles(v view) section {
	s := section{ID: "phases", Title: "Percentiles by phase"}
	if f := curvesFigure(v.Result); f != nil {
		s.Blocks = append(s.Blocks, block{Figure: f})
	}
	return s
}

func bursts(v view) section {
	s := section{ID: "bursts", Title: "Bursts"}
	if len(v.Bursts) == 0 {
		return s
	}
	if figures := completionFigures(v.Result); len(figures) > 0 {
		s.Blocks = append(s.Blocks, block{Small: figures})
	}
	t := &plot.Table{
		Caption: "Bursts as they went", Left: map[int]bool{5: true},
		Head: []string{"burst at", "planned", "launched", "launch span", "intended span", "outcomes"},
	}
	for i := range v.Bursts[:min(len(v.Bursts), maxPageBursts)] {
		b := &v.Bursts[i]
		outcomes, intended := counts(b.Outcomes), "at once"
		if b.Within > 0 {
			intended = duration(b.Within)
		}
		if b.Overlapped {
			outcomes += " (began while an earlier burst was unfinished)"
		}
		t.Add(duration(b.At), results.FormatCount(b.Count), results.FormatCount(b.Launched), duration(b.LaunchSpan), intended, outcomes)
	}
	s.Blocks = append(s.Blocks, block{Table: t})
	if n := len(v.Bursts) - maxPageBursts; n > 0 {
		s.Blocks = append(s.Blocks, block{Text: fmt.Sprintf("And %s more.", several(int64(n), "burst"))})
	}
	return s
}

func open(v view) section {
	s := section{ID: "open-connections", Title: "In flight and held"}
	if len(v.course.columns) > 0 && v.Started > 0 {
		s.Blocks = append(s.Blocks, block{Figure: openFigure(v.Result, v.course)})
	}
	return s
}

func samples(v view) section {
	s := section{ID: "samples", Title: "Sample replies"}
	room := maxPageSamples
	for i := range v.Outcomes {
		o := &v.Outcomes[i]
		for k, text := range o.Samples {
			if room -= min(len(text), maxPageSample); room < 0 {
				s.Blocks = append(s.Blocks, block{Text: "The other samples are in result.json."})
				return s
			}
			s.Blocks = append(s.Blocks, block{Sample: &sample{
				Name: fmt.Sprintf("%s, sample %d", escape(o.Outcome().Name()), k+1), Text: lines(text, maxPageSample)}})
		}
	}
	return s
}

// lines makes text readable that was escaped into one line, cut to n bytes.
func lines(text string, n int) string {
	text = cutText(text, n)
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(escape(text))
}

// cutText cuts text to n bytes, and says so.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + " … cut; result.json has all of it"
}

func judged(v view) section {
	s := section{ID: "thresholds", Title: "Thresholds"}
	if len(v.Thresholds) == 0 {
		return s
	}
	t := &plot.Table{
		Caption: "Thresholds, judged", Left: map[int]bool{1: true, 3: true, 6: true},
		Head: []string{"verdict", "threshold", "value [95 % interval]", "interval by", "on the wrong side", "effective n", "note"},
	}
	for i := range v.Thresholds {
		j := &v.Thresholds[i]
		wrong, effective := none, none
		if j.Of > 0 {
			wrong = results.FormatCount(j.Bad) + " of " + results.FormatCount(j.Of)
		}
		if j.EffectiveN > 0 {
			effective = results.FormatCount(j.EffectiveN)
		}
		t.Rows = append(t.Rows, plot.Row{Class: "verdict " + j.Verdict.String(), Cells: []string{
			j.Verdict.String(), escape(j.Text), figure(v.Result, j), cmp.Or(strings.ReplaceAll(escape(string(j.Method)), "_", " "), none), wrong, effective, escape(j.Note)}})
	}
	s.Blocks = append(s.Blocks, block{Table: t})
	return s
}

func measured(v view) section {
	s := section{ID: "metrics", Title: "Metrics"}
	t := &plot.Table{Caption: "Metrics, each over its own population of n", Head: []string{"metric", "p50", "p90", "p99", "p99.9", "max", "mean", "n"}}
	var notes []block
	for _, m := range results.Metrics() {
		f := v.Metrics.Of(m)
		if f.Count == 0 {
			continue
		}
		row := []string{m.String()}
		for _, q := range quantilesOf(f) {
			row = append(row, cell(v.Result, f, q))
		}
		mean := none
		if f.Mean != nil {
			mean = duration(time.Duration(*f.Mean))
		}
		t.Add(append(row, mean, results.FormatCount(f.Count))...)
		if note := amongFailures(v.Result, m, f); note != "" {
			notes = append(notes, block{Text: note + "."})
		}
	}
	if len(t.Rows) > 0 {
		s.Blocks = append([]block{{Table: t}}, notes...)
	}
	return s
}

func checked(v view) section {
	s := section{ID: "generator", Title: "The generator's own checks"}
	if len(v.Generator.Checks) == 0 {
		return s
	}
	t := &plot.Table{Caption: "Every check of the generator", Left: map[int]bool{1: true, 4: true}, Head: []string{"check", "result", "value", "limit", "note"}}
	for _, c := range v.Generator.Checks {
		word, class := "ok", "pass"
		switch {
		case c.Broken():
			word, class = "broken", "fail"
		case !c.OK:
			word, class = "worth knowing", "inconclusive"
		}
		t.Rows = append(t.Rows, plot.Row{Class: "check " + class, Cells: []string{
			strings.ReplaceAll(escape(c.Name), "_", " "), word, c.Format(c.Value), c.Format(c.Limit), escape(c.Note)}})
	}
	s.Blocks = append(s.Blocks, block{Table: t})
	return s
}

func remarked(v view) section {
	s := section{ID: "remarks", Title: "Warnings and notes"}
	for _, w := range v.Warnings {
		s.Blocks = append(s.Blocks, block{Text: fmt.Sprintf("Warning: %s (%s).", escape(w.Text), several(w.Count, "time"))})
	}
	for _, n := range v.Notes {
		s.Blocks = append(s.Blocks, block{Text: escape(n)})
	}
	return s
}

func setting(v view) section {
	s := section{ID: "setting", Title: "Scenario and environment"}
	if v.Scenario != "" {
		s.Blocks = append(s.Blocks, block{Sample: &sample{Name: "Scenario, secrets masked", Text: escapeLines(cutText(v.Scenario, maxPageScenario))}})
	}
	if len(v.Target.Addresses) > 0 {
		s.Blocks = append(s.Blocks, block{Table: named("Attempts by address", "address", v.Target.Addresses, results.FormatCount)})
	}
	if len(v.Environment) > 0 {
		t := named("Environment of the generator", "what", v.Environment, escape)
		t.Left = map[int]bool{1: true}
		s.Blocks = append(s.Blocks, block{Table: t})
	}
	return s
}

// named makes a table of what has names.
func named[V any](caption, head string, m map[string]V, write func(V) string) *plot.Table {
	t := &plot.Table{Caption: caption, Head: []string{head, "value"}}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(t.Rows) == maxPageAddresses {
			t.Add("and more", fmt.Sprint(len(m)-len(t.Rows)))
			break
		}
		t.Add(escape(name), write(m[name]))
	}
	return t
}

// escapeLines is escape for text whose line ends are its own.
func escapeLines(text string) string {
	list := strings.Split(text, "\n")
	for i := range list {
		list[i] = escape(list[i])
	}
	return strings.Join(list, "\n")
}
