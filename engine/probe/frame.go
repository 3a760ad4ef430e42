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
	isLongControl  = "a control frame over 125 bytes"
	isBadLength    = "a frame with an impossible length"
	isBadClose     = "a close frame with half a code or one that is never sent"
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
		if fault := ruleFault(b[len(b)-rest.Len():], extended); fault != "" {
			return following{is: fault}
		}
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
// it counts as 1005.
func closing(is string, payload []byte) following {
	if len(payload) == 0 {
		return following{is: is, code: int(ws.StatusNoStatusRcvd)}
	}
	if len(payload) == 1 {
		return following{is: isBadClose}
	}
	code, reason := ws.ParseCloseFrameDataUnsafe(payload)
	if !isSent(code) {
		is = isBadClose
	}
	return following{is, int(code), reason}
}

// isSent reports whether a close frame may have the code (RFC 6455 §7.4, with
// 1012 to 1014, registered since, which ws.CheckCloseFrameData does not know).
func isSent(code ws.StatusCode) bool {
	switch code {
	case 1004, ws.StatusNoStatusRcvd, ws.StatusAbnormalClosure:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code < 5000
}

// frameFault says why b can't begin a connection's first frame from a server,
// or is another program's; "" if it can.
func frameFault(b []byte, extended bool) string {
	opcode, final := ws.OpCode(b[0]&0x0f), b[0]&0x80 != 0
	switch {
	case bytes.HasPrefix(b, []byte("HTTP/1.")):
		return isHTTP
	case opcode.IsReserved() || opcode == ws.OpContinuation,
		opcode.IsControl() && !final, // a line feed is such a byte
		b[0]&reservedBits != 0 && !extended && (!final || !opcode.IsData()):
		return isNoFrame
	}
	return ""
}

const reservedBits = 0x70

// ruleFault says which rule the frame that b begins with breaks, as far as b
// goes (RFC 6455 §5.1, §5.2, §5.5); "" for none.
func ruleFault(b []byte, extended bool) string {
	if len(b) > 0 && b[0]&reservedBits != 0 && !extended {
		return isReservedBits
	}
	if len(b) < 2 {
		return ""
	}
	switch length := b[1] & 0x7f; {
	case b[1]&0x80 != 0:
		return isMasked
	case ws.OpCode(b[0]&0x0f).IsControl() && length > ws.MaxControlFramePayloadSize:
		return isLongControl
	case length == 127 && len(b) > 2 && b[2]&0x80 != 0:
		return isBadLength
	}
	return ""
}
