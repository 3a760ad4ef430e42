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
	halved int // how often the bounds of what is shown are halved
}

// most is a bound on how many of something are shown.
func (v view) most(n int) int { return max(n>>v.halved, 1) }

// sections are the parts of a page, in the order people ask. One that a
// result has no data for returns no blocks.
var sections = []func(view) section{
	checkedGate, comparedSides, searchedCeiling,
	happened, outcomesOverTime, latencyOverTime, beside, percentiles, bursts, open, samples,
	judged, measured, checked, remarked, setting,
}

// What a page shows at most of a run.
const (
	maxPageFindings   = 20
	maxPageOutcomes   = 60
	maxPageBursts     = 100
	maxPageThresholds = 40
	maxPageChecks     = 60
	maxPageAddresses  = 50
	maxPageReplies    = 40       // samples
	maxPageSample     = 1 << 10  // bytes of one
	maxPageSamples    = 16 << 10 // bytes of all
	maxPageScenario   = 16 << 10 // bytes
)

// first returns the first n of list and, where there are more, a text that
// says how many, by their noun.
func first[T any](list []T, n int, noun string) (shown []T, rest []block) {
	if len(list) <= n {
		return list, nil
	}
	return list[:n], []block{{Text: "And " + several(int64(len(list)-n), "more "+noun) + ", which result.json has."}}
}

