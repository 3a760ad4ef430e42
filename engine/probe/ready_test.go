package probe

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// behind answers the upgrade and then does more.
func behind(do func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		if head, ok := requestHead(c); ok {
			_, _ = io.WriteString(c, accepted(head))
			do(c)
		}
	}
}

// saying sends frames and then reads to the end.
func saying(frames ...ws.Frame) func(net.Conn) {
	return behind(func(c net.Conn) {
		for _, f := range frames {
			_ = ws.WriteFrame(c, f)
		}
		silent(c)
	})
}

// echoed answers a text with itself, behind a ping that must be answered.
func echoed(c net.Conn) {
	h, text, err := taken(c)
	if err != nil || !h.Masked {
		return
	}
	_ = ws.WriteFrame(c, ws.NewPingFrame([]byte("there?")))
	if pong, payload, err := taken(c); err != nil || pong.OpCode != ws.OpPong || string(payload) != "there?" {
		return
	}
	_ = ws.WriteFrame(c, ws.NewTextFrame(text))
	_, _, _ = taken(c) // the Close
}

// taken reads one frame of the client's, small as they are here.
func taken(c net.Conn) (h ws.Header, payload []byte, err error) {
	if h, err = ws.ReadHeader(c); err != nil {
		return h, nil, err
	}
	payload = make([]byte, h.Length)
	_, err = io.ReadFull(c, payload)
	ws.Cipher(payload, h.Mask, 0)
	return h, payload, err
}

func TestReady(t *testing.T) {
	fragments := []ws.Frame{ws.NewFrame(ws.OpText, false, []byte("rea")), ws.NewPongFrame(nil), ws.NewFrame(ws.OpContinuation, true, []byte("dy"))}
	tests := []struct {
		name    string
		ready   Ready
		server  func(net.Conn)
		outcome string
		hints   string
		says    string
	}{
		{"echoed", Ready{Send: "are you ready"}, behind(echoed), "established", "no_origin", "< are you ready"},
		{"long", Ready{Send: strings.Repeat("x", 60000) + "ready", Expect: "ready"}, behind(echoed), "established", "no_origin", "…"},
		{"in fragments", Ready{Expect: "ready"}, saying(fragments...), "established", "no_origin", "< ready"},
		{"after others", Ready{Expect: "ready"}, saying(ws.NewTextFrame([]byte("wait")), ws.NewBinaryFrame([]byte("ready")), ws.NewTextFrame([]byte("ready"))), "established", "no_origin", "< wait"},
		{"with the 101", Ready{Expect: "ready"}, answering(func(head string) string { return accepted(head) + "\x81\x05ready" }), "established", "no_origin", "< ready"},
		{"silent", Ready{Send: "x", Within: 100 * time.Millisecond}, saying(), "timeout ready", "not_ready", "said nothing for 100 ms."},
		{"silent, and not asked", Ready{Within: 100 * time.Millisecond}, saying(), "timeout ready", "not_ready", "nothing was sent to it either"},
		{"another answer", Ready{Expect: "ready", Within: 500 * time.Millisecond}, saying(ws.NewTextFrame([]byte("\x1b[31mno"))), "timeout ready", "other_answer", "< \\x1b[31mno"},
		{"many others", Ready{Expect: "ready", Within: 500 * time.Millisecond}, saying(repeated(8, ws.NewTextFrame([]byte("no")))...), "timeout ready", "other_answer", "and 3 texts more"},
		{"closed", Ready{Expect: "ready"}, saying(ws.NewCloseFrame(ws.NewCloseFrameBody(4001, "no session"))), "closed 4001", "closed_unready", "code 4001 no session"},
		{"closed without a word", Ready{Expect: "ready"}, behind(func(net.Conn) {}), "closed ready", "closed_unready", ""},
		{"no frame", Ready{Expect: "ready"}, behind(func(c net.Conn) { _, _ = io.WriteString(c, "\r\n\r\n"); silent(c) }), "protocol bad_frame", "unready", ""},
		{"masked", Ready{Expect: "ready"}, saying(ws.MaskFrame(ws.NewTextFrame([]byte("ready")))), "protocol bad_frame", "unready", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := probed(t, Options{URL: "ws://" + serve(t, test.server) + "/", Ready: test.ready})
			var text bytes.Buffer
			_ = p.Write(&text)
			if p.Outcome.Name() != test.outcome || hintIDs(p) != test.hints || !strings.Contains(text.String(), test.says) {
				t.Errorf("%s, hints %q; want %s, %q, and %q in:\n%s", p.Outcome.Name(), hintIDs(p), test.outcome, test.hints, test.says, &text)
			}
			if _, ok := p.took(StepReady); !ok || p.Reply.Status != 101 {
				t.Errorf("steps %+v, status %d", p.Steps, p.Reply.Status)
			}
			checkDrawings(t, p)
		})
	}
}

func repeated(n int, f ws.Frame) (list []ws.Frame) {
	for range n {
		list = append(list, f)
	}
	return list
}

// A refusal is no place for a ready check.
func TestReadyAfterARefusal(t *testing.T) {
	p := probed(t, Options{URL: "ws://" + serve(t, said("HTTP/1.1 404 No\r\n\r\n")) + "/", Ready: Ready{Send: "x"}})
	if p.Outcome.Name() != "404" || p.Ready != nil {
		t.Errorf("%+v, ready %+v", p.Outcome, p.Ready)
	}
}
