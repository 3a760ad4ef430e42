// Package report draws a result for people. It computes nothing that the
// result doesn't say.
package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"stampede/results"
)

// TextOptions says how a summary is drawn. The zero value is plain text, 100
// columns wide.
type TextOptions struct {
	Color bool // ANSI colours, for terminals
	Width int  // columns; samples are cut to it; 0: 100
}

// Text writes the summary of a judged result: the verdict and its reason
// first, then what a person reads in ten seconds. The order never changes,
// parts with nothing to say are left out, and whatever a server sent is
// escaped.
func Text(w io.Writer, r *results.Result, o TextOptions) error {
	t := &text{result: r, color: o.Color, width: cmp.Or(max(o.Width, 0), 100)}
	t.head()
	t.gate(r.Gate)
	t.secondary()
	t.comparisons()
	t.ceiling()
	t.outcomes()
	t.quantiles()
	t.bursts()
	t.connections()
	t.thresholds()
	t.monitors()
	t.findings()
	t.generator()
	t.samples()
	t.remarks()
	_, err := io.WriteString(w, t.out.String())
	return err
}

// secondary writes the line of a comparison that another answer stands above.
func (t *text) secondary() {
	if t.result.Compare != nil && t.result.Gate != nil {
		word, evidence := CompareLine(t.result.Compare)
		t.line("")
		t.line("%s%s", t.loud(word), evidence)
	}
}

// text is a summary being written.
type text struct {
	result *results.Result
	color  bool
	width  int
	out    strings.Builder
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.out, format+"\n", args...) }

func (t *text) lines(list []string) {
	for _, l := range list {
		t.line("%s", l)
	}
}

var colors = map[string]string{
	"PASS": "\x1b[32m", "FAIL": "\x1b[31m", "INCONCLUSIVE": "\x1b[33m", "GENERATOR-LIMITED": "\x1b[35m",
	"INTERRUPTED": "\x1b[33m", "PARTIAL": "\x1b[33m", "ADVISORY": "\x1b[33m",
	"B slower": "\x1b[31m", "B worse": "\x1b[31m", "B faster": "\x1b[32m", "B better": "\x1b[32m", "same": "\x1b[32m", "inconclusive": "\x1b[33m",
}

// loud colours a verdict's word.
func (t *text) loud(word string) string {
	if c, ok := colors[strings.TrimSpace(word)]; ok && t.color {
		return c + "\x1b[1m" + word + "\x1b[0m"
	}
	return word
}

func (t *text) head() {
	r := t.result
	word, reason := headline(r)
	t.line("%s%s", t.loud(word), reason)
	var parts []string
	for _, p := range []string{r.Name, r.Target.URL} {
		if p != "" {
			parts = append(parts, escape(p))
		}
	}
	arrivals := several(r.Arrivals, "arrival")
	if r.Planned != r.Arrivals {
		arrivals = results.FormatCount(r.Arrivals) + " of " + results.FormatCount(r.Planned) + " planned arrivals"
	}
	if !answered(r) || r.Arrivals > 0 { // many runs have no arrivals of their own
		parts = append(parts, arrivals)
	}
	if d := r.EndedAt.Sub(r.StartedAt); d > 0 {
		parts = append(parts, duration(d))
	}
	if len(parts) > 0 {
		t.line("%s", strings.Join(parts, " · "))
	}
	if r.Interrupted && r.Ceiling == nil { // of a search the headline says it
		t.line("%s at %s: thresholds could not pass any more", t.loud("INTERRUPTED"), duration(r.InterruptedAt))
	}
	if r.Partial {
		t.line("%s: what had ended when this was written; attempts in flight are missing", t.loud("PARTIAL"))
	}
}

func (t *text) outcomes() {
	if len(t.result.Outcomes) == 0 {
		return
	}
	table := table{left: map[int]bool{3: true}}
	table.add("outcome", "count", "share", "when")
	for i := range t.result.Outcomes {
		o := &t.result.Outcomes[i]
		table.add(escape(o.Outcome().Name()), results.FormatCount(o.Count), percent(ratio(o.Count, t.result.Arrivals)), span(o.First, o.Last))
	}
	t.line("")
	t.lines(table.lines())
}

