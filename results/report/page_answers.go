package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stampede/results"
	"stampede/results/report/plot"
)

// What a page shows at most of what a file may have without bound.
const (
	maxPageName    = 60  // runes of a name
	maxRowText     = 52  // runes of a line in a forest, which fits a telephone
	maxPageNote    = 120 // runes of a remark in a table
	maxPageReason  = 400 // runes of the verdict's reason, and of a remark
	maxPageRemarks = 20

	maxPageComparisons = 15 // as many as a scenario can have
)

// answered reports whether the result is the answer of many runs, which is
// what its verdict then speaks of.
func answered(r *results.Result) bool { return r.Ceiling != nil || r.Compare != nil || r.Gate != nil }

// searchedCeiling is the section of a search for a ceiling.
func searchedCeiling(v view) section {
	s := section{ID: "ceiling", Title: "The ceiling"}
	c := v.Ceiling
	if c == nil {
		return s
	}
	if v.Gate != nil || v.Compare != nil { // else it is what the page begins with
		s.Blocks = append(s.Blocks, block{Text: short(CeilingLine(v.Result), maxPageReason) + "."})
	}
	for _, text := range advice(c) {
		s.Blocks = append(s.Blocks, block{Text: strings.ToUpper(text[:1]) + text[1:] + "."})
	}
	t := trialsOf(c, v.most(maxPageTrials))
	for _, f := range t.figures() {
		s.Blocks = append(s.Blocks, block{Figure: f})
	}
	return s
}

// comparedSides is the section of a comparison; of several, each has its own
// answer, figures and table in it.
func comparedSides(v view) section {
	s := section{ID: "comparison", Title: "The two sides"}
	all := v.Compared()
	if len(all) > 1 {
		s.Title = "The sides"
	}
	drawn := all[:min(len(all), maxPageComparisons)]
	for i, c := range drawn {
		p := comparedPart{c, "", max(v.most(maxPagePairs)/len(drawn), 1), max(v.most(maxPageEffects)/len(drawn), 1)}
		if len(all) > 1 {
			word, evidence := CompareLine(c)
			s.Blocks = append(s.Blocks, block{Finding: &finding{Share: short(escape(c.B), maxPageName), Text: short(word+evidence, maxPageReason)}})
			p.suffix = "-" + strconv.Itoa(i+1)
		}
		s.Blocks = append(s.Blocks, p.blocks(v)...)
	}
	if n := len(all) - len(drawn); n > 0 {
		s.Blocks = append(s.Blocks, block{Text: "And " + several(int64(n), "comparison") + " more."})
	}
	return s
}

// comparedPart is one comparison of a page, whose room it shares with others.
type comparedPart struct {
	*results.Comparison
	suffix  string // of its figures' names, which are unique in a page
	pairs   int    // drawn at most
	effects int    // likewise
}

func (c comparedPart) blocks(v view) (list []block) {
	if !c.Interleaved {
		list = append(list, block{Finding: &finding{Share: "not interleaved",
			Text: "These are stored runs, one of each side: what changed between them besides the server can't be told apart from it."}})
	}
	list = append(list, block{Text: fmt.Sprintf("A: %s · B: %s · %s", short(escape(c.A), maxPageName), short(escape(c.B), maxPageName), planText(c.Comparison))})
	if c.Withheld != "" {
		list = append(list, block{Text: "Withheld: " + short(escape(c.Withheld), maxPageReason) + "."})
	}
	if f := pairsFigure(c); f != nil {
		list = append(list, block{Figure: f})
	}
	effects, rest := first(c.Effects, c.effects, "measure")
	for _, f := range effectFigures(c, effects) {
		list = append(list, block{Figure: f})
	}
	list = append(append(list, block{Table: effectsTable(effects)}), rest...)
	list = append(list, v.remarks("Differs: ", c.Differences)...)
	list = append(list, v.remarks("Note: ", c.Notes)...)
	return append(list, v.remarks("Warning: ", c.Warnings)...)
}

// remarks writes remarks as paragraphs.
func (v view) remarks(name string, list []string) (blocks []block) {
	shown, rest := first(list, v.most(maxPageRemarks), "remark")
	for _, text := range shown {
		blocks = append(blocks, block{Text: name + short(escape(text), maxPageReason)})
	}
	return append(blocks, rest...)
}

