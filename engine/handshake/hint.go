package handshake

import "bytes"

// foreign maps how other protocols begin to what is probably going on.
var foreign = []struct{ prefix, hint string }{
	{"\x15\x03", "a TLS alert: the port speaks TLS, try wss://"},
	{"\x16\x03", "a TLS handshake record: the port speaks TLS, try wss://"},
	{"PRI * HTTP/2", "server answered in HTTP/2; ask for http/1.1 by ALPN"},
	{"SSH-", "an SSH server: wrong port?"},
	{"-ERR '", "NATS: wrong port?"},
	{"-ERR", "Redis or POP3: wrong port?"},
	{"-NOAUTH", "Redis: wrong port?"},
	{"-DENIED", "Redis: wrong port?"},
	{"+OK", "Redis or POP3: wrong port?"},
	{"+PONG", "Redis: wrong port?"},
	{"* OK", "an IMAP server: wrong port?"},
	{"AMQP", "an AMQP broker: wrong port?"},
	{"RFB ", "a VNC server: wrong port?"},
	{"ICY ", "a SHOUTcast server: wrong port?"},
	{"RTSP/", "an RTSP server: wrong port?"},
	{"SIP/", "a SIP server: wrong port?"},
	{"INFO {", "NATS: wrong port?"},
	{"@RSYNCD:", "rsync: wrong port?"},
	{"ERROR\r\n", "memcached: wrong port?"},
	{"ERROR\n", "a STOMP broker: wrong port?"},
	{"E\x00\x00", "PostgreSQL: wrong port?"},
	{" \x02", "an MQTT broker: wrong port?"},
	{"\x03\x00\x00", "RDP, or another protocol over TPKT: wrong port?"},
	{"\x05\x00", "a SOCKS proxy: wrong port?"},
	{"\x05\xff", "a SOCKS proxy: wrong port?"},
	{"\xff\xfb", "a Telnet server: wrong port?"},
	{"\xff\xfd", "a Telnet server: wrong port?"},
	{"This is not an HTTP port", "the transport port of Elasticsearch; it has another for HTTP"},
	{"<?xml version='1.0'?><stream", "an XMPP server: wrong port?"},
	{"PROXY ", "a line of the PROXY protocol: it goes to servers and not to clients"},
	{proxySignature, "a header of the PROXY protocol: it goes to servers and not to clients"},
	{"Status:", "header lines without a status line: the output of a CGI program?"},
	{"Content-Type:", "header lines without a status line: the output of a CGI program?"},
	{"X-Powered-By:", "header lines without a status line: the output of a CGI program?"},
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
	switch {
	case isHTTP2(b):
		return "server answered in HTTP/2; ask for http/1.1 by ALPN"
	case isMySQL(b):
		return "MySQL or MariaDB: wrong port?"
	case len(b) > 3 && parseCode(append([]byte{' '}, b[:3]...)) != 0 && (b[3] == ' ' || b[3] == '-'):
		return "an SMTP or FTP server: wrong port?"
	}
	if n := statusLineAt(b); n > 0 {
		return byteCount(n) + " before the status line: " + preambleName(b[:n])
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

// proxySignature begins a header of the PROXY protocol's version 2.
const proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

// isMySQL reports whether b starts with the first packet of a MySQL server:
// three bytes of length, the number 0, and a version of the protocol or an error.
func isMySQL(b []byte) bool {
	const version10, failed = 0x0a, 0xff
	return len(b) > 5 && b[2] == 0 && b[3] == 0 && (b[4] == version10 && isDigit(b[5]) || b[4] == failed)
}

// statusLineAt returns where a status line begins in b behind bytes that don't
// belong there: at the start of a line, or behind blanks and a byte-order mark
// alone. 0 if there is none.
func statusLineAt(b []byte) int {
	for at := 1; at < len(b); at++ {
		i := bytes.Index(b[at:], []byte(httpName))
		if i < 0 {
			return 0
		}
		at += i
		starts := b[at-1] == '\n' || isPreamble(b[:at])
		if s, _ := parseStatusLine(lineAt(b, at)); starts && s.code != 0 {
			return at
		}
	}
	return 0
}

const byteOrderMark = "\xef\xbb\xbf"

// isPreamble reports whether b is nothing but blanks, line ends and byte-order marks.
func isPreamble(b []byte) bool { return len(bytes.Trim(b, "\ufeff \t\r\n")) == 0 }

// preambleName says what stands before a status line.
func preambleName(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte(byteOrderMark)):
		return "a byte-order mark, as editors put before a script"
	case isPreamble(b) && bytes.IndexByte(b, '\n') >= 0:
		return "an empty line"
	case isPreamble(b):
		return "blanks"
	case bytes.HasPrefix(b, []byte("PROXY ")), bytes.HasPrefix(b, []byte(proxySignature)):
		return "a header of the PROXY protocol, which goes to servers and not to clients"
	}
	return "the rest of an earlier reply, or what a program printed"
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
	[]byte("combination of host and port requires TLS"),
}

// StatusHint says what may lie behind a refusal with a status, given the head
// and what has come of the body; "" if it can't tell. It reads the whole head,
// so it is for samples and not for every attempt.
func StatusHint(status uint16, head, body []byte) string {
	switch status {
	case 200:
		if _, ok := fieldValue(head, "sec-websocket-accept"); ok {
			return "the handshake was answered, with 200 in place of 101"
		}
		if bytes.HasPrefix(body, []byte(httpName+"1.1 101")) {
			return "the answer to the upgrade is in the body of another reply: a script under a web server can't take the connection over"
		}
	case 301, 302, 303, 307, 308:
		if location, ok := fieldValue(head, "location"); ok {
			return "redirected to " + quote(location) + ", which is not followed: one attempt is one handshake"
		}
	case 426:
		if names, ok := fieldValue(head, "upgrade"); ok && !bytes.Contains(bytes.ToLower(names), []byte("websocket")) {
			return "the server wants " + quote(names) + " and no WebSocket there; if that is TLS, try wss://"
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
