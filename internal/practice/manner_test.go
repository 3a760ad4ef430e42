package practice

import (
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gobwas/ws"
)

func TestFaults(t *testing.T) {
	valid := string(appendUpgrade(nil, sampleKey, ""))
	type test struct {
		kind   string
		expect func(c *client)
	}
	tests := []test{
		{"504", func(c *client) {
			r := c.reply()
			page, _ := io.ReadAll(r.Body)
			if r.Status != "504 Gateway Time-out" || !strings.Contains(string(page), "504 Gateway Time-out") {
				c.t.Errorf("answered %s with %q", r.Status, page)
			}
			c.ended()
		}},
		{"403", func(c *client) {
			if r := c.reply(); r.StatusCode != 403 {
				c.t.Errorf("answered %s", r.Status)
			}
			c.ended()
		}},
		{faultReset, func(c *client) {
			if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
				c.t.Errorf("%d bytes and error %v, want a reset", n, err)
			}
		}},
		{faultClose, func(c *client) { c.ended() }},
		{faultSilence, func(c *client) { c.silent() }},
		{faultHalf, func(c *client) {
			half := make([]byte, len(valid)/2)
			if _, err := io.ReadFull(c.in, half); err != nil || string(half) != valid[:len(half)] {
				c.t.Errorf("read %q, error %v", half, err)
			}
			c.silent()
		}},
		{faultDrip, func(c *client) {
			reads, got := 0, make([]byte, 0, len(valid))
			for len(got) < len(valid) {
				n, err := c.Read(got[len(got):cap(got)])
				if err != nil {
					c.t.Fatal(err)
				}
				reads, got = reads+1, got[:len(got)+n]
			}
			// A late reader may find two bytes together.
			if string(got) != valid || reads < len(valid)/2 {
				c.t.Errorf("read %q in %d reads", got, reads)
			}
			c.sendFrame(ws.NewPingFrame([]byte("on time")))
			c.frame(ws.OpPong)
		}},
		{faultWrongAccept, func(c *client) {
			r := c.reply()
			if accept := r.Header.Get("Sec-WebSocket-Accept"); r.StatusCode != 101 || len(accept) != 28 || strings.Contains(valid, accept) {
				c.t.Errorf("answered %s with accept %q", r.Status, accept)
			}
			c.silent()
		}},
		{faultGarbage, func(c *client) {
			if got, err := io.ReadAll(c.in); err != nil || string(got) != garbage {
				c.t.Errorf("read %q, error %v", got, err)
			}
		}},
		{faultCloseAfter, func(c *client) {
			r := c.reply()
			code, _ := ws.ParseCloseFrameData(c.frame(ws.OpClose))
			if r.StatusCode != 101 || code != 1013 {
				c.t.Errorf("answered %s, then closed with %d", r.Status, code)
			}
			c.sendFrame(ws.NewTextFrame([]byte("on its way when the Close came")))
			c.sendFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
			c.ended()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			s, stop := start(t, Config{Faults: []Fault{{tt.kind, 1}}})
			c := dial(t, s)
			c.send(head())
			tt.expect(c)
			c.Close()
			eventually(t, s, "counted", func(n Counts) bool { return n.Injected[tt.kind] == 1 && n.Open == 0 })
			got := stop()
			opens := int64(0)
			if (Fault{Kind: tt.kind}).opens() {
				opens = 1
			}
			if got.Requests != 1 || got.Upgraded != opens || got.MostOpen != opens {
				t.Errorf("counts %+v", got)
			}
		})
	}
	for _, word := range faultWords {
		if !slices.ContainsFunc(tests, func(tt test) bool { return tt.kind == word }) {
			t.Errorf("fault %s has no live test", word)
		}
	}
}
