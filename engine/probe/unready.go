package probe

import (
	"fmt"

	"stampede/results"
)

// unready are the cases where a valid 101 came and the answer waited for did not.
var unready = []symptom{
	{"not_ready", all(kind(results.Timeout, 0), func(p *Probe) bool { return len(p.Ready.Texts) == 0 }), func(p *Probe) (string, string) {
		means := fmt.Sprintf("The 101 is valid, and then the server said nothing for %s", span(p.Ready.Within))
		if p.Ready.Sent == "" {
			means += "; nothing was sent to it either"
		}
		return means + ".", "Check what the application wants first (a login, a subscription: --ready-send), the subprotocol, and whether a proxy in between passes frames on."
	}},
	{"other_answer", kind(results.Timeout, 0), func(p *Probe) (string, string) {
		return fmt.Sprintf("The server answers, but with no text that has %q in it.", p.Ready.Expect), "Compare with the texts above: an error message there, or another --ready-expect."
	}},
	{"closed_unready", kind(results.Closed, 0), func(p *Probe) (string, string) {
		return "The server closed behind the 101 instead of an answer: " + p.Outcome.Detail + ".",
			"Often a session, a subprotocol or a limit that is checked only after the upgrade; without a Close frame, a proxy that passes no frames on."
	}},
	{"unready", anything, func(p *Probe) (string, string) {
		return "The 101 is valid; what came behind it is no answer: " + p.Outcome.Name() + ".", "Look at the server's log for this connection."
	}},
}
