package probe

import (
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"stampede/engine/handshake"
)

const (
	maxHead = 64 << 10 // bytes of all heads together
	maxBody = 4 << 10
)

// reading is a reply as far as it came.
type reading struct {
	raw    []byte // all heads, and the first 64 KB of anything else
	rest   []byte // what came behind the final head, at most 4 KB
	parser handshake.Parser
	done   bool          // the parser came to a verdict
	err    error         // what ended the reading before that
	first  time.Duration // when the first bytes came; 0 if none did
	last   time.Duration // when the verdict was known or the reading ended
	ended  error         // what ended the reading behind the head; nil if it was not read to an end
}

// readHeads reads r until the reply's fate is known or r fails. now is asked
// after every read.
func readHeads(r io.Reader, request *handshake.Request, now func() time.Duration) *reading {
	var got reading
	got.parser.Reset(request)
	for {
		buffer := make([]byte, 4<<10) // the parser may go on referring to it
		n, err := r.Read(buffer)
		got.last = now()
		if n > 0 && got.first == 0 {
			got.first = got.last
		}
		used, done := got.parser.Feed(buffer[:n])
		got.raw = append(got.raw, buffer[:min(used, maxHead-len(got.raw))]...)
		if got.done = done; done {
			got.rest = buffer[used:n]
			return &got
		}
		if err != nil {
			got.err = err
			return &got
		}
	}
}

// readBody goes on reading what is behind the head until 4 KB, the length
// that was announced, or r's end or failure.
func (g *reading) readBody(r io.Reader, headers []Header) {
	for len(g.rest) < g.bodyLimit(headers) {
		buffer := make([]byte, maxBody-len(g.rest))
		n, err := r.Read(buffer)
		g.rest = append(g.rest, buffer[:n]...)
		if err != nil || n == 0 {
			g.ended = err
			return
		}
	}
}

// bodyLimit is how much of the body is worth waiting for: 0 if nothing more
// will come.
func (g *reading) bodyLimit(headers []Header) int {
	if isChunked(headers) {
		if bytes.HasSuffix(g.rest, []byte("0\r\n\r\n")) {
			return 0
		}
		return maxBody
	}
	if n, err := strconv.ParseUint(headerValue(headers, "content-length"), 10, 31); err == nil {
		return min(int(n), maxBody)
	}
	return maxBody
}

func isChunked(headers []Header) bool {
	return strings.EqualFold(headerValue(headers, "transfer-encoding"), "chunked")
}

// body is the body without its chunks' frames (RFC 9112 §7.1), as far as they
// can be undone.
func (g *reading) body(headers []Header) []byte {
	if !isChunked(headers) {
		return g.rest
	}
	body, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(g.rest)))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && len(body) == 0 {
		return g.rest
	}
	return body
}
