package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/gobwas/ws"
)

// join makes bytes of frames.
func join(frames ...ws.Frame) []byte {
	var b bytes.Buffer
	for _, f := range frames {
		if err := ws.WriteFrame(&b, f); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// readAll feeds data in pieces of size n and returns what came out.
func readAll(data []byte, n int) (ops []ws.OpCode, last []byte, err error) {
	var r frameReader
	for piece := range slices.Chunk(data, n) {
		for len(piece) > 0 {
			f, rest, ok, err := r.next(piece)
			if err != nil {
				return ops, last, err
			}
			if !ok {
				break
			}
			ops, last = append(ops, f.op), bytes.Clone(f.payload)
			piece = rest
		}
	}
	return ops, last, nil
}

// messages feeds data in pieces of size n to a reader that gathers, and
// returns the text messages.
func messages(data []byte, n int) (texts []string) {
	r := frameReader{gathers: true}
	for piece := range slices.Chunk(data, n) {
		for len(piece) > 0 {
			_, rest, ok, err := r.next(piece)
			if text := r.text; r.whole {
				texts = append(texts, string(text))
			}
			if err != nil {
				return texts
			}
			if !ok {
				break
			}
			piece = rest
		}
	}
	return texts
}

func TestFramesHoweverCut(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 70000)
	data := join(
		ws.NewTextFrame([]byte("hello")), ws.NewPingFrame([]byte("p")), ws.NewBinaryFrame(big), ws.NewPingFrame(nil),
		ws.NewFrame(ws.OpText, false, []byte("a")), ws.NewPongFrame([]byte("between")), ws.NewFrame(ws.OpContinuation, true, make([]byte, 200)),
		ws.NewCloseFrame(ws.NewCloseFrameBody(1013, "try again")),
	)
	want := []ws.OpCode{ws.OpText, ws.OpPing, ws.OpBinary, ws.OpPing, ws.OpText, ws.OpPong, ws.OpContinuation, ws.OpClose}
	for _, n := range []int{1, 2, 3, 7, 126, 4096, len(data)} {
		ops, last, err := readAll(data, n)
		if err != nil || !slices.Equal(ops, want) {
			t.Errorf("cut at %d: opcodes %v, error %v; want %v", n, ops, err, want)
		}
		if f := (frame{payload: last}); f.code() != 1013 {
			t.Errorf("cut at %d: close code %d, want 1013", n, f.code())
		}
	}
}

func TestFrameFaults(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"stray CR LF":              {[]byte("\r\n"), errReserved},
		"stray NUL":                {[]byte{0, 0}, errFragment},
		"reserved bit":             {[]byte{0xc1, 0}, errReserved},
		"reserved opcode":          {[]byte{0x83, 0}, errReserved},
		"masked":                   {[]byte{0x81, 0x80, 1, 2, 3, 4}, errMasked},
		"long ping":                {[]byte{0x89, 126, 0, 126}, errControl},
		"ping in fragments":        {[]byte{0x09, 0}, errControl},
		"continuation of nothing":  {[]byte{0x80, 0}, errFragment},
		"message inside a message": {[]byte{0x01, 0, 0x81, 0}, errFragment},
		"close of one byte":        {[]byte{0x88, 1, 3}, errCloseFrame},
		"close with 1006":          {[]byte{0x88, 2, 3, 0xee}, errCloseFrame},
		"length of 2^63":           {[]byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, errLength},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; n <= len(c.data); n++ {
				if _, _, err := readAll(c.data, n); !errors.Is(err, c.want) {
					t.Errorf("cut at %d: error %v, want %v", n, err, c.want)
				}
			}
		})
	}
}

// FuzzFrames holds readHeader equal to ws.ReadHeader, and any cut equal to
// none, for frames and for gathered messages, which have their bound.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0x81, 5, 'h', 'e', 'l', 'l', 'o', 0x88, 2, 3, 0xe8}, 1)
	f.Add([]byte{0x82, 126, 1, 0}, 3)
	f.Add([]byte{0x89, 127, 0, 0, 0, 0, 0, 0, 1, 0}, 2)
	f.Add([]byte{0x81, 0x85, 1, 2, 3, 4}, 5)
	f.Add(join(ws.NewFrame(ws.OpText, false, []byte("a")), ws.NewPingFrame(nil), ws.NewFrame(ws.OpContinuation, true, []byte("b"))), 4)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		h, used, ok, err := readHeader(data)
		source := bytes.NewReader(data)
		oracle, oracleErr := ws.ReadHeader(source)
		whole := !errors.Is(oracleErr, io.EOF) && !errors.Is(oracleErr, io.ErrUnexpectedEOF)
		switch {
		case err == nil && ok != whole:
			t.Fatalf("whole %v, the oracle says %v (%v)", ok, whole, oracleErr)
		case ok && (h != oracle || used != len(data)-source.Len()):
			t.Fatalf("header %+v in %d bytes, the oracle says %+v in %d", h, used, oracle, len(data)-source.Len())
		}
		if n < 1 {
			return
		}
		ops, last, err := readAll(data, n)
		opsWhole, lastWhole, errWhole := readAll(data, max(1, len(data)))
		if !slices.Equal(ops, opsWhole) || !bytes.Equal(last, lastWhole) || !errors.Is(err, errWhole) {
			t.Fatalf("cut at %d: %v %q %v; whole: %v %q %v", n, ops, last, err, opsWhole, lastWhole, errWhole)
		}
		texts := messages(data, n)
		if whole := messages(data, max(1, len(data))); !slices.Equal(texts, whole) {
			t.Fatalf("cut at %d: messages %q; whole: %q", n, texts, whole)
		}
		for _, text := range texts {
			if len(text) > maxMessage {
				t.Fatalf("a message of %d bytes", len(text))
			}
		}
	})
}

func BenchmarkReadHeader(b *testing.B) {
	p := binary.BigEndian.AppendUint16([]byte{0x82, 126}, 5000)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok, err := readHeader(p); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
