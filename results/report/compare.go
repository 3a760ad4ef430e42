package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"stampede/results"
)

// CompareText writes a comparison: one line that answers, then what it rests
// on. It is drawn as Text draws a result.
func CompareText(w io.Writer, c *results.Comparison, o TextOptions) error {
	t := &text{color: o.Color}
	word, reason := CompareLine(c)
	t.line("%s%s", t.loud(word), reason)
	t.comparison(c)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// comparisons are all of a result; of several, each has its own first line.
func (t *text) comparisons() {
	all := t.result.Compared()
	for _, c := range all {
		if len(all) > 1 {
			word, evidence := CompareLine(c)
			t.line("")
			t.line("%s%s", t.loud(word), evidence)
		}
		t.comparison(c)
	}
}

// comparison is what follows the first line.
func (t *text) comparison(c *results.Comparison) {
	t.line("A: %s · B: %s · %s", escape(c.A), escape(c.B), planText(c))
	t.effects(c)
	t.list("differs", c.Differences)
	t.list("note", c.Notes)
	t.list("warning", c.Warnings)
}

// TrialLine says in a few words what a trial came to: how many were
// established, and the measure that is compared.
func TrialLine(r *results.Result, m results.Measure) string {
	established := r.Count(results.Selector{Kind: results.Established})
	line := fmt.Sprintf("%s of %s established", results.FormatCount(established), results.FormatCount(r.Arrivals))
	s := m.Of(r)
	if s.Missing != "" {
		return line + ", " + s.Missing
	}
	value := &s.Value
	if math.IsInf(s.Value, 1) {
		value = nil
	}
	return line + ", " + m.String() + " " + middle(value, m.Unit())
}

// familyLine is CompareLine for all comparisons of a result, each by the name
// of its B where there are several.
func familyLine(r *results.Result) (word, evidence string) {
	all := r.Compared()
	if len(all) == 1 {
		return CompareLine(all[0])
	}
	for i, c := range all {
		one, _ := CompareLine(c)
		separator := "; "
		if i == 0 {
			separator = " with " + escape(c.A) + ": "
		}
		evidence += separator + escape(c.B) + " " + strings.TrimPrefix(one, "B ")
	}
	return fmt.Sprintf("%d comparisons", len(all)), evidence
}

// CompareLine returns the first line of CompareText in two parts, the answer
// and its evidence, without colour or line end.
func CompareLine(c *results.Comparison) (word, evidence string) {
	if c.GeneratorLimited {
		return "GENERATOR-LIMITED", ": this host was measured, not the servers (" + escape(c.Withheld) + ")"
	}
	if len(c.Effects) == 0 {
		return "inconclusive", ": no data"
	}
	e := &c.Effects[0]
	switch c.Outcome {
	case results.Slower, results.Faster:
		evidence = ": " + effectText(e) + " 95 %" + evidenceText(c, e)
		return "B " + changeWord(e.Unit, c.Outcome), evidence
	case results.Same:
		return "same", " within ±" + marginText(c, e.Unit) + ": " + effectText(e) + tinyText(e)
	}
	return "inconclusive", ": " + openText(c, e)
}

// openText says what is known of an effect that decides nothing.
func openText(c *results.Comparison, e *results.Effect) string {
	if e.Method == "" {
		return escape(e.Metric) + ": " + escape(cmp.Or(c.Withheld, e.Note))
	}
	text := effectText(e) + tinyText(e)
	switch {
	case c.Withheld != "":
		text += " (" + escape(c.Withheld) + ")"
	case c.PairsNeeded > 0:
		text += fmt.Sprintf(", about %d more pairs", c.PairsNeeded)
	}
	return text
}

// changeWord is slower and faster for times, worse and better for shares, lower
// and higher for ceilings.
func changeWord(u results.Unit, c results.Change) string {
	switch u {
	case results.Share:
		return map[results.Change]string{results.Slower: "worse", results.Faster: "better"}[c]
	case results.Capacity:
		return map[results.Change]string{results.Slower: "lower", results.Faster: "higher"}[c]
	}
	return c.String()
}

func tinyText(e *results.Effect) string {
	if e.Tiny {
		return " (detectable but tiny)"
	}
	return ""
}

func evidenceText(c *results.Comparison, e *results.Effect) string {
	switch {
	case !c.Interleaved:
		return ", not interleaved"
	case e.P == nil: // of one search each
		return ", " + escape(e.Note)
	}
	p := pText(e.AdjustedP)
	if !strings.HasPrefix(p, "<") {
		p = "=" + p
	}
	return fmt.Sprintf(", %d pairs, p%s", e.Pairs, p)
}

// pText writes a p-value to two digits, or as less than a thousandth.
func pText(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < 0.001:
		return "<0.001"
	}
	return strconv.FormatFloat(*p, 'g', 2, 64)
}

