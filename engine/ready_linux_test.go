package engine

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// The practice server echoes text, so what is sent is what can be expected.
func TestReady(t *testing.T) {
	s := startServer(t)
	hold := scenario.Hold{For: 200 * time.Millisecond, PingEvery: 50 * time.Millisecond}
	long := strings.Repeat("x", 3000) + "end"
	for name, c := range map[string]struct {
		ready scenario.Ready
		hold  scenario.Hold
		want  string
	}{
		"answer":       {scenario.Ready{Send: "hello", Expect: "ell", Within: time.Second}, hold, "established"},
		"any answer":   {scenario.Ready{Send: "hello", Within: time.Second}, hold, "established"},
		"not held":     {scenario.Ready{Send: "hello", Within: time.Second}, scenario.Hold{}, "established"},
		"long":         {scenario.Ready{Send: long, Expect: "xend", Within: time.Second}, hold, "established"},
		"other answer": {scenario.Ready{Send: "hello", Expect: "goodbye", Within: 200 * time.Millisecond}, hold, "timeout ready"},
		"nothing sent": {scenario.Ready{Expect: "hello", Within: 200 * time.Millisecond}, hold, "timeout ready"},
	} {
		t.Run(name, func(t *testing.T) {
			o := load{target: at(s.address), shapes: burst(50), hold: c.hold, ready: c.ready}.run(t.Context(), t)
			o.want(t, map[string]int64{c.want: 50})
			ready := o.result.Metrics.Ready.Count
			if want := map[bool]int64{true: 50}[c.want == "established"]; ready != want {
				t.Errorf("%d ready, want %d", ready, want)
			}
			if held := o.result.Held; held.Opened != held.Closed.Clean {
				t.Errorf("held %+v, want all that were opened closed clean", held)
			}
		})
	}
}

func TestReadyIsClosedInstead(t *testing.T) {
	s := startServer(t, "fault=close_after=100%")
	l := load{target: at(s.address), shapes: burst(20), ready: scenario.Ready{Expect: "x", Within: time.Second}}
	l.run(t.Context(), t).want(t, map[string]int64{"closed 1013": 20})
}

func TestEarlyCloseFails(t *testing.T) {
	hold := scenario.Hold{For: 500 * time.Millisecond}
	t.Run("closed", func(t *testing.T) {
		s := startServer(t, "fault=close_after=100%")
		o := load{target: at(s.address), shapes: burst(20), hold: hold, closeWithin: 300 * time.Millisecond}.run(t.Context(), t)
		o.want(t, map[string]int64{"closed 1013": 20})
		if o.result.ExitCode() != 1 || len(o.result.Held.ClosedEarly) != 0 {
			t.Errorf("exit code %d, closed early %+v; want 1, and a failure counted once", o.result.ExitCode(), o.result.Held.ClosedEarly)
		}
	})
	t.Run("kept", func(t *testing.T) {
		s := startServer(t)
		o := load{target: at(s.address), shapes: burst(20), hold: hold, closeWithin: 300 * time.Millisecond}.run(t.Context(), t)
		o.want(t, map[string]int64{"established": 20})
		for _, a := range o.attempts {
			if d, _ := a.Handshake(); d > 250*time.Millisecond {
				t.Errorf("handshake %v: the trial's time counts for it", d)
			}
		}
	})
}

// A server that closes is answered with its own code, on trial too: it would
// else count an abnormal close, 1006, for a client it has refused in due form.
func TestCloseThatFailsIsAnswered(t *testing.T) {
	for name, l := range map[string]load{
		"on trial":             {hold: scenario.Hold{For: 2 * time.Second}, closeWithin: time.Second},
		"instead of an answer": {ready: scenario.Ready{Expect: "x", Within: time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 10
			answers := make(chan string, n)
			l.shapes = burst(n)
			l.target = at(serve(t, func(c net.Conn) {
				answers <- answerToClose(c, 1013)
			}))
			l.run(t.Context(), t).want(t, map[string]int64{"closed 1013": n})
			for range n {
				if a := <-answers; a != "close 1013" {
					t.Errorf("the server's Close was answered with %s", a)
				}
			}
		})
	}
}

