package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// SyntaxError is one mistake in a scenario. Line is 0 where the scenario came
// from flags; then Msg still names the field.
type SyntaxError struct {
	File   string
	Line   int    // from 1
	Column int    // from 1, in characters
	Source string // the line itself, secrets masked
	Msg    string // what is wrong, with the field first
	Hint   string // what was probably meant; may be empty

	caret int // characters of Source before the caret
}

// Error is the place, the mistake and the hint, and under it the line with a
// caret where the mistake is.
func (e *SyntaxError) Error() string {
	text := joinHint(e.Msg, e.Hint)
	if e.Line == 0 {
		return text
	}
	text = fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, text)
	if strings.TrimSpace(e.Source) == "" {
		return text
	}
	source, caret := excerpt(e.Source, e.caret)
	return text + "\n    " + source + "\n    " + indentLike(source, caret) + "^"
}

// widestSource is how many characters of a line are shown. What is longer has
// no line to itself in any terminal: a token, or a file that is no scenario.
const widestSource = 400

// excerpt is the part of a line around its caret, and where the caret is in
// it; all of a line that is not too long.
func excerpt(line string, caret int) (string, int) {
	runes := []rune(line)
	if len(runes) <= widestSource {
		return line, caret
	}
	caret = min(caret, len(runes))
	start := max(0, min(caret-widestSource/2, len(runes)-widestSource))
	end := start + widestSource
	text := string(runes[start:end])
	if end < len(runes) {
		text += "…"
	}
	if start > 0 {
		text, caret = "…"+text, caret-start+1
	}
	return text, caret
}

// indentLike is n characters of blank that are as wide as the first n of line:
// tabs stay tabs.
func indentLike(line string, n int) string {
	blank := []rune(line)
	blank = blank[:min(n, len(blank))]
	for i, r := range blank {
		if r != '\t' {
			blank[i] = ' '
		}
	}
	return string(blank) + strings.Repeat(" ", n-len(blank))
}

// Errors is every mistake of a scenario, in the order of the file.
type Errors []*SyntaxError

// Error is all of them, one under the other.
func (e *Errors) Error() string {
	texts := make([]string, len(*e))
	for i, one := range *e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap gives each mistake to errors.As.
func (e *Errors) Unwrap() []error {
	all := make([]error, len(*e))
	for i, one := range *e {
		all[i] = one
	}
	return all
}

func (e *Errors) sort() {
	slices.SortStableFunc(*e, func(a, b *SyntaxError) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}
