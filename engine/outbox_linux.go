package engine

import (
	"bytes"
	"encoding/binary"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

// A peer that does not read must not make us keep what it does not take. So a
// frame goes out only when nothing of an earlier one is left: the socket takes
// it whole, in part, in which case the rest is kept, or not at all, and then
// it is dropped. At most one frame is kept, and what does reach the peer is
// whole frames. A lost ping or pong of ours is nothing a handshake rests on.

// clientFrame makes a masked frame of less than 64 KB, as a client's must be (RFC 6455 §5.3).
func (s *shard) clientFrame(op ws.OpCode, payload []byte) []byte {
	var mask [4]byte
	_, _ = s.random.Read(mask[:])
	b := append(s.request[:0], 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	default: // the scenario bounds a text to 64 KB
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	}
	b = append(b, mask[:]...)
	for i, p := range payload {
		b = append(b, p^mask[i%4])
	}
	s.request = b
	return b
}

// sendFrame sends a frame. fits is false if there was no room for it, and
// none of it will be sent.
func (s *shard) sendFrame(i int32, op ws.OpCode, payload []byte) (fits bool) {
	c := s.slab.at(i)
	if c.backlogged() {
		return false
	}
	f := s.clientFrame(op, payload)
	if c.tls != nil {
		_, _ = c.tls.Write(f) // a failure shows in the next read
		return true
	}
	n, err := send(int(c.fd), f)
	if err == 0 && n < len(f) {
		rest := bytes.Clone(f[n:])
		c.rest = &rest
	}
	return err != unix.EAGAIN
}

// backlogged reports whether something is left to send of an earlier frame or,
// over TLS, of the request or an answer of TLS's own.
func (c *conn) backlogged() bool {
	if c.tls != nil {
		return len(c.tls.wire.unsent) > 0
	}
	return c.rest != nil
}

// sendBacklog sends what the socket now has room for.
func (s *shard) sendBacklog(i int32) {
	c := s.slab.at(i)
	switch {
	case c.tls != nil:
		_, _ = c.tls.wire.flush() // a failure shows in the next read
	case c.rest != nil:
		n, err := send(int(c.fd), *c.rest)
		if err != 0 {
			return
		}
		if *c.rest = (*c.rest)[n:]; len(*c.rest) == 0 {
			c.rest = nil
		}
	}
}
