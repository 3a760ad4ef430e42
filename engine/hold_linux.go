package engine

import (
	"strconv"
	"time"

	"github.com/gobwas/ws"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// ping sends a ping and sets the next.
func (s *shard) ping(i int32, now time.Duration) {
	s.sendFrame(i, ws.OpPing, nil)
	s.enter(i, pingQueue, now+s.run.config.Hold.PingEvery)
}

var closeNormal = []byte{0x03, 0xe8} // 1000

// codeAbnormal stands for a close without a Close frame (RFC 6455 §7.1.5).
const codeAbnormal = 1006

// startClose ends a held connection the way the scenario says. Where there is
// no room for our Close, because the peer does not read, it will not answer it
// either.
func (s *shard) startClose(i int32, now time.Duration) {
	c := s.slab.at(i)
	if c.onTrial {
		s.acquit(i)
	}
	if s.run.config.Hold.Close == scenario.Reset {
		lingerZero(int(c.fd))
		s.closed(i, results.HeldClose{At: now, Kind: results.ResetClose})
		return
	}
	s.leave(i, byLife)
	c.state = closing
	s.held--
	if !s.sendFrame(i, ws.OpClose, closeNormal) {
		lingerZero(int(c.fd))
		s.closed(i, results.HeldClose{At: now, Kind: results.ForcedClose})
		return
	}
	s.enter(i, closingQueue, now+closeTimeout)
}

// readTurn is how many reads a connection gets before others have theirs. A
// peer that sends faster than we read would else keep the shard for itself.
const readTurn = 4

// unread is a connection left with more to read.
type unread struct {
	slot int32
	gen  uint32
}

// readOn gives the connections with more to read another turn.
func (s *shard) readOn() {
	list := s.unread
	s.unread, s.unreadSpare = s.unreadSpare[:0], list
	for _, u := range list {
		if c := s.slab.at(u.slot); c.gen == u.gen {
			c.unread = false
			s.readFrames(u.slot)
		}
	}
}

// readFrames reads what a held or closing connection has sent.
func (s *shard) readFrames(i int32) {
	c := s.slab.at(i)
	if c.unread {
		return // its turn will come
	}
	gen := c.gen
	for range readTurn {
		n, end, o := s.receive(c)
		switch {
		case end == nothingMore:
			return
		case end == connectionFailed && o.Kind == results.TLS:
			s.insecure(i, o.Reason)
			return
		case end != gotBytes:
			s.lost(i, end == connectionFailed)
			return
		}
		s.readFrameBytes(i, s.buf[:n])
		if c.gen != gen || s.isAll(c, n) {
			return
		}
	}
	c.unread = true
	s.unread = append(s.unread, unread{i, gen})
}

// readFrameBytes acts on the frames in data. The reader of a connection
// between frames is the shard's own; only a cut frame gets one to itself.
func (s *shard) readFrameBytes(i int32, data []byte) {
	c := s.slab.at(i)
	r := c.frames
	if r == nil {
		r = &s.frames
		r.skip, r.n, r.fragmented, r.compressed = 0, 0, false, c.extended
	}
	gen := c.gen
	for all := data; len(data) > 0; {
		f, rest, ok, err := r.next(data)
		if r.whole {
			if err = s.onMessage(i); c.gen != gen {
				return
			}
		}
		if err != nil {
			s.frameError(i, all, err)
			return
		}
		if !ok {
			break
		}
		if s.onFrame(i, f); c.gen != gen {
			return
		}
		data = rest
	}
	switch {
	case c.frames == nil && !r.idle():
		kept := *r
		c.frames = &kept
	case c.frames != nil && r.idle():
		c.frames = nil
	}
}

// onFrame answers a frame: pings and, once, the close.
func (s *shard) onFrame(i int32, f frame) {
	c := s.slab.at(i)
	switch f.op {
	case ws.OpPing:
		if c.state == held || c.state == readying {
			s.sendFrame(i, ws.OpPong, f.payload)
		}
	case ws.OpClose:
		s.onClose(i, f)
	}
}

// onClose is the server's Close frame: the answer to ours, or its own idea.
// Either way the server closes TCP next (RFC 6455 §7.1.1).
func (s *shard) onClose(i int32, f frame) {
	c := s.slab.at(i)
	now := s.clock()
	code := f.code()
	ours := c.state == closing && (code == 1000 || code == 1005)
	c.peerClosed = true
	if ours {
		return // its FIN ends it
	}
	if c.undecided() {
		o := results.Outcome{Kind: results.Closed, Phase: results.PhaseReady, Reason: closedReason(code)}
		s.sampleText(c.n, o, "close frame "+strconv.Itoa(int(code))+" "+handshake.Escape(f.payload[min(2, len(f.payload)):]))
		s.settleClosed(i, o, now)
	}
	if c.state == held || c.state == readying {
		if c.state == held {
			s.held--
		}
		c.state = closing
		s.sendFrame(i, ws.OpClose, f.payload[:min(2, len(f.payload))])
	}
	s.leave(i, byLife)
	s.enter(i, closingQueue, now+closeTimeout)
	s.recordClose(i, results.HeldClose{At: now, Kind: results.CodeEarly, Code: code})
}

// settleClosed settles an attempt that the server's Close frame makes a
// failure. Its connection goes on to be closed as any other is (RFC 6455
// §5.5.1), but it was never held, so its close is not one to tell.
func (s *shard) settleClosed(i int32, o results.Outcome, now time.Duration) {
	c := s.slab.at(i)
	s.settle(i, o, now)
	c.closeTold = true
	if c.frames != nil {
		c.frames.ignore()
	}
}

// lost is the end of TCP, from the server's side. A server that answers our
// Close with a bare FIN has closed too; one that resets has not.
func (s *shard) lost(i int32, reset bool) {
	c := s.slab.at(i)
	now := s.clock()
	switch {
	case c.undecided() && reset:
		s.fail(i, results.Outcome{Kind: results.Reset, Phase: results.PhaseReady})
	case c.undecided():
		s.fail(i, results.Outcome{Kind: results.Closed, Phase: results.PhaseReady})
	case c.state == closing && (c.peerClosed || !reset):
		s.closed(i, results.HeldClose{At: now, Kind: results.CleanClose})
	case c.state == closing:
		s.closed(i, results.HeldClose{At: now, Kind: results.ForcedClose})
	case reset:
		s.closed(i, results.HeldClose{At: now, Kind: results.ResetEarly, Code: codeAbnormal})
	default:
		s.closed(i, results.HeldClose{At: now, Kind: results.EOFEarly, Code: codeAbnormal})
	}
}

// insecure is the end of an open connection by TLS itself: an alert of the
// server's, or bytes that are no records of this session.
func (s *shard) insecure(i int32, reason results.Reason) {
	c := s.slab.at(i)
	switch {
	case c.undecided():
		s.fail(i, results.Outcome{Kind: results.TLS, Phase: results.PhaseReady, Reason: reason})
	case c.state == closing:
		s.closed(i, results.HeldClose{At: s.clock(), Kind: results.ForcedClose})
	default:
		s.batch.warn("TLS error after open", 1)
		s.sampleText(c.n, results.Outcome{Kind: results.Established}, "TLS error after open: "+string(reason))
		s.closed(i, results.HeldClose{At: s.clock(), Kind: results.FrameError, Code: codeAbnormal})
	}
}

// frameError ends a connection whose server sent what is no frame; the
// handshake stays established, the fault has its own count and sample.
func (s *shard) frameError(i int32, data []byte, err error) {
	c := s.slab.at(i)
	if c.undecided() {
		o := results.Outcome{Kind: results.Protocol, Phase: results.PhaseReady, Reason: results.BadFrame}
		s.sampleText(c.n, o, err.Error()+": "+handshake.Escape(data[:min(len(data), 16)]))
		s.fail(i, o)
		return
	}
	s.batch.warn("frame error after open", 1)
	s.sampleText(c.n, results.Outcome{Kind: results.Established}, "frame error after open: "+err.Error()+": "+handshake.Escape(data[:min(len(data), 16)]))
	s.closed(i, results.HeldClose{At: s.clock(), Kind: results.FrameError, Code: uint16(ws.StatusProtocolError)})
}

// closed records the end of an established connection and frees it.
func (s *shard) closed(i int32, how results.HeldClose) {
	if s.slab.at(i).state == held {
		s.held--
	}
	s.recordClose(i, how)
	s.drop(i)
}

// recordClose records the end of slot i's connection, unless that is done.
func (s *shard) recordClose(i int32, how results.HeldClose) {
	c := s.slab.at(i)
	if c.closeTold {
		return
	}
	c.closeTold = true
	how.Age = how.At - c.ended
	s.batch.closes = append(s.batch.closes, how)
}
