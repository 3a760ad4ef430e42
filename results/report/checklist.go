package report

import (
	"cmp"
	"strings"

	"stampede/results"
)

// item is one thing a result was held to, as CI lists it.
type item struct {
	name    string
	verdict results.Verdict
	skipped bool   // it has no say
	kind    string // what it is: threshold, goal, regression, stored, generator, comparison, ceiling
	detail  string
}

// checklist is what r was held to: the checks of its gate, its comparison or
// its ceiling, else its thresholds, and that the generator was not the limit. A
// run with none of these has one item, that anything was established.
func checklist(r *results.Result) []item {
	var list []item
	limited := r.GeneratorLimited()
	switch {
	case r.Gate != nil:
		list, limited = gateItems(r.Gate), r.Gate.GeneratorLimited
	case r.Compare != nil:
		for _, c := range r.Compared() {
			list, limited = append(list, comparisonItem(c)), limited || c.GeneratorLimited
		}
	case r.Ceiling != nil:
		list = []item{ceilingItem(r)}
	default:
		list = runItems(r)
	}
	if limited {
		list = append(list, item{name: "the generator kept up", kind: "generator", detail: "this host was measured, not the server"})
	}
	return list
}

func runItems(r *results.Result) []item {
	list := thresholdItems(r)
	if len(list) == 0 || r.NoneEstablished() {
		_, reason := runLine(r)
		list = append(list, item{name: "anything is established", kind: "threshold", verdict: r.Verdict, detail: reason})
	}
	return list
}

func thresholdItems(r *results.Result) (list []item) {
	for i := range r.Thresholds {
		j := &r.Thresholds[i]
		list = append(list, item{name: escape(j.Text), kind: "threshold", verdict: j.Verdict, detail: found(r, j)})
	}
	return list
}

// found is what a threshold came to, without its text.
func found(r *results.Result, j *results.Judgement) string {
	v := value(r, j)
	switch {
	case j.Note == "":
		return v
	case v == none:
		return escape(j.Note)
	}
	return v + ", " + escape(j.Note)
}

func gateItems(g *results.Gate) (list []item) {
	for i := range g.Checks {
		c := &g.Checks[i]
		detail := checkFigure(c)
		if c.Note != "" {
			detail += ", " + escape(c.Note)
		}
		list = append(list, item{name: escape(c.Text), kind: string(c.Kind), verdict: c.Verdict, skipped: c.Advisory, detail: detail})
	}
	return list
}

// comparisonItem passes when the question is answered, since a comparison is no
// gate, and fails where no server answered anybody.
func comparisonItem(c *results.Comparison) item {
	word, evidence := CompareLine(c)
	i := item{name: escape(c.A + " and " + c.B), kind: "comparison", detail: word + evidence}
	switch {
	case c.NoneEstablished:
		i.verdict = results.Fail
	case c.Outcome != results.Undecided:
		i.verdict = results.Pass
	}
	return i
}

// ceilingItem passes when the ceiling is known.
func ceilingItem(r *results.Result) item {
	name := escape(string(r.Ceiling.Of)) + " ceiling"
	return item{name: name, kind: "ceiling", verdict: r.Verdict, detail: strings.TrimPrefix(CeilingLine(r), name+" ")}
}

// title is the name of what was run.
func title(r *results.Result) string { return cmp.Or(escape(r.Name), "stampede") }