// span writes first to last, or the one instant they are.
func span(first, last time.Duration) string {
	a, b := duration(first), duration(last)
	if a == b {
		return a
	}
	return a + " – " + b
}

func (t *text) quantiles() {
	table := table{}
	table.add("", "p50", "p90", "p99", "p99.9", "max", "n")
	var notes []string
	for _, m := range results.Metrics() {
		f := t.result.Metrics.Of(m)
		if f.Count == 0 {
			continue
		}
		row := []string{m.String()}
		for _, q := range quantilesOf(f) {
			row = append(row, cell(t.result, f, q))
		}
		table.add(append(row, results.FormatCount(f.Count))...)
		if note := amongFailures(t.result, m, f); note != "" {
			notes = append(notes, note)
		}
	}
	if len(table.rows) == 1 {
		return
	}
	t.line("")
	t.lines(table.lines())
	t.lines(notes)
}

// quantile is one cell of a metric's row.
type quantile struct {
	name, key string
	value     *int64
}

func quantilesOf(f *results.Figures) []quantile {
	return []quantile{{"p50", "p50", f.P50}, {"p90", "p90", f.P90}, {"p99", "p99", f.P99}, {"p99.9", "p999", f.P999}, {"max", "max", f.Max}}
}

func cell(r *results.Result, f *results.Figures, q quantile) string {
	switch {
	case q.value != nil:
		return duration(time.Duration(*q.value))
	case f.Needs[q.key] > 0:
		return "needs n ≥ " + results.FormatCount(f.Needs[q.key])
	}
	return endless(r)
}

// endless is what stands for a value among the failures.
func endless(r *results.Result) string {
	if r.Timeout > 0 {
		return "> " + duration(r.Timeout)
	}
	return "failed"
}

// amongFailures explains the first quantile that is no number because it
// falls among the attempts that were not established.
func amongFailures(r *results.Result, m results.Metric, f *results.Figures) string {
	if f.Infinite == 0 {
		return ""
	}
	word := "failed"
	if r.Count(results.Selector{}) != f.Infinite { // some are canceled, or our own
		word = "not established"
	}
	for _, q := range quantilesOf(f) {
		if q.value == nil && f.Needs[q.key] == 0 {
			return fmt.Sprintf("%s %s %s (%s %s)", m, q.name, endless(r), percent(ratio(f.Infinite, f.Count)), word)
		}
	}
	return ""
}

// maxBurstRows bounds the list of bursts.
const maxBurstRows = 12

func (t *text) bursts() {
	list := t.result.Bursts
	if len(list) == 0 {
		return
	}
	table := table{left: map[int]bool{4: true}}
	table.add("burst at", "count", "launched", "launch span", "outcomes")
	for i := range list[:min(len(list), maxBurstRows)] {
		b := &list[i]
		outcomes := counts(b.Outcomes)
		if b.Overlapped {
			outcomes += " (began while an earlier burst was unfinished)"
		}
		table.add(duration(b.At), results.FormatCount(b.Count), results.FormatCount(b.Launched), duration(b.LaunchSpan), outcomes)
	}
	t.line("")
	t.lines(table.lines())
	if n := len(list) - maxBurstRows; n > 0 {
		t.line("and %d more bursts", n)
	}
}

// counts writes named counts, the established first, then the most frequent.
func counts(m map[string]int64) string {
	weight := func(name string) int64 {
		if name == results.Established.String() {
			return math.MaxInt64
		}
		return m[name]
	}
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a, b))
	})
	for i, n := range names {
		names[i] = results.FormatCount(m[n]) + " " + escape(n)
		if n != "" && '0' <= n[0] && n[0] <= '9' { // a status: 30 × 504, not 30 504
			names[i] = results.FormatCount(m[n]) + " × " + escape(n)
		}
	}
	return strings.Join(names, ", ")
}
