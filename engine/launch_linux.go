package engine

import (
	"time"

	"golang.org/x/sys/unix"

	"stampede/results"
	"stampede/scenario"
)

// Arming makes sockets, and for release: upgrade whole connections, before
// the instant of a burst, so that at the instant only connect or send is left
// to call. It starts early enough for the count, with room to spare: making
// and registering a socket takes about 10 µs, a loopback connection 40 µs.
const (
	armAhead     = 200 * time.Millisecond
	armPerSocket = 40 * time.Microsecond
	dialAhead    = 500 * time.Millisecond
	dialPerConn  = 200 * time.Microsecond
	armRetry     = 10 * time.Millisecond
	armTurn      = 16 // sockets made between two looks at what is ready
)

// ipLocalPortRange is IP_LOCAL_PORT_RANGE of linux/in.h.
const ipLocalPortRange = 51

// armingStart is when to begin preparing burst b.
func armingStart(b *scenario.Burst) time.Duration {
	if b.Release == scenario.Upgrade {
		return b.At - dialAhead - time.Duration(b.Count)*dialPerConn
	}
	return b.At - armAhead - time.Duration(b.Count)*armPerSocket
}

// nextArming is when the shard next wants to prepare sockets; ok is false if
// there is nothing to prepare or no descriptor to do it with.
func (s *shard) nextArming() (at time.Duration, ok bool) {
	if !s.more || s.open >= s.budget {
		return 0, false
	}
	bursts := s.run.bursts
	for s.burst < len(bursts) && bursts[s.burst].At < s.next.At {
		s.burst++
	}
	if s.burst == len(bursts) {
		return 0, false
	}
	return max(armingStart(&bursts[s.burst]), s.armAfter), true
}

// arm prepares a few of the arrivals up to the coming burst, in order, and
// reports whether it did anything.
func (s *shard) arm(now time.Duration) bool {
	at, ok := s.nextArming()
	if !ok || at > now || s.stopping {
		return false
	}
	last := s.run.bursts[s.burst].At
	n := 0
	for ; n < armTurn && s.more && s.next.At <= last && s.open < s.budget; n++ {
		i, outcome := s.prepare(s.next)
		if outcome.Kind == results.Resolve {
			s.recordUnstarted(s.next, outcome)
			s.next, s.more = s.cursor.Next()
			continue
		}
		if outcome.Kind != results.Invalid {
			s.armAfter = now + armRetry
			break
		}
		c := s.slab.at(i)
		s.ready.push(readySlot{slot: i, gen: c.gen, at: s.next.At})
		if c.release == scenario.Upgrade {
			s.dial(i, dialing)
		}
		s.next, s.more = s.cursor.Next()
	}
	return n > 0
}

// nextInstant is when the next arrival is due.
func (s *shard) nextInstant() (at time.Duration, ok bool) {
	if s.ready.len() > 0 {
		return s.ready.front().at, true
	}
	return s.next.At, s.more
}

// launch starts every arrival that is due. Replies that came meanwhile are
// read after every few connects: a burst handled only at its end would charge
// the connects' own time to the server (measured for 3,000: late-connect p99
// 32 ms against 2.8 ms).
func (s *shard) launch() {
	for n := 1; ; n++ {
		at, ok := s.nextInstant()
		if !ok || at > s.clock() || s.stopping {
			return
		}
		if s.ready.len() > 0 {
			s.release(s.ready.pop())
		} else {
			s.begin(s.next)
			s.next, s.more = s.cursor.Next()
		}
		if n%pollEvery == 0 {
			s.poll()
		}
		if s.run.stopped.Load() {
			return
		}
	}
}

// begin starts an arrival nothing was prepared for.
func (s *shard) begin(a scenario.Arrival) {
	i, outcome := s.prepare(a)
	if outcome.Kind != results.Invalid {
		s.recordUnstarted(a, outcome)
		return
	}
	c := s.slab.at(i)
	c.released = true
	s.dial(i, connecting)
}

// release starts a prepared arrival at its instant.
func (s *shard) release(r readySlot) {
	c := s.slab.at(r.slot)
	if c.gen != r.gen {
		return // release: upgrade, and it failed while connecting
	}
	c.released = true
	s.armed++
	switch c.state {
	case armed:
		s.dial(r.slot, connecting)
	case dialing, tunneling, securing: // not there in time: goes on as any other
		if c.state == dialing {
			c.state = connecting
		}
		c.started = s.clock()
		s.inFlight++
		s.enter(r.slot, totalQueue, c.started+s.run.config.Timeouts.Total)
	case parked:
		c.started = s.clock()
		s.inFlight++
		s.enter(r.slot, totalQueue, c.started+s.run.config.Timeouts.Total)
		s.sendRequest(r.slot)
	}
}

// prepare makes and registers a socket for a. The outcome is invalid, the
// zero value, if that worked.
func (s *shard) prepare(a scenario.Arrival) (int32, results.Outcome) {
	which := s.run.aimOf(a.N)
	to := &s.run.aims[which]
	if to.Err != nil {
		s.sampleText(a.N, results.Outcome{Kind: results.Resolve}, to.Err.Error())
		return none, results.Outcome{Kind: results.Resolve}
	}
	if s.open >= s.budget {
		return none, local(results.TooManyOpenFiles)
	}
	i := s.slab.take()
	c := s.slab.at(i)
	c.n, c.intended, c.burst, c.release = a.N, a.At, a.Burst, a.Release
	c.aim, c.address = which, s.run.addressFor(to, a.N)
	c.state = armed
	if outcome := s.openSocket(i); outcome.Kind != results.Invalid {
		s.slab.put(i)
		return none, outcome
	}
	return i, results.Outcome{}
}

// openSocket gives slot i a socket for its address, registered for news.
func (s *shard) openSocket(i int32) results.Outcome {
	c := s.slab.at(i)
	to := &s.run.dials[c.address]
	fd, err := socket(to.family)
	if err != 0 {
		return localError(err)
	}
	if from := s.run.sourceFor(c.n, to.family); from != nil {
		_ = setInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := bind(fd, from); err != 0 {
			closeFD(fd)
			return localError(err)
		}
	}
	if s.run.noDelay && to.family != unix.AF_UNIX {
		_ = setInt(fd, unix.SOL_TCP, unix.TCP_NODELAY, 1)
	}
	if s.run.ports != 0 && to.family != unix.AF_UNIX {
		_ = setInt(fd, unix.SOL_IP, ipLocalPortRange, s.run.ports)
	}
	if s.run.evidence.stamps {
		_ = setInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, rxStamps)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff, Fd: i, Pad: int32(c.gen)}
	if err := epollAdd(s.ep, fd, &ev); err != 0 {
		closeFD(fd)
		return localError(err)
	}
	c.fd = int32(fd)
	s.open++
	s.most = max(s.most, s.open)
	return results.Outcome{}
}