// effectFigures draw the effects of times, and those of shares.
func effectFigures(c comparedPart, effects []results.Effect) (list []*plot.Figure) {
	for _, kind := range []struct {
		unit      results.Unit
		id, title string
		delta     float64
	}{{results.Relative, "effects", "How the times of B differ from those of A", c.Delta}, {results.Capacity, "ceilings", "How the ceiling of B differs from that of A", c.Delta}, {results.Share, "share-effects", "How the failure shares of B differ from those of A", c.ShareDelta}} {
		f := forest{unit: kind.unit, delta: min(max(kind.delta, 0), 1)}
		for i := range effects {
			if e := &effects[i]; e.Unit == kind.unit && e.Method != "" {
				f.rows = append(f.rows, row{name: short(escape(e.Metric), maxRowText), text: short(changeText(e)+", "+effectWord(e), maxRowText),
					estimate: e.Estimate, low: e.Low, high: e.High, class: changeClass(e.Outcome)})
			}
		}
		if len(f.rows) > 0 {
			figure := f.figure(kind.id+c.suffix, kind.title)
			figure.Caption = "Population: " + planText(c.Comparison) + ". The square is the estimate, the line its 95 % interval, the upright line no change, the shaded band what counts as the same."
			figure.Summary = f.rows[0].name + " " + f.rows[0].text + "."
			list = append(list, figure)
		}
	}
	return list
}

// changeClass is the class of what is said of B.
func changeClass(c results.Change) string {
	switch c {
	case results.Slower:
		return "worse"
	case results.Faster:
		return "better"
	case results.Same:
		return "equal"
	}
	return "undecided"
}

func effectsTable(effects []results.Effect) *plot.Table {
	t := &plot.Table{Caption: "All measures, the deciding one first", Left: map[int]bool{7: true, 8: true},
		Head: []string{"measure", "A", "B", "change [95 % interval]", "pairs", "p", "p, corrected", "outcome", "note"}}
	for i := range effects {
		e := &effects[i]
		name, note := short(escape(e.Metric), maxPageName), short(escape(e.Note), maxPageNote)
		if e.Method == "" {
			t.Add(name, none, none, none, none, none, none, "", note)
			continue
		}
		t.Rows = append(t.Rows, plot.Row{Class: "effect " + changeClass(e.Outcome), Cells: []string{name, short(middle(e.A, e.Unit), maxRowText), short(middle(e.B, e.Unit), maxRowText), short(changeText(e), maxRowText),
			strconv.Itoa(e.Pairs), pText(e.P), pText(e.AdjustedP), effectWord(e), note}})
	}
	return t
}

// checkedGate is the section of a gate.
func checkedGate(v view) section {
	s := section{ID: "gate", Title: "The gate's checks"}
	g := v.Gate
	if g == nil {
		return s
	}
	t := &plot.Table{Caption: "Every check of the gate", Left: map[int]bool{1: true, 7: true},
		Head: []string{"verdict", "check", "found", "limits it goes by", "allowed", "looked at", "clumping φ", "note"}}
	checks, rest := worst(g.Checks, v.most(maxPageEffects), "check", func(c results.GateCheck) results.Verdict { return c.Verdict })
	for i := range checks {
		c := &checks[i]
		t.Rows = append(t.Rows, plot.Row{Class: "verdict " + c.Verdict.String(), Cells: checkCells(c)})
	}
	for _, f := range checkFigures(checks) {
		s.Blocks = append(s.Blocks, block{Figure: f})
	}
	s.Blocks = append(append(s.Blocks, block{Table: t}), rest...)
	s.Blocks = append(s.Blocks, looksText(g)...)
	s.Blocks = append(s.Blocks, v.remarks("Note: ", g.Notes)...)
	s.Blocks = append(s.Blocks, v.remarks("Warning: ", g.Warnings)...)
	return s
}

