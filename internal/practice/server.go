// Package practice is the server to try stampede on: a WebSocket gateway in
// front of a simulated upstream, with a known capacity and every fault we
// know how to name. What it answers, and when, follows a model that needs no
// clock (see gateway), so the truth about it can be computed.
package practice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a listening practice server. Make one with Listen.
type Server struct {
	config     Config
	listener   *net.TCPListener
	tls        *tls.Config // nil: none
	authority  []byte
	began      time.Time // every instant is an offset from it
	departures *departures
	journal    *journal
	tally      *tally
	served     atomic.Bool
	stopping   chan struct{} // closed when Serve is to end
	visits     sync.WaitGroup

	gate struct { // admission: one handshake at a time
		sync.Mutex
		model    *gateway
		requests int64
	}
	room struct { // who is here
		sync.Mutex
		conns    map[*net.TCPConn]struct{}
		open     int // upgraded and not closed
		mostOpen int
		closed   bool
	}
}

// Listen checks c and opens its listening socket. From then on the kernel
// takes connections in; Serve answers them and is what closes the socket. The
// error joins everything that is wrong with c, or is the socket's. A server
// that is not wanted after all is closed by Serve with an ended context.
func Listen(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c.Faults = slices.Clone(c.Faults)
	listener, err := listen(c.Listen, c.Backlog)
	if err != nil {
		return nil, err
	}
	secured, authority, err := c.tlsConfig(listener.Addr())
	if err != nil {
		listener.Close()
		return nil, err
	}
	s := &Server{tls: secured, authority: authority, config: c, listener: listener, began: time.Now(), tally: newTally(), stopping: make(chan struct{})}
	s.departures = newDepartures(s.now, newAlarm())
	s.gate.model = newGateway(&c)
	s.room.conns = make(map[*net.TCPConn]struct{})
	return s, nil
}

func listen(address string, backlog int) (*net.TCPListener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	// No keep-alive probes: they are four system calls a connection, and
	// connections don't outlive a test.
	lc := net.ListenConfig{KeepAlive: -1}
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("practice: listening: %w", err)
	}
	listener := l.(*net.TCPListener)
	if backlog > 0 {
		if err := setBacklogOf(listener, backlog); err != nil {
			listener.Close()
			return nil, err
		}
	}
	return listener, nil
}

// Addr returns the address the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Authority returns, as PEM, the certificate of who issued the server's own;
// nil without TLS. Whoever trusts it can verify the server by its address.
func (s *Server) Authority() []byte { return s.authority }

// Counts returns what the server has done so far. It may be called at any
// time, also after Serve.
func (s *Server) Counts() Counts {
	c := s.tally.counts()
	s.gate.Lock()
	c.Requests, c.MostQueued = s.gate.requests, int64(s.gate.model.most)
	s.gate.Unlock()
	s.room.Lock()
	c.Open, c.MostOpen = int64(s.room.open), int64(s.room.mostOpen)
	s.room.Unlock()
	return c
}

// now is the time since Listen.
func (s *Server) now() time.Duration { return time.Since(s.began) }

// Serve accepts and answers until ctx is done, then closes the listening
// socket and every connection, and returns nil once all of its goroutines,
// one a connection and three more, have ended and the log is written. It can
// be called once.
func (s *Server) Serve(ctx context.Context) error {
	if s.served.Swap(true) {
		return errors.New("practice: serving: a Server serves once")
	}
	s.journal = newJournal(s.config.Log)
	var departing sync.WaitGroup
	departing.Go(s.departures.run)

	var closing sync.WaitGroup
	closing.Go(func() { <-ctx.Done(); s.shut() })
	s.accept()
	closing.Wait()

	s.visits.Wait()
	s.departures.stop()
	departing.Wait()
	s.journal.close()
	return nil
}

// shut closes every socket; whoever waits on one, or for an answer, gives up.
func (s *Server) shut() {
	close(s.stopping)
	s.listener.Close()
	s.room.Lock()
	defer s.room.Unlock()
	s.room.closed = true
	for c := range s.room.conns {
		c.Close()
	}
}

// The pauses after failed accepts in a row double from the first to the last.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = 320 * time.Millisecond
)

// accept takes connections in until the server stops. An error, such as a
// lack of descriptors, is counted and waited out.
func (s *Server) accept() {
	s.pause(s.config.AcceptAfter)
	for backoff := firstBackoff; ; {
		c, err := s.listener.AcceptTCP()
		switch {
		case s.isStopping():
			if err == nil {
				c.Close()
			}
			return
		case err != nil:
			s.tally.acceptErrors.Add(1)
			s.pause(backoff)
			backoff = min(2*backoff, lastBackoff)
		default:
			backoff = firstBackoff
			s.tally.accepted.Add(1)
			s.enter(c)
			s.pause(s.config.AcceptPause)
		}
	}
}

// pause waits, or returns early when the server stops.
func (s *Server) pause(d time.Duration) {
	if d > 0 {
		s.departures.wait(s.now()+d, s.stopping)
	}
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// enter starts the visit of a new connection. There are as many visits as
// the process may have descriptors.
func (s *Server) enter(c *net.TCPConn) {
	s.room.Lock()
	defer s.room.Unlock()
	if s.room.closed {
		c.Close()
		return
	}
	s.room.conns[c] = struct{}{}
	s.visits.Go(func() {
		defer s.leave(c)
		s.receive(c)
	})
}

func (s *Server) leave(c *net.TCPConn) {
	c.Close()
	s.room.Lock()
	defer s.room.Unlock()
	delete(s.room.conns, c)
}

// open takes one of MaxOpen places for an upgraded connection; it returns
// false if there is none.
func (s *Server) open() bool {
	s.room.Lock()
	defer s.room.Unlock()
	if s.config.MaxOpen > 0 && s.room.open >= s.config.MaxOpen {
		return false
	}
	s.room.open++
	s.room.mostOpen = max(s.room.mostOpen, s.room.open)
	return true
}

// close gives the place back.
func (s *Server) close() {
	s.room.Lock()
	defer s.room.Unlock()
	s.room.open--
}
