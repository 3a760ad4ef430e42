package probe

import (
	"fmt"
	"strings"
)

// platformRefusals are what proxies, balancers and hosting platforms answer
// that can be told from what others mean by the same status.
var platformRefusals = []symptom{
	{"tls_required", all(isPlain, status(400, 403, 426), func(p *Probe) bool {
		return strings.HasPrefix(strings.ToLower(p.Reply.value("upgrade")), "tls/") || inBody("ssl is required", "please use https", "requires https", "https is required")(p)
	}), func(p *Probe) (string, string) {
		return whoFirst(p) + " takes requests for this path over TLS only.", "Try " + withScheme(p, "wss") + "."
	}},
	{"other_upgrade_required", all(status(426), wantsOther), func(p *Probe) (string, string) {
		return fmt.Sprintf("The server wants another protocol than WebSocket: it names Upgrade: %s.", atMost(p.Reply.value("upgrade"), 100)),
			"Check path and port: this may be an address for HTTP/2 or gRPC."
	}},
	{"challenge", isChallenge, func(p *Probe) (string, string) {
		return "A bot check or firewall answered (" + who(p) + "), not the server.",
			"Let this client's address pass there, or probe the server behind it with --connect-to ADDRESS:PORT."
	}},
	{"envoy_rbac", all(status(403), inBody("rbac: access denied")), always(
		"A rule of Envoy's RBAC filter denies the request; in Istio, an AuthorizationPolicy.",
		"Look at the policies for this path, host and source; the proxy's log names the one that matched (rbac_access_denied_matched_policy).")},
	{"envoy_reset", all(status(502, 503, 504), func(p *Probe) bool { return resetReason(p) != "" }), func(p *Probe) (string, string) {
		means, do := "The server behind Envoy failed it", "Probe the server behind with --connect-to ADDRESS:PORT, and read its log."
		for _, r := range resetReasons {
			if strings.Contains(resetReason(p), r.text) {
				means, do = r.means, r.do
				break
			}
		}
		return means + ".", do
	}},
	{"heroku_app", all(status(502, 503, 504), inBody("herokucdn.com/error-pages")), func(p *Probe) (string, string) {
		return "Heroku's router answered for the application, " + age(p) + ": it crashed, does not listen on $PORT, is asleep, or did not answer within 30 s.",
			"heroku logs has the code: H10 crashed, H12 no answer in 30 s, H13 closed without one, H14 no web dyno, H20 not started."
	}},
	{"elb", all(status(460, 463, 464, 561), answeredBy("Amazon ELB")), func(p *Probe) (string, string) {
		c := balancerCodes[int(p.Outcome.Status)]
		return "Amazon's load balancer: " + c.means + ".", c.do
	}},
	{"api_gateway", all(status(403), func(p *Probe) bool { return p.passed("Amazon API Gateway") && !originMatters(p) }), always(
		"Amazon API Gateway answers 403 to a request its authorizer or policy refuses, and also where the path or stage does not exist.",
		"The URL of a WebSocket API ends in its stage (wss://ID.execute-api.REGION.amazonaws.com/STAGE), or in the mapping of its own domain; then look at the authorizer of $connect.")},
	{"forbidden_by_rule", all(status(403), inBody("request forbidden by administrative rules")), always(
		"A rule of HAProxy denies the request; it did not reach the server behind.",
		"Look for http-request deny (and block, in old versions) in HAProxy's configuration: an address list, a path, a header.")},
	{"tarpit", all(status(500), inBody("an internal server error occurred.\n</body></html>")), func(p *Probe) (string, string) {
		return "HAProxy answered 500 by itself, " + age(p) + ": so a tarpit ends, and what HAProxy has no resources for. It did not reach the server behind.",
			"Look for http-request tarpit and timeout tarpit in HAProxy's configuration, and at its log (termination state PT for a tarpit)."
	}},
	{"page_redirect", all(status(200), inBody(`http-equiv="refresh"`, "http-equiv='refresh'", "http-equiv=refresh")), always(
		"A page answered that sends browsers on to another: a login, a captive portal of this network, or a moved site.",
		"Open the same address in a browser and see where it leads; then log in, or probe what it leads to.")},
}

// balancerCodes are the statuses that Amazon's load balancer alone has.
var balancerCodes = map[int]struct{ means, do string }{
	460: {"the client closed before the answer came", "Look for a proxy between with a shorter timeout than the balancer's."},
	463: {"X-Forwarded-For came with more than 30 addresses", "Look for a loop of proxies."},
	464: {"the request's protocol does not fit the target group's", "A target group for HTTP/2 or gRPC takes no upgrade: make one with protocol version HTTP1."},
	561: {"the identity provider of its login rule answered with an error", "Look at the listener rule's authentication; a client without a session can't pass it."},
}

// resetReasons are Envoy's words for how the server behind failed it, the most
// telling first.
var resetReasons = []struct{ text, means, do string }{
	{"overflow", "A circuit breaker of Envoy is open: as many connections or pending requests are there as its cluster may have",
		"Raise max_connections and max_pending_requests of the cluster's circuit_breakers (in Istio connectionPool of the DestinationRule): each WebSocket holds a connection."},
	{"tls_error", "Envoy could not make TLS with the server behind",
		"Make both ends agree: a server in clear behind a cluster with TLS gives WRONG_VERSION_NUMBER, a certificate it does not trust CERTIFICATE_VERIFY_FAILED."},
	{"connection timeout", "Envoy got no TCP connection to the server behind in time", "Look at the address, network policies and the listen queue of the server behind, and at connect_timeout."},
	{"connection failure", "Envoy could not connect to the server behind", "Check that it runs, and listens on the port and address that the cluster names."},
	{"connection termination", "The server behind took Envoy's connection and closed it without an answer",
		"Read its log. A server that closes idle connections sooner than Envoy does it by chance; one that wants TLS, or crashes, does it each time."},
	{"protocol error", "The server behind answered Envoy in another protocol, or with a head that is malformed", "Compare the cluster's protocol (HTTP/1.1, HTTP/2) with the server's, and probe that with --connect-to ADDRESS:PORT."},
}

// resetReason is what Envoy says of why the server behind failed it, in lower
// case; "" if it says nothing.
func resetReason(p *Probe) string {
	const words = "reset reason: "
	body := strings.ToLower(p.Reply.Body)
	if i := strings.LastIndex(body, words); i >= 0 {
		return body[i+len(words):]
	}
	return ""
}

// wantsOther matches replies that name protocols to upgrade to, and not WebSocket.
func wantsOther(p *Probe) bool {
	names := strings.ToLower(p.Reply.value("upgrade"))
	return names != "" && !strings.Contains(names, "websocket")
}

// isChallenge matches the pages of bot checks and of firewalls for web
// applications, which come with many a status.
func isChallenge(p *Probe) bool {
	if p.Reply.value("cf-mitigated") != "" {
		return true
	}
	if status(403, 429, 503)(p) && inBody("just a moment...", "attention required! | cloudflare", "captcha", "access denied</title>")(p) {
		return true
	}
	return inBody("incapsula incident id", "generated by mod_security", "the requested url was rejected. please consult with your administrator", "sucuri website firewall")(p)
}
