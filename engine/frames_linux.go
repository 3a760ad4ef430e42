package engine

import (
	"encoding/binary"
	"errors"

	"github.com/gobwas/ws"
)

// frame is one frame, or the start of one: data frames are reported at their
// header, their payload is skipped; control frames come with their payload.
type frame struct {
	op      ws.OpCode
	payload []byte // of a control frame; good until the next call
}

// code is a Close frame's status code: 1005 when it has none (RFC 6455 §7.1.5).
func (f *frame) code() uint16 {
	if len(f.payload) < 2 {
		return uint16(ws.StatusNoStatusRcvd)
	}
	return binary.BigEndian.Uint16(f.payload)
}

var (
	errMasked     = errors.New("frame from the server is masked")               // RFC 6455 §5.1
	errReserved   = errors.New("frame has reserved bits or a reserved opcode")  // §5.2
	errControl    = errors.New("control frame is fragmented or over 125 bytes") // §5.5
	errFragment   = errors.New("frame does not fit the message it belongs to")  // §5.4
	errCloseFrame = errors.New("close frame with one byte or an unusable code") // §5.5.1, §7.4
	errLength     = errors.New("frame length has its most significant bit set") // §5.2
)

// frameReader takes a server's frames apart as the bytes come, however they
// are cut. The zero value is at the start of a connection's first frame. It
// keeps no payload but a control frame's, so its size is all the memory a
// peer can make it use.
type frameReader struct {
	skip       int64 // payload bytes of the frame at hand still to pass over
	pending    [ws.MaxHeaderSize + ws.MaxControlFramePayloadSize]byte
	n          int  // bytes in pending: a header or control frame not yet whole
	fragmented bool // between the fragments of a message
	compressed bool // permessage-deflate was agreed: RSV1 is allowed
	gathers    bool // messages that may be an answer are kept in text
	text       []byte
	isText     bool   // the message at hand is text
	deflated   bool   // it is compressed
	cut        bool   // and larger than text may be
	whole      bool   // text is a whole message
	history    []byte // what a compressed message may refer back to
	lost       bool   // and can't, because a message of that was too large
}

// gathered reports whether the message at hand is kept: a text, or a part of
// what a compressed one may refer to.
func (r *frameReader) gathered() bool { return r.gathers && (r.isText || r.deflated) }

// ignore keeps no more messages.
func (r *frameReader) ignore() {
	r.gathers, r.text, r.history = false, nil, nil
}

// idle reports whether the reader stands where a fresh one does.
func (r *frameReader) idle() bool {
	return r.skip == 0 && r.n == 0 && !r.fragmented && !r.gathers
}

// next takes one frame off data. ok is false when data holds no whole one:
// all of it is consumed then.
func (r *frameReader) next(data []byte) (f frame, rest []byte, ok bool, err error) {
	r.whole = false
	if r.skip > 0 {
		n := min(r.skip, int64(len(data)))
		r.gather(data[:n])
		r.skip -= n
		data = data[n:]
		if r.skip == 0 && r.gathered() && !r.fragmented {
			r.whole = true
			return frame{op: ws.OpContinuation}, data, true, nil
		}
	}
	if len(data) == 0 {
		return frame{}, nil, false, nil
	}
	if r.n == 0 {
		f, used, ok, err := r.parse(data)
		if ok || err != nil {
			return f, data[used:], ok, err
		}
	}
	// A frame in pieces: gather byte by byte what fits the largest header and
	// control frame; parse says when it is whole.
	for len(data) > 0 {
		r.pending[r.n] = data[0]
		r.n++
		data = data[1:]
		f, _, ok, err := r.parse(r.pending[:r.n])
		if ok || err != nil {
			r.n = 0
			return f, data, ok, err
		}
	}
	return frame{}, nil, false, nil
}

// maxMessage bounds what is kept of a message.
const maxMessage = 64 << 10

