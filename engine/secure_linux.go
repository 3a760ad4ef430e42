package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"stampede/engine/handshake"
	"stampede/results"
)

// TLS is crypto/tls over the same raw socket. A handshake is code that wants
// to block, so it runs in a goroutine, over a net.Conn whose Read parks until
// the shard sees the socket readable. Once secured, the goroutine is done
// with it: from then on the shard itself calls tls.Conn, only when the socket
// is readable, and a read that finds nothing fails with a temporary error,
// which crypto/tls does not keep. So a held connection has no goroutine.

// tlsConn is a connection's TLS: its tls.Conn and the wire below.
type tlsConn struct {
	*tls.Conn
	wire wire
}

// wire is the net.Conn under a tls.Conn. It belongs to the handshake's
// goroutine until that has reported, then to the shard.
type wire struct {
	fd      int
	parks   bool          // reads and writes wait: the goroutine's time
	news    chan struct{} // the shard's word that the socket has news; one is enough
	turns   chan struct{} // see run.turns; not held while parked
	gone    atomic.Bool   // the shard has given the attempt up
	stamped *stampedReader
	turnLag time.Duration // the wait for the first turn; later ones are in readLag, from a stamp on
	readLag time.Duration // of all reads
	limit   int           // of unsent, in bytes, before a write fails
	unsent  []byte        // what did not fit into the socket, in the shard's time
}

// errNothingYet is a read that would have to wait. It is temporary, which
// makes crypto/tls forget it.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing to read yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	for {
		if w.gone.Load() {
			return 0, net.ErrClosed
		}
		n, err := w.recv(p)
		switch {
		case err == 0 && n == 0:
			return 0, io.EOF
		case err == 0:
			return n, nil
		case err == unix.EINTR:
		case err != unix.EAGAIN:
			return 0, err
		case !w.parks:
			return 0, errNothingYet
		default:
			w.park()
		}
	}
}

func (w *wire) recv(p []byte) (n int, err syscall.Errno) {
	if w.stamped == nil {
		return recv(w.fd, p)
	}
	n, stamp, err := w.stamped.recv(w.fd, p)
	if err == 0 && n > 0 && stamp > 0 {
		w.readLag += max(time.Duration(time.Now().UnixNano())-stamp, 1)
	}
	return n, err
}

// maxUnsent bounds what TLS itself may add, unasked, to what a peer does not
// read: a server may ask for one key update after another (RFC 8446 §4.6.3).
const maxUnsent = 256 << 10

var errUnread = errors.New("the peer does not read what it asks for")

// Write implements net.Conn. In the shard's time it takes everything: what
// the socket has no room for is kept for flush, up to w.limit.
func (w *wire) Write(p []byte) (int, error) {
	if len(w.unsent) > w.limit {
		return 0, errUnread
	}
	if len(w.unsent) > 0 {
		w.unsent = append(w.unsent, p...)
		return len(p), nil
	}
	for sent := 0; sent < len(p); {
		if w.gone.Load() {
			return sent, net.ErrClosed
		}
		n, err := send(w.fd, p[sent:])
		switch {
		case err == 0:
			sent += n
		case err == unix.EINTR:
		case err != unix.EAGAIN:
			return sent, err
		case w.parks:
			w.park()
		default:
			w.unsent = append(w.unsent, p[sent:]...)
			return len(p), nil
		}
	}
	return len(p), nil
}

// park waits for the shard's news and lets another handshake compute meanwhile.
func (w *wire) park() {
	<-w.turns
	<-w.news
	w.turns <- struct{}{}
}

// flush sends what is left of earlier writes; whole reports whether all is out.
func (w *wire) flush() (whole bool, err syscall.Errno) {
	for len(w.unsent) > 0 {
		n, err := send(w.fd, w.unsent)
		switch err {
		case 0:
			w.unsent = w.unsent[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			return false, 0
		default:
			return false, err
		}
	}
	w.unsent = nil
	return true, 0
}

// tell wakes whoever parks in Read or Write.
func (w *wire) tell() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// Close implements net.Conn; the shard closes the socket.
func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return nil }
func (w *wire) RemoteAddr() net.Addr             { return nil }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// handshakeEnd is a TLS handshake's end, on its way to the shard.
type handshakeEnd struct {
	slot int32
	gen  uint32
	at   time.Duration
	err  error
}

// mostIdle is how many goroutines of a shard wait for the next handshake.
const mostIdle = 64

