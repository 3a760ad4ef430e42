package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stampede/results"
)

const (
	soon      = 21 // days a certificate has left
	largeHead = 8000

	leastKeyBits = 2048 // CA/Browser Forum Baseline Requirements §6.1.5
)

// asides are what is worth saying beside the outcome; any number applies.
var asides = []symptom{
	{"some_addresses_fail", func(p *Probe) bool {
		return slices.ContainsFunc(p.Connects, opened) && slices.ContainsFunc(p.Connects, failed)
	}, func(p *Probe) (string, string) {
		return fmt.Sprintf("Not every address of %s takes connections: %s. Clients that get one of these first wait or fail.", p.Resolution.Name, failedAddresses(p)),
			"Take them out of the name, or let the server listen there too; -4 or -6 pins the kind."
	}},
	{"slow_resolver", func(p *Probe) bool { took, _ := p.took(StepResolve); return took > time.Second }, func(p *Probe) (string, string) {
		took, _ := p.took(StepResolve)
		return "The name look-up took " + span(took) + ". Five seconds or a multiple are a first resolver that does not answer.", "Check the resolvers of this machine."
	}},
	{"syn_lost", synLost, func(p *Probe) (string, string) {
		took, _ := p.took(StepConnect)
		return "The connect took " + span(took) + ": the time of a retransmitted SYN. The first was lost, or dropped by a full listen queue.", "Probe again. If it comes back under load, raise somaxconn and the server's backlog."
	}},
	{"version_not_checked", func(p *Probe) bool {
		return slices.ContainsFunc(p.Trials, func(t Trial) bool {
			return t.About == TrialVersion && t.Value == "255" && t.Outcome.Kind == results.Established
		})
	}, always("The server accepts any Sec-WebSocket-Version, even 255, which nobody speaks.", "It should answer 426 with the versions it speaks (RFC 6455 §4.4).")},
	{"further_faults", func(p *Probe) bool { return p.TLS != nil && len(p.TLS.Faults) > 1 }, func(p *Probe) (string, string) {
		var list []string
		for _, f := range p.TLS.Faults[1:] {
			list = append(list, words(f))
		}
		return "That is not all that is wrong with the certificate: " + strings.Join(list, ", ") + ".",
			"For an authority of your own: --ca CA.pem. For the name: --server-name. --insecure goes on past both."
	}},
	{"unverified", func(p *Probe) bool { return p.TLS != nil && p.TLS.Insecure && len(p.TLS.Chain) > 0 && !p.TLS.Verified }, func(p *Probe) (string, string) {
		return "The certificate was not accepted but ignored, as --insecure says: " + p.TLS.Why + ".", "Clients that verify fail here."
	}},
	{"weak_key", func(p *Probe) bool {
		return p.TLS != nil && len(p.TLS.Chain) > 0 && 0 < p.TLS.Chain[0].KeyBits && p.TLS.Chain[0].KeyBits < leastKeyBits
	}, func(p *Probe) (string, string) {
		return fmt.Sprintf("The certificate's RSA key has %d bits. Browsers and public authorities want %d at least.", p.TLS.Chain[0].KeyBits, leastKeyBits),
			"Have it issued anew, for an ECDSA key or a longer one."
	}},
	{"expires_soon", func(p *Probe) bool {
		return p.TLS != nil && p.TLS.Verified && p.TLS.Chain[0].DaysLeft < soon
	}, func(p *Probe) (string, string) {
		return fmt.Sprintf("The certificate expires in %d days.", p.TLS.Chain[0].DaysLeft), "See that its renewal works."
	}},
	{"no_subprotocol", warned("no subprotocol selected"), always(
		"None of the offered subprotocols was chosen. That is valid, and browsers refuse it.",
		"Let the server choose one, or stop offering them.")},
	{"duplicate_upgrade", warned("duplicate upgrade"), always(
		"Upgrade names websocket twice: server and proxy each wrote it. Browsers refuse that.", "Let the proxy replace the header and not add it.")},
	{"body_announced", warned("body announced on a 101"), always(
		"The 101 announces a body, which it can't have; some clients and proxies wait for it.", "Leave Content-Length and Transfer-Encoding out of a 101.")},
	{"odd_head", warned("folded header line", "line feed without carriage return", "http version above 1.1", "status code above 599"), func(p *Probe) (string, string) {
		return "The reply's head is unusual: " + strings.Join(p.Reply.Warnings, ", ") + ". Stricter clients and proxies refuse it.", "Correct who writes it."
	}},
	{"interim", all(warned("interim reply skipped"), func(p *Probe) bool { return p.Reply.Whole }), func(p *Probe) (string, string) {
		count := "An interim reply (1xx)"
		if p.Reply.Interim > 1 {
			count = fmt.Sprintf("%d interim replies (1xx)", p.Reply.Interim)
		}
		return count + " came first. Some proxies (nginx before 1.29) and clients take one for the answer.", "Switch early hints off for this path if clients fail."
	}},
	{"closed_after_101", func(p *Probe) bool { return p.Established() && p.Reply.CloseCode != 0 }, func(p *Probe) (string, string) {
		means := fmt.Sprintf("The server closed right after the 101, with code %d%s", p.Reply.CloseCode, closeMeaning(p.Reply.CloseCode))
		if p.Reply.CloseReason != "" {
			means += fmt.Sprintf(" and the reason %q", p.Reply.CloseReason)
		}
		return means + ": the handshake is good, and the connection of no use.",
			"Often a session or a limit that is checked only after the upgrade."
	}},
	{"ended_after_101", func(p *Probe) bool {
		return p.Established() && p.Reply.Ended != "" && p.Reply.CloseCode == 0 && p.Reply.BehindIs != isBadClose
	}, func(p *Probe) (string, string) {
		return "The connection was " + p.Reply.Ended + " right after the 101, without a Close frame: the handshake is good, and the connection of no use.",
			"Look at the server's log for what a new connection made it fail at. If a proxy sends the 101 by itself, the server behind may be down or refuse it: probe that one with --connect-to ADDRESS:PORT."
	}},
	{"stray_bytes", comesAfter(isNoFrame), func(p *Probe) (string, string) {
		return fmt.Sprintf("%d bytes that are no frame came right behind the 101, as a line end too many or a body. The connection will fail at its first frame.", p.Reply.Behind), "Correct who writes the 101: it ends at its first empty line."
	}},
	{"second_reply", comesAfter(isHTTP), always(
		"Another HTTP reply came right behind the 101: two programs answered, as a proxy that sends a 101 of its own and then passes on what the server behind says. The connection will fail at its first frame.",
		"Let one of them do the handshake. Probe the server behind with --connect-to ADDRESS:PORT, and look for middleware that writes a reply after the upgrade.")},
	{"masked_frame", comesAfter(isMasked), always(
		"The server masks its frames, which only clients do; clients must fail the connection at the first (RFC 6455 §5.1).",
		"Correct the server's framing; or something echoes a client's frames back as they are.")},
	{"reserved_bits", comesAfter(isReservedBits), always(
		"A frame has reserved bits set, as a compressed one, and no extension was agreed on. Clients fail the connection at it (RFC 6455 §5.2).",
		"Let the server compress only where permessage-deflate was offered and accepted; a proxy that strips Sec-WebSocket-Extensions from one of the two directions also does this.")},
	{"broken_frame", func(p *Probe) bool {
		return comesAfter(isLongControl)(p) || comesAfter(isBadLength)(p) || comesAfter(isBadClose)(p)
	}, func(p *Probe) (string, string) {
		return "Behind the 101 came " + p.Reply.BehindIs + ". Clients fail the connection at it (RFC 6455 §5.2, §5.5, §7.4).",
			"Correct the server's framing: let a library write frames."
	}},
	{"sticky", func(p *Probe) bool { return p.Reply != nil && len(stickyCookies(p)) > 0 }, func(p *Probe) (string, string) {
		return "A balancer's cookie was set: " + strings.Join(stickyCookies(p), ", ") + ". A login in several steps needs it back.",
			"stampede sends no cookie by itself, so that its connections spread; -H 'Cookie: …' pins one."
	}},
	{"large_request", func(p *Probe) bool { return p.Request.Size > largeHead && p.Established() }, func(p *Probe) (string, string) {
		return fmt.Sprintf("The request's head has %d bytes; many servers refuse more than 8 KB.", p.Request.Size), "Send fewer cookies."
	}},
	{"no_origin", func(p *Probe) bool { return p.Established() && p.Request.Origin == "" }, always(
		"It worked without an Origin. Browsers always send one, and a server may refuse theirs.",
		"To see what browsers get: -H 'Origin: https://YOUR.PAGES'.")},
}

