package probe

import (
	"bytes"
	"strings"

	"stampede/engine/handshake"
)

// readHead takes the header fields of a head that a parser accepted. Folds are
// read as a blank (RFC 9112 §5.2); values are escaped.
func readHead(head []byte) (headers []Header) {
	_, lines, _ := bytes.Cut(head, []byte{'\n'})
	for line := range bytes.Lines(lines) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(headers); n > 0 {
				headers[n-1].Value = strings.TrimSpace(headers[n-1].Value + " " + oneLine(bytes.TrimSpace(line)))
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		headers = append(headers, Header{oneLine(name), oneLine(bytes.TrimSpace(value))})
	}
	return headers
}

// headerValue returns the first value of the header called name, in lower case.
func headerValue(headers []Header, name string) string {
	for _, h := range headers {
		if strings.ToLower(h.Name) == name {
			return h.Value
		}
	}
	return ""
}

// headerValues returns all values of the header called name, in lower case.
func headerValues(headers []Header, name string) (values []string) {
	for _, h := range headers {
		if strings.ToLower(h.Name) == name {
			values = append(values, h.Value)
		}
	}
	return values
}

// oneLine makes received bytes safe to show within a line.
func oneLine[T ~string | ~[]byte](b T) string {
	return strings.ReplaceAll(handshake.Escape([]byte(b)), "\n", `\n`)
}

// atMost cuts a text to n bytes or a little less, and says so.
func atMost(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
