package probe

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
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

// isChunked reports whether the last of a body's transfer codings is chunked.
func isChunked(headers []Header) bool {
	codings := codingsOf(headers, "transfer-encoding")
	return len(codings) > 0 && codings[len(codings)-1] == "chunked"
}

// codingsOf are the codings that a header names, in the order they were
// applied and in lower case.
func codingsOf(headers []Header, name string) (codings []string) {
	for _, line := range headerValues(headers, name) {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" {
				codings = append(codings, coding)
			}
		}
	}
	return codings
}

// body is the body without its chunks' frames (RFC 9112 §7.1) and without
// compression, as far as they can be undone: 4 KB at most.
func (g *reading) body(headers []Header) []byte {
	body := g.rest
	if isChunked(headers) {
		whole, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body)))
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) || len(whole) > 0 {
			body = whole
		}
	}
	for _, coding := range append(codingsOf(headers, "content-encoding"), codingsOf(headers, "transfer-encoding")...) {
		body = inflate(coding, body)
	}
	return body
}

// inflate undoes a coding (RFC 9110 §8.4.1) as far as body reaches; it is body
// itself where that can't be done.
func inflate(coding string, body []byte) []byte {
	var r io.Reader
	var err error
	switch coding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	if err != nil {
		return body
	}
	text, _ := io.ReadAll(io.LimitReader(r, maxBody)) // the rest may not have come
	if len(text) == 0 {
		return body
	}
	return text
}
