package scenario

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLongLineIsCutAroundItsCaret has a mistake at the start, in the middle
// and at the end of a line that is far wider than any terminal.
func TestLongLineIsCutAroundItsCaret(t *testing.T) {
	const wide = 100_000
	for name, before := range map[string]int{"start": 0, "middle": wide / 2, "end": wide} {
		t.Run(name, func(t *testing.T) {
			e := SyntaxError{
				File: "x.yaml", Line: 1, Column: before + 1, Msg: "key: wrong",
				Source: strings.Repeat("ä", before) + "!" + strings.Repeat("ö", wide-before), caret: before,
			}
			lines := strings.Split(e.Error(), "\n")
			if len(lines) != 3 {
				t.Fatalf("%d lines, want the message, the source and the caret", len(lines))
			}
			source, caret := []rune(lines[1]), utf8.RuneCountInString(lines[2])-1
			if most := 4 + 1 + widestSource + 1; len(source) > most {
				t.Errorf("the source has %d characters, want %d at most", len(source), most)
			}
			if caret >= len(source) || source[caret] != '!' {
				t.Errorf("the caret at %d is not under the mistake in %q", caret, lines[1])
			}
			if cut := source[4] == '…'; cut != (before > widestSource) {
				t.Errorf("%q: a cut at its start: %v", lines[1], cut)
			}
			if cut := source[len(source)-1] == '…'; cut != (wide-before > widestSource) {
				t.Errorf("%q: a cut at its end: %v", lines[1], cut)
			}
		})
	}
}
