package probe

import (
	"fmt"
	"slices"
	"strings"

	"stampede/results"
)

// refusals are the cases where a valid reply says something other than 101.
var refusals = slices.Concat(applicationRefusals, platformRefusals, statusRefusals)

// statusRefusals are told mostly by the status.
var statusRefusals = []symptom{
	{"tls_port", all(status(400), inBody("sent to HTTPS port", "plain HTTP to an SSL-enabled", "HTTP request to an HTTPS server",
		"combination of host and port requires TLS")), func(p *Probe) (string, string) {
		return "The port speaks TLS and got a request in clear.", "Try " + withScheme(p, "wss") + "."
	}},
	{"client_certificate", all(status(400, 403, 496), inBody("required SSL certificate was sent", "SSL certificate error", "client certificate", "cannot perform post-handshake authentication")),
		always("The server wants a certificate of the client and got none it accepts.", "Give one with --cert and --key.")},
	{"client_certificate", status(495, 496), always("The server wants a certificate of the client and got none it accepts.", "Give one with --cert and --key.")},
	{"tls_port", all(isPlain, status(497)), func(p *Probe) (string, string) {
		return "The port speaks TLS and got a request in clear.", "Try " + withScheme(p, "wss") + "."
	}},
	{"header_too_large", all(status(400), inBody("header or cookie too large", "request header is too", "header field too large", "size of a request header")), tooLarge},
	{"header_too_large", status(413, 431, 494), tooLarge},
	{"header_too_large", all(status(400), func(p *Probe) bool { return p.Request.Size > 7000 }), tooLarge},
	{"url_too_long", status(414), func(p *Probe) (string, string) {
		return fmt.Sprintf("The URL is too long for %s: its path and query have %d bytes.", who(p), len(p.Request.Target)),
			"Shorten the query, or send what it carries in a header or after the upgrade."
	}},
	{"version", func(p *Probe) bool { return len(otherVersions(p)) > 0 }, func(p *Probe) (string, string) {
		return "The server does not speak version 13 of the protocol, the one of RFC 6455; it names " + strings.Join(otherVersions(p), ", ") + triedText(p) + ".",
			"Update the server's WebSocket library. If it should speak 13, something between changes Sec-WebSocket-Version."
	}},
	{"bad_host", all(status(400, 404, 403), inBody("invalid host header", "invalid hostname", "disallowedhost", "blocked request. this host", "blocked host", "host check error",
		"<h1>bad request (400)</h1>")), func(p *Probe) (string, string) {
		return "The server does not know the Host that was sent: " + asked(p) + ".",
			"Send the one it knows with -H 'Host: …', or add this one to those it allows."
	}},
	{"bad_host", all(status(400), noReason, hostIsNotDialed), func(p *Probe) (string, string) {
		return "400 without a reason, to a Host other than the URL's: " + asked(p) + ".", "Try without -H 'Host: …'."
	}},
	{"no_upgrade", status(426, 505), noUpgrade},
	{"not_upgraded", status(200, 202, 204, 206, 304), func(p *Probe) (string, string) {
		means := fmt.Sprintf("%s answered the request as a plain page: it saw no upgrade, or the path has no WebSocket.", whoFirst(p))
		if p.passed("Caddy") && p.Reply.BodySize == 0 {
			means += " Caddy also answers so where the server behind it sent a 101 without Upgrade and Connection."
		}
		return means, forwarding(p)
	}},
	{"login_redirect", all(isRedirect, looksLikeLogin), func(p *Probe) (string, string) {
		return "The request was sent on to a login page: it had no session that " + who(p) + " accepts. Redirects are not followed.",
			"Give a session: -H 'Cookie: …' or -H 'Authorization: …'. The redirect goes to " + redirectTarget(p) + "."
	}},
	{"captive_portal", all(isPlain, isRedirect, func(p *Probe) bool { return leadsTo(p, "portal", "captive", "hotspot", "wifi", "guest", "splash") }), func(p *Probe) (string, string) {
		return "The request was sent on to what may be the portal of this network, which wants a login before anything else gets through.",
			"Open a page in a browser here and log in; or probe from another network. The redirect goes to " + redirectTarget(p) + "."
	}},
	{"cookie_challenge", all(isRedirect, func(p *Probe) bool { return redirectTarget(p) == p.URL && setsCookie(p) }), func(p *Probe) (string, string) {
		means := whoFirst(p) + " sets a cookie and sends the client to the same address again: a check whether it keeps cookies, as bot checks make. Redirects are not followed, and browsers do not follow them in a handshake."
		if isSecure(p) {
			means += " If the cookie is but a session's: who answered thinks the request came without TLS, and X-Forwarded-Proto is missing."
		}
		return means, "Take the path out of that check; to get through it once, send the cookie back: -H 'Cookie: NAME=VALUE'."
	}},
	{"redirect_loop", all(isRedirect, func(p *Probe) bool { return redirectTarget(p) == p.URL }), func(p *Probe) (string, string) {
		return "The redirect leads to where the request was sent: whoever answered thinks it came another way, mostly that it came without TLS.",
			"Let the proxy that ends TLS send X-Forwarded-Proto, and the server behind it believe it."
	}},
	{"redirect", all(isRedirect, func(p *Probe) bool { return redirectTarget(p) != "" }), func(p *Probe) (string, string) {
		return "The server is elsewhere. Browsers and most clients do not follow redirects of a handshake, and neither does stampede.",
			"Probe the new target: " + redirectTarget(p)
	}},
	{"redirect_nowhere", isRedirect, always("A redirect that says not where to.", "Look at the rule that makes it, in the proxy or the application.")},
	{"envoy_no_upgrade", all(status(403), answeredBy("Envoy"), noReason, byItself), always(
		"Envoy answers an upgrade with an empty 403 where the route does not allow upgrades, and also where no endpoint is ready, as during a rollout. It is not a matter of permissions.",
		"Set upgrade_configs: [{upgrade_type: websocket}] on the route or the connection manager; if it comes and goes, look at the endpoints' readiness.")},
	{"origin", all(status(401, 403, 404), originMatters), func(p *Probe) (string, string) {
		t, _ := originTrial(p)
		return "The server decides by Origin: " + origin(p) + " and refused; " + t.Change + " the same request was accepted.",
			"Send the Origin your pages have (-H 'Origin: …'), or add this one to those the server allows. If a proxy rewrites Host, a server that compares the two refuses what browsers send."
	}},
	{"origin", func(p *Probe) bool {
		return status(403)(p) && (p.Reply.value("sec-websocket-version") != "" || inBody("origin")(p)) || status(400)(p) && namesOrigin(p)
	}, func(p *Probe) (string, string) {
		return "The WebSocket server itself refuses, and what it sends is what servers send that check Origin against Host: " + origin(p) + originVerdict(p) + "; " + asked(p) + ".",
			"Send the Origin your pages have (-H 'Origin: …'), or add it to those the server allows. A proxy that rewrites Host breaks the comparison: let it pass Host on."
	}},
	{"proxy_auth", status(407), always("A forward proxy wants credentials.", "Give -H 'Proxy-Authorization: …', or go around it.")},
	{"unauthorized", status(401), func(p *Probe) (string, string) {
		return "Credentials are missing or wrong" + wanted(p) + "; " + origin(p) + originVerdict(p) + ". Some servers answer 401 for an Origin they don't allow.",
			credentials(p)
	}},
	{"forbidden", status(403), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s refuses: %s%s. The usual reasons are an Origin that is not allowed or does not fit Host, a missing session, or an address list.", whoFirst(p), origin(p), originVerdict(p)),
			"Send what the client sends that works: -H 'Origin: …', -H 'Cookie: …'. " + asked(p) + "."
	}},
	{"envoy_no_route", all(status(404), answeredBy("Envoy"), noReason, byItself), func(p *Probe) (string, string) {
		return "Envoy has no route for it: " + asked(p) + ".",
			"Compare the Host as it is sent, with its port, with the domains of the virtual hosts (in Istio the hosts of Gateway and VirtualService; strip_any_host_port leaves the port out), and the path with the routes."
	}},
	{"ingress_no_rule", all(status(404), inBody("default backend")), func(p *Probe) (string, string) {
		return "No rule of the ingress fits: " + asked(p) + ".", "Compare host and path with the ingress rules; the path type too (Exact, Prefix)."
	}},
	{"not_found", status(404, 410), func(p *Probe) (string, string) {
		return fmt.Sprintf("Nothing is served there, says %s: %s. A server that routes only upgrades to its WebSocket answers so too where a proxy dropped the upgrade.", who(p), asked(p)),
			"Check path, prefix and Host, and what the proxy makes of the path. If they are right: " + forwarding(p)
	}},
	{"method", status(405, 501), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s does not take GET there: %s.", whoFirst(p), asked(p)), "Check the path. If it is right: " + forwarding(p)
	}},
	{"request_timeout", status(408), func(p *Probe) (string, string) {
		return "The server says the request did not come in time, " + age(p) + ".",
			"If it came at once, something before the server holds requests back; try --connect-to the server itself."
	}},
	{"misdirected", status(421), func(p *Probe) (string, string) {
		return fmt.Sprintf("The server does not serve this Host on this connection: Host is %s, the TLS server name %s.", p.Request.Host, sni(p)),
			"Make the two agree: --server-name, -H 'Host: …'. Dialling one node by address? Use the name in the URL and --connect-to ADDRESS:PORT."
	}},
	{"rate_limited", all(status(503), answeredBy("nginx"), atOnce), func(p *Probe) (string, string) {
		return "nginx answered 503 by itself and at once: limit_conn or limit_req refuses this address, or no server is left behind it." + retryAfter(p),
			"Look for limit_conn and limit_req in its configuration, and for \"limiting\" in its error log. Load from one address meets such limits first. An ingress of Kubernetes answers so where the Service has no ready endpoints."
	}},
	{"rate_limited", status(429), func(p *Probe) (string, string) {
		return "A limit on the number of requests or connections, at " + who(p) + "." + retryAfter(p),
			"Wait, or have the limit lifted for this address. Load from one address meets it at once."
	}},
	{"cloudflare_origin", status(520, 521, 522, 523, 524, 525, 526, 527, 530), func(p *Probe) (string, string) {
		return cloudflareCodes[int(p.Outcome.Status)] + " " + upper(age(p)) + ".", "Probe the server behind Cloudflare with --connect-to ADDRESS:PORT."
	}},
	{"bad_gateway", status(502), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s could not make sense of the server behind it, %s: it refused, closed, spoke another protocol (TLS or not, HTTP/2), its head was too large, or its 101 was not valid.", whoFirst(p), age(p)),
			"Probe the server behind with --connect-to ADDRESS:PORT, and read the proxy's error log."
	}},
	{"no_backend", status(503), func(p *Probe) (string, string) {
		return unavailable(p) + retryAfter(p), "Look at the health of the servers behind, and at the proxy's queue and connection limits."
	}},
	{"gateway_timeout_at_once", all(status(504), atOnce), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s answered 504 %s: too soon to have waited for anything. It can't reach the server behind it or counts it as down, its deadline is next to nothing, or the 504 comes from further behind.", whoFirst(p), age(p)),
			"Look at the health of the servers behind and at the gateway's error log, and probe a server behind with --connect-to ADDRESS:PORT."
	}},
	{"gateway_timeout", status(504), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s gave up waiting for the server behind it, %s. It is the gateway's deadline, not stampede's.", whoFirst(p), age(p)),
			"The server behind did not answer the upgrade in that time: probe it with --connect-to ADDRESS:PORT. Raising the gateway's deadline only hides it."
	}},
	{"application_error", status(500), func(p *Probe) (string, string) {
		return "An error inside the application, at " + who(p) + ".", "Its log has the reason; the body, if any, is above."
	}},
	{"bad_request", status(400), func(p *Probe) (string, string) {
		return fmt.Sprintf("%s calls the request bad: %s, %s. Often it saw no upgrade because a proxy dropped it, or a line of the PROXY protocol before the request, from a balancer.", whoFirst(p), asked(p), origin(p)), forwarding(p)
	}},
	{"captive_portal", status(511), always("This network wants a login first.", "Log in with a browser.")},
	{"refused_by_server", anything, func(p *Probe) (string, string) {
		return fmt.Sprintf("%s answered %d in place of 101: %s.", whoFirst(p), p.Outcome.Status, asked(p)), "The body, if any, has the reason; the log of whoever answered has it for certain."
	}},
}

