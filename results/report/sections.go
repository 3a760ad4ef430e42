package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stampede/results"
)

// connections tells what became of TCP and of held connections.
func (t *text) connections() {
	t.tls()
	var lines []string
	if len(t.result.Target.Addresses) > 1 {
		lines = append(lines, "addresses   "+t.addresses())
	}
	if tcp := t.result.TCP; tcp.SYNAttempts+tcp.DataAttempts > 0 {
		lines = append(lines, fmt.Sprintf("tcp         %s sent a SYN again (%s), %s sent data again (%s)",
			several(tcp.SYNAttempts, "attempt"), several(tcp.SYNRetransmitted, "SYN"),
			several(tcp.DataAttempts, "attempt"), several(tcp.DataRetransmitted, "segment")))
	}
	if t.result.Held.Opened > 0 {
		lines = append(lines, "held        "+heldText(&t.result.Held))
	}
	if len(lines) > 0 {
		t.line("")
		t.lines(lines)
	}
}

func (t *text) addresses() string {
	var parts []string
	for _, a := range slices.Sorted(maps.Keys(t.result.Target.Addresses)) {
		parts = append(parts, escape(a)+" "+results.FormatCount(t.result.Target.Addresses[a]))
	}
	return strings.Join(parts, ", ")
}

// heldText is the line of held connections; an early close by the server is
// no failed handshake, and must not vanish either.
func heldText(h *results.Held) string {
	parts := []string{"peak " + results.FormatCount(h.Peak)}
	var early []string
	for _, e := range h.ClosedEarly {
		how := strings.ReplaceAll(escape(e.How), "_", " ")
		if e.How == results.CodeEarly.String() {
			how = fmt.Sprintf("code %d", e.Code)
		}
		early = append(early, results.FormatCount(e.Count)+" "+how)
	}
	if len(early) > 0 {
		parts = append(parts, "closed early by the server: "+strings.Join(early, ", "))
	}
	if age := h.EarlyAge.P50; age != nil {
		parts = append(parts, "half of those by an age of "+duration(time.Duration(*age)))
	}
	for _, c := range []struct {
		n    int64
		word string
	}{{h.Closed.Clean, "closed clean"}, {h.Closed.Forced, "closed by force"}, {h.Closed.Reset, "reset by us"}} {
		if c.n > 0 {
			parts = append(parts, results.FormatCount(c.n)+" "+c.word)
		}
	}
	return strings.Join(parts, " · ")
}

func (t *text) thresholds() {
	if len(t.result.Thresholds) == 0 {
		return
	}
	table := table{left: map[int]bool{1: true, 2: true, 3: true}}
	for i := range t.result.Thresholds {
		j := &t.result.Thresholds[i]
		table.add(strings.ToUpper(j.Verdict.String()), escape(j.Text), figure(t.result, j), escape(cmp.Or(j.Note, effective(j))))
	}
	t.line("")
	for _, l := range table.lines() {
		word, rest, _ := strings.Cut(l, " ")
		t.line("%s %s", t.loud(word), rest)
	}
}

// effective says how much of the evidence counts, where not all of it does.
func effective(j *results.Judgement) string {
	if j.EffectiveN == 0 || j.EffectiveN >= j.Of {
		return ""
	}
	return fmt.Sprintf("effective n %s of %s", results.FormatCount(j.EffectiveN), results.FormatCount(j.Of))
}

// findings tells what happened, as results.Explain found, and where to look.
func (t *text) findings() {
	if len(t.result.Findings) == 0 {
		return
	}
	t.line("")
	t.line("what happened")
	for _, f := range t.result.Findings {
		t.line("  (%s) %s", percent(f.Share), escape(f.Text))
		t.line("    look at: %s", escape(f.Next))
	}
}

// none stands for a value that is not to be had.
const none = "–"

// value writes what a judgement found: an amount, +∞ in its way, or none.
func value(r *results.Result, j *results.Judgement) string {
	switch {
	case j.Value != nil:
		return amount(*j.Value, j.Unit)
	case j.Of > 0 && j.Unit == "ns" && j.Needs == 0:
		return endless(r)
	}
	return none
}

