package engine

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

const (
	readBuffer = 64 << 10               // a shard's only read buffer
	flushEvery = 100 * time.Millisecond // how old a batch gets before the collector has it
	pollEvery  = 16                     // connects between two looks at what is ready
)

// shard makes its share of the load on one locked thread. Nothing of it is
// touched by anyone else but gauges (atomic) and the batches it hands over.
type shard struct {
	run    *run
	ep     int // epoll descriptor
	wake   int // eventfd the run writes to when it is to stop
	budget int // connections it may have open at once

	slab   slab
	queues queues
	ready  ring // arrivals with a socket waiting for their instant, in order of it
	cursor scenario.Cursor
	next   scenario.Arrival // the first arrival not yet in ready
	more   bool             // next is valid
	burst  int              // first of run.bursts not yet past

	armAfter time.Duration // arming failed: not again before this

	open     int // descriptors in use by connections
	most     int // the largest open has been
	inFlight int
	held     int
	stopping bool
	armed    int64 // arrivals released from ready

	events  []unix.EpollEvent
	buf     []byte // what is being read
	request []byte // what is being sent
	stamped stampedReader
	random  *rand.ChaCha8
	parser  *handshake.Parser   // for the reply at hand
	parsers []*handshake.Parser // spare ones
	frames  frameReader         // for the frames at hand
	inflate inflater            // for compressed answers of ready checks
	unread  []unread            // held connections with more to read than their turn took
	securer *securer            // runs TLS handshakes; nil for ws://
	ends    []handshakeEnd      // spare memory for securer.take

	unreadSpare []unread // spare memory for unread

	samples map[results.Outcome]int

	batch     *batch
	flushedAt time.Duration
	gauges    *gauges
}

// gauges are a shard's figures for the live display. Padding keeps two
// shards' gauges out of one cache line.
type gauges struct {
	inFlight, held, open atomic.Int64
	_                    [40]byte
}

// loop runs the shard until its part of the plan has ended. The order within
// a turn matters: what has arrived is read before deadlines are looked at, so
// a reply that made it is never called a timeout because we were late.
func (s *shard) loop() {
	runtime.LockOSThread() // for good: the thread, its timer slack changed, ends with the goroutine
	setTimerSlack()
	for {
		s.expire(s.clock())
		if s.run.stopped.Load() && !s.stopping {
			s.stop()
		}
		s.launch()
		now := s.clock()
		if s.finished(now) {
			break
		}
		s.report(now)
		var n int
		if s.arm(now) || len(s.unread) > 0 {
			n = epollPoll(s.ep, s.events)
		} else {
			n = epollWait(s.ep, s.events, s.patience(now))
		}
		s.handle(n)
		s.readOn()
	}
	s.report(s.clock())
	s.flush()
	if s.securer != nil {
		s.securer.close()
	}
}

// clock is the offset from the run's start; negative before it.
func (s *shard) clock() time.Duration { return time.Since(s.run.start) }

// finished reports whether all is done: every arrival ended, every connection
// closed, and the plan's time, trailing pauses included, over.
func (s *shard) finished(now time.Duration) bool {
	return s.open == 0 && !s.more && s.ready.len() == 0 && (s.stopping || now >= s.run.config.Schedule.End())
}

// patience is how long the shard may sleep.
func (s *shard) patience(now time.Duration) time.Duration {
	until := s.flushedAt + flushEvery
	if due, ok := s.nextDeadline(); ok {
		until = min(until, due)
	}
	if at, ok := s.nextInstant(); ok {
		until = min(until, at)
	}
	if at, ok := s.nextArming(); ok {
		until = min(until, at)
	}
	if end := s.run.config.Schedule.End(); end > now {
		until = min(until, end)
	}
	return max(until-now, 0)
}

// report sets the gauges and, ten times a second, hands the batch over and
// lets go of what the last tenth had no use for.
func (s *shard) report(now time.Duration) {
	s.gauges.inFlight.Store(int64(s.inFlight))
	s.gauges.held.Store(int64(s.held))
	s.gauges.open.Store(int64(s.open))
	if now-s.flushedAt >= flushEvery {
		s.flushedAt = now
		s.flush()
		if s.securer != nil {
			s.securer.rest()
		}
	}
}

