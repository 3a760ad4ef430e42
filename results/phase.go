package results

import "fmt"

// Phase is a leg of an opening handshake. The zero value, PhaseNone, belongs
// to outcomes that no phase explains.
type Phase uint8

// The phases in the order a handshake passes through them.
const (
	PhaseNone    Phase = iota
	PhaseResolve       // name to addresses; once a run
	PhaseConnect       // TCP, from connect(2) to writable
	PhaseTLS           // TLS, from connected to handshake complete
	PhaseUpgrade       // HTTP Upgrade (RFC 6455 §4), from connected or secured to the end of the 101's head
	PhaseReady         // what a scenario asks for behind the 101: an answer, and not to be closed at once
)

var phaseNames = [...]string{"", "resolve", "connect", "tls", "upgrade", "ready"}

// String returns the phase's name as files carry it; "" for PhaseNone.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "invalid"
}

// ParsePhase is the inverse of String; ok is false for an unknown name.
func ParsePhase(name string) (p Phase, ok bool) {
	for i, n := range phaseNames {
		if n == name {
			return Phase(i), true
		}
	}
	return PhaseNone, false
}

// MarshalText returns String.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePhase; it refuses unknown names.
func (p *Phase) UnmarshalText(text []byte) error {
	parsed, ok := ParsePhase(string(text))
	if !ok {
		return fmt.Errorf("unknown phase %q", text)
	}
	*p = parsed
	return nil
}
