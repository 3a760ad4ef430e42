package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"stampede/results"
)

// GateText writes a gate: the verdict and its reason, then every check. It is
// drawn as Text draws a result.
func GateText(w io.Writer, g *results.Gate, o TextOptions) error {
	t := &text{color: o.Color}
	word, reason := GateLine(g)
	t.line("%s · %s", t.loud(word), reason)
	t.gate(g)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// gate is what follows the first line; nothing of none.
func (t *text) gate(g *results.Gate) {
	if g == nil {
		return
	}
	table := table{left: map[int]bool{1: true, 2: true, 3: true}}
	for i := range g.Checks {
		c := &g.Checks[i]
		table.add(checkWord(c), escape(c.Text), checkFigure(c), escape(c.Note))
	}
	if len(g.Checks) > 0 {
		t.line("")
	}
	for _, l := range table.lines() {
		word, rest, _ := strings.Cut(l, " ")
		t.line("%s %s", t.loud(word), rest)
	}
	if g.Seed > 0 {
		t.line("seed %d", g.Seed)
	}
	t.list("note", g.Notes)
	t.list("warning", g.Warnings)
}

// GateLine returns the first line of GateText in two parts, without colour or
// line end.
func GateLine(g *results.Gate) (word, reason string) {
	if g.Verdict != results.Fail && g.GeneratorLimited {
		return "GENERATOR-LIMITED", "this host was measured, not the server"
	}
	if g.Verdict == results.Pass {
		return "PASS", several(decided(g, results.Pass), "check") + " passed"
	}
	i := slices.IndexFunc(g.Checks, func(c results.GateCheck) bool { return !c.Advisory && c.Verdict == g.Verdict })
	if i < 0 {
		return "INCONCLUSIVE", "no check decides"
	}
	reason = escape(g.Checks[i].Text) + ": " + checkFigure(&g.Checks[i])
	if note := g.Checks[i].Note; note != "" {
		reason += ", " + escape(note)
	}
	if n := decided(g, g.Verdict); n > 1 {
		reason += fmt.Sprintf(" (and %d more)", n-1)
	}
	return strings.ToUpper(g.Verdict.String()), reason
}

// decided counts the checks with a verdict that have a say.
func decided(g *results.Gate, v results.Verdict) (n int64) {
	for _, c := range g.Checks {
		if !c.Advisory && c.Verdict == v {
			n++
		}
	}
	return n
}

func checkWord(c *results.GateCheck) string {
	if c.Advisory {
		return "ADVISORY"
	}
	return strings.ToUpper(c.Verdict.String())
}

// lookedAt is the evidence that checks count.
var lookedAt = map[results.GateKind]string{results.Goal: "trial", results.Regression: "pair", results.Stored: "sitting"}

// checkFigure is what a check found and by how many trials, pairs or sittings.
func checkFigure(c *results.GateCheck) string {
	after := several(int64(c.Looked), lookedAt[c.Kind])
	switch {
	case c.Looked == 0 || c.Kind == "":
		return "no data"
	case c.Kind == results.Stored:
		return fmt.Sprintf("%s%s, %s", signed(c.Value), unitText(c.Unit), after)
	case c.Kind == results.Regression:
		return fmt.Sprintf("%s%s [%s, %s], %s", signed(c.Value), unitText(c.Unit), signed(c.Low), signed(c.High), after)
	case c.Value == nil || c.Low == nil || c.High == nil:
		return after
	}
	return fmt.Sprintf("%s bad [%s, %s], %s allowed, %s", percent(*c.Value), percent(*c.Low), percent(*c.High), percent(c.Limit), after)
}