// rsv1 is the bit of ws.Header.Rsv that marks a compressed message (RFC 7692 §6).
const rsv1 = 4

// gather keeps a piece of a message, as far as there is room.
func (r *frameReader) gather(p []byte) {
	if r.gathered() {
		n := min(len(p), maxMessage-len(r.text))
		r.text, r.cut = append(r.text, p[:n]...), r.cut || n < len(p)
	}
}

// parse reads a header, and for a control frame its payload, from the start of p.
func (r *frameReader) parse(p []byte) (f frame, used int, ok bool, err error) {
	if len(p) > 0 {
		if err := r.checkFirst(p[0]); err != nil {
			return frame{}, 0, false, err
		}
	}
	h, used, ok, err := readHeader(p)
	switch {
	case err != nil || !ok:
		return frame{}, 0, false, err
	case h.Masked:
		return frame{}, 0, false, errMasked
	}
	if h.OpCode.IsControl() {
		return r.control(h, p, used)
	}
	if h.OpCode == ws.OpContinuation != r.fragmented {
		return frame{}, 0, false, errFragment
	}
	if h.OpCode != ws.OpContinuation {
		r.isText, r.text = h.OpCode == ws.OpText, r.text[:0]
		r.deflated, r.cut = h.Rsv&rsv1 != 0, false
	}
	r.fragmented = !h.Fin
	r.skip = h.Length
	r.whole = r.gathered() && h.Fin && h.Length == 0
	return frame{op: h.OpCode}, used, true, nil
}

// readHeader decodes a frame header (RFC 6455 §5.2) from the start of p; ok
// is false while it is not whole. It does what ws.ReadHeader does, which
// allocates a buffer a call because it reads from an interface: one
// allocation for every connection closed cleanly. A test holds the two equal.
func readHeader(p []byte) (h ws.Header, used int, ok bool, err error) {
	if len(p) < 2 {
		return h, 0, false, nil
	}
	h = ws.Header{Fin: p[0]&0x80 != 0, Rsv: p[0] & 0x70 >> 4, OpCode: ws.OpCode(p[0] & 0x0f), Masked: p[1]&0x80 != 0}
	used = 2
	switch n := p[1] & 0x7f; n {
	case 126:
		if used = 4; len(p) < used {
			return h, 0, false, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(p[2:]))
	case 127:
		if used = 10; len(p) < used {
			return h, 0, false, nil
		}
		length := binary.BigEndian.Uint64(p[2:])
		if length>>63 != 0 {
			return h, 0, false, errLength
		}
		h.Length = int64(length)
	default:
		h.Length = int64(n)
	}
	if h.Masked {
		if len(p) < used+4 {
			return h, 0, false, nil
		}
		used += copy(h.Mask[:], p[used:])
	}
	return h, used, true, nil
}

func (r *frameReader) control(h ws.Header, p []byte, used int) (frame, int, bool, error) {
	if !h.Fin || h.Length > ws.MaxControlFramePayloadSize {
		return frame{}, 0, false, errControl
	}
	end := used + int(h.Length)
	if len(p) < end {
		return frame{}, 0, false, nil
	}
	f := frame{op: h.OpCode, payload: p[used:end]}
	if h.OpCode == ws.OpClose && !validClose(f) {
		return frame{}, 0, false, errCloseFrame
	}
	return f, end, true, nil
}

// checkFirst judges a frame's first byte, so that bytes that are no frame
// are called so before a length made of them is waited for.
func (r *frameReader) checkFirst(b byte) error {
	op, rsv := ws.OpCode(b&0x0f), b&0x70
	if r.compressed && !op.IsControl() {
		rsv &^= 0x40
	}
	if rsv != 0 || op.IsReserved() {
		return errReserved
	}
	return nil
}

func validClose(f frame) bool {
	if len(f.payload) == 0 {
		return true
	}
	code := f.code()
	return len(f.payload) > 1 && (code >= 3000 && code < 5000 || code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
}
