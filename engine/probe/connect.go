package probe

import (
	"context"
	"errors"
	"net"
	"time"

	"stampede/results"
)

const (
	maxAddresses = 16
	// preference is how long an address waits for one that comes before it.
	preference = 50 * time.Millisecond
	// silence is how long an address may stay silent before it counts as
	// filtered, once the handshake is over: two retransmitted SYNs went
	// unanswered by then (after 1 s and 2 s on Linux).
	silence = 3200 * time.Millisecond
)

// survey connects to every address at once, so that one silent address
// delays neither the others nor the handshake.
type survey struct {
	network string
	rows    []Connect
	kinds   []results.Outcome // of those that are not open
	conns   []net.Conn        // open, and not yet taken or closed
	began   time.Time
	pending int
	done    chan dialed
	stop    context.CancelFunc
}

// dialed is how the connect to address number i went.
type dialed struct {
	i    int
	conn net.Conn
	err  error
	took time.Duration
}

// begin starts a goroutine for each of the first 16 addresses; they end with
// ctx or finish, which waits for them.
func begin(ctx context.Context, network string, addresses []string) *survey {
	ctx, stop := context.WithCancel(ctx)
	n := len(addresses)
	s := &survey{network: network, rows: make([]Connect, n), kinds: make([]results.Outcome, n), conns: make([]net.Conn, n),
		began: time.Now(), done: make(chan dialed, n), stop: stop}
	for i, a := range addresses {
		s.rows[i] = Connect{Address: oneLine(a), State: Untried}
		if i >= maxAddresses {
			continue
		}
		s.pending++
		go func() { // at most maxAddresses
			conn, err := new(net.Dialer).DialContext(ctx, network, a)
			s.done <- dialed{i, conn, err, time.Since(s.began)}
		}()
	}
	return s
}

// note enters a result into its row.
func (s *survey) note(d dialed) {
	s.pending--
	row := &s.rows[d.i]
	row.Took, row.State, s.conns[d.i] = d.took, Open, d.conn
	if d.err == nil {
		return
	}
	s.kinds[d.i] = classifyDial(d.err, s.network)
	row.State = stateOf(s.kinds[d.i].Kind)
	if row.State == Failed {
		row.Error = oneLine(d.err.Error())
	}
}

func stateOf(k results.Kind) State {
	switch k {
	case results.Refused:
		return Refused
	case results.Timeout, results.Canceled: // canceled by finish, for its silence
		return Filtered
	case results.Unreachable:
		return Unreachable
	}
	return Failed
}

// choose waits for the first address to open, and a little more for one that
// comes before it in the resolver's order (RFC 6724; the wait as in RFC 8305
// §3). It returns -1 if none opened.
func (s *survey) choose(ctx context.Context) (i int) {
	var patience <-chan time.Time
	for s.pending > 0 && !s.settled() {
		if patience == nil && s.firstOpen() >= 0 {
			patience = time.After(preference)
		}
		select {
		case d := <-s.done:
			s.note(d)
		case <-patience:
			return s.firstOpen()
		case <-ctx.Done():
			s.finish(0) // ctx ends every dial too
		}
	}
	return s.firstOpen()
}

func (s *survey) firstOpen() int {
	for i := range s.rows {
		if s.conns[i] != nil {
			return i
		}
	}
	return -1
}

// settled reports whether no address before the first open one is pending.
func (s *survey) settled() bool {
	for i := range s.rows {
		switch {
		case s.conns[i] != nil:
			return true
		case s.rows[i].State == Untried && i < maxAddresses:
			return false
		}
	}
	return true
}

// take hands over the connection to address i.
func (s *survey) take(i int) net.Conn {
	conn := s.conns[i]
	s.conns[i], s.rows[i].Used = nil, true
	return conn
}

// finish waits for the pending connects until each had the time given since
// the beginning, and closes what nobody took.
func (s *survey) finish(limit time.Duration) {
	t := time.AfterFunc(time.Until(s.began.Add(limit)), s.stop)
	defer t.Stop()
	for s.pending > 0 {
		s.note(<-s.done)
	}
	s.stop()
	for i, c := range s.conns {
		if c != nil {
			_ = c.Close()
			s.conns[i] = nil
		}
	}
}

// failure is the outcome where no address opened: that of the first.
func (s *survey) failure(ctx context.Context) Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		return Outcome{Kind: results.Canceled}
	}
	return outcomeOf(s.kinds[0], s.rows[0].Error)
}
