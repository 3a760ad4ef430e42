package probe

import (
	"fmt"
	"strings"
)

// applicationRefusals are what server libraries and frameworks answer in words
// of their own.
var applicationRefusals = []symptom{
	{"status_lost", all(status(200, 201, 202), func(p *Probe) bool { return p.Reply.value("sec-websocket-accept") != "" }), func(p *Probe) (string, string) {
		return fmt.Sprintf("The handshake was answered, as Sec-WebSocket-Accept shows, with the status %d in place of 101: clients take no other.", p.Outcome.Status),
			"Let the application set the status (PHP: http_response_code(101); CGI: Status: 101), or leave the handshake to a WebSocket library. If it does: what stands between changes the status, so probe the server behind with --connect-to ADDRESS:PORT."
	}},
	{"head_in_body", all(status(200), startsBody("HTTP/1.1 101")), always(
		"The 101 is in the body of another reply: a script writes it under a web server, which has sent a head of its own before.",
		"A page or CGI script can't take the connection over. Run the WebSocket server as a program with a port of its own, and let the web server forward to it.")},
	{"two_answers", startsBody("HTTP/1.1 101"), always(
		"A refusal came, and a 101 right behind it: two programs answered the same request, as two WebSocket servers do that each listen for upgrades on one HTTP server (Node).",
		"Let one place take the upgrades and choose by path (ws: noServer: true and handleUpgrade; Socket.IO: destroyUpgrade: false).")},
	{"key_lost", all(status(400, 426), inBody("missing or invalid sec-websocket-key", "invalid sec-websocket-key", "missing sec-websocket-key",
		"'sec-websocket-key' header", "`sec-websocket-key` header", `header "sec-websocket-key"`, `"sec-websocket-key" header`, "handshake error: none")), func(p *Probe) (string, string) {
		return "The server got no valid Sec-WebSocket-Key, and stampede sent one: something between drops or changes it.",
			"Let each proxy forward all Sec-WebSocket-… headers. " + forwarding(p)
	}},
	{"version_lost", all(status(400, 426), inBody("'sec-websocket-version' header", "invalid sec-websocket-version", "missing sec-websocket-version",
		"`sec-websocket-version` header", `"sec-websocket-version" header`, "websocket version", "unsupported websocket protocol version"),
		func(p *Probe) bool { return len(otherVersions(p)) == 0 }), func(p *Probe) (string, string) {
		return "The server got no Sec-WebSocket-Version that it knows, and stampede sent 13: something between drops or changes it.",
			"Let each proxy forward all Sec-WebSocket-… headers. " + forwarding(p)
	}},
	{"engineio_forbidden", all(status(400, 403), inBody(`{"code":4,`)), func(p *Probe) (string, string) {
		return "Socket.IO's allowRequest (in version 2 its list of origins, too) refused: " + origin(p) + originVerdict(p) + ".",
			"Send the Origin and the cookie that its clients do: -H 'Origin: …', -H 'Cookie: …'."
	}},
	{"engineio_version", all(status(400), inBody("unsupported protocol version")), always(
		"The Socket.IO server does not speak the version of its protocol that the URL asks for.",
		"Ask for EIO=4 (servers 3 and 4) or EIO=3 (servers 2, and later ones with allowEIO3) in the query.")},
	{"session_unknown", all(status(400), inBody("session id unknown")), always(
		"A replica answered that does not know the session: Socket.IO's login went to another one.",
		"Make the balancer sticky (by cookie or by source address), or offer the websocket transport alone.")},
	{"session_unknown", all(status(404), inBody("no connection with that id")), always(
		"A replica answered that does not know the connection's id: SignalR negotiated it with another one, or it has expired.",
		"Make the balancer sticky, or let clients skip the negotiation (skipNegotiation, with the WebSockets transport alone). An id is good for one connection.")},
	{"negotiate_first", all(status(400), inBody("connection id required")), always(
		"A SignalR server of the old kind wants a connection's id in the query.",
		"POST to PATH/negotiate first and give its id (?id=…), or probe a hub that lets clients skip the negotiation.")},
	{"polling", all(status(200, 400), inBody(`0{"sid"`, `"transport unknown"`)), always(
		"A Socket.IO server took the request for one of its polling transport.", "Ask for /socket.io/?EIO=4&transport=websocket.")},
	{"sockjs", all(status(200), inBody("welcome to sockjs")), always(
		"This is the greeting of a SockJS server.", "Its WebSocket is at PATH/websocket.")},
	{"express_ws", all(status(404), inBody("/.websocket")), always(
		"The upgrade reached express-ws, and no route of it fits the path: it looks for PATH/.websocket inside Express.",
		"Check the path against app.ws(…), and that expressWs(app) runs before the routers are made.")},
	{"action_cable", all(status(404), isActionCable), func(p *Probe) (string, string) {
		return "Rails' Action Cable answers so when it sees no upgrade, and when it does not allow the Origin: " + origin(p) + originVerdict(p) + ".",
			"Send the Origin your pages have (-H 'Origin: …'), or add it to config.action_cable.allowed_request_origins. If that is right: " + forwarding(p)
	}},
	{"origin", all(status(403), inBody("invalid cors request")), func(p *Probe) (string, string) {
		return "Spring does not allow this Origin: " + origin(p) + originVerdict(p) + "; " + asked(p) + ".",
			"Add it with setAllowedOrigins or setAllowedOriginPatterns, for the WebSocket and for Spring Security's CORS. Behind a proxy that ends TLS or changes Host, an Origin of its own looks foreign to Spring: forward X-Forwarded-Proto and -Host and set server.forward-headers-strategy."
	}},
	{"asgi_closed", all(status(403), isASGI, func(p *Probe) bool { return !originMatters(p) }), func(p *Probe) (string, string) {
		return "A 403 with nothing in it, as Python's ASGI servers (uvicorn, Daphne, Hypercorn) send where the application closes before it accepts: no WebSocket route fits the path, a check of the Origin or of the login refused, or the code failed before accept(). " + upper(origin(p)) + originVerdict(p) + "; " + asked(p) + ".",
			"Compare the path with the WebSocket routes first: FastAPI and Starlette answer 403, not 404, to an unknown one. Then the Origin (Channels' AllowedHostsOriginValidator wants one that is in ALLOWED_HOSTS), then the login. The server's log has the line."
	}},
	{"asgi_plain", all(status(404), func(p *Probe) bool {
		return inBody(`"detail":"not found`, `"detail": "not found`)(p) || p.passed("uvicorn") && startsBody("Not Found")(p)
	}), func(p *Probe) (string, string) {
		return "The application answered it as a plain request: over a WebSocket, FastAPI and Starlette refuse an unknown path with 403. So the upgrade did not get there.",
			"uvicorn needs a library for WebSockets: pip install 'uvicorn[standard]' (its log says \"Unsupported upgrade request\"). Gunicorn needs a worker that speaks ASGI. If that is right: " + forwarding(p)
	}},
	{"django_plain", all(status(404), inBody("using the urlconf defined in", "<p>the requested resource was not found on this server.</p>")), func(p *Probe) (string, string) {
		return "Django answered it as a page: its URLconf was asked, and Channels' WebSocket routes were not.",
			"Serve the ASGI application (Daphne, uvicorn) and not the WSGI one; runserver does so only with daphne at the head of INSTALLED_APPS. If that is right: " + forwarding(p)
	}},
	{"phoenix_path", all(status(404), inBody("no route found for get", "phoenix.router.norouteerror")), always(
		"Phoenix has no route for the path.",
		"A Phoenix socket that is mounted at /socket is reached at /socket/websocket (with ?vsn=2.0.0).")},
	{"subprotocol_wanted", all(status(400, 403, 406, 426, 500), inBody("subprotocol", "sub-protocol", "sec-websocket-protocol")), func(p *Probe) (string, string) {
		offered := "none was offered"
		if len(p.Request.Subprotocols) > 0 {
			offered = fmt.Sprintf("%q were offered", p.Request.Subprotocols)
		}
		return "The server wants a subprotocol that it knows, and " + offered + ".",
			"Offer the one its clients do, in its exact case: --subprotocol mqtt (MQTT brokers), graphql-transport-ws, ocpp1.6, janus-protocol, v12.stomp."
	}},
	{"no_hijack", all(status(500, 501), inBody("http.hijacker")), always(
		"The Go server could not take the connection over: middleware around the handler hides http.Hijacker from it.",
		"Let the middleware (logging, compression, timeouts, metrics) implement Unwrap or Hijack, or leave it out for this path. Over HTTP/2 there is no Hijacker at all.")},
	{"no_upgrade", all(status(400, 404, 405, 500, 501), sawNoUpgrade), noUpgrade},
}