// answerToClose upgrades, closes with a code and says what came back.
func answerToClose(c net.Conn, code ws.StatusCode) string {
	if _, err := ws.Upgrade(c); err != nil {
		return err.Error()
	}
	if err := ws.WriteFrame(c, ws.NewCloseFrame(ws.NewCloseFrameBody(code, "full"))); err != nil {
		return err.Error()
	}
	h, payload, err := taken(c)
	if err != nil || h.OpCode != ws.OpClose || !h.Masked {
		return fmt.Sprintf("%+v, %v", h, err)
	}
	got, _ := ws.ParseCloseFrameData(payload)
	return fmt.Sprintf("close %d", got)
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

// A server that compresses may send the answer so, and refer in it to what it
// sent before.
func TestReadyIsCompressed(t *testing.T) {
	const early, answer = "the same words at some length", "the same words at some length, and ready"
	noise := make([]byte, 100<<10) // does not shrink
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	for name, c := range map[string]struct {
		send   func(*deflatingPeer)
		expect string
		want   string
		warns  string
	}{
		"the answer":               {func(p *deflatingPeer) { p.message(ws.OpText, answer) }, "ready", "established", ""},
		"refers to a text":         {func(p *deflatingPeer) { p.message(ws.OpText, early); p.message(ws.OpText, answer) }, "ready", "established", ""},
		"refers to a binary":       {func(p *deflatingPeer) { p.message(ws.OpBinary, early); p.message(ws.OpText, answer) }, "ready", "established", ""},
		"in fragments":             {func(p *deflatingPeer) { p.pieces = 3; p.message(ws.OpText, early); p.message(ws.OpText, answer) }, "ready", "established", ""},
		"not compressed":           {func(p *deflatingPeer) { p.plain(answer) }, "ready", "established", ""},
		"a binary is no answer":    {func(p *deflatingPeer) { p.message(ws.OpBinary, answer) }, "ready", "timeout ready", ""},
		"another text":             {func(p *deflatingPeer) { p.message(ws.OpText, early) }, "ready", "timeout ready", ""},
		"no deflate":               {func(p *deflatingPeer) { p.frame(ws.OpText, true, 4, []byte("\xff\xff\xff")) }, "ready", "protocol bad_frame", ""},
		"blows up":                 {func(p *deflatingPeer) { p.message(ws.OpText, strings.Repeat("x", 3<<19)); p.message(ws.OpText, answer) }, "ready", "timeout ready", errInflated.Error()},
		"too large":                {func(p *deflatingPeer) { p.message(ws.OpText, string(noise)); p.message(ws.OpText, answer) }, "ready", "timeout ready", errInflated.Error()},
		"too large, and any do":    {func(p *deflatingPeer) { p.message(ws.OpText, string(noise)) }, "", "established", errInflated.Error()},
		"too large, then in clear": {func(p *deflatingPeer) { p.message(ws.OpText, string(noise)); p.plain(answer) }, "ready", "established", errInflated.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			l := load{shapes: burst(5), ready: scenario.Ready{Expect: c.expect, Within: 5 * time.Second}, extensions: []string{"permessage-deflate"}}
			if c.want == "timeout ready" {
				l.ready.Within = time.Second
			}
			l.target = at(serve(t, func(conn net.Conn) {
				if p, ok := acceptDeflate(conn); ok {
					c.send(p)
					_, _, _ = taken(conn) // the Close
				}
			}))
			o := l.run(t.Context(), t)
			o.want(t, map[string]int64{c.want: 5})
			warned := ""
			for _, w := range o.result.Warnings {
				if w.Text != "permessage-deflate negotiated" {
					warned = w.Text
				}
			}
			if warned != c.warns {
				t.Errorf("warnings %+v, want %q", o.result.Warnings, c.warns)
			}
		})
	}
}

// deflatingPeer is a server that agreed on permessage-deflate and keeps its
// window from message to message.
type deflatingPeer struct {
	net.Conn
	flate  *flate.Writer
	buffer bytes.Buffer
	pieces int // a message is cut into; 0 is 1
}

// acceptDeflate answers an upgrade and agrees on permessage-deflate.
func acceptDeflate(c net.Conn) (p *deflatingPeer, ok bool) {
	request, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil, false
	}
	key := handshake.Key([]byte(request.Header.Get("Sec-WebSocket-Key")))
	_, err = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", key.Accept())
	if err != nil {
		return nil, false
	}
	p = &deflatingPeer{Conn: c}
	p.flate, _ = flate.NewWriter(&p.buffer, flate.BestSpeed)
	return p, true
}

// message sends one compressed (RFC 7692 §7.2.1).
func (p *deflatingPeer) message(op ws.OpCode, text string) {
	p.buffer.Reset()
	_, _ = io.WriteString(p.flate, text)
	_ = p.flate.Flush()
	data := bytes.TrimSuffix(p.buffer.Bytes(), []byte("\x00\x00\xff\xff"))
	rsv := byte(4)
	for n := max(p.pieces, 1); n > 1; n-- {
		p.frame(op, false, rsv, data[:len(data)/n])
		op, rsv, data = ws.OpContinuation, 0, data[len(data)/n:]
	}
	p.frame(op, true, rsv, data)
}

func (p *deflatingPeer) plain(text string) { p.frame(ws.OpText, true, 0, []byte(text)) }

func (p *deflatingPeer) frame(op ws.OpCode, fin bool, rsv byte, data []byte) {
	_ = ws.WriteFrame(p, ws.Frame{Header: ws.Header{Fin: fin, Rsv: rsv, OpCode: op, Length: int64(len(data))}, Payload: data})
}

// The examples of RFC 7692 §7.2.3: a message, one that refers to it, one that
// was not compressed, one of two blocks.
func TestInflate(t *testing.T) {
	var x inflater
	r := frameReader{}
	for i, example := range []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00", "\x00\x05\x00\xfa\xffHello\x00", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"} {
		r.text = []byte(example)
		if text, err := r.inflate(&x); err != nil || string(text) != "Hello" {
			t.Errorf("example %d: %q, %v", i, text, err)
		}
	}
	if string(r.history) != strings.Repeat("Hello", 4) {
		t.Errorf("history %q", r.history)
	}
}

// A 101 that accepts the extension that was offered is counted, and its
// frames may be compressed.
func TestExtensionIsOffered(t *testing.T) {
	all := map[string]recorded{"deflate": {text: []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: {{ACCEPT}}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x01\x00"), cut: "whole", then: "hold"}}
	l := load{target: at(replayServer(t, all)), shapes: burst(5), path: "/deflate", extensions: []string{"permessage-deflate"},
		hold: scenario.Hold{For: 100 * time.Millisecond, Close: scenario.Reset}}
	o := l.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 5})
	if len(o.result.Held.ClosedEarly) != 0 || len(o.result.Warnings) != 1 || o.result.Warnings[0] != (results.Warning{Text: "permessage-deflate negotiated", Count: 5}) {
		t.Errorf("closed early %+v, warnings %+v", o.result.Held.ClosedEarly, o.result.Warnings)
	}
}
