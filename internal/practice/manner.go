package practice

import (
	"net"
	"time"

	"github.com/gobwas/ws"
)

// A manner is a way to answer: the bytes that leave, and what becomes of the
// connection then. Either may be nil, for nothing.
type manner struct {
	write func(*visit) error
	after func(*visit)
}

// manners are the ways of the faults that aren't a status; the empty kind is
// the orderly way.
var manners = map[string]manner{
	"":               {(*visit).writeUpgrade, (*visit).hold},
	faultReset:       {nil, (*visit).reset},
	faultClose:       {nil, (*visit).finish},
	faultSilence:     {nil, (*visit).ignore},
	faultHalf:        {(*visit).writeHalf, (*visit).ignore},
	faultDrip:        {(*visit).writeDrip, (*visit).hold},
	faultWrongAccept: {(*visit).writeWrongAccept, (*visit).ignore},
	faultGarbage:     {(*visit).writeGarbage, (*visit).finish},
	faultCloseAfter:  {(*visit).writeUpgradeAndClose, (*visit).awaitClose},
}

func (v *visit) manner() manner {
	if v.status() != 0 {
		return manner{(*visit).writeStatus, (*visit).finish}
	}
	return manners[v.fault.Kind]
}

func (v *visit) write(b []byte) error {
	_, err := v.conn.Write(b)
	return err
}

// upgrade is the valid 101.
func (v *visit) upgrade() []byte {
	return appendUpgrade(make([]byte, 0, 192), v.request.key, v.request.subprotocol)
}

func (v *visit) writeUpgrade() error { return v.write(v.upgrade()) }
func (v *visit) writeStatus() error  { return v.write(refusal(v.status())) }
func (v *visit) writeGarbage() error { return v.write([]byte(garbage)) }

func (v *visit) writeHalf() error {
	b := v.upgrade()
	return v.write(b[:len(b)/2])
}

// writeWrongAccept answers the key of RFC 6455 §1.3's example, whoever asks,
// unless that is the key asked about.
func (v *visit) writeWrongAccept() error {
	other := "dGhlIHNhbXBsZSBub25jZQ=="
	if v.request.key == other {
		other = "AAAAAAAAAAAAAAAAAAAAAA=="
	}
	return v.write(appendUpgrade(nil, other, v.request.subprotocol))
}

// writeUpgradeAndClose is how servers refuse that want browsers to learn the
// reason: 101, then Close 1013 (try again later) at once.
func (v *visit) writeUpgradeAndClose() error {
	refused := ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1013, "try again later")))
	return v.write(append(v.upgrade(), refused...))
}

// writeDrip writes the i-th byte at due + i·dripEvery.
func (v *visit) writeDrip() error {
	reply := v.upgrade()
	for i := range reply {
		at := v.due + time.Duration(i)*dripEvery
		if !v.server.departures.wait(at, v.server.stopping) {
			return net.ErrClosed
		}
		if err := v.write(reply[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// reset makes the coming close an RST.
func (v *visit) reset() { v.socket.SetLinger(0) }

func (v *visit) finish() { finish(v.conn) }

// ignore reads and says nothing until the peer leaves.
func (v *visit) ignore() { drain(v.conn, -1) }

// finish closes our half and gives the peer a moment to close its own: a
// close with bytes unread would be an RST, which can destroy the answer on
// its way.
func finish(c conn) {
	if c.CloseWrite() != nil {
		return
	}
	c.SetReadDeadline(time.Now().Add(farewell))
	drain(c, farewellBytes)
}

// drain reads and drops until the connection ends or, unless negative, limit
// bytes have come. The buffer is small because thousands may wait here.
func drain(c net.Conn, limit int) {
	var b [256]byte
	for total := 0; limit < 0 || total < limit; {
		n, err := c.Read(b[:])
		if err != nil {
			return
		}
		total += n
	}
}
