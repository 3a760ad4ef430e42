package engine

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"stampede/engine/handshake"
)

// evil is what servers say that would like to command a terminal or a browser.
const evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u009b<script>alert(1)</script>\x00"

// manner is what a hostile server does with a connection once it has read the
// request; accept is the value that makes a 101 good. c is a *net.TCPConn or
// a *tls.Conn, and is closed afterwards.
type manner func(c net.Conn, accept string)

// hostileServer listens, over TLS where secure is not nil.
func hostileServer(t *testing.T, secure *tls.Config, m manner) netip.AddrPort {
	t.Helper()
	return rawServer(t, func(raw *net.TCPConn) {
		if secure == nil {
			behave(raw, m)
			return
		}
		c := tls.Server(raw, secure)
		if c.Handshake() == nil {
			behave(c, m)
			_ = c.Close()
		}
	})
}

// rawServer has handle do with each connection what it likes, until the test
// ends.
func rawServer(t *testing.T, handle func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) { handle(c.(*net.TCPConn)) })
}

func behave(c net.Conn, m manner) {
	r := bufio.NewReader(c)
	var key handshake.Key
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); strings.EqualFold(name, "Sec-WebSocket-Key") {
			copy(key[:], value)
		} else if name == "" {
			accept := key.Accept()
			m(c, string(accept[:]))
			return
		}
	}
}

// valid is a whole 101.
func valid(accept string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"
}

// says sends text and waits for the client to go.
func says(text string) manner {
	return func(c net.Conn, _ string) {
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c)
	}
}

// repeats sends start, then the same again and again, pausing in between,
// until the client is gone.
func repeats(start, again string, pause time.Duration) manner {
	return func(c net.Conn, _ string) { flood(c, start, again, pause) }
}

func flood(c net.Conn, start, again string, pause time.Duration) {
	_, err := io.WriteString(c, start)
	for piece := []byte(again); err == nil; _, err = c.Write(piece) { // no garbage: the heap is watched
		time.Sleep(pause)
	}
}

// opens sends a 101 with these bytes behind it and then goes on.
func opens(behind string, then func(net.Conn)) manner {
	frames := []byte(behind)
	return func(c net.Conn, accept string) {
		_, _ = (&net.Buffers{[]byte(valid(accept)), frames}).WriteTo(c)
		then(c)
	}
}

// endsWell reads good frames up to a Close, and answers it.
func endsWell(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		h, _, err := readFrame(r)
		if err != nil || !h.Masked {
			return // the close is not clean then
		}
		if h.OpCode == ws.OpClose {
			_ = ws.WriteFrame(c, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
			return
		}
	}
}

// readFrame reads a client's frame.
func readFrame(r io.Reader) (h ws.Header, payload []byte, err error) {
	if h, err = ws.ReadHeader(r); err != nil {
		return h, nil, err
	}
	payload = make([]byte, min(h.Length, 64<<10))
	_, err = io.ReadFull(r, payload)
	ws.Cipher(payload, h.Mask, 0)
	return h, payload, err
}

// deaf never reads again; it leaves when the client has.
func deaf(c net.Conn) { flood(c, "", "\x8a\x00", 20*time.Millisecond) }

func closesWrite(c net.Conn) {
	_ = c.(interface{ CloseWrite() error }).CloseWrite()
	_, _ = io.Copy(io.Discard, c)
}