// flush hands the batch to the collector and takes an empty one. The channel
// is deep enough for the collector to be away for a while; beyond that the
// shard waits, since losing an attempt is worse than being late, and the
// lateness shows in start_lag.
func (s *shard) flush() {
	if s.batch.empty() {
		return
	}
	s.run.batches <- s.batch
	select {
	case s.batch = <-s.run.spare:
	default:
		s.batch = newBatch()
	}
}

// poll takes what is ready without waiting.
func (s *shard) poll() {
	s.handle(epollPoll(s.ep, s.events))
	s.expire(s.clock())
}

func (s *shard) handle(n int) {
	for i := range s.events[:n] {
		ev := &s.events[i]
		if ev.Fd == none {
			drainEvent(s.wake)
			s.handshakesDone()
			continue
		}
		s.event(ev.Fd, uint32(ev.Pad), ev.Events)
	}
}

// event is one connection's news.
func (s *shard) event(i int32, gen uint32, events uint32) {
	c := s.slab.at(i)
	if c.gen != gen {
		return // news of a socket already closed
	}
	// Edge-triggered news come once: a FIN that came with the last data is not
	// told again, so the reads must go on until they meet it.
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 && c.state != armed {
		c.hungUp = true
	}
	switch c.state {
	case connecting, dialing:
		s.connectNews(i, events)
	case parked:
		c.early = true // looked at when the request is out
	case tunneling:
		s.tunnelNews(i)
	case securing, abandoned:
		c.tls.wire.tell()
	case upgrading:
		s.upgradeNews(i, events)
	case readying, held, closing:
		if events&unix.EPOLLOUT != 0 {
			s.sendBacklog(i)
		}
		s.readFrames(i)
	case sampling:
		s.readBody(i)
	}
}

// expired ends what the deadline of queue id was set for.
func (s *shard) expired(i int32, id queueID, now time.Duration) {
	c := s.slab.at(i)
	switch id {
	case connectQueue:
		s.fail(i, results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect})
	case tlsQueue:
		s.fail(i, results.Outcome{Kind: results.Timeout, Phase: results.PhaseTLS})
	case totalQueue:
		phase := results.PhaseUpgrade
		switch c.state {
		case connecting, tunneling:
			phase = results.PhaseConnect
		case securing:
			phase = results.PhaseTLS
		}
		s.fail(i, results.Outcome{Kind: results.Timeout, Phase: phase})
	case readyQueue:
		s.fail(i, results.Outcome{Kind: results.Timeout, Phase: results.PhaseReady})
	case trialQueue:
		s.acquit(i)
	case pingQueue:
		s.ping(i, now)
	case holdQueue:
		s.startClose(i, now)
	case closingQueue:
		s.closed(i, results.HeldClose{At: now, Kind: results.ForcedClose})
	case samplingQueue:
		s.sampled(i)
	}
}

// stop begins nothing more: what is in flight is canceled, what is held is
// closed, what was not due yet is forgotten.
func (s *shard) stop() {
	s.stopping = true
	now := s.clock()
	canceled := results.Outcome{Kind: results.Canceled}
	for _, id := range []queueID{totalQueue, readyQueue} {
		for q := &s.queues[id]; q.head != none; {
			s.fail(q.head, canceled)
		}
	}
	for ; s.ready.len() > 0; s.ready.pop() {
		r := s.ready.front()
		c := s.slab.at(r.slot)
		if c.gen != r.gen {
			continue // ended ahead of its instant
		}
		if r.at <= now {
			s.fail(r.slot, canceled)
		} else {
			s.drop(r.slot)
		}
	}
	for s.more && s.next.At <= now {
		s.recordUnstarted(s.next, canceled)
		s.next, s.more = s.cursor.Next()
	}
	s.more = false
	for q := &s.queues[holdQueue]; q.head != none; {
		s.startClose(q.head, now)
	}
	for q := &s.queues[samplingQueue]; q.head != none; {
		s.sampled(q.head)
	}
}

// drop closes the connection's socket and frees its slot; both wait for a
// TLS handshake that is still using them.
func (s *shard) drop(i int32) {
	c := s.slab.at(i)
	s.leave(i, byPhase)
	s.leave(i, byLife)
	if c.state == securing {
		c.state = abandoned
		c.tls.wire.gone.Store(true)
		c.tls.wire.tell()
		return
	}
	s.spareReply(c)
	if c.backlogged() { // the kernel would keep it, and offer it to a deaf peer for minutes
		lingerZero(int(c.fd))
	}
	closeFD(int(c.fd))
	s.open--
	s.slab.put(i)
}