// securer runs a shard's TLS handshakes, each in a goroutine: at most one for
// every connection the shard may have open. A few are used again, since a
// stack that has to grow costs 3 % of a handshake. All but report belongs to
// the shard.
type securer struct {
	jobs    chan func()
	working sync.WaitGroup
	idle    atomic.Int32
	begun   bool // a handshake, since the last rest

	mu   sync.Mutex
	done []handshakeEnd
}

func newSecurer() *securer { return &securer{jobs: make(chan func())} }

// do runs job on an idle goroutine, or on a new one.
func (x *securer) do(job func()) {
	x.begun = true
	select {
	case x.jobs <- job:
	default:
		x.working.Go(func() { x.work(job) }) // ends with rest or close
	}
}

// work runs job and those that come while it is one of the few kept idle.
func (x *securer) work(job func()) {
	for job != nil {
		job()
		if x.idle.Add(1) <= mostIdle {
			job = <-x.jobs
		} else {
			job = nil
		}
		x.idle.Add(-1)
	}
}

// rest ends the idle goroutines if no handshake has begun since it was last
// called: none stays beside held connections.
func (x *securer) rest() {
	for !x.begun {
		select {
		case x.jobs <- nil:
		default:
			return
		}
	}
	x.begun = false
}

// close ends the idle goroutines; all jobs must be done.
func (x *securer) close() {
	close(x.jobs)
	x.working.Wait()
}

// report leaves a handshake's end for the shard.
func (x *securer) report(e handshakeEnd) {
	x.mu.Lock()
	x.done = append(x.done, e)
	x.mu.Unlock()
}

// take returns the ends reported since the last call, in spare's memory.
func (x *securer) take(spare []handshakeEnd) []handshakeEnd {
	x.mu.Lock()
	defer x.mu.Unlock()
	done := x.done
	x.done = spare[:0]
	return done
}

// secure starts the TLS handshake of slot i.
func (s *shard) secure(i int32) {
	c := s.slab.at(i)
	c.state = securing
	s.enter(i, tlsQueue, c.connected+s.run.config.Timeouts.TLS)
	t := &tlsConn{wire: wire{
		fd: int(c.fd), parks: true, news: make(chan struct{}, 1), turns: s.run.turns,
		limit: 2*s.run.aims[c.aim].Request.Len() + maxUnsent,
	}}
	if s.run.evidence.stamps {
		t.wire.stamped = new(stampedReader)
	}
	t.Conn = tls.Client(&t.wire, s.run.aims[c.aim].TLS)
	c.tls = t
	gen, ready := c.gen, time.Now()
	s.securer.do(func() {
		s.run.turns <- struct{}{}
		t.wire.turnLag = max(time.Since(ready), 1)
		err := t.Handshake()
		<-s.run.turns
		s.securer.report(handshakeEnd{i, gen, s.clock(), err})
		wakeEvent(s.wake)
	})
}

// handshakesDone goes on with the connections whose TLS handshake has ended.
func (s *shard) handshakesDone() {
	if s.securer == nil {
		return
	}
	s.ends = s.securer.take(s.ends)
	for _, e := range s.ends {
		c := s.slab.at(e.slot)
		t := c.tls
		if c.state == abandoned {
			c.state = closing // nothing waits for it any more
			s.drop(e.slot)
			continue
		}
		c.tlsLag, c.readLag, t.wire.readLag = t.wire.turnLag, t.wire.readLag, 0
		t.wire.parks, t.wire.news, t.wire.turns = false, nil, nil
		s.leave(e.slot, byPhase)
		if e.err != nil {
			s.secureFailed(e.slot, e.err)
			continue
		}
		if t.wire.stamped != nil {
			t.wire.stamped = &s.stamped
		}
		c.secured, c.session = e.at, sessionOf(t.ConnectionState())
		c.early = true // what came while nobody looked is not told again
		c.state = upgrading
		s.requestTime(e.slot)
	}
}

// secureFailed ends an attempt whose TLS handshake failed.
func (s *shard) secureFailed(i int32, err error) {
	c, o := s.slab.at(i), tlsOutcome(err, results.PhaseTLS)
	if o.Kind == results.TLS {
		s.sampleText(c.n, o, handshake.Sample([]byte(err.Error()), nil))
	}
	c.state = closing
	s.fail(i, o)
}

// sendSecured sends the request as one write; the wire keeps what does not
// fit into the socket.
func (s *shard) sendSecured(i int32) {
	c := s.slab.at(i)
	if _, err := c.tls.Write(s.request); err != nil {
		s.readReply(i) // what the server said before it closed is still to be read
		return
	}
	c.sent = int32(len(s.request))
	s.requestSent(i)
}
