package practice

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==" // RFC 6455 §1.3

// head builds a valid upgrade request with the named header lines replaced;
// an empty replacement leaves the line out, other names are added.
func head(change ...string) string {
	lines := []string{"Host: example.test", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: " + sampleKey, "Sec-WebSocket-Version: 13"}
	for _, c := range change {
		name, value, _ := strings.Cut(c, ":")
		replaced := false
		for i, line := range lines {
			if strings.HasPrefix(line, name+":") {
				lines[i], replaced = c, true
				if value == "" {
					lines = append(lines[:i], lines[i+1:]...)
				}
				break
			}
		}
		if !replaced {
			lines = append(lines, c)
		}
	}
	return "GET /socket HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func TestReadRequest(t *testing.T) {
	plain := request{key: sampleKey}
	tests := []struct {
		name   string
		text   string
		want   request
		status int // 0: accepted
	}{
		{"plain", head(), plain, 0},
		{"line feeds alone", strings.ReplaceAll(head(), "\r\n", "\n"), plain, 0},
		{"names and tokens in any case", strings.NewReplacer("Upgrade:", "uPGRADE:", "websocket\r", "WebSocket\r").Replace(head()), plain, 0},
		{"token list", head("Connection: keep-alive, Upgrade"), plain, 0},
		{"no blank after the colon", head("Connection:Upgrade"), plain, 0},
		{"16 KB of headers", head("Cookie: " + strings.Repeat("c", 16<<10)), plain, 0},
		{"just under 64 KB", head("Cookie: " + strings.Repeat("c", maxHead-len(head("Cookie: "))-1)), plain, 0},
		{"over 64 KB", head("Cookie: " + strings.Repeat("c", maxHead)), request{}, 431},
		{"subprotocols", head("Sec-WebSocket-Protocol: graphql-transport-ws , chat"), request{key: sampleKey, subprotocol: "graphql-transport-ws"}, 0},
		{"delay", head("X-Practice-Delay: 20ms"), request{key: sampleKey, delay: 20 * ms}, 0},
		{"a line with a carriage return too many", head("X: y\r"), request{}, 400},
		{"bad delay", head("X-Practice-Delay: 20"), request{}, 400},
		{"negative delay", head("X-Practice-Delay: -1ms"), request{}, 400},
		{"bad subprotocol", head("Sec-WebSocket-Protocol: a b"), request{}, 400},
		{"no host", head("Host:"), request{}, 400},
		{"two hosts", head("X: y\r\nHost: other.test"), request{}, 400},
		{"no key", head("Sec-WebSocket-Key:"), request{}, 400},
		{"short key", head("Sec-WebSocket-Key: YWJj"), request{}, 400},
		{"two keys", head("X: y\r\nSec-WebSocket-Key: " + sampleKey), request{}, 400},
		{"no upgrade", head("Upgrade:"), request{}, 426},
		{"upgrade to h2c", head("Upgrade: h2c"), request{}, 426},
		{"connection is a substring", head("Connection: no-upgrade"), request{}, 426},
		{"version 8", head("Sec-WebSocket-Version: 8"), request{}, 426},
		{"no version", head("Sec-WebSocket-Version:"), request{}, 426},
		{"HTTP/1.0", strings.Replace(head(), "HTTP/1.1", "HTTP/1.0", 1), request{}, 426},
		{"HTTP/2.0", strings.Replace(head(), "HTTP/1.1", "HTTP/2.0", 1), request{}, 400},
		{"POST", strings.Replace(head(), "GET", "POST", 1), request{}, 405},
		{"no target", strings.Replace(head(), "/socket ", "", 1), request{}, 400},
		{"empty target", strings.Replace(head(), "/socket", "", 1), request{}, 400},
		{"folded line", head("X: y\r\n z"), request{}, 400},
		{"blank before the colon", head("X : y"), request{}, 400},
		{"no colon", head("X"), request{}, 400},
		{"control character", head("X: a\x00b"), request{}, 400},
		{"carriage return", head("X: a\rb"), request{}, 400},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", request{}, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":    strings.NewReader(tt.text + "behind"),
				"bytewise": iotest.OneByteReader(strings.NewReader(tt.text + "behind")),
			} {
				got, behind, err := readRequest(r)
				bad := asBadRequest(err)
				if (bad == nil) != (tt.status == 0) || bad != nil && bad.status != tt.status {
					t.Fatalf("%s: error %v, want status %d", name, err, tt.status)
				}
				if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(request{})); diff != "" {
					t.Errorf("%s: request (-want +got):\n%s", name, diff)
				}
				rest, _ := io.ReadAll(r)
				if tt.status == 0 && string(behind)+string(rest) != "behind" {
					t.Errorf("%s: behind the head are %q and %q", name, behind, rest)
				}
			}
		})
	}
}

