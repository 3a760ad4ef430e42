package handshake

import (
	"strings"
	"testing"

	"stampede/results"
)

// Parts of a good 101 to the test key.
const (
	goodStatus     = "HTTP/1.1 101 Switching Protocols\r\n"
	goodUpgrade    = "Upgrade: websocket\r\n"
	goodConnection = "Connection: Upgrade\r\n"
)

func goodAccept() string {
	accept := testKey.Accept()
	return "Sec-WebSocket-Accept: " + string(accept[:]) + "\r\n"
}

// replyWith is a good 101 with more header lines.
func replyWith(lines string) string {
	return goodStatus + goodUpgrade + goodConnection + goodAccept() + lines + "\r\n"
}

// A verdictTest is a reply and what it comes to; want in the words of expected.tsv.
type verdictTest struct {
	name, reply, want string
	warnings          Warning
	detail            string // part of Detail
}

func (tt verdictTest) run(t *testing.T, r *Request) {
	t.Helper()
	t.Run(tt.name, func(t *testing.T) {
		t.Helper()
		got := read(r, []byte(tt.reply))
		if !got.fits(tt.want) {
			t.Fatalf("got %s, want %s", got.word(), tt.want)
		}
		if got.verdict.Warnings != tt.warnings {
			t.Errorf("warnings %q, want %q", got.verdict.Warnings, tt.warnings)
		}
		if detail := got.verdict.Detail; !strings.Contains(detail, tt.detail) || (got.verdict.Outcome.Kind == results.Protocol) != (detail != "") {
			t.Errorf("detail %q, want in it %q", detail, tt.detail)
		}
		if diff := diffReadings(got.settled(), read(r, eachByte([]byte(tt.reply))...).settled()); diff != "" {
			t.Errorf("byte by byte (-whole +cut):\n%s", diff)
		}
	})
}

func TestStatusLine(t *testing.T) {
	good := goodUpgrade + goodConnection + goodAccept() + "\r\n"
	const badLine, badVersion = "protocol_error:bad_status_line", "protocol_error:bad_version"
	tests := []struct {
		line, want string
		warnings   Warning
	}{
		{"HTTP/1.1 101 Switching Protocols\r\n", "ok", 0},
		{"HTTP/1.1 101\r\n", "ok", 0},
		{"HTTP/1.1 101 \r\n", "ok", 0},
		{"HTTP/1.1 101 101\r\n", "ok", 0},
		{"HTTP/1.1 101 Switching  Protocols \t\r\n", "ok", 0},
		{"HTTP/1.1 101 Wechsel l\xe4uft\r\n", "ok", 0},
		{"HTTP/1.1 101 " + strings.Repeat("reason ", 5000) + "\r\n", "ok", 0},
		{"HTTP/1.1 101 Switching Protocols\n", "ok", BareLF},
		{"HTTP/1.2 101 Switching Protocols\r\n", "ok", HigherVersion},
		{"HTTP/1.9 101 Switching Protocols\r\n", "ok", HigherVersion},
		{"HTTP/1.0 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/2 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/2.0 200 OK\r\n", badVersion, 0},
		{"HTTP/0.9 200 OK\r\n", badVersion, 0},
		{"HTTP/1 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/1.10 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/1.1.1 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/01.1 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/11 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/+1.1 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/ 101 Switching Protocols\r\n", badVersion, 0},
		{"HTTP/\r\n", badVersion, 0},
		{"HTTP/1.1\r\n", badLine, 0},
		{"HTTP/1.1 \r\n", badLine, 0},
		{"HTTP/1.1\t101 Switching Protocols\r\n", badLine, 0},
		{"HTTP/1.1 101\tSwitching Protocols\r\n", badLine, 0},
		{"HTTP/1.1  101 Switching Protocols\r\n", badLine, 0},
		{"HTTP/1.1 50: Bad Gateway\r\n", badLine, 0},
		{"HTTP/1.1 1010 Switching\r\n", badLine, 0},
		{"HTTP/1.1 10 Switching\r\n", badLine, 0},
		{"HTTP/1.1 0x65 Switching\r\n", badLine, 0},
		{"HTTP/1.1 +101 Switching\r\n", badLine, 0},
		{"HTTP/1.1 -10 Switching\r\n", badLine, 0},
		{"HTTP/1.1 101Switching\r\n", badLine, 0},
		{"HTTP/1.1 1O1 Switching\r\n", badLine, 0},
		{"HTTP/1.1 000 Nothing\r\n", badLine, 0},
		{"HTTP/1.1 099 Nothing\r\n", badLine, 0},
		{"HTTP/1.1 101 Switching\x00Protocols\r\n", badLine, 0},
		{"HTTP/1.1 101 Switching\rProtocols\r\n", badLine, 0},
		{"HTTP/1.1 101 Switching Protocols\r\r\n", badLine, 0},
		{"HTTP/1.1 101 \x1b[31mred\r\n", badLine, 0},
		{"http/1.1 101 Switching Protocols\r\n", badLine, 0},
		{"HTTPS/1.1 101 Switching Protocols\r\n", badLine, 0},
		{" HTTP/1.1 101 Switching Protocols\r\n", badLine, 0},
		{"\r\nHTTP/1.1 101 Switching Protocols\r\n", badLine, 0},
		{"\nHTTP/1.1 101 Switching Protocols\r\n", badLine, 0},
		{"\xef\xbb\xbfHTTP/1.1 101 Switching Protocols\r\n", badLine, 0},
		{"HTTP/1.1 200 OK\r\n", "http_status:200", 0},
		{"HTTP/1.0 200 OK\r\n", "http_status:200", 0},
		{"HTTP/1.1 599 Odd\r\n", "http_status:599", 0},
		{"HTTP/1.1 600 Odd\r\n", "http_status:600", StatusOutOfRange},
		{"HTTP/1.1 999 Request denied\r\n", "http_status:999", StatusOutOfRange},
		{"HTTP/1.1 504\r\n", "http_status:504", 0},
		{"HTTP/1.1 100 Continue\r\n", "timeout", 0}, // however good its headers are
		{"HTTP/1.1 199 Odd\r\n", "timeout", 0},
	}
	for _, tt := range tests {
		if tt.want == "timeout" {
			tt.warnings = 0 // no verdict, no warnings
		}
		verdictTest{name: tt.line[:min(len(tt.line), 40)], reply: tt.line + good, want: tt.want, warnings: tt.warnings}.run(t, nil)
	}
}

