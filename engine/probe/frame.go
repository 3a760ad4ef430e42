package probe

import (
	"bytes"

	"github.com/gobwas/ws"
)

// What bytes behind a 101 may be.
const (
	isFrames       = "frames"
	isClose        = "a close frame"
	isFramesClose  = "frames, then a close frame"
	isMasked       = "a masked frame"
	isReservedBits = "a frame with reserved bits set"
	isHTTP         = "another HTTP reply"
	isNoFrame      = "not a frame"
)

// following is what came behind a 101.
type following struct {
	is     string // "" for nothing
	code   int    // of a close frame; 0 for none
	reason string // of a close frame, as received
}

// follow says what the bytes behind a 101 are: at which the client fails, or
// else whether a close frame is among them. extended says that an extension was
// agreed on, which may use the reserved bits (RFC 6455 §5.2).
func follow(b []byte, extended bool) following {
	if len(b) == 0 {
		return following{}
	}
	if fault := frameFault(b, extended); fault != "" {
		return following{is: fault}
	}
	for is, rest := isClose, bytes.NewReader(b); ; is = isFramesClose {
		h, err := ws.ReadHeader(rest)
		if err != nil || h.Length > int64(rest.Len()) {
			return following{is: isFrames}
		}
		payload := make([]byte, h.Length)
		_, _ = rest.Read(payload) // it is that long
		if h.OpCode == ws.OpClose {
			return closing(is, payload)
		}
	}
}

// closing reads the payload of a close frame (RFC 6455 §5.5.1). Without a code
// it counts as 1005, and so it does with one byte, which is no code.
func closing(is string, payload []byte) following {
	if len(payload) < 2 {
		return following{is: is, code: int(ws.StatusNoStatusRcvd)}
	}
	code, reason := ws.ParseCloseFrameDataUnsafe(payload)
	return following{is, int(code), reason}
}

// frameFault says why b can't begin a connection's first frame from a server;
// "" if it can.
func frameFault(b []byte, extended bool) string {
	const reserved, mask = 0x70, 0x80
	opcode := ws.OpCode(b[0] & 0x0f)
	switch {
	case bytes.HasPrefix(b, []byte("HTTP/1.")):
		return isHTTP
	case opcode.IsReserved() || opcode == ws.OpContinuation:
		return isNoFrame
	case b[0]&reserved != 0 && !extended:
		if b[0]&0x80 == 0 || !opcode.IsData() {
			return isNoFrame
		}
		return isReservedBits
	case len(b) > 1 && b[1]&mask != 0:
		return isMasked
	}
	return ""
}
