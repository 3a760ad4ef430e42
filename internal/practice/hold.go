package practice

import (
	"bufio"
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// maxPayload bounds a data frame; a larger one is refused with Close 1009.
const maxPayload = 1 << 20

// A talk is a WebSocket connection after the handshake, seen from the server.
// A peer that doesn't read holds up nobody but its own goroutine.
type talk struct {
	visit *visit
	in    *bufio.Reader
	state ws.State
	head  [ws.MaxHeaderSize]byte
}

// newTalk returns the talk that follows a 101. Its reader is just large
// enough for a header and a control frame, as most connections idle.
func newTalk(v *visit) *talk {
	var in io.Reader = v.conn
	if len(v.behind) > 0 {
		in = io.MultiReader(bytes.NewReader(v.behind), v.conn)
	}
	return &talk{visit: v, in: bufio.NewReaderSize(in, 160), state: ws.StateServerSide}
}

// hold answers pings, echoes data and closes when the peer does, until the
// connection ends.
func (v *visit) hold() {
	t := newTalk(v)
	for t.frame() {
	}
}

// awaitClose reads on after our Close frame until the peer's, or for
// closeTimeout; frames before it get no answer (RFC 6455 §5.5.1).
func (v *visit) awaitClose() {
	v.conn.SetReadDeadline(time.Now().Add(closeTimeout))
	t := newTalk(v)
	for {
		h, err := t.header()
		if err != nil || h.Length > maxPayload {
			break
		}
		if _, err := io.CopyN(io.Discard, t.in, h.Length); err != nil {
			break
		}
		if h.OpCode == ws.OpClose {
			v.server.tally.peerClosed.Add(1)
			v.finish()
			return
		}
	}
	v.server.tally.peerLeft.Add(1)
}

// header reads the next frame header.
func (t *talk) header() (ws.Header, error) {
	return ws.ReadHeaderBuffer(t.in, t.head[:])
}

// frame deals with the next frame; it returns false when the talk is over.
func (t *talk) frame() bool {
	h, err := t.header()
	if err != nil {
		t.left()
		return false
	}
	if h.OpCode.IsData() && h.Length > maxPayload {
		return t.fail(ws.StatusMessageTooBig)
	}
	if ws.CheckHeader(h, t.state) != nil {
		return t.fail(ws.StatusProtocolError)
	}
	switch h.OpCode {
	case ws.OpPing:
		t.visit.server.tally.pings.Add(1)
		return t.echo(h, ws.OpPong)
	case ws.OpPong:
		return t.drop(h)
	case ws.OpClose:
		return t.close(h)
	}
	t.visit.server.tally.messages.Add(1)
	t.follow(h)
	return t.echo(h, h.OpCode)
}

// follow notes whether a fragmented message is going on (RFC 6455 §5.4).
func (t *talk) follow(h ws.Header) {
	if h.Fin {
		t.state = t.state.Clear(ws.StateFragmented)
	} else {
		t.state = t.state.Set(ws.StateFragmented)
	}
}

// pieces keeps buffers for frames on their way back.
var pieces = sync.Pool{New: func() any { b := make([]byte, 4<<10); return &b }}

// echo sends a frame's payload back under an opcode, piece by piece, so that
// no frame is ever held whole.
func (t *talk) echo(h ws.Header, op ws.OpCode) bool {
	piece := pieces.Get().(*[]byte)
	defer pieces.Put(piece)
	out := bytes.NewBuffer((*piece)[:0])
	// A buffer takes every write, and the header came out of ReadHeader.
	_ = ws.WriteHeader(out, ws.Header{Fin: h.Fin, OpCode: op, Length: h.Length})
	used := out.Len()
	for at := 0; ; used = 0 {
		n := min(int(h.Length)-at, len(*piece)-used)
		payload := (*piece)[used : used+n]
		if _, err := io.ReadFull(t.in, payload); err != nil {
			t.left()
			return false
		}
		ws.Cipher(payload, h.Mask, at)
		if t.visit.write((*piece)[:used+n]) != nil {
			t.left()
			return false
		}
		if at += n; at == int(h.Length) {
			return true
		}
	}
}

// close answers a Close frame with one of the same code, then closes TCP
// first, as the server should (RFC 6455 §7.1.1).
func (t *talk) close(h ws.Header) bool {
	payload := make([]byte, h.Length) // at most 125: the header was checked
	if _, err := io.ReadFull(t.in, payload); err != nil {
		t.left()
		return false
	}
	ws.Cipher(payload, h.Mask, 0)
	code, reason := ws.ParseCloseFrameData(payload)
	if len(payload) > 0 && ws.CheckCloseFrameData(code, reason) != nil {
		return t.fail(ws.StatusProtocolError)
	}
	t.visit.server.tally.peerClosed.Add(1)
	var body []byte
	if len(payload) > 0 {
		body = ws.NewCloseFrameBody(code, "")
	}
	t.end(body)
	return false
}

// fail sends a Close frame because of what the peer did.
func (t *talk) fail(code ws.StatusCode) bool {
	t.visit.server.tally.closeFailed.Add(1)
	t.end(ws.NewCloseFrameBody(code, ""))
	return false
}

// end sends a Close frame with that body and closes TCP.
func (t *talk) end(body []byte) {
	if t.visit.write(ws.MustCompileFrame(ws.NewCloseFrame(body))) == nil {
		t.visit.finish()
	}
}

// drop reads a control frame's payload for nothing.
func (t *talk) drop(h ws.Header) bool {
	if _, err := t.in.Discard(int(h.Length)); err != nil {
		t.left()
		return false
	}
	return true
}

// left counts a peer that went without a Close frame, unless it was us.
func (t *talk) left() {
	if !t.visit.server.isStopping() {
		t.visit.server.tally.peerLeft.Add(1)
	}
}
