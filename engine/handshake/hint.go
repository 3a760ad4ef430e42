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
