package results

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Bounds on what is kept of texts, some of which a server wrote.
const (
	samplesPerOutcome = 3
	maxSample         = 4608    // bytes of one
	maxSamples        = 1 << 18 // bytes of all
	maxRemarks        = 64      // distinct warnings, and notes
)

// Warning is something odd that ended no attempt, and how often it was seen.
type Warning struct {
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// remarks accumulates warnings, notes and the room that samples take.
type remarks struct {
	warnings []Warning
	notes    []string
	sampled  int
}

func (m *remarks) warn(text string, n int64) {
	for i := range m.warnings {
		if m.warnings[i].Text == text {
			m.warnings[i].Count += n
			return
		}
	}
	if len(m.warnings) < maxRemarks {
		m.warnings = append(m.warnings, Warning{text, n})
	}
}

func (m *remarks) note(text string) {
	if len(m.notes) < maxRemarks && !slices.Contains(m.notes, text) {
		m.notes = append(m.notes, text)
	}
}

func (m *remarks) merge(o *remarks) {
	for _, w := range o.warnings {
		m.warn(w.Text, w.Count)
	}
	for _, n := range o.notes {
		m.note(n)
	}
}

func (m *remarks) sorted() []Warning {
	list := copied(m.warnings)
	slices.SortFunc(list, func(a, b Warning) int { return cmp.Compare(a.Text, b.Text) })
	return list
}

// Warn counts n sightings of something odd, as "duplicate upgrade header".
// The text is ours, never the server's; the first 64 distinct ones are kept.
func (r *Recorder) Warn(text string, n int64) { r.remarks.warn(text, n) }

// Note adds a sentence a reader of the result should know; repeats are
// dropped and the first 64 kept.
func (r *Recorder) Note(text string) { r.remarks.note(text) }

// Sample keeps text, already escaped, as an example of an outcome: the first
// three distinct ones, each cut to 4.5 KB, 256 KB over all outcomes.
func (r *Recorder) Sample(o Outcome, text string) {
	text = cut(text, maxSample)
	w := &r.rows[r.intern(o)]
	full := len(w.samples) == samplesPerOutcome || r.remarks.sampled+len(text) > maxSamples
	if text == "" || full || slices.Contains(w.samples, text) {
		return
	}
	w.samples = append(w.samples, text)
	r.remarks.sampled += len(text)
}

// cut shortens text to at most n bytes without breaking a rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
