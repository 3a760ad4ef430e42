package probe

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"stampede/engine/handshake"
)

// serve runs manner on every connection to a port of 127.0.0.1, which it
// returns, until the test ends.
func serve(t testing.TB, manner func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup // of the accept loop and a goroutine a connection
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() {
				manner(c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// requestHead reads a request's head.
func requestHead(c net.Conn) (head string, ok bool) {
	r := bufio.NewReader(c)
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		text.WriteString(line)
		if err != nil || line == "\r\n" {
			return text.String(), err == nil
		}
	}
}

// field is a header's value in a request's head; "" if it is absent.
func field(head, name string) string {
	for line := range strings.Lines(head) {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// accepted is a 101 that answers the request.
func accepted(head string) string {
	key := handshake.Key([]byte(field(head, "Sec-WebSocket-Key")))
	accept := key.Accept()
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + string(accept[:]) + "\r\n\r\n"
}

// answering answers a request with what reply makes of it, and then reads to
// the end.
func answering(reply func(head string) string) func(net.Conn) {
	return func(c net.Conn) {
		if head, ok := requestHead(c); ok {
			_, _ = io.WriteString(c, reply(head))
			_, _ = io.Copy(io.Discard, c)
		}
	}
}

// said answers always the same, then closes.
func said(reply string) func(net.Conn) {
	return func(c net.Conn) {
		if _, ok := requestHead(c); ok {
			_, _ = io.WriteString(c, reply)
		}
	}
}

// overTLS does manner behind a TLS handshake.
func overTLS(config *tls.Config, manner func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) { manner(tls.Server(c, config)) }
}

func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// reset makes the close of c a reset.
func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }
