package probe

import (
	"fmt"
	"slices"
	"strings"

	"stampede/engine/handshake"
	"stampede/results"
)

// misreplies are the cases where bytes came that are no valid reply.
var misreplies = []symptom{
	{"http2_in_text", all(reason(results.BadVersion), inDetail(`"HTTP/2`)), func(p *Probe) (string, string) {
		return "The status line names HTTP/2, whose replies have no such line: somebody writes it, and copies a version that was spoken elsewhere. " + sentence(p.Outcome.Detail),
			"Let the server write HTTP/1.1 in the line, whatever version its proxy is asked in."
	}},
	{"h2_frames", all(reason(results.BadStatusLine), func(p *Probe) bool {
		return strings.Contains(p.Outcome.Detail, "HTTP/2")
	}), func(p *Probe) (string, string) {
		do := "Something on this port assumes HTTP/2 without asking. Let it look at ALPN, or give it a port for HTTP/1.1."
		if isSecure(p) {
			do = "stampede asks for http/1.1 by ALPN; the server took " + alpn(p) + ". Let the edge offer http/1.1 there and not assume h2."
		}
		return "The server answered in HTTP/2, in which this upgrade can't be made.", do
	}},
	{"tls_port", all(isPlain, reason(results.BadStatusLine), replyStarts(`\x15\x03`, `\x16\x03`)), func(p *Probe) (string, string) {
		return "The port answered with a TLS record: it speaks TLS and got a request in clear.", "Try " + withScheme(p, "wss") + "."
	}},
	{"tls_behind_tls", all(isSecure, reason(results.BadStatusLine), replyStarts(`\x15\x03`, `\x16\x03`)), always(
		"Inside TLS came another TLS record: the proxy ends TLS and forwards in clear to a port that wants TLS again.",
		"Let the proxy speak TLS to the server behind (https:// upstream), or let that serve in clear.")},
	{"echo", all(reason(results.BadStatusLine), replyStarts("GET ")), always(
		"The request came back as it was sent: an echo server, or a proxy that returns it.", "Check the port.")},
	{"frames_without_handshake", all(reason(results.BadStatusLine), replyStarts(`\x81`, `\x82`, `\x88`)), always(
		"WebSocket frames came in place of a reply: the server takes the connection for one already open.",
		"Something before it has done the handshake already, or it is a second connection on a pipe kept alive: look at the proxy's reuse of connections.")},
	{"bytes_before_status", all(reason(results.BadStatusLine), inDetail("before the status line: ")), func(p *Probe) (string, string) {
		return "Something comes before the reply: " + sentence(p.Outcome.Detail),
			"Let the program print nothing before its status line: no warning, no empty line, no byte-order mark. The rest of an earlier reply means that its Content-Length is too small, and a proxy's connections are out of step."
	}},
	{"line_ends", all(reason(results.BadStatusLine, results.BadHeader), inDetail(handshake.CRTwice, handshake.LFFirst)), func(p *Probe) (string, string) {
		return "The head's line ends are wrong: " + sentence(p.Outcome.Detail),
			"Let who writes it end each line with CR LF once. A stream in text mode on Windows makes CR LF of each LF, so that a \\r\\n that is written becomes CR CR LF: put it into binary mode."
	}},
	{"malformed_status_line", all(reason(results.BadStatusLine), replyStarts("HTTP/", "http/", "Status:")), func(p *Probe) (string, string) {
		return "The reply's first line is no status line: " + sentence(p.Outcome.Detail), "Correct who writes it, as HTTP/1.1 101 Switching Protocols."
	}},
	{"not_http", reason(results.BadStatusLine), func(p *Probe) (string, string) {
		return "This is not an HTTP reply: " + sentence(p.Outcome.Detail), "Check the port: another program listens there, or the proxy forwards to one."
	}},
	{"http10", reason(results.BadVersion), func(p *Probe) (string, string) {
		return "The reply is in an HTTP version that has no upgrade: " + sentence(p.Outcome.Detail), "Let the server answer in HTTP/1.1; " + lower(forwarding(p))
	}},
	{"bad_header", reason(results.BadHeader), func(p *Probe) (string, string) {
		return "A header line of the reply is malformed: " + sentence(p.Outcome.Detail), "Find who writes it: the application, or a proxy that adds headers. Browsers refuse it too."
	}},
	{"head_too_large", reason(results.HeaderTooLarge), always(
		"The reply's head has no end, as far as 64 KB or 1,000 lines go.", "Mostly cookies set again and again, or a stream of data in place of a reply.")},
	{"too_many_interim", reason(results.TooManyInterim), always(
		"Interim replies (1xx) came without end.", "Find who sends them; one or two 103 Early Hints are usual, a hundred are a loop.")},
	{"upgrade_stripped", reason(results.MissingUpgrade, results.MissingConnection), func(p *Probe) (string, string) {
		return "A 101 without what makes it one: " + sentence(p.Outcome.Detail) + " Whoever is between removed hop-by-hop headers from the reply; the server behind thinks the connection is open.",
			"Let the proxy pass Upgrade and Connection of a 101 on. " + forwarding(p)
	}},
	{"other_upgrade", reason(results.BadUpgrade), func(p *Probe) (string, string) {
		return "The server switched to something else: " + sentence(p.Outcome.Detail), "Turn h2c or the like off on this port, or correct the value that the server writes."
	}},
	{"bad_connection", reason(results.BadConnection), func(p *Probe) (string, string) {
		return "Connection lacks the word upgrade: " + sentence(p.Outcome.Detail), "Look for a proxy that sets Connection on replies."
	}},
	{"old_draft", all(reason(results.MissingAccept), isHixie), always(
		"The server answers in a draft from before RFC 6455 (Hixie-75 or 76), which no browser speaks any more.",
		"Update the server's WebSocket library. If it speaks the RFC too, look for what hides Sec-WebSocket-Version and Sec-WebSocket-Key from it.")},
	{"missing_accept", reason(results.MissingAccept), always(
		"A 101 that does not answer the key: what answered is no WebSocket server, or a proxy dropped Sec-WebSocket-Accept.",
		"Let the server's library do the handshake; look for a proxy that lets only known headers through.")},
	{"bad_accept", reason(results.BadAccept), func(p *Probe) (string, string) {
		means := "The answer does not belong to the key that was sent: " + sentence(p.Outcome.Detail)
		if !slipped(p) {
			means += " The server computes it wrongly, or something between changed the key or replayed a stored reply."
		}
		return means,
			"Never cache a 101. Forward Sec-WebSocket-Key untouched. The value is base64(SHA-1(key + GUID)), without quotes (RFC 6455 §4.2.2)."
	}},
	{"subprotocol", reason(results.BadSubprotocol), func(p *Probe) (string, string) {
		do := "Offer the one the server speaks with --subprotocol, in its exact case."
		if len(p.Request.Subprotocols) == 0 {
			do = "A server must choose none where none is offered. If clients do offer one, give it with --subprotocol."
		}
		return "Client and server do not agree on a subprotocol: " + sentence(p.Outcome.Detail) + " Browsers refuse that.", do
	}},
	{"extension", reason(results.BadExtension), func(p *Probe) (string, string) {
		return "Client and server do not agree on extensions: " + sentence(p.Outcome.Detail) + " Clients fail at once, or at the first frame that uses one.",
			"Let the server negotiate: it may name only what the request offers (RFC 6455 §9.1). A proxy that strips the header from requests alone also does this."
	}},
	{"not_a_reply", anything, func(p *Probe) (string, string) {
		return "The reply breaks the protocol: " + sentence(p.Outcome.Detail), "Look at what is shown above."
	}},
}

// replyStarts matches replies whose escaped bytes start with one of the texts.
func replyStarts(texts ...string) func(*Probe) bool {
	return func(p *Probe) bool {
		for _, t := range texts {
			if p.Reply != nil && strings.HasPrefix(p.Reply.Head, t) {
				return true
			}
		}
		return false
	}
}

// inDetail matches outcomes whose detail holds one of the texts.
func inDetail(texts ...string) func(*Probe) bool {
	return func(p *Probe) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(p.Outcome.Detail, t) })
	}
}

// isHixie matches 101s with a header that only the drafts had.
func isHixie(p *Probe) bool {
	return p.Reply.value("sec-websocket-location")+p.Reply.value("websocket-location") != ""
}

// slipped reports whether it is known how the server came to a wrong answer.
func slipped(p *Probe) bool {
	return slices.ContainsFunc(p.Checks, func(c Check) bool { return c.Slip != "" })
}

func alpn(p *Probe) string {
	if p.TLS == nil || p.TLS.ALPN == "" {
		return "none"
	}
	return fmt.Sprintf("%q", p.TLS.ALPN)
}

// sentence ends text as a sentence does.
func sentence(text string) string {
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// lower makes a sentence's first letter small.
func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
