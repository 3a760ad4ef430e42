package engine

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

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
	f, err := ws.ReadFrame(c)
	if err != nil || f.Header.OpCode != ws.OpClose || !f.Header.Masked {
		return fmt.Sprintf("%+v, %v", f.Header, err)
	}
	got, _ := ws.ParseCloseFrameData(ws.UnmaskFrame(f).Payload)
	return fmt.Sprintf("close %d", got)
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
