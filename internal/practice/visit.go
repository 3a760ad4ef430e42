package practice

import (
	"errors"
	"net"
	"os"
	"time"
)

// Bounds on what a peer may take.
const (
	headTimeout   = 10 * time.Second // for a whole request head, from accept
	farewell      = time.Second      // for the peer's FIN after ours
	farewellBytes = 256 << 10        // read and dropped meanwhile
	closeTimeout  = 5 * time.Second  // for the peer's Close frame after ours
	dripEvery     = 50 * time.Millisecond
)

// A visit is one connection from its request on.
type visit struct {
	server  *Server
	socket  *net.TCPConn // below conn
	conn    conn
	request request
	behind  []byte // what came with the request's head, but behind it
	placed  bool   // whether it takes one of the server's open places
	verdict
}

// A verdict is what is going to happen to a request.
type verdict struct {
	n        int64
	arrived  time.Duration
	delay    time.Duration // service
	decision decision
	fault    Fault // zero: none
	due      time.Duration
}

// receive sees a connection through, from its first byte to its last. The
// caller closes it.
func (s *Server) receive(socket *net.TCPConn) {
	c := s.secure(socket)
	c.SetReadDeadline(time.Now().Add(headTimeout))
	req, behind, err := readRequest(c)
	if err != nil {
		s.turnAway(c, err)
		return
	}
	c.SetReadDeadline(time.Time{})
	v := &visit{server: s, socket: socket, conn: c, request: req, behind: behind, verdict: s.admit(&req)}
	s.tally.waiting.Add(1)
	onTime := s.departures.wait(v.due, s.stopping)
	s.tally.waiting.Add(-1)
	if !onTime {
		s.tally.unsent.Add(1)
		return
	}
	v.answer()
}

// turnAway answers what was no valid upgrade request, or nobody.
func (s *Server) turnAway(c conn, err error) {
	bad := asBadRequest(err)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		bad = &badRequest{status: 408}
	}
	if bad == nil {
		s.tally.gone.Add(1)
		return
	}
	s.tally.badRequests.Add(1)
	s.tally.status(bad.status)
	if _, err := c.Write(refusal(bad.status)); err == nil {
		finish(c)
	}
}

// admit numbers a request and decides about it. The model runs on the time
// the gateway has been working, which is all the time but for freezes.
func (s *Server) admit(req *request) verdict {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.gate.requests++
	v := verdict{n: s.gate.requests, arrived: s.now()}
	c := &s.config
	v.delay = c.Service.delay(v.n, draw(c.Seed, delays, v.n), req.delay)
	var due time.Duration
	v.decision, due = s.gate.model.admit(c.Freeze.worked(v.arrived), v.delay)
	v.due = max(v.arrived, c.Freeze.instant(due))
	if i := pick(c.Faults, draw(c.Seed, faults, v.n)); i >= 0 && v.decision == upgrade {
		v.fault = c.Faults[i]
	}
	return v
}

// answer does at the due instant what the verdict says, notes it, and sees
// the connection to its end.
func (v *visit) answer() {
	v.reserve()
	defer v.release()
	m := v.manner()
	var err error
	if m.write != nil {
		err = m.write(v)
	}
	v.note(err)
	if err == nil && m.after != nil {
		m.after(v)
	}
}

// reserve takes an open place for a connection that will need one, and turns
// the verdict into a refusal if none is left.
func (v *visit) reserve() {
	if v.decision != upgrade || !v.fault.opens() {
		return
	}
	v.placed = v.server.open()
	if !v.placed {
		v.decision, v.fault = tooManyOpen, Fault{}
	}
}

func (v *visit) release() {
	if v.placed {
		v.server.close()
	}
}

// note counts and logs the answer.
func (v *visit) note(failed error) {
	answered := v.server.now()
	v.count(failed == nil)
	e := Entry{
		N: v.n, Peer: v.conn.RemoteAddr().String(), Arrived: v.arrived, Delay: v.delay,
		Decision: v.decision.String(), Fault: v.fault.Kind, Due: v.due, Answered: answered,
	}
	if failed != nil {
		e.Failed = failed.Error()
	}
	if v.fault.Kind != faultDrip { // which takes its time by design
		v.server.tally.mostLate.see(int64(answered - v.due))
	}
	v.server.journal.write(e)
}

// count counts the answer. An injected fault counts whether or not the peer
// stayed for it: leaving is what a drip makes peers do.
func (v *visit) count(sent bool) {
	t := v.server.tally
	if v.fault.Kind != "" {
		t.inject(v.fault.Kind)
	}
	status := v.status()
	switch {
	case !v.placed && status == 0:
	case !sent:
		t.unsent.Add(1)
	case v.placed:
		t.upgraded.Add(1)
	default:
		t.status(status)
		t.refuse(v.decision)
	}
}

// status is the code the visit is refused with, or 0.
func (v *visit) status() int {
	switch v.decision {
	case queueFull, tooManyOpen:
		return 503
	case gatewayTimeout:
		return 504
	case rateLimited:
		return 429
	}
	code, ok := v.fault.status()
	if !ok {
		return 0
	}
	return code
}