// comesAfter matches 101s with such bytes right behind them.
func comesAfter(what string) func(*Probe) bool {
	return func(p *Probe) bool { return p.Established() && p.Reply.BehindIs == what }
}

// warned matches replies with one of the warnings.
func warned(names ...string) func(*Probe) bool {
	return func(p *Probe) bool {
		if p.Reply == nil {
			return false
		}
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(p.Reply.Warnings, n) })
	}
}

func opened(c Connect) bool { return c.State == Open }
func failed(c Connect) bool { return c.State != Open && c.State != Untried }

func failedAddresses(p *Probe) string {
	var list []string
	for _, c := range p.Connects {
		if failed(c) {
			list = append(list, fmt.Sprintf("%s %s", c.Address, c.State))
		}
	}
	return strings.Join(list, ", ")
}

// synLost reports whether the connect took about as long as a SYN that is sent
// again after 1, 3 or 7 seconds (RFC 6298 §2), or 2 on Linux since 6.5, and
// less than a quarter more.
func synLost(p *Probe) bool {
	took, ok := p.took(StepConnect)
	if !ok || !slices.ContainsFunc(p.Connects, func(c Connect) bool { return c.Used }) {
		return false
	}
	for _, s := range []time.Duration{1, 2, 3, 7} {
		if over := took - s*time.Second; over >= 0 && over < 250*time.Millisecond {
			return true
		}
	}
	return false
}