var cloudflareCodes = map[int]string{
	520: "Cloudflare: the server behind sent something it does not understand.",
	521: "Cloudflare: the server behind refuses connections.",
	522: "Cloudflare: no TCP connection to the server behind.",
	523: "Cloudflare: the server behind has no route.",
	524: "Cloudflare: the server behind took the connection and did not answer in time.",
	525: "Cloudflare: no TLS handshake with the server behind.",
	526: "Cloudflare: the certificate of the server behind is not valid.",
	527: "Cloudflare: Railgun has no connection to the server behind.",
	530: "Cloudflare: the name of the server behind can't be resolved, or the tunnel is down.",
}

// byItself matches replies of Envoy that no server behind it sent: it writes how
// long that took.
func byItself(p *Probe) bool { return p.Reply.value("x-envoy-upstream-service-time") == "" }

// setsCookie reports whether a cookie is set that is not a balancer's.
func setsCookie(p *Probe) bool {
	return len(headerValues(p.Reply.Headers, "set-cookie")) > len(stickyCookies(p))
}

// namesOrigin matches refusals that say the Origin is not allowed.
func namesOrigin(p *Probe) bool {
	return inBody("origin")(p) && inBody("not allowed", "denied", "forbidden", "mismatch", "invalid origin")(p)
}