func TestReadRequestCut(t *testing.T) {
	text := head()
	for n := range len(text) {
		if _, _, err := readRequest(strings.NewReader(text[:n])); err != io.EOF {
			t.Fatalf("after %d bytes of %d: %v, want EOF", n, len(text), err)
		}
	}
}

// What the reader accepts, net/http must accept too and read the same in it,
// however the bytes are cut.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(head()))
	f.Add([]byte(head("Connection: keep-alive,Upgrade", "Sec-WebSocket-Protocol: a, b")))
	f.Add([]byte(strings.ReplaceAll(head("X-Practice-Delay: 1h2m"), "\r\n", "\n") + "\x89\x80abcd"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost:\r\n \r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Add([]byte(strings.TrimSuffix(head(), "\r\n\r\n") + "\r\r\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, behind, err := readRequest(bytes.NewReader(text))
		slow, _, slowErr := readRequest(iotest.OneByteReader(bytes.NewReader(text)))
		if (err == nil) != (slowErr == nil) || got != slow {
			t.Fatalf("whole: %+v, %v; byte by byte: %+v, %v", got, err, slow, slowErr)
		}
		if err != nil {
			return
		}
		if !bytes.HasSuffix(text, behind) {
			t.Errorf("behind the head are %q, not the end of the input", behind)
		}
		// net/http also parses the target, which the server ignores.
		_, lines, _ := bytes.Cut(text, []byte("\n"))
		r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(strings.NewReader("GET / HTTP/1.1\r\n"), bytes.NewReader(lines))))
		if err != nil {
			t.Fatalf("accepted, but net/http says %v", err)
		}
		if key := r.Header.Get("Sec-WebSocket-Key"); key != got.key {
			t.Errorf("key %q, net/http reads %q", got.key, key)
		}
		if version := r.Header.Get("Sec-WebSocket-Version"); version != "13" {
			t.Errorf("accepted version %q", version)
		}
		if d := r.Header.Values("X-Practice-Delay"); len(d) > 0 && d[len(d)-1] != "" {
			if want, err := time.ParseDuration(d[len(d)-1]); err != nil || got.delay != want {
				t.Errorf("delay %v, net/http reads %q", got.delay, d)
			}
		}
	})
}

func TestAppendUpgrade(t *testing.T) {
	text := appendUpgrade(nil, sampleKey, "chat")
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{r.Status, r.Header.Get("Upgrade"), r.Header.Get("Connection"), r.Header.Get("Sec-WebSocket-Accept"), r.Header.Get("Sec-WebSocket-Protocol")}
	want := []string{"101 Switching Protocols", "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "chat"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	room := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { appendUpgrade(room, sampleKey, "") }); n != 0 {
		t.Errorf("%v allocations a reply, want 0", n)
	}
}

func TestRefusal(t *testing.T) {
	tests := []struct {
		status                  int
		line, upgrade, versions string
		body                    bool
	}{
		{204, "204 Practice", "", "", false},
		{426, "426 Upgrade Required", "websocket", "13", true},
		{503, "503 Service Temporarily Unavailable", "", "", true},
		{504, "504 Gateway Time-out", "", "", true},
		{999, "999 Practice", "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(refusal(tt.status))), nil)
			if err != nil {
				t.Fatal(err)
			}
			page, err := io.ReadAll(r.Body)
			if err != nil || bytes.Contains(page, []byte(tt.line)) != tt.body || len(page) > 0 != tt.body {
				t.Errorf("page %q, error %v", page, err)
			}
			if r.Status != tt.line || !r.Close || r.Header.Get("Upgrade") != tt.upgrade || r.Header.Get("Sec-WebSocket-Version") != tt.versions {
				t.Errorf("reply %s with %v", r.Status, r.Header)
			}
		})
	}
}
