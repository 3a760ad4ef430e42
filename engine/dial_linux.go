package engine

import (
	"syscall"

	"golang.org/x/sys/unix"

	"stampede/results"
	"stampede/scenario"
)

// dial calls connect for slot i, which has a fresh socket, and moves it to
// state to: connecting, or dialing when ahead of its instant.
func (s *shard) dial(i int32, to state) {
	c := s.slab.at(i)
	c.state = to
	now := s.clock()
	if c.dialed == 0 {
		c.dialed = now
		if to == connecting {
			c.started = now
			s.inFlight++
			s.enter(i, totalQueue, now+s.run.config.Timeouts.Total)
		}
		s.enter(i, connectQueue, now+s.run.config.Timeouts.Connect)
	}
	switch err := connect(int(c.fd), &s.run.dials[c.address].raw); err {
	case unix.EINPROGRESS, unix.EINTR:
	case 0:
		s.connected(i)
	default:
		s.connectFailed(i, err)
	}
}

// connectNews is the end of a connect, one way or the other.
func (s *shard) connectNews(i int32, events uint32) {
	if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		if err := pendingError(int(s.slab.at(i).fd)); err != 0 {
			s.connectFailed(i, err)
			return
		}
	}
	if events&unix.EPOLLOUT == 0 {
		return
	}
	c := s.slab.at(i)
	c.early = events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP) != 0
	s.connected(i)
}

// connected goes on to TLS or, without, to the request.
func (s *shard) connected(i int32) {
	c := s.slab.at(i)
	c.connected = s.clock()
	s.connectEvidence(c)
	to := s.run.aims[c.aim].Target
	if to.Preamble > 0 {
		s.preamble(c, to.Preamble)
	}
	if to.Tunnel != nil {
		s.askTunnel(i)
		return
	}
	s.throughToTarget(i)
}

// throughToTarget goes on once bytes sent reach the target.
func (s *shard) throughToTarget(i int32) {
	s.leave(i, byPhase)
	if s.run.aims[s.slab.at(i).aim].TLS != nil {
		s.secure(i)
		return
	}
	s.requestTime(i)
}

// requestTime goes on to the request, or parks until the release.
func (s *shard) requestTime(i int32) {
	c := s.slab.at(i)
	if c.release == scenario.Upgrade && !c.released {
		c.state = parked
		return
	}
	s.sendRequest(i)
}

// connectFailed ends the attempt, unless the name has an address of the other
// family to try: within one family a dead address is the server's fault and
// shown as such, but a host with a stale AAAA record is reached by every
// browser over IPv4 (RFC 8305), so that is no failure, only time in connect.
func (s *shard) connectFailed(i int32, err syscall.Errno) {
	if s.fallBack(i) {
		return
	}
	c, o := s.slab.at(i), connectOutcome(err)
	to := &s.run.dials[c.address]
	if to.family == unix.AF_UNIX {
		o = socketOutcome(err)
	}
	s.sampleText(c.n, o, "connect to "+to.name+": "+err.Error())
	s.fail(i, o)
}

func (s *shard) fallBack(i int32) bool {
	c := s.slab.at(i)
	address, ok := s.run.fallbackFor(&s.run.aims[c.aim], c.n)
	if !ok || c.fellBack {
		return false
	}
	closeFD(int(c.fd))
	s.open--
	c.fellBack, c.address = true, address
	c.gen++
	if s.openSocket(i).Kind != results.Invalid {
		c.fd = -1
		s.open++ // drop counts it down
		return false
	}
	s.dial(i, c.state)
	return true
}

// connectOutcome says what a failed connect means.
func connectOutcome(err syscall.Errno) results.Outcome {
	switch err {
	case unix.ECONNREFUSED:
		return results.Outcome{Kind: results.Refused}
	case unix.ETIMEDOUT:
		return results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect}
	case unix.ECONNRESET, unix.EPIPE:
		return results.Outcome{Kind: results.Reset, Phase: results.PhaseConnect}
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EHOSTDOWN, unix.ENONET:
		return results.Outcome{Kind: results.Unreachable}
	}
	return localError(err)
}

// socketOutcome is connectOutcome for a Unix socket: a listen queue that is
// full is told at once, and so is that nobody listens.
func socketOutcome(err syscall.Errno) results.Outcome {
	switch err {
	case unix.EAGAIN, unix.ENOENT:
		return results.Outcome{Kind: results.Refused}
	}
	return connectOutcome(err)
}

func local(reason results.Reason) results.Outcome {
	return results.Outcome{Kind: results.Local, Reason: reason}
}

// localError says which limit of this host an error of socket, bind or connect is.
func localError(err syscall.Errno) results.Outcome {
	switch err {
	case unix.EMFILE, unix.ENFILE:
		return local(results.TooManyOpenFiles)
	case unix.EADDRNOTAVAIL, unix.EADDRINUSE, unix.EAGAIN:
		return local(results.NoSourcePort)
	case unix.ENOBUFS, unix.ENOMEM, unix.ENOSPC:
		return local(results.NoMemory)
	}
	return local(results.LocalOther)
}