// TestDecidedEarly checks that bytes which can't become a status line are
// refused at the first wrong one, without a line end.
func TestDecidedEarly(t *testing.T) {
	const good = goodStatus + goodUpgrade
	tests := []struct{ name, bytes, hint string }{
		{"http/2 settings", "\x00\x00\x12\x04\x00\x00\x00\x00\x00", "HTTP/2"},
		{"http/2 goaway", "\x00\x00\x0a\x07\x00\x00\x00\x00\x00", "HTTP/2"},
		{"tls alert", "\x15\x03\x03\x00\x02\x02\x46", "wss://"},
		{"tls record", "\x16\x03\x01\x00\x05", "wss://"},
		{"ssh", "SSH-2.0-O", "SSH"},
		{"redis", "-ERR unknown", "Redis"},
		{"smtp", "220 mail.example.test ESMTP", "SMTP"},
		{"html", "<html>", "markup"},
		{"echo", "GET / HTTP/1.1", "echo"},
		{"lower case", "http/1.1 101", "upper case"},
		{"empty line", "\r", "empty line"},
		{"ftp", "421-Too many connections\r\n", "FTP"},
		{"mysql", "\x4a\x00\x00\x00\x0a8.0.33\x00", "MySQL"},
		{"mysql refuses", "\x47\x00\x00\x00\xff\x6a\x04Host", "MySQL"},
		{"postgresql", "E\x00\x00\x00\x8fSFATAL\x00", "PostgreSQL"},
		{"memcached", "ERROR\r\nERROR\r\n", "memcached"},
		{"stomp", "ERROR\nmessage:x\n\n\x00", "STOMP"},
		{"nats", "INFO {\"server_id\":\"x\"}\r\n", "NATS"},
		{"nats refuses", "-ERR 'Unknown Protocol Operation'\r\n", "NATS"},
		{"telnet", "\xff\xfd\x18\xff\xfd\x20", "Telnet"},
		{"rsync", "@RSYNCD: 31.0\n", "rsync"},
		{"rtsp", "RTSP/1.0 400 Bad Request\r\n\r\n", "RTSP"},
		{"xmpp", "<?xml version='1.0'?><stream:stream>", "XMPP"},
		{"proxy protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + good, "PROXY protocol"},
		{"proxy protocol 2", proxySignature + "\x21\x11\x00\x0c", "PROXY protocol"},
		{"cgi", "Status: 101 Switching Protocols\r\n\r\n", "CGI"},
		{"byte-order mark", "\ufeff" + good, "3 bytes before the status line: a byte-order mark"},
		{"blank", " " + good, "1 byte before the status line: blanks"},
		{"line end", "\r\n" + good, "2 bytes before the status line: an empty line"},
		{"earlier body", "</html>\r\n" + good, "9 bytes before the status line: the rest"},
		{"earlier chunk", "0\r\n\r\n" + good, "5 bytes before the status line: the rest"},
		{"warning", "Warning: x\n" + good, "11 bytes before the status line: the rest"},
		{"not at a line's start", "<h1>HTTP/1.1 400 Bad Request</h1>", "markup"},
		{"unknown", "\x7f\x7f", "not HTTP"},
		{"almost", "HTTQ", "not HTTP"},
	}
	for _, tt := range tests {
		verdictTest{name: tt.name, reply: tt.bytes, want: "protocol_error:bad_status_line", detail: tt.hint}.run(t, nil)
	}
}

func TestHeaderLines(t *testing.T) {
	const bad = "protocol_error:bad_header"
	tests := []struct {
		name, lines, want string
		warnings          Warning
		detail            string
	}{
		{"plain", "Server: x\r\n", "ok", 0, ""},
		{"empty value", "Server:\r\n", "ok", 0, ""},
		{"8-bit value", "Server: \xe4\xf6\xfc \xff\r\n", "ok", 0, ""},
		{"colons in the value", "X: a:b::c\r\n", "ok", 0, ""},
		{"every token character", "!#$%&'*+-.^_`|~09azAZ: x\r\n", "ok", 0, ""},
		{"bare lf", "Server: x\n", "ok", BareLF, ""},
		{"fold", "X: a\r\n b\r\n\tc\r\n", "ok", ObsFold, ""},
		{"fold with a colon", "X: a\r\n Upgrade: h2c\r\n", "ok", ObsFold, ""},
		{"blank line that folds", "X: a\r\n \r\n\t\r\nY: b\r\n", "ok", ObsFold, ""},
		{"no colon", "Server x\r\n", bad, 0, "without a colon"},
		{"no name", ": x\r\n", bad, 0, "without a name"},
		{"blank before the colon", "Server : x\r\n", bad, 0, "blank before the colon"},
		{"tab before the colon", "Server\t: x\r\n", bad, 0, "blank before the colon"},
		{"blank in the name", "Ser ver: x\r\n", bad, 0, "no token"},
		{"8-bit name", "S\xe4rver: x\r\n", bad, 0, "no token"},
		{"nul in the name", "Ser\x00ver: x\r\n", bad, 0, "no token"},
		{"nul in the value", "Server: a\x00b\r\n", bad, 0, "control character"},
		{"cr in the value", "Server: a\rb\r\n", bad, 0, "control character"},
		{"cr cr lf", "Server: a\r\r\n", bad, 0, "CR CR LF"},
		{"escape in the value", "Server: \x1b[2J\r\n", bad, 0, "control character"},
		{"del in the value", "Server: \x7f\r\n", bad, 0, "control character"},
		{"nul in a fold", "Server: a\r\n b\x00\r\n", bad, ObsFold, "control character"},
		{"a second status line", goodStatus, bad, 0, "without a colon"},
		{"length on a 101", "Content-Length: 5\r\n", "ok", BodyAnnounced, ""},
		{"chunked 101", "Transfer-Encoding: chunked\r\n", "ok", BodyAnnounced, ""},
	}
	for _, tt := range tests {
		verdictTest{tt.name, replyWith(tt.lines), tt.want, tt.warnings, tt.detail}.run(t, nil)
	}
	verdictTest{"fold of the status line", goodStatus + " X: a\r\n" + goodUpgrade + "\r\n", bad, ObsFold, "none before it"}.run(t, nil)
	verdictTest{"fold of an interim's status line", "HTTP/1.1 100 C\r\nX: a\r\n\r\n" + goodStatus + "\tX: a\r\n\r\n", bad, ObsFold | InterimSkipped, "none before it"}.run(t, nil)
	verdictTest{"bad header of a refusal", "HTTP/1.1 503 Busy\r\nServer : x\r\n\r\n", bad, 0, "blank before"}.run(t, nil)
}

func TestBareLineFeeds(t *testing.T) {
	reply := strings.ReplaceAll(replyWith("X: a\r\n"), "\r\n", "\n")
	verdictTest{name: "throughout", reply: reply, want: "ok", warnings: BareLF}.run(t, nil)
	verdictTest{name: "at the end only", reply: strings.TrimSuffix(replyWith(""), "\r\n") + "\n", want: "ok", warnings: BareLF}.run(t, nil)
}

func TestInterimHeadersDoNotCount(t *testing.T) {
	interim := "HTTP/1.1 103 Early Hints\r\n" + goodUpgrade + goodConnection + goodAccept() + "\r\n"
	verdictTest{"no headers of its own", interim + goodStatus + "\r\n", "protocol_error:missing_upgrade", InterimSkipped,
		"missing Upgrade, Connection, Sec-WebSocket-Accept"}.run(t, nil)
	verdictTest{name: "repeated", reply: interim + replyWith(""), want: "ok", warnings: InterimSkipped}.run(t, nil)
}

func TestWarningString(t *testing.T) {
	tests := []struct {
		warning Warning
		want    string
	}{
		{0, ""},
		{NoSubprotocol, "no subprotocol selected"},
		{InterimSkipped | BareLF, "line feed without carriage return, interim reply skipped"},
		{1 << NumWarnings, ""},
	}
	for _, tt := range tests {
		if got := tt.warning.String(); got != tt.want {
			t.Errorf("Warning(%#x) = %q, want %q", uint16(tt.warning), got, tt.want)
		}
	}
	for i := range NumWarnings {
		if w := Warning(1 << i); w.String() == "" || testing.AllocsPerRun(10, func() { _ = w.String() }) != 0 {
			t.Errorf("warning %d has no name, or allocates it", i)
		}
	}
}
