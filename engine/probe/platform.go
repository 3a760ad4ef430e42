package probe

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
	{"cloudflare_code", func(p *Probe) bool { return cloudflareError(p) != 0 }, func(p *Probe) (string, string) {
		code := cloudflareError(p)
		e, ok := cloudflareErrors[code]
		if !ok {
			e.means, e.do = "it did not pass the request on", "Look the number up in Cloudflare's list of errors, and in the dashboard's security events."
		}
		return fmt.Sprintf("Cloudflare itself answered, with error %d: %s.", code, e.means), e.do
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
	{"envoy_overload", all(status(503), inBody("envoy overloaded")), always(
		"Envoy sheds load: its overload manager refuses requests, for its own memory or connections and not for the server behind.",
		"Look at its overload actions (envoy.overload_actions.…) and at the limits they watch, and give it more memory or more instances.")},
	{"tunnel_down", func(p *Probe) bool { return p.Reply.value("ngrok-error-code") == "ERR_NGROK_3200" }, always(
		"ngrok has no tunnel for this name: its agent is not running, or has been given another name.",
		"Start the agent, and compare the name it prints with the URL.")},
	{"app_stopped", all(status(403), inBody("this web app is stopped")), always(
		"Azure App Service answers for an application that is stopped, or has used up its quota.",
		"Start it, and look at its plan's quotas.")},
	{"iis_pool", all(status(503), func(p *Probe) bool { return p.Reply.has("server", "microsoft-httpapi") }), always(
		"Windows answered for IIS (http.sys): the site's application pool is stopped, or its queue is full.",
		"Start the pool; the System log says why it stopped (rapid-fail protection), and the HTTPERR log names the reason of each 503.")},
	{"iis_disabled", all(status(503), func(p *Probe) bool { return p.Reply.has("server", "microsoft-iis") }), always(
		"IIS answers 503 to an upgrade where WebSockets are switched off for the site, as they are at first in Azure App Service, and where its plan allows no more connections (five in the free one). An overloaded site answers so, too.",
		"Switch web sockets on (App Service: Configuration, General settings; IIS: the WebSocket Protocol feature and <webSocket enabled>), and look at the plan's limits.")},
	{"heroku_app", all(status(502, 503, 504), inBody("herokucdn.com/error-pages")), func(p *Probe) (string, string) {
		return "Heroku's router answered for the application, " + age(p) + ": it crashed, does not listen on $PORT, is asleep, or did not answer within 30 s.",
			"heroku logs has the code: H10 crashed, H12 no answer in 30 s, H13 closed without one, H14 no web dyno, H20 not started."
	}},
	{"elb", all(status(460, 463, 464, 561), answeredBy("Amazon ELB")), func(p *Probe) (string, string) {
		c := balancerCodes[int(p.Outcome.Status)]
		return "Amazon's load balancer: " + c.means + ".", c.do
	}},
	{"connect_route", all(status(500, 502, 504), inBody(`"connectionid"`), inBody(`"requestid"`)), func(p *Probe) (string, string) {
		return "Amazon API Gateway ran the integration of $connect, " + age(p) + ", and got no answer it could use: the function failed, took too long, may not be called, or returned no statusCode.",
			"Let it return {statusCode: 200}, check its permission for API Gateway, and read its log; the API's execution log has the rest."
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

// challengeHeaders are fields that bot checks alone write.
var challengeHeaders = []string{"cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated"}

// isChallenge matches the pages of bot checks and of firewalls for web
// applications, which come with many a status.
func isChallenge(p *Probe) bool {
	if slices.ContainsFunc(challengeHeaders, func(name string) bool { return p.Reply.value(name) != "" }) {
		return true
	}
	if status(403, 429, 503)(p) && inBody("just a moment...", "attention required! | cloudflare", "captcha", "access denied</title>")(p) {
		return true
	}
	return inBody("incapsula incident id", "generated by mod_security", "the requested url was rejected. please consult with your administrator", "sucuri website firewall",
		"making sure you&#39;re not a bot", "making sure you're not a bot", "slowaes.decrypt", "vercel security checkpoint", "ddos-guard</title>")(p) ||
		status(403)(p) && answeredBy("DDoS-Guard")(p)
}

// cloudflareCode is how Cloudflare names an error of its own, in plain text and
// on its page.
var cloudflareCode = regexp.MustCompile(`(?i)(?:^error code: |cf-code-label">error code:? ?(?:<span>)?)(1\d{3})\b`)

// cloudflareError is the number of Cloudflare's own error; 0 for none.
func cloudflareError(p *Probe) int {
	if !p.passed("Cloudflare") {
		return 0
	}
	m := cloudflareCode.FindStringSubmatch(p.Reply.Body)
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // four digits
	return code
}

// cloudflareErrors are what Cloudflare's own errors mean, as far as a handshake
// meets them.
var cloudflareErrors = map[int]struct{ means, do string }{
	1000: {"the name points at an address of Cloudflare's own", "Let its record name the server behind."},
	1001: {"it can't resolve the name", "Look at the record, and at what a CNAME of it leads to."},
	1003: {"it was asked by address", "Put the name into the URL, or give -H 'Host: NAME' and --server-name NAME."},
	1006: bannedAddress, 1007: bannedAddress, 1008: bannedAddress,
	1009: {"the country of this address is not let in", "Probe from another place, or have this address let in."},
	1010: {"it does not like how this client looks (its headers)", "Send the User-Agent of a browser with -H 'User-Agent: …', or switch the browser integrity check off for this path."},
	1013: {"Host and the TLS server name differ", "Make the two agree: --server-name, -H 'Host: …'."},
	1014: {"the name is a CNAME to a name of another account", "Let that account's owner add it as a custom hostname."},
	1015: {"a rate limit has been reached", "Have the limit lifted for this address or path. Load from one address meets it at once."},
	1016: {"it can't resolve the name of the server behind", "Look at the record it leads to, or at the tunnel."},
	1020: {"a rule of its firewall denies the request", "Look at the security events, and let this address or path pass."},
	1033: {"no connector of the tunnel is connected", "Look at cloudflared, where the server behind runs."},
	1101: {"its Worker failed", "Look at the Worker's log. A Worker that proxies an upgrade must return the response it got, webSocket included."},
	1102: {"its Worker used up its time or memory", "Look at the Worker's metrics and limits."},
}

var bannedAddress = struct{ means, do string }{"this address is banned", "Look at the IP access rules, and let it in."}
