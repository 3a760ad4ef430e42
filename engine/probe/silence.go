package probe

import (
	"fmt"

	"stampede/engine/handshake"
	"stampede/results"
)

// silences are the cases where no whole reply came.
var silences = []symptom{
	{"no_such_name", all(kind(results.Resolve, 0), func(p *Probe) bool { return p.Resolution.NotFound && p.hasNoAddress() }), func(p *Probe) (string, string) {
		return fmt.Sprintf("The name %s has no address.", p.Resolution.Name), "Check its spelling, and whether it is known only inside a network or a VPN."
	}},
	{"no_address_of_family", all(kind(results.Resolve, 0), func(p *Probe) bool { return !p.hasNoAddress() }), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s has addresses, but none of the kind asked for.", p.Resolution.Name), "Leave -4 or -6 out, or publish such an address."
	}},
	{"resolver", kind(results.Resolve, 0), always("The name could not be looked up: the resolver failed. It says nothing about the target.", "Check this machine's resolver and network.")},
	{"no_socket", all(kind(results.Refused, 0), isSocket), func(p *Probe) (string, string) {
		return "Nobody takes connections at the Unix socket " + firstAddress(p) + ": it is not there, nobody listens any more, or its listen queue is full.",
			"Check the path, whether the server runs, and in a container whether the socket is mounted into it."
	}},
	{"refused", kind(results.Refused, 0), func(p *Probe) (string, string) {
		return "Nothing listens at " + firstAddress(p) + ": the machine is there and answered with a reset.",
			"Check the port, whether the server runs, and on which address it listens (127.0.0.1, ::1 or all)."
	}},
	{"filtered", kind(results.Timeout, results.PhaseConnect), func(p *Probe) (string, string) {
		return "No answer from " + firstAddress(p) + ": a firewall drops the packets, the machine is not there, or its listen queue is full.",
			"Check firewall and security group, and the address. If it happens only under load, it is the queue: somaxconn and the server's backlog."
	}},
	{"unreachable", kind(results.Unreachable, 0), func(p *Probe) (string, string) {
		return "There is no way from here to " + firstAddress(p) + ".", "Check the network, VPN and, for an IPv6 address, whether this machine has IPv6; try -4."
	}},
	{"local", kind(results.Local, 0), func(p *Probe) (string, string) {
		return "A limit or fault of this machine: " + p.Outcome.Detail + ".", "It says nothing about the server. Correct it here and probe again."
	}},
	{"canceled", kind(results.Canceled, 0), always("The probe was stopped.", "Run it again.")},
	{"tls_silent", kind(results.Timeout, results.PhaseTLS), always(
		"The port took the connection and did not answer the TLS hello: it waits for something in clear (no TLS, or a PROXY protocol line), or nobody reads.",
		"Try ws:// there. If a balancer should speak the PROXY protocol to this port, probe the balancer.")},
	{"tls_cut", func(p *Probe) bool { return p.Outcome.Phase == results.PhaseTLS }, func(p *Probe) (string, string) {
		return "The connection was cut during TLS, without an alert: the port speaks no TLS, expects the PROXY protocol, a firewall objects to the server name (" + sni(p) + "), or a balancer has no server behind it.",
			"Try ws:// there, another --server-name, and from another network."
	}},
	{"written_line_ends", all(unended, inDetail(handshake.WrittenLineEnd)), always(
		`The server writes \r\n as four characters and not as CR LF, so that its head is a single line without an end.`,
		`Write the octets 13 and 10: "\r\n" in double quotes where single ones mean no escapes (PHP, shell, Perl), printf rather than echo.`)},
	{"no_line_feeds", all(unended, inDetail(handshake.CROnly)), always(
		"The lines of the head end in CR without LF, so that it is a single line without an end.", "End each line with CR LF (RFC 9112 §2.1).")},
	{"no_empty_line", all(unended, inDetail(handshake.NoEmptyLine)), func(p *Probe) (string, string) {
		return "Whole header lines came and nothing more: the empty line that ends a head is missing, or the rest is late. " + upper(p.Outcome.Detail) + ".",
			"Let who writes the head end it with CR LF CR LF: hand-written servers forget the second, and so does what adds a header to a finished head."
	}},
	{"only_interim", all(unended, inDetail(", then 0 bytes")), always(
		"Only interim replies came (1xx, as 103 Early Hints), and no final one. Some proxies take a 103 for the answer and wait.",
		"Switch early hints off for this path, or look why the server stops after them.")},
	{"stalled_head", all(kind(results.Timeout, results.PhaseUpgrade), someBytes), func(p *Probe) (string, string) {
		return fmt.Sprintf("The reply began and did not end within %s: %s. Whoever sends it stalls, or drips.", span(p.Timeout), p.Outcome.Detail),
			"If it comes slowly, --timeout 60s shows the whole; if it stands still, the server writes the head in pieces and waits in between."
	}},
	{"no_reply", kind(results.Timeout, results.PhaseUpgrade), func(p *Probe) (string, string) {
		return fmt.Sprintf("The connection is open, and not a byte came within %s: the application does not answer, nobody accepts from a full queue, or a proxy waits for the server behind it.", span(p.Timeout)),
			"Try --timeout 70s: a 504 at a round age (30 s, 60 s) says that a gateway stands between and waits too. Or go around it with --connect-to."
	}},
	{"cut_head", all(kind(results.Closed, results.PhaseUpgrade), someBytes), func(p *Probe) (string, string) {
		return "The connection ended in the middle of the reply: " + p.Outcome.Detail + ".", "The server crashed or was stopped as it answered, or a proxy's buffer for heads is too small. Its log tells."
	}},
	{"closed_at_deadline", all(kind(results.Closed, results.PhaseUpgrade), atRoundAge), func(p *Probe) (string, string) {
		return "The connection was closed without a byte, " + age(p) + ": a proxy or server gave up waiting.",
			"nginx closes so where the server behind sends what is no reply, at its proxy_read_timeout. Probe that server with --connect-to."
	}},
	{"closed_empty", kind(results.Closed, results.PhaseUpgrade), func(p *Probe) (string, string) {
		means := "The connection was closed without a byte, " + age(p) + ". A proxy with a full queue or without free worker connections does so, a server that crashes, one told to (444 in nginx), one that waits for a line of the PROXY protocol"
		if isPlain(p) {
			means += ", and a TLS port that gets a request in clear"
		}
		return means + ".", tryOtherScheme(p) + "Look at the proxy's connection limits (maxconn, maxqueue, worker_connections) and at the server's log."
	}},
	{"reset_large_head", all(kind(results.Reset, results.PhaseUpgrade), func(p *Probe) bool { return p.Request.Size > 2000 }), func(p *Probe) (string, string) {
		return fmt.Sprintf("The connection was reset upon a request of %d bytes. Servers that read too little of a large head answer so.", p.Request.Size),
			"Try with fewer cookies and headers."
	}},
	{"reset", kind(results.Reset, 0), func(p *Probe) (string, string) {
		return "The connection was reset, " + age(p) + ", " + p.Outcome.Detail + ": the server closed without reading, crashed, waits for a line of the PROXY protocol, or a firewall broke in.",
			tryOtherScheme(p) + "Look at the server's log; go around what stands between with --connect-to."
	}},
	{"ended", anything, func(p *Probe) (string, string) {
		return "The handshake ended: " + p.Outcome.Name() + ".", "Look at what is shown above."
	}},
}

// unended matches what ended, or had to be given up, while a reply was waited for.
func unended(p *Probe) bool {
	return p.Outcome.Phase == results.PhaseUpgrade && (p.Outcome.Kind == results.Timeout || p.Outcome.Kind == results.Closed)
}

func (p *Probe) hasNoAddress() bool { return len(p.Resolution.IPv4)+len(p.Resolution.IPv6) == 0 }

func someBytes(p *Probe) bool { return p.Reply != nil && p.Reply.HeadSize > 0 }

// firstAddress is the one whose failure is the outcome.
func firstAddress(p *Probe) string {
	if len(p.Connects) == 0 {
		return "the target"
	}
	return p.Connects[0].Address
}

func tryOtherScheme(p *Probe) string {
	if isSecure(p) {
		return ""
	}
	return "If the port speaks TLS: " + withScheme(p, "wss") + ". "
}
