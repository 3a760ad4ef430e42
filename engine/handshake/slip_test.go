package handshake

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// TestAcceptSlips holds each slip to a value worked out apart from slips.
func TestAcceptSlips(t *testing.T) {
	random := [16]byte{0: 11, 15: 3}
	sent := NewKey(random)
	accept := sent.Accept()
	key, right := string(sent[:]), string(accept[:])
	hash := func(text string) []byte { sum := sha1.Sum([]byte(text)); return sum[:] }
	b64 := base64.StdEncoding.EncodeToString
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	tests := []struct{ name, got, want string }{
		{"right", right, ""},
		{"another key's", b64(hash("dGhlIHNhbXBsZSBub25jZR==" + guid)), ""},
		{"empty", "", "it is empty"},
		{"the key", key, "the key itself"},
		{"the example's", b64(hash("dGhlIHNhbXBsZSBub25jZQ==" + guid)), "the example key"},
		{"no GUID", b64(hash(key)), "GUID was left out"},
		{"no key", b64(hash(guid)), "key was empty"},
		{"GUID in lower case", b64(hash(key + strings.ToLower(guid))), "GUID was hashed in lower case"},
		{"decoded key", b64(hash(string(random[:]) + guid)), "decoded before"},
		{"line end", b64(hash(key + "\r\n" + guid)), "not trimmed"},
		{"carriage return", b64(hash(key + "\r" + guid)), "not trimmed"},
		{"blank before", b64(hash(" " + key + guid)), "not trimmed"},
		{"hexadecimal", fmt.Sprintf("%X", hash(key+guid)), "in place of base64"},
		{"base64 of hexadecimal", b64(fmt.Appendf(nil, "%x", hash(key+guid))), "before base64"},
		{"lower case", strings.ToLower(right), "upper and lower case"},
		{"quotes", `"` + right + `"`, "quotes"},
		{"no padding", strings.TrimRight(right, "="), "padding"},
		{"too much padding", right + "=", "padding"},
		{"for URLs", strings.NewReplacer("+", "-", "/", "_").Replace(right), "alphabet for URLs"},
	}
	if !strings.ContainsAny(right, "+/") {
		t.Fatalf("accept %q shows nothing about alphabets", right)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := acceptSlip(&sent, test.got)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("slip %q, want one with %q", got, test.want)
			}
		})
	}
}

// TestRepeatedAcceptIsTold keeps a right value that came twice from being
// taken for a wrong one.
func TestRepeatedAcceptIsTold(t *testing.T) {
	accept := testKey.Accept()
	line := "Sec-WebSocket-Accept: " + string(accept[:]) + "\r\n"
	got := read(nil, []byte("HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: upgrade\r\n"+line+line+"\r\n"))
	if !got.fits("protocol_error:bad_accept") || !strings.Contains(got.verdict.Detail, "sent more than once") {
		t.Errorf("got %s", got.word())
	}
}
