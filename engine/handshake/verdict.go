package handshake

import (
	"math/bits"
	"strings"

	"stampede/results"
)

// Verdict is what a reply comes to.
type Verdict struct {
	Outcome     results.Outcome // Established, Status or Protocol
	Warnings    Warning
	Interim     int    // interim replies skipped before the deciding one
	Extended    bool   // the 101 accepts an extension that was offered
	Subprotocol int    // index into RequestOptions.Subprotocols of the one selected; -1 for none
	Detail      string // for Protocol: what is wrong, with the bytes received in quotes, and a hint if there is one; else ""
}

// Warning is a set of oddities that don't change an outcome.
type Warning uint16

// The warnings.
const (
	NoSubprotocol    Warning = 1 << iota // some were offered, none selected; browsers refuse that
	DuplicateUpgrade                     // "websocket" more than once in Upgrade; browsers refuse that
	BodyAnnounced                        // a 101 with Content-Length or Transfer-Encoding (RFC 9110 §8.6, RFC 9112 §6.1)
	HigherVersion                        // HTTP/1.2 to HTTP/1.9, read as HTTP/1.1
	StatusOutOfRange                     // a status code from 600 to 999 (RFC 9110 §15)
	ObsFold                              // a folded header line (RFC 9112 §5.2)
	BareLF                               // a line that ends in LF without CR (RFC 9112 §2.2)
	InterimSkipped                       // at least one interim reply
	warningsEnd
	NumWarnings = iota - 1 // how many there are: warning i is 1<<i
)

var warningNames = [NumWarnings]string{
	"no subprotocol selected", "duplicate upgrade", "body announced on a 101", "http version above 1.1",
	"status code above 599", "folded header line", "line feed without carriage return", "interim reply skipped",
}

// String returns the names of the warnings in w, parted by commas; "" for none.
// The name of a single warning is stable, and made without allocation, so that
// warnings can be counted by it.
func (w Warning) String() string {
	names := make([]string, 0, NumWarnings)
	for w &= warningsEnd - 1; w != 0; w &= w - 1 {
		names = append(names, warningNames[bits.TrailingZeros16(uint16(w))])
	}
	return strings.Join(names, ", ")
}

// Verdict judges the reply to the request sent with key. It is valid once Feed
// said done, and until then the zero Verdict. It allocates only for a Detail.
func (p *Parser) Verdict(key *Key) Verdict {
	if !p.done {
		return Verdict{}
	}
	v := Verdict{Warnings: p.warned, Interim: int(p.interim), Subprotocol: -1}
	if p.status.minor > 1 {
		v.Warnings |= HigherVersion
	}
	switch {
	case p.fault != "":
		v.Outcome = protocolOutcome(p.fault)
		v.Detail = p.scanDetail()
	case p.status.code != switchingProtocols:
		v.Outcome = results.Outcome{Kind: results.Status, Phase: results.PhaseUpgrade, Status: p.status.code}
		if p.status.code > 599 {
			v.Warnings |= StatusOutOfRange
		}
	default:
		p.judge(key, &v)
	}
	return v
}

func protocolOutcome(r results.Reason) results.Outcome {
	return results.Outcome{Kind: results.Protocol, Phase: results.PhaseUpgrade, Reason: r}
}

// answer reads the header fields of a 101.
func (p *Parser) answer(key *Key) answer {
	a := answer{key: *key, accept: key.Accept(), subprotocol: -1}
	if p.request != nil {
		a.subprotocols, a.offers, a.required = p.request.subprotocols, p.request.offers, p.request.required
	}
	a.read(fieldsOf(p.head))
	return a
}

// judge checks the header fields of a 101.
func (p *Parser) judge(key *Key, v *Verdict) {
	a := p.answer(key)
	v.Warnings |= a.warnings()
	v.Subprotocol = a.subprotocol
	v.Extended = a.tallies[extensionField].good > 0
	v.Outcome = results.Outcome{Kind: results.Established}
	faults := a.faults()
	for _, fault := range faults {
		if fault != "" {
			v.Outcome = protocolOutcome(fault)
			v.Detail = a.detail(faults, p.head)
			return
		}
	}
}
