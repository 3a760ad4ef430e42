package handshake

import (
	"bytes"
	"strconv"
)

// What keeps a head from ending that has all of its text. Each is part of what
// Unfinished says.
const (
	NoEmptyLine    = "whole lines, without the empty one that ends it"
	CROnly         = "its lines end in CR without LF"
	WrittenLineEnd = `its line ends are the characters \r\n in place of CR LF`
)

// Unfinished says how far the reply got before a deadline or a close, as "48
// bytes of an unfinished head", and what the head lacks if that can be told. It
// is meant for a Parser that is not done.
func (p *Parser) Unfinished() string {
	text := byteCount(len(p.pending))
	if len(p.pending) > 0 {
		text += " of an unfinished head"
	}
	if lack := p.lack(); lack != "" {
		text += ": " + lack
	}
	switch p.interim {
	case 0:
		return text
	case 1:
		return "1 interim reply, then " + text
	}
	return strconv.Itoa(int(p.interim)) + " interim replies, then " + text
}

func byteCount(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n) + " bytes"
}

// lack says what the unfinished head has wrong at its line ends; "" for
// nothing that is seen.
func (p *Parser) lack() string {
	first, _, _ := bytes.Cut(p.pending, []byte{'\n'})
	first = bytes.TrimSuffix(first, []byte{'\r'})
	switch {
	case bytes.Contains(first, []byte(`\r\n`)):
		return WrittenLineEnd
	case bytes.IndexByte(first, '\r') >= 0:
		return CROnly
	case p.lines > 0 && bytes.HasSuffix(p.pending, []byte{'\n'}):
		return NoEmptyLine
	}
	return ""
}
