package handshake

import (
	"strings"
	"testing"

	"stampede/results"
)

// TestNoAllocations holds what the engine's hot path counts on: a request is
// written and a whole reply judged without touching the heap.
func TestNoAllocations(t *testing.T) {
	request, err := NewRequest(RequestOptions{
		Host: "example.test", Headers: []Header{{Name: "Origin", Value: "https://example.test"}},
		Subprotocols: []string{"mqtt", "chat"}, Extensions: "permessage-deflate; client_max_window_bits",
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, reply, want string }{
		{"good", replyWith("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n") + "\x89\x00", "ok"},
		{"good after interim replies", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 3) + replyWith(""), "ok"},
		{"refused", "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx\r\nContent-Length: 9\r\n\r\ntry later", "http_status:504"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Parser
			var v Verdict
			buffer, reply := make([]byte, 0, request.Len()), []byte(tt.reply)
			allocs := testing.AllocsPerRun(100, func() {
				key := NewKey([16]byte{0: 1, 7: 2, 15: 3})
				buffer = request.AppendTo(buffer[:0], &key, 0)
				p.Reset(request)
				p.Feed(reply)
				v = p.Verdict(&key)
			})
			if got := (reading{done: true, verdict: v}); allocs != 0 || !got.fits(tt.want) {
				t.Errorf("%g allocations, %s; want 0, %s", allocs, got.word(), tt.want)
			}
		})
	}
}

func BenchmarkKeyAccept(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		key := NewKey([16]byte{1})
		_ = key.Accept()
	}
}

func BenchmarkRequest(b *testing.B) {
	request := requestOffering(b, "chat")
	buffer := make([]byte, 0, request.Len())
	b.ReportAllocs()
	for b.Loop() {
		buffer = request.AppendTo(buffer[:0], &testKey, 0)
	}
}

// BenchmarkReply parses and judges recorded replies: whole, as nearly all
// arrive, and in two pieces.
func BenchmarkReply(b *testing.B) {
	request := requestOffering(b)
	for _, r := range loadReplies(b) {
		if r.id != "K00" && r.id != "P23" && r.id != "P25" {
			continue
		}
		for _, cut := range []int{0, len(r.bytes) / 2} {
			name := r.id + "/whole"
			if cut > 0 {
				name = r.id + "/halves"
			}
			b.Run(name, func(b *testing.B) {
				var p Parser
				b.ReportAllocs()
				for b.Loop() {
					p.Reset(request)
					p.Feed(r.bytes[:cut])
					p.Feed(r.bytes[cut:])
					if v := p.Verdict(&testKey); v.Outcome.Kind == results.Invalid {
						b.Fatal("no outcome")
					}
				}
			})
		}
	}
}
