package handshake

// Classes of octets in an HTTP head, for one table look-up a byte.
const (
	tokenOctet byte = 1 << iota // tchar (RFC 9110 §5.6.2)
	textOctet                   // HTAB, SP, VCHAR or obs-text: may stand in a field value or a reason phrase
)

var octets = classifyOctets()

func classifyOctets() (class [256]byte) {
	for c := range class {
		if c == '\t' || c >= ' ' && c != 0x7f {
			class[c] |= textOctet
		}
		if '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			class[c] |= tokenOctet
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		class[c] |= tokenOctet
	}
	return class
}

// bytestring is text in either of Go's two forms.
type bytestring interface{ ~string | ~[]byte }

// spans returns the length of s's longest prefix whose octets are all of class.
func spans[T bytestring](s T, class byte) int {
	for i := range len(s) {
		if octets[s[i]]&class == 0 {
			return i
		}
	}
	return len(s)
}

// isToken reports whether s is a token: one or more tchar.
func isToken[T bytestring](s T) bool {
	return len(s) > 0 && spans(s, tokenOctet) == len(s)
}

// isText reports whether s holds no control character but HTAB.
func isText[T bytestring](s T) bool {
	return spans(s, textOctet) == len(s)
}

// equalFold reports whether s is lower, which must be in lower case, in any
// ASCII case. bytes.EqualFold would also take U+212A, the Kelvin sign, for a k.
func equalFold(s []byte, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i, c := range s {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isBlank reports whether c is optional whitespace, or part of the line ends
// that a folded value holds.
func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

// trimBlanks cuts blanks, folds included, off both ends of s.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// cutList cuts the first element that is not empty off a comma-separated list
// (RFC 9110 §5.6.1), without the blanks around it. A comma inside a quoted
// string parts nothing; a quote that is never closed reaches to the end. The
// element is empty once the list is used up.
func cutList(list []byte) (element, rest []byte) {
	for len(list) > 0 {
		end := listElementEnd(list)
		element = trimBlanks(list[:end])
		list = list[min(end+1, len(list)):]
		if len(element) > 0 {
			break
		}
	}
	return element, list
}

// listElementEnd returns the index of the first comma outside quotes, or the
// list's length.
func listElementEnd(list []byte) int {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i
		}
	}
	return len(list)
}
