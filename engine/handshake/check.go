package handshake

import "stampede/results"

// Check is one rule that a 101 must keep (RFC 6455 §4.1, "server's response"),
// and whether a reply keeps it.
type Check struct {
	Field    string         // the header field the rule is about
	Received []string       // the field's values in the order they came, each in quotes; nil if it is absent
	Fault    results.Reason // "" if the rule is kept
	Want     string         // what the field should hold, or that it need not be there
	Slip     string         // how a server comes to a value that breaks the rule; "" if it can't be told
}

// Checks returns every rule for the header fields of a 101, in the order their
// faults count; nil for any other reply and for one that is not whole. The first
// Fault is the reason of Verdict's outcome.
func (p *Parser) Checks(key *Key) []Check {
	if !p.done || p.fault != "" || p.status.code != switchingProtocols {
		return nil
	}
	a := p.answer(key)
	faults := a.faults()
	checks := make([]Check, numJudged)
	for i := range checks {
		checks[i] = Check{Field: judgedNames[i], Received: quotedValues(p.head, i), Fault: faults[i], Want: a.want(i), Slip: a.slip(i, p.head)}
	}
	return checks
}
