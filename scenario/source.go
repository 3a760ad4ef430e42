package scenario

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxSource  = 1 << 18 // bytes of a scenario file
	maxNesting = 32      // mappings and lists inside each other
)

// decodeText turns a file's bytes into text with plain line ends: a UTF-8
// byte-order mark is dropped and CRLF read as a line end.
func decodeText(data []byte) (string, *SyntaxError) {
	fail := func(msg, hint string) (string, *SyntaxError) {
		return "", &SyntaxError{Line: 1, Column: 1, Msg: msg, Hint: hint}
	}
	if len(data) > maxSource {
		return fail("the file is larger than 256 KiB", "is it a scenario?")
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) ||
		bytes.IndexByte(data[:min(len(data), 4)], 0) >= 0 {
		return fail("the file is UTF-16", "save as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return failAt(text, i, "the file is not UTF-8 here", "save as UTF-8")
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f, isVeil(r):
			return failAt(text, i, "a control or private-use character stands here", "take it out, or write it as an escape in double quotes")
		}
	}
	return text, nil
}

// failAt is an error at byte i of text.
func failAt(text string, i int, msg, hint string) (string, *SyntaxError) {
	before := text[:i]
	start := strings.LastIndexByte(before, '\n') + 1
	return "", &SyntaxError{Line: 1 + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(before[start:]), Msg: msg, Hint: hint}
}

// ${NAME} inside a flow mapping, and {{…}} anywhere, would be read as YAML
// mappings. So they are veiled before the file is parsed, every character by
// one of the private use area, which keeps columns as they are, and unveiled
// in each value.
const veil = 0xe000

var veiled = regexp.MustCompile(`\$\{[^{}\n]*\}|\{\{[^{}\n]*\}\}`)

func isVeil(r rune) bool { return r >= veil && r < veil+utf8.RuneSelf }

func veilText(text string) string {
	return veiled.ReplaceAllStringFunc(text, func(reference string) string {
		return strings.Map(func(r rune) rune {
			if r < utf8.RuneSelf {
				return veil + r
			}
			return r
		}, reference)
	})
}

func unveil(text string) string {
	return strings.Map(func(r rune) rune {
		if isVeil(r) {
			return r - veil
		}
		return r
	}, text)
}