// closeMeanings are what close codes say (RFC 6455 §7.4.1 and IANA's list).
var closeMeanings = map[int]string{
	1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unacceptable data", 1005: "none given",
	1006: "one that must not be sent", 1007: "bad payload", 1008: "policy violation: a session or an Origin", 1009: "too big", 1011: "internal error",
	1012: "restart", 1013: "try again later: it is full", 1014: "bad gateway", 1015: "one that must not be sent", 3000: "unauthorized", 3003: "forbidden",
}

func closeMeaning(code int) string {
	if m := closeMeanings[code]; m != "" {
		return " (" + m + ")"
	}
	if 4400 <= code && code < 4600 {
		return fmt.Sprintf(" (the application's own; as status %d, if it adds 4000 to one)", code-4000)
	}
	return ""
}

// balancerCookies are the names balancers give their cookies, or how they begin.
var balancerCookies = []string{"awsalb", "awselb", "arraffinity", "applicationgatewayaffinity", "serverid", "srv", "lb", "gclb",
	"ingresscookie", "route", "bigipserver", "__cflb", "_lb", "traefik", "stickysession", "jvbserver", "io"}

func stickyCookies(p *Probe) (names []string) {
	for _, v := range headerValues(p.Reply.Headers, "set-cookie") {
		name, _, _ := strings.Cut(v, "=")
		for _, b := range balancerCookies {
			lower := strings.ToLower(name)
			if lower == b || len(b) > 5 && strings.HasPrefix(lower, b) || b == "lb" && strings.HasPrefix(lower, "lb") {
				names = append(names, atMost(name, 60))
				break
			}
		}
	}
	return names[:min(len(names), 10)]
}