// effectText is a measure and its change.
func effectText(e *results.Effect) string { return escape(e.Metric) + " " + changeText(e) }

// changeText is a change and its interval: "+12 % [+8, +17]".
func changeText(e *results.Effect) string {
	return fmt.Sprintf("%s%s [%s, %s]", signed(e.Estimate), unitText(e.Unit), signed(e.Low), signed(e.High))
}

func unitText(u results.Unit) string {
	if u == results.Share {
		return " points"
	}
	return " %"
}

// signed writes a change in hundredths with its sign and two digits, more
// where it has more before the point.
func signed(v *float64) string {
	if v == nil {
		return "+∞"
	}
	x := 100 * *v
	digits := significantDigits(x)
	switch {
	case digits == "0":
		return "0"
	case x < 0:
		return "−" + digits
	}
	return "+" + digits
}

// significantDigits is |x| to two digits, or to a thousandth.
func significantDigits(x float64) string {
	if x = math.Abs(x); math.IsInf(x, 0) {
		return "∞"
	}
	places := 3
	switch {
	case x >= 9.95:
		places = 0
	case x >= 0.995:
		places = 1
	case x >= 0.0995:
		places = 2
	}
	return trimZeros(strconv.FormatFloat(x, 'f', places, 64))
}

func marginText(c *results.Comparison, u results.Unit) string {
	margin := c.Delta
	if u == results.Share {
		margin = c.ShareDelta
	}
	return significantDigits(100*margin) + unitText(u)
}

// planText says how the evidence was had.
func planText(c *results.Comparison) string {
	searches := c.Primary == results.CeilingMetric
	switch {
	case searches && !c.Interleaved:
		return "one stored search each"
	case !c.Interleaved:
		return "one stored run each"
	}
	text := fmt.Sprintf("%s interleaved, seed %d", several(int64(c.Pairs), "pair"), c.Seed)
	switch {
	case searches && c.Pairs == 0:
		text = fmt.Sprintf("two searches, trials in turn, seed %d", c.Seed)
	case searches:
		text = fmt.Sprintf("%s of searches, trials in turn, seed %d", several(int64(c.Pairs), "pair"), c.Seed)
	}
	if c.Discarded > 0 {
		text += fmt.Sprintf(", %d discarded", c.Discarded)
	}
	if c.Redone > 0 {
		text += fmt.Sprintf(", %d redone", c.Redone)
	}
	return text
}

// effects is the table of all measures, the primary one first.
func (t *text) effects(c *results.Comparison) {
	table := table{left: map[int]bool{5: true, 6: true}}
	table.add("measure", "A", "B", "change", "p", "", "")
	for i := range c.Effects {
		e := &c.Effects[i]
		if e.Method == "" {
			table.add(escape(e.Metric), none, none, none, none, "", escape(e.Note))
			continue
		}
		table.add(escape(e.Metric), middle(e.A, e.Unit), middle(e.B, e.Unit), changeText(e), pText(e.AdjustedP), effectWord(e), escape(e.Note))
	}
	t.line("")
	t.lines(table.lines())
	if len(c.Effects) > 1 && c.Interleaved {
		t.line("the first measure decides; the others are secondary, their p corrected for their number")
	}
}

func effectWord(e *results.Effect) string {
	word := e.Outcome.String()
	if e.Outcome == results.Slower || e.Outcome == results.Faster {
		word = changeWord(e.Unit, e.Outcome)
	}
	return word + tinyText(e)
}

// middle writes a side's median; nil is +∞.
func middle(v *float64, u results.Unit) string {
	switch {
	case v == nil:
		return "+∞"
	case u == results.Share:
		return percent(min(*v, 1))
	case u == results.Capacity:
		return results.FormatCount(int64(*v))
	}
	return duration(time.Duration(min(*v, math.MaxInt64/2))) // what is more has no Duration
}

// list writes each of some remarks on a line of its own.
func (t *text) list(name string, remarks []string) {
	for _, r := range remarks {
		t.line("%s: %s", name, escape(r))
	}
}
