package handshake

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"stampede/results"
)

// maxQuoted bounds how many received bytes a Detail quotes.
const maxQuoted = 96

// quote shows received bytes in quotes, so that blanks and control characters
// are seen, and cut if they are many.
func quote(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.Quote(string(b[:maxQuoted])) + "…"
	}
	return strconv.Quote(string(b))
}

// scanDetail explains the fault that ended the scan.
func (p *Parser) scanDetail() string {
	line := lineAt(p.head, int(p.line))
	switch p.fault {
	case results.BadStatusLine:
		return statusLineDetail(p.head)
	case results.BadVersion:
		if p.status.code == switchingProtocols {
			return quote(line) + ": HTTP/1.0 has no Upgrade; does the proxy speak HTTP/1.1 to its upstream?"
		}
		return quote(line) + ": want HTTP/1.1"
	case results.BadHeader:
		return quote(line) + ": " + headerFault(line)
	case results.TooManyInterim:
		return fmt.Sprintf("more than %d interim replies, the last %s", maxInterim, quote(lineAt(p.head, 0)))
	}
	return fmt.Sprintf("more than %d bytes or %d header lines, in a reply that starts %s",
		maxHead, maxLines, quote(lineAt(p.head, 0)))
}

// lineAt returns the line that starts at index start of b, as far as it was
// received, without its line end.
func lineAt(b []byte, start int) []byte {
	line, _, _ := bytes.Cut(b[start:], []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// Line ends that are neither CR LF nor LF alone. Each is part of a Detail.
const (
	CRTwice = "the line ends in CR CR LF"
	LFFirst = "the line end before it is LF CR in place of CR LF"
)

// lineEndFault says what is wrong with the line ends around a line without its
// own; "" for nothing that is seen.
func lineEndFault(line []byte) string {
	switch {
	case bytes.HasSuffix(line, []byte{'\r'}):
		return CRTwice
	case bytes.HasPrefix(line, []byte{'\r'}):
		return LFFirst
	}
	return ""
}

// statusLineDetail explains why the reply that starts with head has no status line.
func statusLineDetail(head []byte) string {
	if startsLikeHTTP(head) {
		line := lineAt(head, 0)
		if fault := lineEndFault(line); fault != "" {
			return quote(line) + ": " + fault
		}
		return quote(line) + ": want a version, a code of three digits and a reason, parted by single spaces"
	}
	text := quote(head) + `: not HTTP, which starts "HTTP/"`
	if hint := foreignHint(head); hint != "" {
		text += "; " + hint
	}
	return text
}

// headerFault says what is wrong with a line that fieldChecked refuses, or
// that folds nothing.
func headerFault(line []byte) string {
	if fault := lineEndFault(line); fault != "" {
		return fault
	}
	name, _, colon := bytes.Cut(line, []byte{':'})
	folds := line[0] == ' ' || line[0] == '\t'
	switch {
	case folds && isText(line):
		return "a folded line with none before it to continue"
	case folds:
		return "a control character in a header value"
	case !colon:
		return "a header line without a colon"
	case len(name) == 0:
		return "a header without a name"
	case isToken(name):
		return "a control character in a header value"
	case isToken(bytes.TrimRight(name, " \t")):
		return "a blank before the colon"
	}
	return "a header name that is no token"
}

// detail tells every fault of a 101, the one that names the outcome first and
// all that is missing in one go.
func (a *answer) detail(faults [numJudged]results.Reason, head []byte) string {
	var missing, parts []string
	place := 0
	for i, fault := range faults {
		switch {
		case fault == "":
		case a.tallies[i].lines > 0:
			part := judgedNames[i] + " " + strings.Join(quotedValues(head, i), ", ") + ": " + a.want(i)
			if slip := a.slip(i, head); slip != "" {
				part += " (" + slip + ")"
			}
			parts = append(parts, part)
		default:
			if missing == nil {
				place, parts = len(parts), append(parts, "")
			}
			missing = append(missing, judgedNames[i])
		}
	}
	if missing != nil {
		parts[place] = "missing " + strings.Join(missing, ", ")
		if missing[0] != judgedNames[acceptField] {
			parts[place] += " (does a proxy strip hop-by-hop headers?)"
		}
	}
	return strings.Join(parts, "; ")
}

// quotedValues returns every value of judged field i in head, in quotes.
func quotedValues(head []byte, i int) (values []string) {
	lines := fieldsOf(head)
	for {
		f, rest, ok := cutField(lines)
		if !ok {
			return values
		}
		if lines = rest; judgedField(f.name) == i {
			values = append(values, quote(f.value))
		}
	}
}

// slip says how a server may have come to what judged field i holds; "" if
// nothing is wrong with it, or that can't be told.
func (a *answer) slip(i int, head []byte) string {
	if i != acceptField || a.tallies[i].lines == 0 {
		return ""
	}
	if a.tallies[i].lines > 1 {
		return "it was sent more than once"
	}
	value, _ := fieldValue(head, "sec-websocket-accept")
	return acceptSlip(&a.key, string(value))
}

// want says what judged field i should hold.
func (a *answer) want(i int) string {
	switch i {
	case upgradeField:
		return `want "websocket" alone`
	case connectionField:
		return `want a list of tokens with "upgrade" among them`
	case acceptField:
		return "want once " + quote(a.accept[:])
	case subprotocolField:
		if len(a.subprotocols) == 0 {
			return "none was offered"
		}
		return fmt.Sprintf("want one of %q, once and in the same case", a.subprotocols)
	}
	if len(a.offers) == 0 {
		return "none was offered"
	}
	return "want only what was offered"
}
