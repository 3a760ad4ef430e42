package engine

import (
	"bytes"
	"strconv"

	"github.com/gobwas/ws"

	"stampede/results"
)

// A valid 101 may not be all a scenario asks for: an answer of the
// application (ready), and that the server does not end the connection at
// once, which is how some refuse a client (early_close: fail). Until both are
// seen the attempt is not settled; its handshake time stays that of the 101.

// awaitReady sends what the scenario sends first and waits for the answer.
func (s *shard) awaitReady(i int32) {
	c := s.slab.at(i)
	ready := &s.run.config.Ready
	c.state = readying
	c.frames = &frameReader{compressed: c.extended, gathers: true}
	s.enter(i, readyQueue, c.ended+ready.Within)
	if ready.Send != "" {
		s.sendText(i, ready.Send)
	}
}

// onMessage looks at the message just gathered. One too large to be inflated is
// a text all the same, which is enough where any will do.
func (s *shard) onMessage(i int32) (err error) {
	r := s.slab.at(i).frames
	text := r.text
	if r.deflated {
		text, err = r.inflate(&s.inflate)
		text = text[:min(len(text), maxMessage)]
	}
	switch {
	case err == errInflated:
		s.batch.warn(err.Error(), 1)
	case err != nil:
		return err
	}
	if r.isText {
		s.isReady(i, text)
	}
	return nil
}

// isReady looks whether a text message is the answer.
func (s *shard) isReady(i int32, message []byte) {
	c := s.slab.at(i)
	if !bytes.Contains(message, []byte(s.run.config.Ready.Expect)) {
		return
	}
	c.ready = s.clock()
	c.frames.ignore()
	s.leave(i, byPhase)
	gen := c.gen
	s.opened(i)
	if c.gen == gen {
		s.keep(i)
	}
}

// acquit settles a connection that was on trial: the server has kept it.
func (s *shard) acquit(i int32) {
	c := s.slab.at(i)
	s.settle(i, results.Outcome{Kind: results.Established}, c.ended)
	if every := s.run.config.Hold.PingEvery; every > 0 && c.state == held {
		s.enter(i, pingQueue, s.clock()+every)
	}
}

// undecided reports whether slot i still has to prove itself.
func (c *conn) undecided() bool { return c.state == readying || c.onTrial }

// closedReason is the reason of a Close frame's code.
func closedReason(code uint16) results.Reason { return results.Reason(strconv.Itoa(int(code))) }

// sendText sends a text frame. The connection has sent nothing but the
// request, so there is room for its start at least.
func (s *shard) sendText(i int32, text string) {
	s.sendFrame(i, ws.OpText, []byte(text))
}
