package handshake

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// settled is the part of a reading that must not depend on how the reply was cut.
func (g reading) settled() reading {
	if g.verdict.Outcome.Kind == results.Protocol {
		g.head, g.used = "", 0 // what else had come when the fault was seen
		if g.verdict.Outcome.Reason == results.BadStatusLine {
			g.verdict.Detail = "" // quotes it
		}
	}
	return g
}

// pieces cuts b at every index in cuts, which must not decrease.
func pieces(b []byte, cuts ...int) (parts [][]byte) {
	start := 0
	for _, cut := range append(cuts, len(b)) {
		parts = append(parts, bytes.Clone(b[start:cut]))
		start = cut
	}
	return parts
}

// eachByte cuts b into its bytes.
func eachByte(b []byte) [][]byte {
	return bytes.SplitAfter(b, nil)
}

func TestRepliesCutAnywhere(t *testing.T) {
	for _, r := range loadReplies(t) {
		t.Run(r.id, func(t *testing.T) {
			request := requestOffering(t, r.offer...)
			want := read(request, r.bytes).settled()
			for cut := range min(len(r.bytes), 4<<10) {
				if diff := diffReadings(want, read(request, pieces(r.bytes, cut)...).settled()); diff != "" {
					t.Fatalf("cut at %d (-whole +cut):\n%s", cut, diff)
				}
			}
			if diff := diffReadings(want, read(request, eachByte(r.bytes)...).settled()); diff != "" {
				t.Errorf("byte by byte (-whole +cut):\n%s", diff)
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 100 {
				a, b := random.IntN(len(r.bytes)+1), random.IntN(len(r.bytes)+1)
				if diff := diffReadings(want, read(request, pieces(r.bytes, min(a, b), max(a, b))...).settled()); diff != "" {
					t.Fatalf("cut at %d and %d (-whole +cut):\n%s", a, b, diff)
				}
			}
		})
	}
}

func diffReadings(want, got reading) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(reading{}))
}

// TestFramesStayBehindTheHead checks that the parser stops at the blank line.
func TestFramesStayBehindTheHead(t *testing.T) {
	for _, r := range loadReplies(t) {
		if !strings.HasPrefix(r.id, "H12") && !strings.HasPrefix(r.id, "H13") {
			continue
		}
		t.Run(r.id, func(t *testing.T) {
			want := bytes.Index(r.bytes, []byte("\r\n\r\n")) + 4
			if got := read(requestOffering(t), r.bytes); got.used != want || got.head != string(r.bytes[:want]) {
				t.Errorf("%d bytes and head %q, want %d bytes", got.used, got.head, want)
			}
		})
	}
}

func TestUnfinished(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "0 bytes"},
		{"one byte", "H", "1 byte of an unfinished head"},
		{"no empty line", "HTTP/1.1 101 \r\nUpgrade: websocket\r\n", "35 bytes of an unfinished head: whole lines, without the empty one that ends it"},
		{"status line alone", "HTTP/1.1 101 \r\n", "15 bytes of an unfinished head"},
		{"old line ends", "HTTP/1.1 101 \rUpgrade: websocket\r\r", "34 bytes of an unfinished head: its lines end in CR without LF"},
		{"written line ends", `HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n`, `43 bytes of an unfinished head: its line ends are the characters \r\n in place of CR LF`},
		{"cut before LF", "HTTP/1.1 101 \r", "14 bytes of an unfinished head"},
		{"half a head", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso", "48 bytes of an unfinished head"},
		{"one interim", "HTTP/1.1 103 Early Hints\r\n\r\n", "1 interim reply, then 0 bytes"},
		{"two interim", "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP", "2 interim replies, then 4 bytes of an unfinished head"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, cut := range [][][]byte{{[]byte(tt.text)}, eachByte([]byte(tt.text))} {
				if got := read(nil, cut...); got.left != tt.want || got.done {
					t.Errorf("done %t, %q, want %q", got.done, got.left, tt.want)
				}
			}
		})
	}
}

// TestParserMoves checks what Parser's comment promises about copies.
func TestParserMoves(t *testing.T) {
	good := []byte(replyWith(""))
	var shard Parser
	shard.Reset(requestOffering(t))
	shard.Feed(good[:40])
	moved := shard
	shard.Reset(nil)
	shard.Feed([]byte(strings.Repeat("x", 40)))
	n, done := moved.Feed(good[40:])
	if v := moved.Verdict(&testKey); n != len(good)-40 || !done || v.Outcome.Kind != results.Established {
		t.Errorf("Feed = %d, %t; verdict %+v", n, done, v)
	}
	if n, done := moved.Feed(good); n != 0 || !done {
		t.Errorf("Feed once done = %d, %t; want 0, true", n, done)
	}
}

func TestVerdictBeforeTheEnd(t *testing.T) {
	var p Parser
	p.Feed([]byte("HTTP/1.1 101 "))
	if got := p.Verdict(&testKey); got != (Verdict{}) {
		t.Errorf("Verdict = %+v, want zero", got)
	}
	if got := string(p.Head()); got != "HTTP/1.1 101 " {
		t.Errorf("Head = %q", got)
	}
}
