package handshake

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSample bounds how much of a head, and how much of a body, a sample shows.
const maxSample = 4 << 10

// Sample draws a reply as text that is safe in a terminal and in a file: its
// head and, behind an empty line, its body as far as it has come, 4 KB of each
// at most. A body that is no text is named by its size, as "binary, 20 bytes".
// See Escape for the rest.
func Sample(head, body []byte) string {
	text := excerpt(head)
	if len(body) == 0 {
		return text
	}
	if isBinary(body) {
		return text + fmt.Sprintf("binary, %d bytes", len(body))
	}
	return text + excerpt(body)
}

// excerpt escapes the first 4 KB of b, and says so if there is more.
func excerpt(b []byte) string {
	if len(b) <= maxSample {
		return Escape(b)
	}
	cut := maxSample
	for back := 1; back < utf8.UTFMax && !utf8.RuneStart(b[cut]); back++ {
		cut--
	}
	return Escape(b[:cut]) + fmt.Sprintf("… (%d bytes more)", len(b)-cut)
}

// isBinary reports whether the start of a body is no text: it holds a NUL, or
// more than one in ten of its characters is a control character or no UTF-8.
func isBinary(body []byte) bool {
	body = body[:min(len(body), maxSample)]
	if bytes.IndexByte(body, 0) >= 0 {
		return true
	}
	odd, total := 0, 0
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			odd++
		}
		total++
		body = body[size:]
	}
	return odd*10 > total
}

// Escape makes received bytes safe to show. Printable characters, spaces, tabs
// and line feeds stay as they are, and CR LF becomes a line feed. Every other
// character (control characters, the escape that starts a terminal's commands,
// a lone CR, marks that turn the direction of text) and every byte that is no
// UTF-8 is written as in a Go string: \x1b, \r, \u202e. Backslashes stay single,
// so that JSON stays readable; the text can't be turned back with certainty.
// HTML needs escaping of its own.
func Escape(b []byte) string {
	var text strings.Builder
	text.Grow(len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&text, `\x%02x`, b[0])
		case r == '\r' && len(b) > 1 && b[1] == '\n':
			// the line feed follows
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			text.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			text.WriteString(quoted[1 : len(quoted)-1])
		}
		b = b[size:]
	}
	return text.String()
}
