package engine

import (
	"errors"
	"io"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"stampede/results"
)

// reading is how a read came out.
type reading uint8

const (
	gotBytes         reading = iota
	nothingMore              // for now
	peerEnded                // FIN, or over TLS close_notify
	connectionFailed         // RST and worse
)

// receive reads into the shard's buffer, below or through TLS, and notes how
// long the bytes lay in this host. For the last two readings o is what they
// mean to an attempt that awaits its reply.
func (s *shard) receive(c *conn) (n int, r reading, o results.Outcome) {
	if c.tls != nil {
		return s.receiveSecured(c)
	}
	for {
		if n, err := s.receivePlain(c); err != unix.EINTR {
			return readingOf(n, err)
		}
	}
}

// peek is receive below TLS that leaves in the socket what it read.
func (s *shard) peek(c *conn) (n int, r reading, o results.Outcome) {
	for {
		if n, err := peek(int(c.fd), s.buf); err != unix.EINTR {
			return readingOf(n, err)
		}
	}
}

// readingOf says what a read that was not interrupted came to.
func readingOf(n int, err syscall.Errno) (int, reading, results.Outcome) {
	switch {
	case err == unix.EAGAIN:
		return 0, nothingMore, results.Outcome{}
	case err != 0:
		return 0, connectionFailed, readOutcome(err)
	case n == 0:
		return 0, peerEnded, results.Outcome{Kind: results.Closed, Phase: results.PhaseUpgrade}
	}
	return n, gotBytes, results.Outcome{}
}

func (s *shard) receivePlain(c *conn) (n int, err syscall.Errno) {
	if !s.run.evidence.stamps {
		return recv(int(c.fd), s.buf)
	}
	n, stamp, err := s.stamped.recv(int(c.fd), s.buf)
	if err == 0 && n > 0 && stamp > 0 {
		c.readLag = max(time.Duration(time.Now().UnixNano())-stamp, 1)
	}
	return n, err
}

func (s *shard) receiveSecured(c *conn) (n int, r reading, o results.Outcome) {
	n, err := c.tls.Read(s.buf)
	c.readLag += c.tls.wire.readLag
	c.tls.wire.readLag = 0
	switch {
	case n > 0:
		return n, gotBytes, o
	case errors.Is(err, errNothingYet):
		return 0, nothingMore, o
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return 0, peerEnded, results.Outcome{Kind: results.Closed, Phase: results.PhaseUpgrade}
	}
	return 0, connectionFailed, tlsOutcome(err, results.PhaseUpgrade)
}

// isAll reports whether a read of n bytes took all there was: a short read
// below TLS, while the peer has not hung up. Over TLS a read is one record,
// and only a read that finds nothing says that there was no other.
func (s *shard) isAll(c *conn, n int) bool {
	return c.tls == nil && n < len(s.buf) && !c.hungUp
}

// readOutcome says what a failed read of the reply means.
func readOutcome(err syscall.Errno) results.Outcome {
	switch err {
	case unix.ECONNRESET, unix.EPIPE, unix.ECONNABORTED:
		return results.Outcome{Kind: results.Reset, Phase: results.PhaseUpgrade}
	case unix.ETIMEDOUT:
		return results.Outcome{Kind: results.Timeout, Phase: results.PhaseUpgrade}
	case unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN:
		return results.Outcome{Kind: results.Unreachable}
	}
	return localError(err)
}
