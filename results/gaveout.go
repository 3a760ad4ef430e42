package results

import (
	"cmp"
	"fmt"
	"slices"
)

// GaveOut is what the server runs out of at the ceiling, as far as trials show
// it: what was found in bad trials from the ceiling on, the nearest first, and
// in no good one. Where all of that was found in good trials too, the limit is
// a matter of degree, as with a queue that only grows: it is told all the same,
// with that said.
func (c *Ceiling) GaveOut() []Finding {
	passed := map[string]bool{}
	for _, t := range c.Valid() {
		for _, f := range t.Findings {
			passed[f.Name] = passed[f.Name] || t.Good
		}
	}
	above, both := []Finding{}, []Finding{}
	for _, f := range c.foundAbove() {
		if passed[f.Name] {
			f.Text += " It was so in trials that passed too."
			both = append(both, f)
		} else {
			above = append(above, f)
		}
	}
	if len(above) == 0 {
		return both
	}
	return above
}

// Findings are what the search found out beside its answer: what gave out, and
// that the server did not recover where it did not.
func (c *Ceiling) Findings() []Finding {
	list := c.GaveOut()
	if f, ok := c.unrecovered(); ok {
		list = append(list, f)
	}
	return list
}

// unrecovered tells of the trials before which the server was waited for in
// vain, and of the smallest load that it had not got over.
func (c *Ceiling) unrecovered() (f Finding, ok bool) {
	var n, after int64
	for i, t := range c.Trials {
		if t.Note != NotRecovered || i == 0 {
			continue
		}
		if n++; after == 0 || c.Trials[i-1].Load < after {
			after = c.Trials[i-1].Load
		}
	}
	if n == 0 {
		return f, false
	}
	return Finding{
		Name: "not_recovered", Share: float64(n) / float64(len(c.Trials)),
		Text: fmt.Sprintf("Before %s of %s trials the server had not recovered, after loads from %s on: single handshakes failed, or took half as long again as on the idle server, until it was no longer waited for.",
			FormatCount(n), FormatCount(int64(len(c.Trials))), FormatCount(after)),
		Next: "what the server still does when a load is over: its queues, its memory, connections it has not closed; or give it more time (--quiet-time)",
	}, true
}

// foundAbove are the findings of bad trials from the ceiling on, each once, as
// it was at the smallest load that had it.
func (c *Ceiling) foundAbove() (list []Finding) {
	bad := slices.DeleteFunc(c.Valid(), func(t Trial) bool { return t.Good || t.Load < c.Low })
	slices.SortStableFunc(bad, func(a, b Trial) int { return cmp.Compare(a.Load, b.Load) })
	told := map[string]bool{}
	for _, t := range bad {
		for _, f := range t.Findings {
			if !told[f.Name] {
				told[f.Name] = true
				f.Text = fmt.Sprintf("at %s: %s", FormatCount(t.Load), f.Text)
				list = append(list, f)
			}
		}
	}
	return list
}
