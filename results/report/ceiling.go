package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"stampede/results"
)

// CeilingLine returns the answer of a search for a ceiling in one line,
// without line end; "" for a result that is none.
func CeilingLine(r *results.Result) string {
	c := r.Ceiling
	if c == nil {
		return ""
	}
	parts := []string{escape(string(c.Of)) + " ceiling " + ending(c)}
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(known(c))
	add(bounds(c))
	if c.LimitedBy != "" {
		add("limited by " + goalName(c.LimitedBy))
	}
	if c.Status == results.CeilingConfirmed {
		add("confirmed")
	}
	if c.Soft {
		add("soft ceiling")
	}
	add(several(int64(len(c.Valid())), "trial") + ", " + duration(c.Duration))
	return strings.Join(parts, " · ")
}

// ending words how the search ended, with the figure that it came to.
func ending(c *results.Ceiling) string {
	switch c.Status {
	case results.CeilingConfirmed:
		return interval(c)
	case results.CeilingAtLeast:
		why := string(c.Reason)
		if c.CappedBy != "" {
			why = "capped by " + escape(c.CappedBy)
		}
		return "at least " + load(c, c.Value) + " (" + why + "; irregular)"
	case results.CeilingBelow:
		return "below " + load(c, c.High) + " (irregular)"
	}
	text := "not found: " + escape(string(c.Reason))
	if c.LimitedAt > 0 {
		text += " at " + load(c, c.LimitedAt)
	}
	return text
}

// known is what an inconclusive search had come to.
func known(c *results.Ceiling) string {
	switch {
	case c.Status != results.CeilingInconclusive:
		return ""
	case c.Low > 0 && c.High > 0:
		return "so far " + interval(c)
	case c.Low > 0:
		return "so far at least " + load(c, c.Low)
	case c.High > 0:
		return "so far below " + load(c, c.High)
	}
	return "nothing known yet"
}

func interval(c *results.Ceiling) string {
	return fmt.Sprintf("%s [%s, %s] 95 %%", load(c, c.Value), results.FormatCount(c.Low), results.FormatCount(c.High))
}

// load writes a load; only a rate needs its unit to be understood.
func load(c *results.Ceiling, n int64) string {
	if c.Of == results.LoadRate {
		return results.FormatCount(n) + "/s"
	}
	return results.FormatCount(n)
}

func bounds(c *results.Ceiling) string {
	var parts []string
	if v := c.LastGood; v != nil {
		parts = append(parts, "last good "+results.FormatCount(v.Load)+" ("+votes(v)+")")
	}
	if v := c.FirstBad; v != nil {
		parts = append(parts, "first bad "+results.FormatCount(v.Load)+" ("+votes(v)+")")
	}
	return strings.Join(parts, ", ")
}

func votes(v *results.Votes) string { return fmt.Sprintf("%d/%d", v.Good, v.Of) }

// goalName is a goal without its limit.
func goalName(goal string) string {
	if i := strings.IndexAny(goal, "<>"); i > 0 {
		goal = goal[:i]
	}
	return escape(strings.TrimSpace(goal))
}

// ceiling draws a search: what to plan by, the curve, the trials.
func (t *text) ceiling() {
	c := t.result.Ceiling
	if c == nil {
		return
	}
	t.lines(advice(c))
	t.lines(ceilingCurve(c))
	t.lines(trialTable(c))
}

// advice is what follows from the search, a sentence each.
func advice(c *results.Ceiling) []string {
	var list []string
	if c.SafeLoad > 0 && c.Status == results.CeilingConfirmed {
		list = append(list, "safe load "+load(c, c.SafeLoad)+": 95 % of trials pass there")
	}
	if v := c.Confirmed; v != nil {
		list = append(list, fmt.Sprintf("from idle %s of %d trials at %s were good", results.FormatCount(v.Good), v.Of, load(c, v.Load)))
	}
	if c.GeneratorCeiling > 0 {
		list = append(list, "the generator alone makes "+generator(c))
	}
	if s := c.Scalability; s != nil && s.Retrograde && s.Peak != nil {
		list = append(list, fmt.Sprintf("goodput falls beyond about %s handshakes under way", strconv.FormatFloat(*s.Peak, 'f', 0, 64)))
	}
	if h := c.History; h != nil && h.Dependent {
		list = append(list, fmt.Sprintf("the ceiling depends on what came before: about %s right after an overload, %s otherwise",
			results.FormatCount(h.AfterOverload), results.FormatCount(h.Otherwise)))
	}
	if c.NeedsRest() {
		list = append(list, fmt.Sprintf("history-dependent: with a quarter of the rest between bursts none of %s at %s was good; a rate limit, or work that goes on behind the answers",
			several(c.ShortRest.Of, "trial"), load(c, c.ShortRest.Load)))
	}
	return list
}

// generator words what the generator alone makes, and how it was secured.
func generator(c *results.Ceiling) string {
	text := load(c, c.GeneratorCeiling)
	if c.GeneratorMore {
		text += " or more"
	}
	if f := c.GeneratorTLS; f != nil {
		text += " over TLS"
		if f.Resumed > f.Full {
			text += ", most sessions resumed"
		}
	}
	return text
}

func trialTable(c *results.Ceiling) []string {
	if len(c.Trials) == 0 {
		return nil
	}
	table := table{left: map[int]bool{1: true, 3: true, 9: true}}
	table.add("trial", "stage", "load", "verdict", "bad", "p50", "p99", "failed", "goodput", "note")
	for i := range c.Trials {
		tr := &c.Trials[i]
		table.add(strconv.Itoa(i+1), strings.ReplaceAll(escape(string(tr.Stage)), "_", "-"), results.FormatCount(tr.Load), trialVerdict(tr),
			percent(tr.BadShare), nanoseconds(tr.P50), nanoseconds(tr.P99), percent(failedShare(tr)),
			significantCount(tr.Goodput)+"/s", short(escape(cmp.Or(tr.Invalid, tr.Note)), noteWidth))
	}
	return append([]string{""}, table.lines()...)
}

// noteWidth keeps a table of trials within 100 columns.
const noteWidth = 24

func trialVerdict(t *results.Trial) string {
	switch {
	case t.Stage == results.StageWarmUp:
		return "discarded"
	case !t.Valid:
		return "invalid"
	case t.Good:
		return "good"
	}
	return "bad"
}

func nanoseconds(ns *int64) string {
	if ns == nil {
		return none
	}
	return duration(time.Duration(*ns))
}

// significantCount writes a rate as a whole number from 100 on, else with
// three significant digits.
func significantCount(v float64) string {
	if v >= 99.95 {
		return results.FormatCount(int64(v + 0.5))
	}
	return significant(v)
}

func failedShare(t *results.Trial) float64 {
	var share float64
	for _, name := range slices.Sorted(maps.Keys(t.Failures)) { // in order: sums of floats depend on it
		share += t.Failures[name]
	}
	return min(share, 1)
}
