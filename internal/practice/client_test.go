package practice

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// patience bounds every wait of a live test; it decides no test that passes.
const patience = 20 * time.Second

// start serves c until the test ends, or until the returned function is
// called, which returns the final counts.
func start(t *testing.T, c Config) (s *Server, stop func() Counts) {
	t.Helper()
	s, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, serve(t, s)
}

// serve is start for a server that listens already.
func serve(t *testing.T, s *Server) (stop func() Counts) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	stop = sync.OnceValue(func() Counts {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		return s.Counts()
	})
	t.Cleanup(func() { stop() })
	return stop
}

// client is a plain connection that can read HTTP and frames.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// reply reads a reply's head and body.
func (c *client) reply() *http.Response {
	c.t.Helper()
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// upgraded shakes hands and expects a valid 101.
func (c *client) upgraded() {
	c.t.Helper()
	c.send(head())
	r := c.reply()
	if accept := r.Header.Get("Sec-WebSocket-Accept"); r.StatusCode != 101 || accept != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		c.t.Fatalf("answered %s with accept %q", r.Status, accept)
	}
}

func (c *client) sendFrame(f ws.Frame) {
	c.t.Helper()
	if err := ws.WriteFrame(c, ws.MaskFrame(f)); err != nil {
		c.t.Fatal(err)
	}
}

// frame reads a frame of an expected opcode and returns its payload.
func (c *client) frame(op ws.OpCode) []byte {
	c.t.Helper()
	h, err := ws.ReadHeader(c.in)
	if err != nil {
		c.t.Fatal(err)
	}
	if h.OpCode != op || h.Masked {
		c.t.Fatalf("frame with opcode %v, masked %v, want opcode %v, unmasked", h.OpCode, h.Masked, op)
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		c.t.Fatal(err)
	}
	return payload
}

// closeCode reads a Close frame and then the end of the connection.
func (c *client) closeCode() ws.StatusCode {
	c.t.Helper()
	code, _ := ws.ParseCloseFrameData(c.frame(ws.OpClose))
	c.ended()
	return code
}

// ended expects the server's FIN and nothing before it.
func (c *client) ended() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); len(rest) > 0 || err != nil {
		c.t.Fatalf("%q and error %v instead of the end", rest, err)
	}
}

// silent expects the connection to stay open without a byte for a moment.
func (c *client) silent() {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(30 * ms))
	if n, err := c.in.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
		c.t.Fatalf("%d bytes and error %v instead of silence", n, err)
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// eventually waits until the server's counts satisfy ok.
func eventually(t *testing.T, s *Server, what string, ok func(Counts) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(s.Counts()); time.Sleep(ms) {
		if time.Now().After(deadline) {
			t.Fatalf("never %s: %+v", what, s.Counts())
		}
	}
}
