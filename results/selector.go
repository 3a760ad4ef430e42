package results

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Selector picks the outcomes a threshold's NAME stands for. The zero value
// is "error": every outcome the server's failure rate counts. Fields left
// zero match anything.
type Selector struct {
	Kind   Kind
	Phase  Phase  // for kinds that end in a phase: timeout, reset, closed
	Status uint16 // one status code, as 504
	Class  uint8  // a class of status codes, 5 for 5xx
	Reason Reason // for kinds tls, protocol and local, and the code of a Close frame for closed
}

// Match reports whether o is among the outcomes s picks.
func (s Selector) Match(o Outcome) bool {
	if s.Kind == Invalid {
		return o.Failed()
	}
	return o.Kind == s.Kind &&
		(s.Phase == PhaseNone || s.Phase == o.Phase) &&
		(s.Status == 0 || s.Status == o.Status) &&
		(s.Class == 0 || uint16(s.Class) == o.Status/100) &&
		(s.Reason == "" || s.Reason == o.Reason)
}

// String returns the name as thresholds write it.
func (s Selector) String() string {
	switch {
	case s.Kind == Invalid:
		return "error"
	case s.Status != 0:
		return strconv.Itoa(int(s.Status))
	case s.Class != 0:
		return strconv.Itoa(int(s.Class)) + "xx"
	}
	return Outcome{Kind: s.Kind, Phase: s.Phase, Reason: s.Reason}.kindName()
}

// ofServer reports whether s speaks of the server; the generator's own
// limits and a stopped run are no part of what a server is asked.
func (s Selector) ofServer() bool { return s.Kind != Local && s.Kind != Canceled }

var reasonsOf = map[Kind][]Reason{
	Protocol: {BadStatusLine, BadVersion, BadHeader, HeaderTooLarge, TooManyInterim, MissingUpgrade, BadUpgrade,
		MissingConnection, BadConnection, MissingAccept, BadAccept, BadSubprotocol, BadExtension, BadFrame},
	Local: {TooManyOpenFiles, NoSourcePort, InFlightLimit, NoMemory, LocalOther},
}

// parseSelector reads a NAME of one or two lower-case words.
func parseSelector(words []string) (Selector, error) {
	if len(words) == 0 {
		return Selector{}, fmt.Errorf("no outcome is named; write one of %s", outcomeWords)
	}
	s, err := parseOutcomeWord(words[0])
	if err != nil || len(words) == 1 {
		return s, err
	}
	if len(words) > 2 {
		return s, fmt.Errorf("%q has too many words; an outcome is narrowed by one phase or reason", strings.Join(words, " "))
	}
	return s.narrow(words[1])
}

const outcomeWords = "error, established, timeout, refused, unreachable, reset, closed, tls, protocol, resolve, local, canceled, a status as 504, a class as 5xx"

func parseOutcomeWord(word string) (Selector, error) {
	if word == "error" || word == "errors" {
		return Selector{}, nil
	}
	if k, ok := ParseKind(word); ok {
		return Selector{Kind: k}, nil
	}
	if len(word) == 3 && word[1:] == "xx" && '2' <= word[0] && word[0] <= '9' {
		return Selector{Kind: Status, Class: word[0] - '0'}, nil
	}
	if code, err := strconv.Atoi(word); err == nil {
		return statusSelector(code)
	}
	return Selector{}, unknownWord("outcome", word, append([]string{"error"}, kindNames[1:]...), outcomeWords)
}

func statusSelector(code int) (Selector, error) {
	switch {
	case code == 101:
		return Selector{}, fmt.Errorf("status 101 is named established")
	case 100 <= code && code < 200:
		return Selector{}, fmt.Errorf("no handshake ends in %d: a final reply follows it (RFC 9110 §15.2)", code)
	case code < 100 || code > 999:
		return Selector{}, fmt.Errorf("%d is no HTTP status; they have three digits (RFC 9110 §15)", code)
	}
	return Selector{Kind: Status, Status: uint16(code)}, nil
}

// narrow adds the second word of a NAME: a phase or a reason, as the kind has them.
func (s Selector) narrow(word string) (Selector, error) {
	switch s.Kind {
	case Timeout, Reset, Closed:
		return s.narrowPhase(word)
	case TLS:
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			return s, fmt.Errorf("%q is no TLS reason; write an alert's name as handshake_failure", word)
		}
		s.Reason = Reason(word)
		return s, nil
	case Protocol, Local:
		return s.narrowReason(word)
	}
	return s, fmt.Errorf("%q can't be narrowed by %q; timeout, reset and closed take a phase, tls, protocol and local a reason", s, word)
}

// narrowPhase reads a phase in which attempts end: names are looked up before
// the run. A connection may also be closed with a code.
func (s Selector) narrowPhase(word string) (Selector, error) {
	if code, err := strconv.ParseUint(word, 10, 16); s.Kind == Closed && err == nil && 1000 <= code && code < 5000 {
		s.Reason = Reason(word)
		return s, nil
	}
	phases := phaseNames[PhaseConnect:]
	if !slices.Contains(phases, word) {
		return s, unknownWord("phase", word, phases, strings.Join(phases, ", "))
	}
	s.Phase, _ = ParsePhase(word)
	return s, nil
}

func (s Selector) narrowReason(word string) (Selector, error) {
	var known []string
	for _, r := range reasonsOf[s.Kind] {
		if string(r) == word {
			s.Reason = r
			return s, nil
		}
		known = append(known, string(r))
	}
	return s, unknownWord(s.Kind.String()+" reason", word, known, strings.Join(known, ", "))
}

func unknownWord(what, word string, candidates []string, accepted string) error {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Errorf("unknown %s %q, did you mean %q? Accepted: %s", what, word, near, accepted)
	}
	return fmt.Errorf("unknown %s %q; accepted: %s", what, word, accepted)
}
