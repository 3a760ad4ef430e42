package handshake

import "bytes"

// foreign maps how other protocols begin to what is probably going on.
var foreign = []struct{ prefix, hint string }{
	{"\x15\x03", "a TLS alert: the port speaks TLS, try wss://"},
	{"\x16\x03", "a TLS handshake record: the port speaks TLS, try wss://"},
	{"PRI * HTTP/2", "server answered in HTTP/2; ask for http/1.1 by ALPN"},
	{"SSH-", "an SSH server: wrong port?"},
	{"-ERR", "Redis or POP3: wrong port?"},
	{"-NOAUTH", "Redis: wrong port?"},
	{"-DENIED", "Redis: wrong port?"},
	{"+OK", "Redis or POP3: wrong port?"},
	{"+PONG", "Redis: wrong port?"},
	{"* OK", "an IMAP server: wrong port?"},
	{"220", "an SMTP or FTP server: wrong port?"},
	{"AMQP", "an AMQP broker: wrong port?"},
	{"RFB ", "a VNC server: wrong port?"},
	{"ICY ", "a SHOUTcast server: wrong port?"},
	{"GET ", "the request came back: an echo server?"},
	{"http/", "the protocol's name must be in upper case"},
	{"\r", "an empty line before the status line"},
	{"\n", "an empty line before the status line"},
	{"<", "markup without a status line (HTTP/0.9?)"},
	{"{", "JSON without a status line"},
	{"\x81", "a WebSocket frame without a handshake"},
	{"\x82", "a WebSocket frame without a handshake"},
	{"\x88", "a WebSocket close frame without a handshake"},
}

// foreignHint says what a reply that isn't HTTP may be; "" if it can't tell.
func foreignHint(b []byte) string {
	if isHTTP2(b) {
		return "server answered in HTTP/2; ask for http/1.1 by ALPN"
	}
	for _, f := range foreign {
		if bytes.HasPrefix(b, []byte(f.prefix)) {
			return f.hint
		}
	}
	return ""
}

// isHTTP2 reports whether b starts with the header of an HTTP/2 SETTINGS or
// GOAWAY frame on stream 0 (RFC 9113 §4.1); at least one comes first.
func isHTTP2(b []byte) bool {
	const settings, goAway = 0x4, 0x7
	return len(b) >= 9 && b[0] == 0 && (b[3] == settings || b[3] == goAway) && bytes.Equal(b[5:9], make([]byte, 4))
}

// statusHints maps status codes to what usually lies behind them at an upgrade.
var statusHints = map[uint16]string{
	413: "the request's head is too large for the server; cookies?",
	421: "the server does not serve this Host on this connection; do Host and the TLS server name differ?",
	426: noUpgradeSeen,
	431: "the request's head is too large for the server; cookies?",
	505: noUpgradeSeen,
}

const noUpgradeSeen = "the backend saw no upgrade request; does the proxy forward Upgrade and Connection, with HTTP/1.1?"

// plainOnTLS is how common servers tell, in the body of a 400, that plain HTTP
// came to a port that speaks TLS.
var plainOnTLS = [][]byte{
	[]byte("sent to HTTPS port"),
	[]byte("speaking plain HTTP to an SSL-enabled"),
	[]byte("HTTP request to an HTTPS server"),
}

// StatusHint says what may lie behind a refusal with a status, given the head
// and what has come of the body; "" if it can't tell. It reads the whole head,
// so it is for samples and not for every attempt.
func StatusHint(status uint16, head, body []byte) string {
	switch status {
	case 301, 302, 303, 307, 308:
		if location, ok := fieldValue(head, "location"); ok {
			return "redirected to " + quote(location) + ", which is not followed: one attempt is one handshake"
		}
	case 400:
		for _, phrase := range plainOnTLS {
			if bytes.Contains(body, phrase) {
				return "the port speaks TLS, try wss://"
			}
		}
	}
	return statusHints[status]
}

// fieldValue returns the value of head's first field of that name, which must
// be in lower case.
func fieldValue(head []byte, name string) (value []byte, ok bool) {
	lines := fieldsOf(head)
	for {
		f, rest, ok := cutField(lines)
		if !ok || equalFold(f.name, name) {
			return f.value, ok
		}
		lines = rest
	}
}