// sawNoUpgrade matches bodies in which a library says that the request was no
// upgrade.
var sawNoUpgrade = inBody("'upgrade' token not found", "websocket upgrade", "upgrade to websocket", "upgrade required",
	`can "upgrade" only to`, "no websocket upgrade hdr", "missing connection header", "missing upgrade header", "expected websocket",
	"not a websocket", "invalid upgrade header", "invalid connection header", "missing or invalid upgrade", "websocket request was expected",
	"expects a websocket", `handshake error: bad "upgrade"`, "can only upgrade", `"connection" must be "upgrade"`,
	"header did not include 'upgrade'", "header did not include 'websocket'", "'websocket' token not found",
	"no connection upgrade", `handshake error: bad "connection"`, `"connection" header must be "upgrade"`,
	"upgrade header missing", "upgrade header different", "connection header missing", "connection header does not include",
	`request header "upgrade"`, `request header "connection"`, "no upgrade state was present",
	`{"code":3,"message":"bad request"}`) // engine.io, to transport=websocket without an upgrade

// startsBody matches refusals whose body starts with a text.
func startsBody(text string) func(*Probe) bool {
	return func(p *Probe) bool { return strings.HasPrefix(strings.TrimSpace(p.Reply.Body), text) }
}

// isASGI matches the bare refusal of an ASGI server: Daphne's status line, or
// a head that says text/plain and no length, without a character set.
func isASGI(p *Probe) bool {
	if p.Reply.BodySize > 0 {
		return false
	}
	for _, name := range []string{"uvicorn", "daphne", "hypercorn"} {
		if p.passed(name) {
			return true
		}
	}
	return p.Reply.phrase() == "Access denied" && len(p.Reply.Headers) == 0 ||
		p.Reply.value("content-type") == "text/plain" && p.Reply.value("content-length") == "0"
}

// isActionCable matches the 404 that Action Cable gives to what it refuses.
func isActionCable(p *Probe) bool {
	return strings.TrimSpace(p.Reply.Body) == "Page not found" && strings.HasPrefix(p.Reply.value("content-type"), "text/plain")
}
