// Package probe makes one WebSocket opening handshake and explains it: every
// step with its time, what was sent and received, each rule of the 101, and
// from all that what it means and what to do.
//
// [Run] does the talking, over the plain sockets of net and crypto/tls, so that
// it works wherever Go does. What it learned is a [Probe], a value without
// sockets, and all the rest are pure functions of that: [Diagnose] finds the
// hints, Write draws it for people, Curl and HAR put it into other tools'
// words, and encoding/json writes it as it stands.
//
// A Probe holds no secret and nothing that could drive a terminal: the values of
// Authorization, Proxy-Authorization, Cookie and Set-Cookie, and of parameters of
// the query with names like token, are masked, wherever they come back too, and
// whatever a peer sent went through handshake.Escape.
// What a peer can make it hold is bounded: 64 KB of heads, 4 KB of a body, 20
// certificates with 50 names each, 16 addresses.
package probe
