package handshake

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// TestChecksAgreeWithVerdicts holds the first fault of the checks to be the
// verdict's reason, for every recorded reply.
func TestChecksAgreeWithVerdicts(t *testing.T) {
	for _, r := range loadReplies(t) {
		t.Run(r.id, func(t *testing.T) {
			var p Parser
			p.Reset(requestOffering(t, r.offer...))
			p.Feed(r.bytes)
			outcome := p.Verdict(&testKey).Outcome
			var first results.Reason
			checks := p.Checks(&testKey)
			for _, c := range checks {
				if first == "" {
					first = c.Fault
				}
			}
			if checks != nil && first != outcome.Reason {
				t.Errorf("first fault %q, verdict %s", first, outcome.Name())
			}
			if checks == nil && outcome.Kind == results.Established {
				t.Error("established without checks")
			}
		})
	}
}

func TestChecks(t *testing.T) {
	var p Parser
	p.Reset(nil)
	p.Feed([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nUpgrade: websocket \r\nSec-WebSocket-Protocol: chat\r\n\r\n"))
	accept := testKey.Accept()
	want := []Check{
		{"Upgrade", []string{`"h2c"`, `"websocket"`}, results.BadUpgrade, `want "websocket" alone`, ""},
		{"Connection", nil, results.MissingConnection, `want a list of tokens with "upgrade" among them`, ""},
		{"Sec-WebSocket-Accept", nil, results.MissingAccept, `want once "` + string(accept[:]) + `"`, ""},
		{"Sec-WebSocket-Protocol", []string{`"chat"`}, results.BadSubprotocol, "none was offered", ""},
		{"Sec-WebSocket-Extensions", nil, "", "none was offered", ""},
	}
	if diff := cmp.Diff(want, p.Checks(&testKey)); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}
