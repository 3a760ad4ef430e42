package handshake

import "stampede/results"

const httpName = "HTTP/"

// startsLikeHTTP reports whether b can still become a status line: it starts
// with "HTTP/", or is a prefix of it. The name is case-sensitive (RFC 9112 §2.3).
func startsLikeHTTP(b []byte) bool {
	n := min(len(b), len(httpName))
	return string(b[:n]) == httpName[:n]
}

// statusLine is what a status line says.
type statusLine struct {
	code  uint16 // 100 to 999
	minor byte   // of version 1.minor
}

// parseStatusLine reads a status line that starts with "HTTP/", given without
// its line end (RFC 9112 §4). fault is empty if the line is good.
func parseStatusLine(line []byte) (s statusLine, fault results.Reason) {
	rest := line[len(httpName):]
	if len(rest) < 3 || !isDigit(rest[0]) || rest[1] != '.' || !isDigit(rest[2]) {
		return s, results.BadVersion
	}
	major, minor, rest := rest[0], rest[2], rest[3:]
	if len(rest) > 0 && (isDigit(rest[0]) || rest[0] == '.') || major != '1' {
		return s, results.BadVersion
	}
	s.minor = minor - '0'
	if s.code = parseCode(rest); s.code == 0 {
		return s, results.BadStatusLine
	}
	if s.code == switchingProtocols && s.minor == 0 {
		return s, results.BadVersion // HTTP/1.0 has no Upgrade
	}
	return s, ""
}

// parseCode reads what follows the version: a space, three digits and, if more
// follows, a space and a reason phrase. It returns 0 for anything else.
func parseCode(s []byte) uint16 {
	if len(s) < 4 || s[0] != ' ' || s[1] < '1' || s[1] > '9' || !isDigit(s[2]) || !isDigit(s[3]) {
		return 0
	}
	if len(s) > 4 && (s[4] != ' ' || !isText(s[5:])) {
		return 0
	}
	return uint16(s[1]-'0')*100 + uint16(s[2]-'0')*10 + uint16(s[3]-'0')
}

// isInterim reports a 1xx that a final reply follows (RFC 9110 §15.2); 101 is final.
func (s statusLine) isInterim() bool {
	return s.code/100 == 1 && s.code != switchingProtocols
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
