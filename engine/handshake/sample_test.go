package handshake

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text", "HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n{\"a\":\"b\\n\"}", "HTTP/1.1 403 Forbidden\nServer: x\n\n{\"a\":\"b\\n\"}"},
		{"utf-8", "caf\u00e9 \u2713\t1", "caf\u00e9 \u2713\t1"},
		{"escape", "\x1b[31mred\x07", `\x1b[31mred\a`},
		{"lone cr", "a\rb\r\r\nc\r", "a\\rb\\r\nc\\r"},
		{"nul and del", "\x00\x7f", `\x00\x7f`},
		{"c1 control", "\u009b31m", `\u009b31m`},
		{"turned text", "a\u202eb\u2066", `a\u202eb\u2066`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"latin-1", "caf\xe9", `caf\xe9`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"html is left", "<b>&", "<b>&"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Escape([]byte(tt.in)); got != tt.want {
				t.Errorf("Escape = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSample(t *testing.T) {
	const head = "HTTP/1.1 503 Busy\r\n\r\n"
	long := strings.Repeat("e", 6000)
	tests := []struct{ name, body, want string }{
		{"no body", "", ""},
		{"text", "try later\n", "try later\n"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", "binary, 20 bytes"},
		{"random without nul", strings.Repeat("\xfe\x01a", 10), "binary, 30 bytes"},
		{"a fifth is no text", strings.Repeat("\xfftext", 4), "binary, 20 bytes"},
		{"a tenth is no text", "\xffmostly it", `\xffmostly it`},
		{"coloured text", "\x1b[31mplease try later", `\x1b[31mplease try later`},
		{"latin-1", "La requ\xeate a \xe9chou\xe9, veuillez r\xe9essayer plus tard", `La requ\xeate a \xe9chou\xe9, veuillez r\xe9essayer plus tard`},
		{"long", long, long[:4096] + "… (1904 bytes more)"},
		{"long, cut in a character", long[:4095] + "\u00e9" + long[:10], long[:4095] + "… (12 bytes more)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := Sample([]byte(head), []byte(tt.body)), "HTTP/1.1 503 Busy\n\n"+tt.want; got != want {
				t.Errorf("Sample = %q, want %q", got, want)
			}
		})
	}
	if got := Sample([]byte(long), []byte(long)); len(got) > 2*4096+100 || !utf8.ValidString(got) {
		t.Errorf("a sample of %d bytes", len(got))
	}
}

// TestSampleOfRepliesIsSafe draws every recorded reply.
func TestSampleOfRepliesIsSafe(t *testing.T) {
	for _, r := range loadReplies(t) {
		got := read(requestOffering(t, r.offer...), r.bytes)
		text := Sample([]byte(got.head), r.bytes[got.used:])
		if unsafe := func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }; strings.ContainsFunc(text+got.verdict.Detail, unsafe) {
			t.Errorf("%s: sample %q, detail %q", r.id, text, got.verdict.Detail)
		}
	}
}

func TestStatusHint(t *testing.T) {
	const hidden = "HTTP/1.1 400 Bad Request\r\n\r\n"
	tests := []struct {
		name       string
		status     uint16
		head, body string
		want       string // part of the hint; "" for none
	}{
		{"redirect", 302, "HTTP/1.1 302 Found\r\nServer: x\r\nlocation: /login\r\n\r\n", "", `"/login"`},
		{"redirect to nowhere", 302, "HTTP/1.1 302 Found\r\n\r\n", "", ""},
		{"not a redirect", 304, "HTTP/1.1 304 Not Modified\r\nLocation: /login\r\n\r\n", "", ""},
		{"nginx tls port", 400, hidden, "<center>The plain HTTP request was sent to HTTPS port</center>", "wss://"},
		{"apache tls port", 400, hidden, "Reason: You're speaking plain HTTP to an SSL-enabled server port.", "wss://"},
		{"go tls port", 400, hidden, "Client sent an HTTP request to an HTTPS server.\n", "wss://"},
		{"other 400", 400, hidden, "bad", ""},
		{"upgrade required", 426, "HTTP/1.1 426 Upgrade Required\r\n\r\n", "", "Connection"},
		{"upgrade required, to websocket", 426, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: WebSocket\r\n\r\n", "", "Connection"},
		{"upgrade required, to tls", 426, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n", "", "wss://"},
		{"misdirected", 421, "HTTP/1.1 421 Misdirected Request\r\n\r\n", "", "Host"},
		{"tomcat tls port", 400, hidden, "Bad Request\r\nThis combination of host and port requires TLS.\r\n", "wss://"},
		{"answered with 200", 200, "HTTP/1.1 200 OK\r\nSec-WebSocket-Accept: x\r\n\r\n", "", "in place of 101"},
		{"a 101 in the body", 200, "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n", "in the body"},
		{"a page", 200, "HTTP/1.1 200 OK\r\n\r\n", "<html>HTTP/1.1 101", ""},
		{"no guess", 403, "HTTP/1.1 403 Forbidden\r\nserver: envoy\r\n\r\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := StatusHint(tt.status, []byte(tt.head), []byte(tt.body))
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("hint %q, want %q in it", got, tt.want)
			}
		})
	}
}