func noReason(p *Probe) bool { return p.Reply != nil && p.Reply.BodySize == 0 }

func hostIsNotDialed(p *Probe) bool { return !strings.HasPrefix(afterScheme(p.URL), p.Request.Host) }

func noUpgrade(p *Probe) (string, string) {
	means := "The server saw no upgrade request"
	if p.Outcome.Status == 505 {
		means = "The server refuses the HTTP version it was spoken to in: the proxy in front of it speaks HTTP/1.0, which has no upgrade"
	}
	if h := p.author(); h.Proxy {
		means += ", and " + who(p) + " stands between"
	}
	return means + ". stampede did send one, in HTTP/1.1.", forwarding(p)
}

// forwarding says how whoever is between is told to forward an upgrade.
func forwarding(p *Probe) string {
	for _, f := range forwardings {
		if p.passed(f.hop) {
			return f.do
		}
	}
	return "Let each proxy on the way forward Upgrade and Connection in HTTP/1.1, and probe the server behind it with --connect-to ADDRESS:PORT to see which one drops them."
}

var forwardings = []struct{ hop, do string }{
	{"nginx", "In nginx's location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"},
	{"ingress-nginx", "Annotations of the ingress must not set Connection; look for proxy-http-version and configuration snippets."},
	{"Apache httpd", "In Apache: ProxyPass /ws ws://BACKEND/ws with mod_proxy_wstunnel, or upgrade=websocket on an http:// ProxyPass (2.4.47 and later), before the general ProxyPass /."},
	{"Envoy", "In Envoy: upgrade_configs: [{upgrade_type: websocket}] on the route or the connection manager."},
	{"HAProxy", "HAProxy forwards upgrades by itself in mode http; look for http-request del-header and option httpclose, and at the server behind."},
	{"Caddy", "Caddy's reverse_proxy forwards upgrades by itself; look for header_up rules, for the matcher that sent this request elsewhere, and at the server behind."},
	{"Varnish", "In Varnish: return (pipe) in vcl_recv for Upgrade: websocket, and copy Upgrade and Connection in vcl_pipe."},
	{"IIS", "In IIS: install the WebSocket Protocol feature; with ARR allow the upgrade there too."},
	{"Cloudflare", "In Cloudflare's dashboard: Network, WebSockets: on. Then look at the server behind."},
	{"CloudFront", "In CloudFront: an origin request policy that forwards all viewer headers (Sec-WebSocket-Key, -Version, …)."},
	{"Amazon API Gateway", "An HTTP or REST API forwards no upgrades; use a WebSocket API or a load balancer."},
	{"Amazon ELB", "A Classic Load Balancer with an HTTP listener forwards no upgrades; use an Application Load Balancer, or a TCP listener."},
	{"Azure Front Door", "Azure Front Door (classic) forwards no upgrades; Standard and Premium do. Look at the route for this path and at the server behind."},
	{"Traefik", "Traefik forwards upgrades by itself; look for a headers middleware that sets Connection or Upgrade, for the router that took this request, and at the server behind."},
	{"Kong", "Kong forwards upgrades by itself; look for a plugin that changes request headers, for the route that took this request, and at the server behind."},
	{"APISIX", "In APISIX: enable_websocket: true on the route (and on its service)."},
	{"lighttpd", "In lighttpd: proxy.header = (\"upgrade\" => \"enable\") beside proxy.server."},
	{"LiteSpeed", "In LiteSpeed: add a Web Socket Proxy for this path to the virtual host."},
	{"H2O", "In H2O: proxy.tunnel: ON (proxy.websocket: ON before 2.3)."},
	{"Squid", "In Squid: http_upgrade_request_protocols WebSocket allow all (5.1 and later; without it upgrades are not forwarded)."},
	{"Tengine", "In Tengine's location, as in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"},
	{"Google front end", "Google's load balancers forward upgrades by themselves; App Engine's standard environment and Firebase Hosting do not, and Cloud Run must not be set to end-to-end HTTP/2."},
	{"Fastly", "In Fastly: WebSockets must be enabled for the service, and vcl_recv must return(upgrade) for this path."},
	{"Akamai", "In Akamai: the WebSockets behavior in the property, for this path."},
	{"Azure Application Gateway", "Application Gateway forwards upgrades by itself (v2); look at its rule for this path and at the server behind."},
}

