package handshake

import "bytes"

// field is one header field of a checked head. Its value has no blanks at its
// ends, and may hold folds: CR LF and a blank, to be read as a blank.
type field struct {
	name, value []byte
}

// fieldsOf returns the header lines of a whole, checked head: what follows its
// status line, down to the blank line that ends it.
func fieldsOf(head []byte) []byte {
	return head[bytes.IndexByte(head, '\n')+1:]
}

// cutField cuts the first field, with the lines folded under it, off the
// header lines of a checked head. ok is false at the blank line, or where the
// text ends without one.
func cutField(lines []byte) (f field, rest []byte, ok bool) {
	if len(lines) == 0 || lines[0] == '\r' || lines[0] == '\n' {
		return field{}, lines, false
	}
	colon := bytes.IndexByte(lines, ':')
	end := foldedLineEnd(lines)
	if colon < 0 || colon > end {
		return field{}, lines, false
	}
	return field{lines[:colon], trimBlanks(lines[colon+1 : end])}, lines[end:], true
}

// foldedLineEnd returns the index after the first line and those that start
// with a blank behind it.
func foldedLineEnd(lines []byte) int {
	end := 0
	for {
		i := bytes.IndexByte(lines[end:], '\n')
		if i < 0 {
			return len(lines)
		}
		end += i + 1
		if end == len(lines) || lines[end] != ' ' && lines[end] != '\t' {
			return end
		}
	}
}

// fieldChecked reports whether line, without its line end, is a header field of
// good form: a token, a colon, and text (RFC 9112 §5).
func fieldChecked(line []byte) bool {
	n := spans(line, tokenOctet)
	return n > 0 && n < len(line) && line[n] == ':' && isText(line[n+1:])
}
