package scenario

import (
	"strconv"
	"strings"
)

// Template is a text with places that every attempt fills in its own way:
//
//	{{seq}}          the number of the arrival, from 0
//	{{uuid}}         a UUID of version 4's form, drawn from the seed and the number
//	{{NAME.column}}  the column in row (number mod rows) of the data called NAME
//
// What it fills in is a pure function of the scenario and the number. In a
// path and query it is percent-encoded (RFC 3986 §2.1). The zero value is an
// empty text. A Template may be used by several goroutines at once.
type Template struct {
	text     string // as it is written
	segments []segment
	seed     uint64
	encode   bool // percent-encode what cells hold
}

// segment is a piece of a template: text as it is, or what fill says.
type segment struct {
	fill   fill
	text   string // of literal
	data   *Data  // of cell
	column int    // of cell
}

type fill uint8

const (
	literal fill = iota
	seq
	uuid
	cell
)

// Static reports whether every attempt gets the same text, which String is.
func (t *Template) Static() bool {
	return len(t.segments) == 0 || len(t.segments) == 1 && t.segments[0].fill == literal
}

// String returns the text as it is written, {{…}} and all, which is how a
// template is shown: what data holds is secret.
func (t *Template) String() string { return t.text }

// AppendTo appends the text of arrival n to dst. It allocates only if dst is
// too small; MaxLen bytes are enough.
func (t *Template) AppendTo(dst []byte, n int64) []byte {
	for i := range t.segments {
		s := &t.segments[i]
		switch s.fill {
		case literal:
			dst = append(dst, s.text...)
		case seq:
			dst = strconv.AppendInt(dst, n, 10)
		case uuid:
			dst = appendUUID(dst, t.seed, n)
		case cell:
			dst = t.appendCell(dst, s.data.cell(n%int64(s.data.rows), s.column))
		}
	}
	return dst
}

// MaxLen returns the most bytes that AppendTo appends.
func (t *Template) MaxLen() int {
	most := 0
	for i := range t.segments {
		s := &t.segments[i]
		switch s.fill {
		case literal:
			most += len(s.text)
		case seq:
			most += len("9223372036854775807")
		case uuid:
			most += uuidLen
		case cell:
			most += s.data.widest(s.column, t.encode)
		}
	}
	return most
}

func (t *Template) appendCell(dst []byte, value string) []byte {
	if !t.encode {
		return append(dst, value...)
	}
	for i := range len(value) {
		if b := value[i]; isUnreserved(b) {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', upperHex[b>>4], upperHex[b&15])
		}
	}
	return dst
}

// cells are the texts that data fills in for arrival n, as they are sent and, if
// that differs, as the file has them.
func (t *Template) cells(n int64) (texts []string) {
	for i := range t.segments {
		s := &t.segments[i]
		if s.fill != cell {
			continue
		}
		plain := s.data.cell(n%s.data.rows, s.column)
		texts = append(texts, plain)
		if sent := string(t.appendCell(nil, plain)); sent != plain {
			texts = append(texts, sent)
		}
	}
	return texts
}

// isUnreserved reports whether b means itself in every part of a URL (RFC 3986 §2.3).
func isUnreserved(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("-._~", b) >= 0
}

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
	uuidLen  = 36
)

// appendUUID appends a UUID with the version and variant of random ones (RFC
// 9562 §5.4). Its other 122 bits are drawn from seed and n.
func appendUUID(dst []byte, seed uint64, n int64) []byte {
	base := mix(mix(seed) ^ uint64(n))
	high, low := mix(base^1), mix(base^2)
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 2<<62
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		half := high
		if i >= 16 {
			half = low
		}
		dst = append(dst, lowerHex[half>>(60-4*(i%16))&15])
	}
	return dst
}

// parseTemplate cuts text at its {{…}}. lookup says what a name means.
func parseTemplate(text string, lookup func(name string) (segment, error)) (t Template, err error) {
	t.text = text
	for {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			t.segments = append(t.segments, segment{text: before})
		}
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return t, badValue("write {{NAME.column}}", "{{ is never closed")
		}
		s, err := lookup(strings.TrimSpace(name))
		if err != nil {
			return t, err
		}
		t.segments = append(t.segments, s)
		text = after
	}
}