// otherVersions are those the server names where 13 is not among them.
func otherVersions(p *Probe) []string {
	if p.Reply == nil || p.Reply.Status == 101 {
		return nil
	}
	var versions []string
	for _, line := range headerValues(p.Reply.Headers, "sec-websocket-version") {
		for v := range strings.SplitSeq(line, ",") {
			if v = strings.TrimSpace(v); v != "" {
				versions = append(versions, atMost(v, 100))
			}
		}
	}
	if slices.Contains(versions, "13") {
		return nil
	}
	return versions[:min(len(versions), 10)]
}

// triedText says which other versions were tried.
func triedText(p *Probe) string {
	var worked, tried []string
	for _, t := range p.Trials {
		switch {
		case t.About != TrialVersion:
		case t.Outcome.Kind == results.Established:
			worked = append(worked, t.Value)
		default:
			tried = append(tried, t.Value)
		}
	}
	switch {
	case len(worked) > 0:
		return "; tried: " + strings.Join(worked, ", ") + " is accepted"
	case len(tried) > 0:
		return "; tried: none of " + strings.Join(tried, ", ") + " is accepted"
	}
	return " (--versions tries others)"
}

func tooLarge(p *Probe) (string, string) {
	return fmt.Sprintf("The request's head is too large for %s: %d bytes were sent.", who(p), p.Request.Size),
		"Mostly it is cookies. Send fewer, or raise the limit: large_client_header_buffers in nginx, tune.bufsize in HAProxy, LimitRequestFieldSize in Apache, --max-http-header-size in Node."
}

