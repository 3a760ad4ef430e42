package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// sendRequest makes the request with a fresh key and sends what the socket takes.
func (s *shard) sendRequest(i int32) {
	c := s.slab.at(i)
	c.state = upgrading
	var nonce [16]byte
	_, _ = s.random.Read(nonce[:])
	c.key = handshake.NewKey(nonce)
	s.sendRest(i)
}

// sendRest sends the part of the request that is not sent yet. The bytes are
// made anew from template and key, so a connection keeps no buffer.
func (s *shard) sendRest(i int32) {
	c := s.slab.at(i)
	s.request = s.run.aims[c.aim].Request.AppendTo(s.request[:0], &c.key, c.n)
	if c.tls != nil {
		s.sendSecured(i)
		return
	}
	for int(c.sent) < len(s.request) {
		n, err := send(int(c.fd), s.request[c.sent:])
		switch err {
		case 0:
			c.sent += int32(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return // EPOLLOUT tells when there is room again
		default:
			// What the server said before it closed is still to be read: a 400
			// to a request it did not want to read whole, for one.
			s.readReply(i)
			return
		}
	}
	s.requestSent(i)
}

// requestSent looks for a reply that may have been there before the request.
func (s *shard) requestSent(i int32) {
	c := s.slab.at(i)
	c.requested = s.clock()
	if c.early {
		c.early = false
		s.readReply(i)
	}
}

// upgradeNews is room to write the rest of the request, or bytes of the reply.
func (s *shard) upgradeNews(i int32, events uint32) {
	c := s.slab.at(i)
	gen := c.gen
	if c.tls != nil && events&unix.EPOLLOUT != 0 {
		_, _ = c.tls.wire.flush() // a failure shows in the next read
	} else if events&unix.EPOLLOUT != 0 && c.requested == 0 {
		s.sendRest(i)
		if c.gen != gen || c.state != upgrading {
			return
		}
	}
	if events&^unix.EPOLLOUT != 0 {
		s.readReply(i)
	}
}

// readReply reads until the verdict is known or nothing more is there.
func (s *shard) readReply(i int32) {
	c := s.slab.at(i)
	for {
		n, end, o := s.receive(c)
		switch end {
		case nothingMore:
			return
		case peerEnded, connectionFailed:
			s.fail(i, o)
			return
		}
		if s.feed(i, s.buf[:n]) || s.isAll(c, n) {
			return
		}
	}
}

// feed gives the parser bytes of the reply and acts on its verdict; true
// means the reply is decided.
func (s *shard) feed(i int32, data []byte) (decided bool) {
	c := s.slab.at(i)
	p := c.reply
	if p == nil {
		p = s.parser
		p.Reset(s.run.aims[c.aim].Request)
	}
	used, done := p.Feed(data)
	if !done {
		if c.reply == nil { // it came in pieces: the connection keeps this parser
			c.reply, s.parser = p, s.spareParser()
		}
		return false
	}
	v := p.Verdict(&c.key)
	for w := v.Warnings; w != 0; w &= w - 1 {
		s.batch.warn((w & -w).String(), 1)
	}
	if v.Outcome.Kind == results.Established {
		if c.extended = v.Extended; c.extended {
			s.batch.warn("permessage-deflate negotiated", 1)
		}
		s.established(i, data[used:], !s.isAll(c, len(data)))
	} else {
		s.refused(i, p, v, data[used:])
	}
	return true
}

func (s *shard) spareParser() *handshake.Parser {
	if n := len(s.parsers); n > 0 {
		p := s.parsers[n-1]
		s.parsers = s.parsers[:n-1]
		return p
	}
	return new(handshake.Parser)
}

// spareReply keeps the parser of c, if it had one to itself, without the head
// it gathered: a peer may have made that long.
func (s *shard) spareReply(c *conn) {
	if c.reply == nil {
		return
	}
	c.reply.Reset(nil)
	s.parsers, c.reply = append(s.parsers, c.reply), nil
}

// established goes on from a valid 101. rest came behind its head; more says
// that the socket may have more to read.
func (s *shard) established(i int32, rest []byte, more bool) {
	c := s.slab.at(i)
	c.ended = s.clock()
	s.leave(i, byPhase)
	s.leave(i, byLife)
	s.spareReply(c)
	gen := c.gen
	if s.run.config.Ready.Within > 0 {
		s.awaitReady(i)
	} else {
		s.opened(i)
	}
	if c.gen == gen && len(rest) > 0 {
		s.readFrameBytes(i, rest)
	}
	if c.gen == gen && more {
		s.readFrames(i)
	}
	if c.gen == gen && c.state == held {
		s.keep(i)
	}
}

// opened makes slot i a held connection: settled, or on trial for a while.
func (s *shard) opened(i int32) {
	c := s.slab.at(i)
	c.state = held
	s.held++
	if within := s.run.config.CloseWithin; within > 0 {
		c.onTrial = true
		s.enter(i, trialQueue, c.ended+within)
		return
	}
	s.settle(i, results.Outcome{Kind: results.Established}, c.ended)
}

// keep lets a held connection be what the scenario says: closed at once, or
// held and pinged.
func (s *shard) keep(i int32) {
	c := s.slab.at(i)
	hold := &s.run.config.Hold
	now := s.clock()
	if hold.For == 0 {
		s.startClose(i, now)
		return
	}
	s.enter(i, holdQueue, c.ended+hold.For)
	if hold.PingEvery > 0 && !c.onTrial {
		s.enter(i, pingQueue, now+hold.PingEvery)
	}
}

// fail ends an attempt that was not established and closes its connection.
func (s *shard) fail(i int32, o results.Outcome) {
	if s.slab.at(i).state == held { // on trial, and guilty
		s.held--
	}
	s.settle(i, o, s.clock())
	s.explain(i, o)
	s.drop(i)
}

// settle records how the attempt of slot i ended, exactly once.
func (s *shard) settle(i int32, o results.Outcome, now time.Duration) {
	c := s.slab.at(i)
	c.ended = now
	c.onTrial = false
	s.leave(i, byPhase)
	if o.Kind != results.Established {
		s.leave(i, byLife)
	}
	if c.released {
		s.inFlight--
	}
	s.endEvidence(c)
	s.record(results.Attempt{
		ConnectLag: c.connectLag, TLSLag: c.tlsLag, ReadLag: c.readLag, SYNRetransmits: c.synRetransmits, DataRetransmits: c.dataRetransmits,
		N: c.n, Intended: c.intended, Dialed: c.dialed, Started: c.started, Connected: c.connected, Secured: c.secured,
		Session: c.session, Ready: c.ready, Requested: c.requested, Ended: now, Burst: c.burst, Address: c.address, Outcome: o,
	})
}

// recordUnstarted records an arrival that came due but was never dialed.
func (s *shard) recordUnstarted(a scenario.Arrival, o results.Outcome) {
	attempt := results.Attempt{N: a.N, Intended: a.At, Ended: s.clock(), Burst: a.Burst, Outcome: o}
	if o.Kind == results.Resolve { // it began with the name, looked up before the run
		attempt.Ended = max(attempt.Ended, a.At, 1)
		attempt.Dialed, attempt.Started = attempt.Ended, attempt.Ended
	}
	s.record(attempt)
}

func (s *shard) record(a results.Attempt) {
	s.batch.attempts = append(s.batch.attempts, a)
	if len(s.batch.attempts) == batchSize {
		s.flush()
	}
}