// figure is the value with its 95 % interval.
func figure(r *results.Result, j *results.Judgement) string {
	value := value(r, j)
	if j.Low == nil && j.High == nil {
		return value
	}
	low, high := "0", "∞"
	if j.Low != nil {
		low = amount(*j.Low, j.Unit)
	}
	if j.High != nil {
		high = amount(*j.High, j.Unit)
	}
	return fmt.Sprintf("%s [%s, %s]", value, low, high)
}

func amount(v float64, unit string) string {
	switch unit {
	case "ns":
		return duration(time.Duration(v))
	case "share":
		return percent(v)
	}
	return results.FormatCount(int64(v))
}

// generator says in a line whether this host was in the way, and what of its
// checks is worth knowing.
func (t *text) generator() {
	g := t.result.Generator
	if answered(t.result) && len(g.Checks) == 0 {
		return // it was checked in each run, whose answer says if it was the limit
	}
	var warned []string
	for _, c := range g.Checks {
		if !c.OK && c.Warn {
			warned = append(warned, escape(c.String()))
		}
	}
	t.line("")
	switch {
	case t.result.GeneratorLimited():
		t.line("generator   %s: %s", t.loud("GENERATOR-LIMITED"), cmp.Or(escape(g.Advice), limitedBy(t.result)))
	case len(g.Checks) == 0:
		t.line("generator   not checked")
	default:
		t.line("generator   ok, %s of %s passed%s", results.FormatCount(int64(len(g.Checks)-len(warned))), several(int64(len(g.Checks)), "check"), t.delays())
	}
	if len(warned) > 0 {
		t.line("            worth knowing: %s", strings.Join(warned, "; "))
	}
}

// delays names this host's own delays where they were measured.
func (t *text) delays() string {
	m := &t.result.Metrics
	var parts []string
	for _, d := range []struct {
		name  string
		value *int64
	}{{"late launch", t.result.Pacing.Lag.P99}, {"late connect", m.ConnectLag.P99}, {"late tls", m.TLSLag.P99}, {"late read", m.ReadLag.P99}} {
		if d.value != nil {
			parts = append(parts, d.name+" p99 "+duration(time.Duration(*d.value)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// samples shows one of each outcome's samples, cut to a line.
func (t *text) samples() {
	first := true
	for i := range t.result.Outcomes {
		o := &t.result.Outcomes[i]
		if len(o.Samples) == 0 {
			continue
		}
		if first {
			t.line("")
			first = false
		}
		t.line("%s", short(fmt.Sprintf("sample of %s: %s", escape(o.Outcome().Name()), escape(o.Samples[0])), t.width))
	}
}

func (t *text) remarks() {
	if len(t.result.Warnings)+len(t.result.Notes) == 0 {
		return
	}
	t.line("")
	for _, w := range t.result.Warnings {
		t.line("warning: %s (%s)", escape(w.Text), several(w.Count, "time"))
	}
	for _, n := range t.result.Notes {
		t.line("note: %s", escape(n))
	}
}

// tls tells how connections were secured. Certificates nobody looked at are
// said loudly.
func (t *text) tls() {
	f := t.result.TLS
	if f == nil {
		return
	}
	line := fmt.Sprintf("tls         %s full handshakes, %s resumed", results.FormatCount(f.Full), results.FormatCount(f.Resumed))
	for i, s := range f.Sessions {
		if i == 3 {
			line += fmt.Sprintf(" · and %d kinds more", len(f.Sessions)-i)
			break
		}
		line += " · " + escape(strings.TrimSpace(strings.Join([]string{s.Version, s.Cipher, s.KeyExchange}, " ")))
		if s.Resumed {
			line += " resumed"
		}
		if len(f.Sessions) > 1 {
			line += " × " + results.FormatCount(s.Count)
		}
	}
	t.line("%s", line)
	if f.Unverified {
		t.line("            %s", t.loud("certificates were NOT verified"))
	}
}
