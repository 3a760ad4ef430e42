package practice

import (
	"bytes"
	"net"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestHeldConnection(t *testing.T) {
	s, stop := start(t, Config{})
	large := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	c := dial(t, s)
	c.upgraded()
	c.sendFrame(ws.NewPingFrame([]byte("are you there")))
	if got := c.frame(ws.OpPong); string(got) != "are you there" {
		t.Errorf("pong with %q", got)
	}
	c.sendFrame(ws.NewPongFrame([]byte("unasked")))
	for _, text := range [][]byte{nil, []byte("hello"), large} {
		c.sendFrame(ws.NewBinaryFrame(text))
		if got := c.frame(ws.OpBinary); !bytes.Equal(got, text) {
			t.Errorf("an echo of %d bytes differs from the %d sent", len(got), len(text))
		}
	}
	c.sendFrame(ws.NewFrame(ws.OpText, false, []byte("in ")))
	c.frame(ws.OpText)
	c.sendFrame(ws.NewPingFrame(nil))
	c.frame(ws.OpPong)
	c.sendFrame(ws.NewFrame(ws.OpContinuation, true, []byte("pieces")))
	c.frame(ws.OpContinuation)
	c.sendFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "done")))
	if code := c.closeCode(); code != 1000 {
		t.Errorf("closed with %d", code)
	}
	c.Close()
	got := stop()
	got.MostLate = 0
	want := Counts{Accepted: 1, Requests: 1, Upgraded: 1, MostOpen: 1, PeerClosed: 1, Pings: 2, Messages: 5,
		Statuses: map[string]int64{}, Injected: map[string]int64{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestHeldConnectionMisbehaves(t *testing.T) {
	tests := []struct {
		name  string
		bytes string
		want  ws.StatusCode
	}{
		{"unmasked frame", "\x81\x02hi", 1002},
		{"reserved opcode", "\x83\x80abcd", 1002},
		{"continuation of nothing", "\x80\x80abcd", 1002},
		{"fragmented ping", "\x09\x80abcd", 1002},
		{"huge frame", "\x82\xff\x00\x00\x00\x00\x40\x00\x00\x00abcd", 1009},
		{"forbidden close code", "\x88\x82\x00\x00\x00\x00\x03\xed", 1002},
		{"close without a code", "\x88\x80abcd", 1005},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t, Config{})
			c := dial(t, s)
			c.send(head() + tt.bytes) // even in one packet with the request
			if r := c.reply(); r.StatusCode != 101 {
				t.Fatal(r.Status)
			}
			payload := c.frame(ws.OpClose)
			code, _ := ws.ParseCloseFrameData(payload)
			if len(payload) == 0 {
				code = ws.StatusNoStatusRcvd
			}
			if code != tt.want {
				t.Errorf("closed with %d, want %d", code, tt.want)
			}
			c.ended()
		})
	}
	t.Run("leaves by FIN and by RST", func(t *testing.T) {
		s, _ := start(t, Config{})
		for range 2 {
			c := dial(t, s)
			c.upgraded()
			c.Conn.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
		c := dial(t, s)
		c.upgraded()
		c.Close()
		eventually(t, s, "counted", func(n Counts) bool { return n.PeerLeft == 3 && n.Open == 0 })
	})
}
