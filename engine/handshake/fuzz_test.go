package handshake

import (
	"bufio"
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"stampede/results"
)

// FuzzParse reads any bytes, cut anywhere. All cuts must settle the same, no
// number may leave its bounds, and net/http, an independent reader, must agree:
// where both find a final reply, on its status; where stampede says established,
// on every header that makes it so.
func FuzzParse(f *testing.F) {
	for _, r := range loadReplies(f) {
		f.Add(r.bytes[:min(len(r.bytes), 2000)], uint16(len(r.bytes)/2))
	}
	request := requestOffering(f, "chat", "graphql-ws")
	f.Fuzz(func(t *testing.T, reply []byte, cut uint16) {
		at := int(cut) % (len(reply) + 1)
		whole := read(request, reply)
		for name, parts := range map[string][][]byte{"two pieces": pieces(reply, at), "bytes": eachByte(reply)} {
			if diff := diffReadings(whole.settled(), read(request, parts...).settled()); diff != "" {
				t.Errorf("%s (-whole +cut):\n%s", name, diff)
			}
		}
		checkBounds(t, whole, len(reply))
		if whole.done {
			checkOracle(t, whole, reply)
		}
		if text := Sample([]byte(whole.head), reply[whole.used:]); strings.ContainsAny(text, "\x1b\x00\r\x7f") {
			t.Errorf("sample %q", text)
		}
	})
}

// checkBounds checks what every reading must keep to.
func checkBounds(t *testing.T, got reading, size int) {
	t.Helper()
	v := got.verdict
	if got.used > size || len(got.head) > maxHead || v.Interim > maxInterim || v.Subprotocol > 1 || v.Subprotocol < -1 {
		t.Errorf("out of bounds: %+v", got)
	}
	if got.done != (v.Outcome.Kind != results.Invalid) {
		t.Errorf("done %t with %+v", got.done, v.Outcome)
	}
	if (v.Detail != "") != (v.Outcome.Kind == results.Protocol) {
		t.Errorf("detail %q with %s", v.Detail, v.Outcome.Name())
	}
}

// checkOracle compares with net/http. That one is laxer about blanks in the
// status line and characters in the reason, so it may accept more; and it
// refuses framing headers it can't follow, which say nothing about a head.
func checkOracle(t *testing.T, got reading, reply []byte) {
	t.Helper()
	resp, err := readFinalResponse(reply)
	switch o := got.verdict.Outcome; {
	case o.Kind == results.Protocol:
	case err != nil:
		if o.Kind == results.Established && got.verdict.Warnings&BodyAnnounced == 0 {
			t.Errorf("established, net/http says %v", err)
		}
	case o.Kind == results.Status && int(o.Status) != resp.StatusCode:
		t.Errorf("status %d, net/http says %d", o.Status, resp.StatusCode)
	case o.Kind == results.Established:
		checkEstablished(t, resp)
	}
}

// checkEstablished checks that net/http too read a good answer.
func checkEstablished(t *testing.T, resp *http.Response) {
	t.Helper()
	accept, h := testKey.Accept(), resp.Header
	if resp.StatusCode != switchingProtocols || !slices.Equal(h["Sec-Websocket-Accept"], []string{string(accept[:])}) {
		t.Errorf("established, net/http says %d with %q", resp.StatusCode, h)
	}
	for name, token := range map[string]string{"Upgrade": "websocket", "Connection": "upgrade"} {
		if name == "Connection" && resp.Close {
			continue // with "close" in it net/http takes the header out
		}
		if !strings.Contains(strings.ToLower(strings.Join(h[name], ",")), token) {
			t.Errorf("established, net/http reads %s as %q", name, h[name])
		}
	}
	if len(h["Sec-Websocket-Extensions"]) > 0 || len(h["Sec-Websocket-Protocol"]) > 1 {
		t.Errorf("established, net/http reads %q", h)
	}
}

// readFinalResponse has net/http read reply, past the interim responses.
func readFinalResponse(reply []byte) (*http.Response, error) {
	r := bufio.NewReader(bytes.NewReader(reply))
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
		if err != nil || resp.StatusCode/100 != 1 || resp.StatusCode == switchingProtocols {
			return resp, err
		}
	}
}
