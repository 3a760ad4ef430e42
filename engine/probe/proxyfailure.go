package probe

import (
	"fmt"

	"stampede/results"
)

// proxyFailures are the cases where the proxy did not connect to the target.
// All of them say that the target was not asked.
var proxyFailures = []symptom{
	{"proxy_credentials", status(407), func(p *Probe) (string, string) {
		means := "The proxy wants to know who asks, and was told nothing."
		if p.Proxy.credentials() {
			means = "The proxy does not accept the user and password it was given."
		}
		if scheme := headerValue(p.proxyHeaders(), "proxy-authenticate"); scheme != "" {
			means += " It asks for: " + atMost(scheme, 200) + "."
		}
		return means, "Give them in its URL: --proxy http://USER:PASSWORD@host:port (Basic; nothing else is spoken here), with %40 for an @ in the password."
	}},
	{"proxy_forbids", status(401, 403, 405), func(p *Probe) (string, string) {
		return "The proxy does not let connections to " + p.Proxy.Asked + " pass: many allow CONNECT to port 443 alone, or to listed hosts.",
			"Ask whoever runs it to allow this host and port, use wss:// on port 443, or go without it."
	}},
	{"proxy_no_connect", status(400, 404, 501), func(p *Probe) (string, string) {
		return fmt.Sprintf("What listens at %s does not take CONNECT: a web server or a reverse proxy rather than a forward proxy.", p.Proxy.URL),
			"Check the proxy's host and port. A reverse proxy is asked for as the target itself, or with --connect-to."
	}},
	{"proxy_unreachable", status(500, 502, 503), func(p *Probe) (string, string) {
		return "The proxy did not reach " + p.Proxy.Asked + ": the name is unknown to it, nothing listens there, or a firewall is between. It resolves names itself, and may see others than this machine.",
			"Check the name and port as seen from the proxy; its answer above may say more."
	}},
	{"proxy_timeout", status(504), func(p *Probe) (string, string) {
		took, _ := p.took(StepProxy)
		return fmt.Sprintf("The proxy gave up connecting to %s after %s: no answer from there, as where a firewall drops packets.", p.Proxy.Asked, span(took)),
			"Check the way from the proxy to the target; probe without the proxy to see whether the target answers at all."
	}},
	{"proxy_refuses", kind(results.Status, 0), func(p *Probe) (string, string) {
		return fmt.Sprintf("The proxy answered %d to CONNECT %s, which is no yes (2xx).", p.Outcome.Status, p.Proxy.Asked), "Look at its answer above and at its log."
	}},
	{"proxy_silent", kind(results.Timeout, 0), func(p *Probe) (string, string) {
		return fmt.Sprintf("The proxy took the connection and did not answer CONNECT within %s: it waits for the target, or is no HTTP proxy (a SOCKS or TLS port waits for its own words).", span(p.Timeout)),
			"Probe the target without the proxy; check the proxy's port; a longer --timeout shows the proxy's own."
	}},
	{"proxy_cut", func(p *Probe) bool { return p.Outcome.Kind == results.Closed || p.Outcome.Kind == results.Reset }, func(p *Probe) (string, string) {
		return "The proxy closed the connection instead of an answer to CONNECT: it speaks no HTTP in clear (a SOCKS or TLS port), lets this address not in, or broke down.",
			"Check its port and its list of clients, and its log."
	}},
	{"proxy_not_http", anything, func(p *Probe) (string, string) {
		return "What answered CONNECT is no HTTP proxy: " + p.Outcome.Name() + ".", "Check the proxy's host and port."
	}},
}

// credentials reports whether a user and password were sent.
func (x *Proxy) credentials() bool {
	return headerValue(readHead([]byte(x.Request)), "proxy-authorization") != ""
}

// proxyHeaders are the fields of the proxy's answer; none without one.
func (p *Probe) proxyHeaders() []Header {
	if p.Proxy.Reply == nil {
		return nil
	}
	return p.Proxy.Reply.Headers
}
