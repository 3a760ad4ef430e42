package results

import (
	"fmt"
	"strconv"
)

// Kind is the class of an outcome: a closed set. The zero value is invalid,
// so that an attempt nobody judged can't pass for anything.
type Kind uint8

// The kinds, in the order tables list them.
const (
	Invalid     Kind = iota
	Established      // a valid 101 (RFC 6455 §4.2.2, checked as §4.1 asks)
	Status           // a valid HTTP reply other than 101; Outcome.Status is its code
	Timeout          // our deadline passed, in Outcome.Phase
	Refused          // the peer answered the SYN with RST
	Unreachable      // no route, or ICMP said so
	Reset            // RST after connect, in Outcome.Phase
	Closed           // EOF before a whole reply head, in Outcome.Phase
	TLS              // TLS failed; Outcome.Reason says how
	Protocol         // bytes that are no valid reply; Outcome.Reason says how
	Resolve          // the name has no address
	Local            // the generator's own limit; never in the server's failure rate
	Canceled         // the run was stopped
	numKinds
)

var kindNames = [numKinds]string{"invalid", "established", "status", "timeout", "refused", "unreachable",
	"reset", "closed", "tls", "protocol", "resolve", "local", "canceled"}

// String returns the kind's name as files carry it.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return kindNames[Invalid]
}

// ParseKind is the inverse of String; ok is false for an unknown name and for "invalid".
func ParseKind(name string) (k Kind, ok bool) {
	for i, n := range kindNames {
		if n == name && Kind(i) != Invalid {
			return Kind(i), true
		}
	}
	return Invalid, false
}

// MarshalText returns String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParseKind; it refuses unknown names and "invalid".
func (k *Kind) UnmarshalText(text []byte) error {
	parsed, ok := ParseKind(string(text))
	if !ok {
		return fmt.Errorf("unknown outcome %q", text)
	}
	*k = parsed
	return nil
}

// Reason narrows the kinds TLS, Protocol and Local: a short stable word from
// the constants below, or for TLS an alert's name. Empty for other kinds.
type Reason string

// Why bytes were no valid reply (kind Protocol).
const (
	BadStatusLine     Reason = "bad_status_line"
	BadVersion        Reason = "bad_version"
	BadHeader         Reason = "bad_header"
	HeaderTooLarge    Reason = "header_too_large"
	TooManyInterim    Reason = "too_many_interim"
	MissingUpgrade    Reason = "missing_upgrade"
	BadUpgrade        Reason = "bad_upgrade"
	MissingConnection Reason = "missing_connection"
	BadConnection     Reason = "bad_connection"
	MissingAccept     Reason = "missing_accept"
	BadAccept         Reason = "bad_accept"
	BadSubprotocol    Reason = "bad_subprotocol"
	BadExtension      Reason = "bad_extension"
	BadFrame          Reason = "bad_frame" // in PhaseReady
)

// Which limit of the generator's own host was hit (kind Local).
const (
	TooManyOpenFiles Reason = "too_many_open_files"
	NoSourcePort     Reason = "no_source_port"
	InFlightLimit    Reason = "in_flight_limit"
	NoMemory         Reason = "no_memory"
	LocalOther       Reason = "other"
)

// Outcome is how an attempt ended. Outcomes are comparable; equal outcomes
// are one row of the outcomes table.
type Outcome struct {
	Kind   Kind
	Phase  Phase  // for Status always PhaseUpgrade; PhaseNone for Established, Resolve, Local, Canceled
	Status uint16 // HTTP status code for Status; else 0
	Reason Reason // for TLS, Protocol and Local, and the code of a Close frame that ended PhaseReady; else ""
}

// Failed reports whether the server's failure rate counts o: everything but
// an established connection, the generator's own limits and a stopped run.
func (o Outcome) Failed() bool {
	return o.Kind != Established && o.Kind != Local && o.Kind != Canceled
}

// Name is the word tables use for o: the status code for Status, otherwise
// the kind with its phase or reason, as "timeout connect" or "protocol bad_accept".
func (o Outcome) Name() string {
	if o.Kind == Status {
		return strconv.Itoa(int(o.Status))
	}
	return o.kindName()
}

// kindName is Name without the rule for Status.
func (o Outcome) kindName() string {
	switch {
	case o.Reason != "":
		return o.Kind.String() + " " + string(o.Reason)
	case o.Phase != PhaseNone && o.Kind != Status:
		return o.Kind.String() + " " + o.Phase.String()
	}
	return o.Kind.String()
}
