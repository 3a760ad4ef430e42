package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"stampede/engine/handshake"
	"stampede/results"
)

// DefaultReady is how long an answer is waited for where no time is given.
const DefaultReady = 5 * time.Second

const (
	maxMessage = 64 << 10 // bytes of a message that are looked at
	maxAnswers = 5        // texts that are shown
	maxShown   = 1000     // bytes of each
)

// Ready is a check behind the 101: does the application answer? Once Send has
// gone out as a text frame, a text must come that contains Expect. The zero
// value checks nothing.
type Ready struct {
	Send   string        // "" sends nothing; at most 64 KB
	Expect string        // "": any text will do
	Within time.Duration // from the 101 on; 0 is DefaultReady where Send or Expect is set
}

// Answer is what came of a ready check.
type Answer struct {
	Sent   string   `json:"sent,omitempty"`   // "" if nothing was
	Expect string   `json:"expect,omitempty"` // "" for any text
	Within Duration `json:"within_ns"`
	Texts  []string `json:"texts,omitempty"` // that came, up to the one waited for: the first five
	More   int      `json:"more,omitempty"`  // texts beyond those
}

func (p *plan) readReady() error {
	if p.Ready.Within == 0 && p.Ready.Send+p.Ready.Expect != "" {
		p.Ready.Within = DefaultReady
	}
	switch {
	case p.Ready.Within < 0:
		return &OptionError{"Ready", "a negative time"}
	case len(p.Ready.Send) > maxMessage-1:
		return &OptionError{"Ready", fmt.Sprintf("%d bytes to send are more than %d", len(p.Ready.Send), maxMessage-1)}
	}
	return nil
}

// checkReady sends what is to be sent and waits for the answer; rest came
// behind the 101.
func (r *run) checkReady(ctx context.Context, conn net.Conn, rest []byte) {
	start := r.since()
	r.Probe.Ready = &Answer{Sent: r.shown(r.plan.Ready.Send), Expect: r.shown(r.plan.Ready.Expect), Within: r.plan.Ready.Within}
	deadline := time.Now().Add(r.plan.Ready.Within)
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	_ = conn.SetReadDeadline(deadline)
	if r.plan.Ready.Send != "" {
		_ = sendFrame(conn, ws.OpText, []byte(r.plan.Ready.Send)) // the reading tells
	}
	err := r.awaitAnswer(conn, io.MultiReader(bytes.NewReader(rest), conn))
	r.step(StepReady, start)
	if err == nil {
		return
	}
	o, detail := classifySession(err, results.PhaseReady), oneLine(err.Error())
	var c closedError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		o, detail = results.Outcome{Kind: results.Canceled}, ""
	case errors.As(err, &c):
		o = results.Outcome{Kind: results.Closed, Phase: results.PhaseReady, Reason: results.Reason(strconv.Itoa(int(c.code)))}
	case errors.Is(err, errFrame):
		o = results.Outcome{Kind: results.Protocol, Phase: results.PhaseReady, Reason: results.BadFrame}
	case o.Kind == results.Timeout:
		detail = fmt.Sprintf("%d texts came, none of them the answer", len(r.Probe.Ready.Texts)+r.Probe.Ready.More)
	}
	r.Probe.Outcome = outcomeOf(o, atMost(r.masks.text(detail), maxDetail))
}

// shown is a message as it may be drawn.
func (r *run) shown(text string) string { return atMost(r.masks.text(oneLine(text)), maxShown) }

// errFrame is bytes behind a 101 that are no frame for a client.
var errFrame = errors.New("no frame that a server may send")

// closedError is the server's Close frame.
type closedError struct {
	code   ws.StatusCode
	reason string
}

func (e closedError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the server closed with code %d %s", e.code, e.reason))
}

// awaitAnswer reads frames until the answer is there. It answers pings, and a
// Close (RFC 6455 §5.5).
func (r *run) awaitAnswer(conn net.Conn, in io.Reader) error {
	var text []byte
	isText := false
	for {
		h, payload, err := readFrame(in)
		switch {
		case err != nil:
			return err
		case h.OpCode == ws.OpPing:
			_ = sendFrame(conn, ws.OpPong, payload)
			continue
		case h.OpCode == ws.OpClose:
			_ = sendFrame(conn, ws.OpClose, payload[:min(2, len(payload))])
			return closedBy(payload)
		case h.OpCode == ws.OpPong:
			continue
		case h.OpCode != ws.OpContinuation:
			text, isText = text[:0], h.OpCode == ws.OpText
		}
		if text = append(text, payload[:min(len(payload), maxMessage-len(text))]...); h.Fin && isText && r.isAnswer(text) {
			return nil
		}
	}
}

// isAnswer notes a text and reports whether it is the one waited for.
func (r *run) isAnswer(text []byte) bool {
	if a := r.Probe.Ready; len(a.Texts) < maxAnswers {
		a.Texts = append(a.Texts, r.shown(string(text)))
	} else {
		a.More++
	}
	return bytes.Contains(text, []byte(r.plan.Ready.Expect))
}

// readFrame reads one frame, of whose payload it keeps 64 KB.
func readFrame(in io.Reader) (h ws.Header, payload []byte, err error) {
	h, err = ws.ReadHeader(in)
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB), errors.Is(err, ws.ErrHeaderLengthUnexpected):
		return h, nil, errFrame
	case err != nil:
		return h, nil, err
	case h.Masked, h.Rsv != 0, h.OpCode.IsReserved(), h.OpCode.IsControl() && (!h.Fin || h.Length > ws.MaxControlFramePayloadSize):
		return h, nil, errFrame
	}
	payload = make([]byte, min(h.Length, maxMessage))
	if _, err = io.ReadFull(in, payload); err == nil {
		_, err = io.CopyN(io.Discard, in, h.Length-int64(len(payload)))
	}
	return h, payload, err
}

func closedBy(payload []byte) error {
	if len(payload) < 2 {
		return closedError{code: ws.StatusNoStatusRcvd}
	}
	code, reason := ws.ParseCloseFrameDataUnsafe(payload)
	return closedError{code, handshake.Escape([]byte(reason))}
}

// sendFrame sends one frame, masked with zeros, which any server must take
// (RFC 6455 §5.3).
func sendFrame(conn net.Conn, op ws.OpCode, payload []byte) error {
	var b bytes.Buffer
	_ = ws.WriteHeader(&b, ws.Header{Fin: true, OpCode: op, Masked: true, Length: int64(len(payload))})
	b.Write(payload)
	_, err := conn.Write(b.Bytes())
	return err
}

// sendClose says goodbye with code 1000 (RFC 6455 §5.5.1), as far as anybody
// listens.
func sendClose(conn net.Conn) {
	_ = sendFrame(conn, ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
}