// credentials says how to give those that a 401 asks for.
func credentials(p *Probe) string {
	schemes := strings.ToLower(strings.Join(headerValues(p.Reply.Headers, "www-authenticate"), ", "))
	for _, several := range []string{"negotiate", "ntlm", "digest"} {
		if strings.Contains(schemes, several) && !strings.Contains(schemes, "basic") && !strings.Contains(schemes, "bearer") {
			return "That takes several requests, and a handshake here is one: give a session that was opened elsewhere (-H 'Cookie: …'), or have the path take a token or Basic."
		}
	}
	return "Give -H 'Authorization: …' or -H 'Cookie: …', as the client does that works."
}

func wanted(p *Probe) string {
	if w := headerValues(p.Reply.Headers, "www-authenticate"); len(w) > 0 {
		return " (the server asks for " + atMost(strings.Join(w, ", "), 200) + ")"
	}
	return ""
}

// originTrial is the handshake with the other Origin, if there was one.
func originTrial(p *Probe) (t Trial, ok bool) {
	for _, t := range p.Trials {
		if t.About == TrialOrigin {
			return t, true
		}
	}
	return Trial{}, false
}

func originMatters(p *Probe) bool {
	t, ok := originTrial(p)
	return ok && t.Outcome.Kind == results.Established
}

func originVerdict(p *Probe) string {
	if t, ok := originTrial(p); ok {
		return ", and " + t.Change + " the outcome is " + t.Outcome.Name()
	}
	return ""
}

func sni(p *Probe) string {
	switch {
	case p.TLS == nil:
		return "none (no TLS to this port)"
	case p.TLS.ServerName == "":
		return "not sent, as the target is an address"
	}
	return p.TLS.ServerName
}

func retryAfter(p *Probe) string {
	if v := p.Reply.value("retry-after"); v != "" {
		return " It asks to come back after " + atMost(v, 60) + " (seconds, or a date); stampede does not wait for it."
	}
	return ""
}

// unavailable tells the ways to a 503 apart by how long it took.
func unavailable(p *Probe) string {
	text := fmt.Sprintf("%s has no server to give the request to", whoFirst(p))
	switch {
	case atOnce(p):
		return text + "; it knew at once: none is up, or a limit was reached."
	case atRoundAge(p):
		return text + ". It came " + age(p) + ": the time in a queue or of several tries to connect."
	}
	return text + ". It came " + age(p) + "."
}

// upper makes a sentence's first letter large.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
