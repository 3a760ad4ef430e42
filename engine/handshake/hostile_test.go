package handshake

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"stampede/results"
)

// TestParserIsSmall holds the size of what a connection carries between reads.
func TestParserIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Parser{}); size > 104 {
		t.Errorf("a Parser is %d bytes", size)
	}
}

// TestHostile feeds a parser, in pieces of several sizes, from peers that never
// come to an end, until it is done. It must be done soon and have kept little.
func TestHostile(t *testing.T) {
	const interim = "HTTP/1.1 100 Continue\r\n\r\n"
	tests := []struct {
		name, start, repeat string
		want                results.Reason
		atMost              int // bytes taken
	}{
		{"endless status line", "HTTP/1.1 101 ", "a", results.HeaderTooLarge, maxHead + 1},
		{"endless version", "HTTP/1.", "1", results.HeaderTooLarge, maxHead + 1},
		{"endless name", goodStatus, "a", results.HeaderTooLarge, maxHead + 1},
		{"endless value", goodStatus + "X: ", "a", results.HeaderTooLarge, maxHead + 1},
		{"endless folds", goodStatus + "X: a\r\n", " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", results.HeaderTooLarge, maxHead + 1},
		{"endless headers", goodStatus, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", results.HeaderTooLarge, maxHead + 1},
		{"10,000 headers", goodStatus, "X: y\r\n", results.HeaderTooLarge, len(goodStatus) + (maxLines+1)*6},
		{"endless short folds", goodStatus + "X: a\r\n", " \r\n", results.HeaderTooLarge, len(goodStatus) + (maxLines+1)*6},
		{"endless interim replies", "", interim, results.TooManyInterim, (maxInterim + 1) * len(interim)},
		{"endless large interim replies", "", "HTTP/1.1 103 Early Hints\r\nLink: " + strings.Repeat("a", 2000) + "\r\n\r\n", results.HeaderTooLarge, maxHead + 1},
		{"interim replies with many headers", "", "HTTP/1.1 103 Early Hints\r\n" + strings.Repeat("A:\r\n", 50) + "\r\n", results.HeaderTooLarge, maxLines * 10},
		{"endless line ends", "", "\r\n", results.BadStatusLine, 1},
		{"endless nul", "", "\x00", results.BadStatusLine, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.start + strings.Repeat(tt.repeat, (1<<20)/len(tt.repeat)))
			for _, size := range []int{1, 7, 1460, 64 << 10, len(text)} {
				p, taken := new(Parser), 0
				for piece := range chunks(text, size) {
					n, done := p.Feed(piece)
					if taken += n; done {
						break
					}
					if cap(p.pending) > 2*maxHead {
						t.Fatalf("pieces of %d: %d bytes kept", size, cap(p.pending))
					}
				}
				v := p.Verdict(&testKey)
				if v.Outcome != protocolOutcome(tt.want) {
					t.Errorf("pieces of %d: %s, want %s", size, v.Outcome.Name(), tt.want)
				}
				if taken > tt.atMost+size || len(p.Head()) > maxHead || len(v.Detail) > 1000 {
					t.Errorf("pieces of %d: %d bytes taken, head of %d, detail of %d", size, taken, len(p.Head()), len(v.Detail))
				}
			}
		})
	}
}

// chunks yields text in pieces of size bytes.
func chunks(text []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			n := min(size, len(text))
			if !yield(text[:n:n]) {
				return
			}
			text = text[n:]
		}
	}
}

// TestLimitsAreExact checks the last reply that passes each limit, and the
// first that doesn't.
func TestLimitsAreExact(t *testing.T) {
	const interim = "HTTP/1.1 102 Processing\r\n\r\n"
	pad := func(n int) string { return "X: " + strings.Repeat("a", n-len("X: \r\n")) + "\r\n" }
	size, lines := len(replyWith("")), 3
	tests := []struct{ name, reply, want string }{
		{"64 KB", replyWith(pad(maxHead - size)), "ok"},
		{"64 KB and frames", replyWith(pad(maxHead-size)) + strings.Repeat("\x89\x00", 9999), "ok"},
		{"one byte more", replyWith(pad(maxHead - size + 1)), "protocol_error:header_too_large"},
		{"64 KB with an interim reply", interim + replyWith(pad(maxHead-size-len(interim))), "ok"},
		{"one byte more with an interim reply", interim + replyWith(pad(maxHead-size-len(interim)+1)), "protocol_error:header_too_large"},
		{"1,000 lines", replyWith(strings.Repeat("X: a\r\n", maxLines-lines)), "ok"},
		{"1,001 lines", replyWith(strings.Repeat("X: a\r\n", maxLines-lines+1)), "protocol_error:header_too_large"},
		{"100 interim replies", strings.Repeat(interim, maxInterim) + replyWith(""), "ok"},
		{"101 interim replies", strings.Repeat(interim, maxInterim+1) + replyWith(""), "protocol_error:too_many_interim"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 1000, len(tt.reply)} {
				var parts [][]byte
				for piece := range chunks([]byte(tt.reply), size) {
					parts = append(parts, piece)
				}
				if got := read(nil, parts...); !got.fits(tt.want) {
					t.Errorf("pieces of %d: %s, want %s", size, got.word(), tt.want)
				}
			}
		})
	}
}

// TestPendingIsOwned checks that an unfinished head is not read from the
// caller's buffer again.
func TestPendingIsOwned(t *testing.T) {
	buffer, p := make([]byte, 64), new(Parser)
	for piece := range chunks([]byte(replyWith("")), len(buffer)) {
		p.Feed(buffer[:copy(buffer, piece)])
		copy(buffer, bytes.Repeat([]byte{0}, len(buffer)))
	}
	if v := p.Verdict(&testKey); v.Outcome.Kind != results.Established {
		t.Errorf("verdict %+v", v)
	}
}
