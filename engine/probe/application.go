package probe

import (
	"strings"
)

// applicationRefusals are what server libraries and frameworks answer in words
// of their own.
var applicationRefusals = []symptom{
	{"key_lost", all(status(400, 426), inBody("missing or invalid sec-websocket-key", "invalid sec-websocket-key", "missing sec-websocket-key",
		"'sec-websocket-key' header", "`sec-websocket-key` header", `header "sec-websocket-key"`)), func(p *Probe) (string, string) {
		return "The server got no valid Sec-WebSocket-Key, and stampede sent one: something between drops or changes it.",
			"Let each proxy forward all Sec-WebSocket-… headers. " + forwarding(p)
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
	`request header "upgrade"`, `request header "connection"`, "no upgrade state was present",
	`{"code":3,"message":"bad request"}`) // engine.io, to transport=websocket without an upgrade

// isActionCable matches the 404 that Action Cable gives to what it refuses.
func isActionCable(p *Probe) bool {
	return strings.TrimSpace(p.Reply.Body) == "Page not found" && strings.HasPrefix(p.Reply.value("content-type"), "text/plain")
}