func happened(v view) section {
	s := section{ID: "happened", Title: "What happened"}
	if v.GeneratorLimited() && v.Generator.Advice != "" {
		s.Blocks = append(s.Blocks, block{Finding: &finding{Share: "this host", Text: short(escape(v.Generator.Advice), maxPageReason)}})
	}
	findings, rest := first(v.Findings, v.most(maxPageFindings), "finding")
	for _, f := range findings {
		s.Blocks = append(s.Blocks, block{Finding: &finding{
			Share: percent(f.Share), Text: short(escape(f.Text), maxPageReason), Next: short(escape(f.Next), maxPageReason)}})
	}
	s.Blocks = append(s.Blocks, rest...)
	if len(v.Outcomes) > 0 {
		outcomes, rest := first(v.Outcomes, v.most(maxPageOutcomes), "outcome")
		t := &plot.Table{Caption: "Outcomes of all " + several(v.Arrivals, "arrival"), Head: []string{"outcome", "count", "share", "first seen", "last seen"}}
		for i := range outcomes {
			o := &outcomes[i]
			t.Rows = append(t.Rows, plot.Row{Class: "marked " + families[familyOf(o.Outcome().Name())].class, Cells: []string{
				short(escape(o.Outcome().Name()), maxPageName), results.FormatCount(o.Count), percent(ratio(o.Count, v.Arrivals)), duration(o.First), duration(o.Last)}})
		}
		s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
	}
	for text := range strings.Lines(facts(v.Result)) {
		s.Blocks = append(s.Blocks, block{Text: short(strings.TrimSpace(text), maxPageReason)})
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
		s.Blocks = append(s.Blocks, block{Figure: quantilesFigure(v.Result, v.course)}, block{Figure: heatFigure(v)})
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
	if figures := completionFigures(v); len(figures) > 0 {
		s.Blocks = append(s.Blocks, block{Small: figures})
	}
	t := &plot.Table{
		Caption: "Bursts as they went", Left: map[int]bool{5: true},
		Head: []string{"burst at", "planned", "launched", "launch span", "intended span", "outcomes"},
	}
	list, rest := first(v.Bursts, v.most(maxPageBursts), "burst")
	for i := range list {
		b := &list[i]
		outcomes, intended := short(counts(b.Outcomes), 2*maxPageNote), "at once"
		if b.Within > 0 {
			intended = duration(b.Within)
		}
		if b.Overlapped {
			outcomes += " (began while an earlier burst was unfinished)"
		}
		t.Add(duration(b.At), results.FormatCount(b.Count), results.FormatCount(b.Launched), duration(b.LaunchSpan), intended, outcomes)
	}
	s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
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
	room, replies := v.most(maxPageSamples), v.most(maxPageReplies)
	for i := range v.Outcomes {
		o := &v.Outcomes[i]
		for k, text := range o.Samples {
			if room -= min(len(text), maxPageSample); room < 0 || len(s.Blocks) == replies {
				s.Blocks = append(s.Blocks, block{Text: "The other samples are in result.json."})
				return s
			}
			s.Blocks = append(s.Blocks, block{Sample: &sample{
				Name: fmt.Sprintf("%s, sample %d", short(escape(o.Outcome().Name()), maxPageName), k+1), Text: lines(text, maxPageSample)}})
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
	list, rest := worst(v.Thresholds, v.most(maxPageThresholds), "threshold", func(j results.Judgement) results.Verdict { return j.Verdict })
	for i := range list {
		j := &list[i]
		wrong, effective := none, none
		if j.Of > 0 {
			wrong = results.FormatCount(j.Bad) + " of " + results.FormatCount(j.Of)
		}
		if j.EffectiveN > 0 {
			effective = results.FormatCount(j.EffectiveN)
		}
		t.Rows = append(t.Rows, plot.Row{Class: "verdict " + j.Verdict.String(), Cells: []string{
			j.Verdict.String(), short(escape(j.Text), maxPageNote), short(figure(v.Result, j), maxPageName),
			cmp.Or(strings.ReplaceAll(short(escape(string(j.Method)), maxPageName), "_", " "), none), wrong, effective, short(escape(j.Note), 2*maxPageNote)}})
	}
	s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
	return s
}

// worst is first of a list that is judged.
func worst[T any](list []T, n int, noun string, verdict func(T) results.Verdict) (shown []T, rest []block) {
	return first(worstFirst(list, n, verdict), n, noun)
}

// worstFirst puts those that failed in front where more are judged than are
// shown: none of the rest is to hide one.
func worstFirst[T any](list []T, shown int, verdict func(T) results.Verdict) []T {
	if len(list) <= shown {
		return list
	}
	rank := map[results.Verdict]int{results.Fail: 0, results.Inconclusive: 1, results.Pass: 2}
	return slices.SortedStableFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(rank[verdict(a)], rank[verdict(b)]) })
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
	list, rest := worst(v.Generator.Checks, v.most(maxPageChecks), "check", checkVerdict)
	for _, c := range list {
		verdict := checkVerdict(c)
		word := map[results.Verdict]string{results.Pass: "ok", results.Fail: "broken", results.Inconclusive: "worth knowing"}[verdict]
		t.Rows = append(t.Rows, plot.Row{Class: "check " + verdict.String(), Cells: []string{
			strings.ReplaceAll(short(escape(c.Name), maxPageName), "_", " "), word, c.Format(c.Value), c.Format(c.Limit), short(escape(c.Note), 2*maxPageNote)}})
	}
	s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
	return s
}

// checkVerdict is what a check of the generator comes to.
func checkVerdict(c results.Check) results.Verdict {
	switch {
	case c.Broken():
		return results.Fail
	case !c.OK:
		return results.Inconclusive
	}
	return results.Pass
}

func remarked(v view) section {
	s := section{ID: "remarks", Title: "Warnings and notes"}
	warnings, rest := first(v.Warnings, v.most(maxPageRemarks), "warning")
	for _, w := range warnings {
		s.Blocks = append(s.Blocks, block{Text: fmt.Sprintf("Warning: %s (%s).", short(escape(w.Text), maxPageReason), several(w.Count, "time"))})
	}
	s.Blocks = append(s.Blocks, rest...)
	s.Blocks = append(s.Blocks, v.remarks("", v.Notes)...)
	return s
}

func setting(v view) section {
	s := section{ID: "setting", Title: "Scenario and environment"}
	if v.Scenario != "" {
		s.Blocks = append(s.Blocks, block{Sample: &sample{Name: "Scenario, secrets masked", Text: escapeLines(cutText(v.Scenario, v.most(maxPageScenario)))}})
	}
	if len(v.Target.Addresses) > 0 {
		s.Blocks = append(s.Blocks, block{Table: named("Attempts by address", "address", v.Target.Addresses, v.most(maxPageAddresses), results.FormatCount)})
	}
	if len(v.Environment) > 0 {
		t := named("Environment of the generator", "what", v.Environment, v.most(maxPageAddresses), func(text string) string { return short(escape(text), 2*maxPageNote) })
		t.Left = map[int]bool{1: true}
		s.Blocks = append(s.Blocks, block{Table: t})
	}
	return s
}

// named makes a table of what has names, of at most most rows.
func named[V any](caption, head string, m map[string]V, most int, write func(V) string) *plot.Table {
	t := &plot.Table{Caption: caption, Head: []string{head, "value"}}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(t.Rows) == most {
			t.Add("and more", fmt.Sprint(len(m)-len(t.Rows)))
			break
		}
		t.Add(short(escape(name), maxPageName), write(m[name]))
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