func checkCells(c *results.GateCheck) []string {
	word, found, limits, allowed, looked, clumping := c.Verdict.String(), none, none, none, none, none
	if c.Advisory {
		word += ", advisory"
	}
	if c.Looked > 0 {
		looked = several(int64(c.Looked), lookedAt[c.Kind])
	}
	if c.Clumping > 0 {
		clumping = significant(c.Clumping)
	}
	switch {
	case c.Kind == results.Goal && c.Unit == results.Share:
		allowed = percent(c.Limit)
		if c.Value != nil && c.Low != nil && c.High != nil {
			found, limits = percent(*c.Value)+" bad", percent(*c.Low)+" to "+percent(*c.High)
		}
	case c.Kind != results.Goal:
		allowed = signed(&c.Limit) + unitText(c.Unit)
		if c.Looked > 0 {
			found = signed(c.Value) + unitText(c.Unit)
			limits = signed(c.Low) + " to " + signed(c.High)
			if c.Kind == results.Stored {
				limits = "the next sitting stays below " + signed(c.High)
			}
		}
	}
	return []string{word, short(escape(c.Text), maxPageNote), short(found, maxRowText), short(limits, maxRowText), short(allowed, maxRowText), looked, clumping, short(escape(c.Note), maxPageNote)}
}

// looksText says when checks may be decided.
func looksText(g *results.Gate) (list []block) {
	for _, kind := range []results.GateKind{results.Goal, results.Regression} {
		if slices.ContainsFunc(g.Checks, func(c results.GateCheck) bool { return c.Kind == kind }) {
			looks := strings.Trim(strings.ReplaceAll(fmt.Sprint(kind.Looks()), " ", ", "), "[]")
			list = append(list, block{Text: fmt.Sprintf("A %s is looked at after %s %ss, and decided at the first look that can; its error is shared among all of them.", kind, looks, lookedAt[kind])})
		}
	}
	return list
}

// checkFigures draw goals by what they allow, and changes by their margins.
func checkFigures(checks []results.GateCheck) (list []*plot.Figure) {
	goals := forest{unit: results.Share, multiples: true}
	changes := map[results.Unit]*forest{results.Relative: {unit: results.Relative}, results.Share: {unit: results.Share}}
	for i := range checks {
		c := &checks[i]
		r := row{name: short(escape(c.Text), maxRowText), text: short(checkFigure(c), maxRowText), estimate: c.Value, low: c.Low, high: c.High, limit: c.Limit, class: verdictClass(c)}
		switch f := changes[c.Unit]; {
		case c.Looked <= 0 || c.Limit <= 0 || f == nil:
		case c.Kind != results.Goal:
			if c.Kind == results.Stored {
				r.low, r.high = c.Value, c.Value
			}
			f.rows = append(f.rows, r)
		case c.Value != nil && c.Low != nil && c.High != nil:
			r.estimate, r.low, r.high, r.limit = of(c.Value, c.Limit), of(c.Low, c.Limit), of(c.High, c.Limit), 1
			goals.rows = append(goals.rows, r)
		}
	}
	for _, k := range []struct {
		forest    *forest
		id, title string
	}{{&goals, "goals", "Goals and what they allow"}, {changes[results.Relative], "changes", "Changes of times and their margins"},
		{changes[results.Share], "share-changes", "Changes of failure shares and their margins"}} {
		if len(k.forest.rows) > 0 {
			f := k.forest.figure(k.id, k.title)
			f.Caption = "Population: " + several(int64(len(k.forest.rows)), "check") + ", each over the trials, pairs or sittings that it names. The square is what was found, the line the limits the verdict goes by, the upright stroke what is allowed: a check passes left of it and fails right of it."
			f.Legend = append(f.Legend, plot.Key{Class: "limit rule", Text: "what is allowed"})
			f.Summary = k.forest.rows[0].name + ": " + k.forest.rows[0].text + "."
			list = append(list, f)
		}
	}
	return list
}

// of is v in multiples of limit.
func of(v *float64, limit float64) *float64 {
	x := *v / limit
	return &x
}

// verdictClass is the class of a check's verdict.
func verdictClass(c *results.GateCheck) string {
	switch c.Verdict {
	case results.Pass:
		return "better"
	case results.Fail:
		return "worse"
	}
	return "undecided"
}
