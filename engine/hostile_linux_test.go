package engine

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gobwas/ws"

	"stampede/results"
	"stampede/scenario"
)

// hostileTest is a server and what must come of it.
type hostileTest struct {
	name   string
	manner manner
	want   string             // name of the outcome
	held   results.HeldClosed // by us, of one connection
	early  results.EarlyClose // by the server, Count left out
	limit  time.Duration      // of an attempt, or of a held connection with its close; zero: hostileTotal
	ready  scenario.Ready
}

const (
	hostileTotal = time.Second // deadline of an attempt
	hostileHold  = 300 * time.Millisecond
	hostileCount = 4        // connections
	hostileHeap  = 32 << 20 // bytes a run may add; its servers share the process
)

var (
	clean  = results.HeldClosed{Clean: 1}
	forced = results.HeldClosed{Forced: 1}
	tiny   = string(bytes.Repeat([]byte{0x82, 0}, 100_000))
	pings  = string(bytes.Repeat(append([]byte{0x89, 4}, "ping"...), 1000))
	large  = string(join(ws.NewBinaryFrame(make([]byte, 1<<20))))
	medium = string(join(ws.NewBinaryFrame(make([]byte, 64<<10))))
	reason = string(join(ws.NewCloseFrame(ws.NewCloseFrameBody(4000, (evil + strings.Repeat("r", 123))[:123]))))
	storm  = string(bytes.Repeat(join(ws.NewPingFrame(make([]byte, 125))), 500))
)

var hostileTests = []hostileTest{
	{name: "endless status line", manner: repeats("HTTP/1.1 101 ", strings.Repeat("a", 4096), 0), want: "protocol header_too_large"},
	{name: "endless head", manner: repeats("HTTP/1.1 101 Switching Protocols\r\n", strings.Repeat("X: y\r\n", 100), 0), want: "protocol header_too_large"},
	{name: "endless interim replies", manner: repeats("", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 10), 0), want: "protocol too_many_interim"},
	{name: "interim replies now and then", manner: repeats("", "HTTP/1.1 102 Processing\r\n\r\n", 50*time.Millisecond), want: "timeout upgrade"},
	{name: "a byte each 400 ms", manner: repeats("H", "T", 400*time.Millisecond), want: "timeout upgrade"},
	{name: "nothing at all", manner: says(""), want: "timeout upgrade"},
	{name: "half-closed before the reply", manner: func(c net.Conn, _ string) { closesWrite(c) }, want: "closed upgrade"},
	{name: "half-closed behind the 101", manner: opens("", closesWrite), want: "established", early: results.EarlyClose{Code: 1006, How: "eof"}},
	{name: "1 MB behind the 101", manner: opens(large, endsWell), want: "established", held: clean},
	{name: "100,000 tiny frames", manner: opens(tiny, endsWell), want: "established", held: clean},
	{name: "1,000 pings", manner: opens(pings, endsWell), want: "established", held: clean},
	{name: "endless frames", manner: opens("", func(c net.Conn) { flood(c, "", medium, 0) }), want: "established", held: forced, limit: hostileHold + closeTimeout},
	{name: "endless pings, nothing read", manner: opens("", func(c net.Conn) { flood(c, "", storm, 0) }), want: "established", held: forced, limit: hostileHold + closeTimeout}, // sooner where the Close does not fit any more
	{name: "nothing read", manner: opens("", deaf), want: "established", held: forced, limit: hostileHold + closeTimeout},
	{name: "a long reason", manner: opens(reason, endsWell), want: "established", early: results.EarlyClose{Code: 4000, How: "code"}},
	{name: "a long reason instead of an answer", manner: opens(reason, endsWell), want: "closed 4000", ready: scenario.Ready{Within: time.Second}},
	{name: "endless text instead of an answer", manner: opens("", func(c net.Conn) { flood(c, "", "\x01\x7e\x10\x00"+strings.Repeat("a", 4096)+"\x80\x00", 0) }), want: "timeout ready",
		ready: scenario.Ready{Expect: "welcome", Within: 400 * time.Millisecond}},
	{name: "commands in a status line", manner: says("HTTP/1.1 503 " + evil + "\r\n\r\n"), want: "protocol bad_status_line"},
	{name: "commands in a header", manner: says("HTTP/1.1 503 No\r\nServer: " + evil + "\r\n\r\n"), want: "protocol bad_header"},
	{name: "commands without control characters", manner: says("HTTP/1.1 503 \x9b31m\u202e<b>\r\nServer: \x9b2J\u009b<script>\r\nVia: 1.1 \x9d0;owned\r\n\r\n\x9b2J<html>"), want: "503"},
	{name: "commands in a body", manner: says("HTTP/1.1 502 No\r\nContent-Type: text/html\r\n\r\n<title>" + strings.ReplaceAll(evil, "\x00", "") + "</title>" + strings.Repeat("long ", 30)), want: "502"},
	{name: "an endless body", manner: repeats("HTTP/1.1 502 No\r\n\r\n", strings.Repeat(evil, 1000), 0), want: "502"},
	{name: "commands behind the 101", manner: opens(evil, deaf), want: "established", early: results.EarlyClose{Code: 1002, How: "frame_error"}},
}

// TestHostile: whatever a server does ends in the right outcome, in time, in
// little memory, and in text that is safe to print; in clear and over TLS.
func TestHostile(t *testing.T) {
	ca := newAuthority(t)
	secure := &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}
	for _, tt := range hostileTests {
		t.Run(tt.name+"/ws", func(t *testing.T) {
			tt.run(t, at(hostileServer(t, nil, tt.manner)))
		})
		t.Run(tt.name+"/wss", func(t *testing.T) {
			tt.run(t, secureTarget(hostileServer(t, secure, tt.manner), &tls.Config{RootCAs: ca.pool()}))
		})
	}
}

func (h *hostileTest) run(t *testing.T, target *Target) {
	inTime(t, func() (over time.Duration) {
		heap := newHeapWatch()
		l := load{target: target, shapes: rate(400, hostileCount*time.Second/400), ready: h.ready, tick: heap.tick,
			hold: scenario.Hold{For: hostileHold}, timeouts: scenario.Timeouts{Total: hostileTotal, TLS: hostileTotal}}
		o := l.run(t.Context(), t)
		heap.check(t)
		h.check(t, o)
		checkPrintable(t, o.result)
		return h.over(o)
	})
}

func (h *hostileTest) check(t *testing.T, o *outcome) {
	t.Helper()
	o.want(t, map[string]int64{h.want: hostileCount})
	want := results.HeldClosed{Clean: h.held.Clean * hostileCount, Forced: h.held.Forced * hostileCount}
	if got := o.result.Held.Closed; got != want {
		t.Errorf("closed %+v, want %+v", got, want)
	}
	early := []results.EarlyClose{}
	if h.early.Code != 0 {
		h.early.Count = hostileCount
		early = append(early, h.early)
	}
	if got := o.result.Held.ClosedEarly; fmt.Sprint(got) != fmt.Sprint(early) {
		t.Errorf("closed early %+v, want %+v", got, early)
	}
}

// over is by how much the limit was passed.
func (h *hostileTest) over(o *outcome) (over time.Duration) {
	limit := h.limit
	if limit == 0 {
		limit = hostileTotal
	}
	last := time.Duration(0)
	for _, a := range o.attempts {
		last = max(last, a.Ended)
		if a.Outcome.Kind != results.Established {
			over = max(over, a.Ended-a.Started-limit-h.ready.Within)
		}
	}
	if h.held != (results.HeldClosed{}) {
		over = max(over, o.report.EndedAt.Sub(o.report.StartedAt)-last-max(limit, hostileHold))
	}
	return over
}

// inTime has run repeated, up to three times, until it was less than 50 ms
// over its limit: a busy host can make a run late, and never early.
func inTime(t *testing.T, run func() (over time.Duration)) {
	t.Helper()
	var over time.Duration
	for range 3 {
		if over = run(); over <= 50*time.Millisecond || t.Failed() {
			return
		}
	}
	t.Errorf("%v over the limit, want at most 50ms", over)
}

// heapWatch sees how far the heap grows in a run: what was live when the
// collector last ran and, in a ws:// run, where it does not run, all there is.
type heapWatch struct{ before, most, cycles uint64 }

func newHeapWatch() *heapWatch {
	runtime.GC()
	objects, _, cycles := readHeap()
	return &heapWatch{objects, objects, cycles}
}

// readHeap returns the bytes in the heap, those of them that were live at the
// end of the last collection, and how many of those there have been.
func readHeap() (objects, live, cycles uint64) {
	m := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(m)
	return m[0].Value.Uint64(), m[1].Value.Uint64(), m[2].Value.Uint64()
}

func (h *heapWatch) tick(Live) {
	objects, live, cycles := readHeap()
	if cycles > h.cycles+1 { // one is the run's own, at its start
		objects = min(objects, live)
	}
	h.most = max(h.most, objects)
}

func (h *heapWatch) check(t *testing.T) {
	t.Helper()
	if grown := h.most - h.before; grown > hostileHeap {
		t.Errorf("the heap grew by %d KB, want at most %d KB", grown>>10, hostileHeap>>10)
	}
}

// checkPrintable holds all text of a result that is a server's to characters
// that only show.
func checkPrintable(t *testing.T, r *results.Result) {
	t.Helper()
	texts := append([]string{}, r.Notes...)
	for _, w := range r.Warnings {
		texts = append(texts, w.Text)
	}
	for i := range r.Outcomes {
		texts = append(texts, r.Outcomes[i].Outcome().Name())
		texts = append(texts, r.Outcomes[i].Samples...)
	}
	for _, text := range texts {
		if i := strings.IndexFunc(text, func(c rune) bool {
			return c != '\n' && c != '\t' && !unicode.IsPrint(c) || c == unicode.ReplacementChar
		}); i >= 0 {
			t.Errorf("not printable at %d: %q", i, text)
		}
	}
}

// TestResetAtAnyByte resets a connection after each prefix of a good reply.
func TestResetAtAnyByte(t *testing.T) {
	ca := newAuthority(t)
	secure := &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}
	size := len(valid(strings.Repeat("a", 28)))
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			next := make(chan int, size+1)
			for n := range size + 1 {
				next <- n
			}
			m := func(c net.Conn, accept string) {
				_, _ = io.WriteString(c, valid(accept)[:<-next])
				reset(c)
			}
			l := load{shapes: rate(500, time.Duration(size+1)*time.Second/500), hold: scenario.Hold{For: hostileHold}}
			if scheme == "ws" {
				l.target = at(hostileServer(t, nil, m))
			} else {
				l.target = secureTarget(hostileServer(t, secure, m), &tls.Config{RootCAs: ca.pool()})
			}
			o := l.run(t.Context(), t)
			o.want(t, map[string]int64{"reset upgrade": int64(size), "established": 1})
			if early := o.result.Held.ClosedEarly; len(early) != 1 || early[0] != (results.EarlyClose{Code: 1006, How: "reset", Count: 1}) {
				t.Errorf("closed early %+v, want one reset", early)
			}
		})
	}
}

// reset makes the close of c, or of what is below its TLS, a TCP reset at once.
func reset(c net.Conn) {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	raw := c.(*net.TCPConn)
	_ = raw.SetLinger(0)
	_ = raw.Close()
}

// TestHostileProxy: a forward proxy is no more to be trusted than a server.
func TestHostileProxy(t *testing.T) {
	const connect = 300 * time.Millisecond
	for _, tt := range []struct {
		name   string
		manner manner
		want   results.Outcome
	}{
		{"endless head", repeats("HTTP/1.1 200 OK\r\n", strings.Repeat("X: y\r\n", 100), 0), results.Outcome{Kind: results.Protocol, Phase: results.PhaseConnect, Reason: results.HeaderTooLarge}},
		{"a byte each 200 ms", repeats("H", "T", 200*time.Millisecond), results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect}},
		{"interim replies now and then", repeats("", "HTTP/1.1 102 Processing\r\n\r\n", 50*time.Millisecond), results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect}},
		{"commands in a body", says("HTTP/1.1 403 No\r\n\r\n" + evil), results.Outcome{Kind: results.Status, Phase: results.PhaseConnect, Status: 403}},
		{"an endless body", repeats("HTTP/1.1 502 No\r\n\r\n", strings.Repeat(evil, 1000), 0), results.Outcome{Kind: results.Status, Phase: results.PhaseConnect, Status: 502}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := hostileServer(t, nil, tt.manner)
			s := &scenario.Scenario{Load: rate(400, hostileCount*time.Second/400), Timeouts: scenario.Timeouts{Connect: connect},
				Target: scenario.Target{URL: "ws://127.0.0.1:1/", Proxy: "http://" + proxy.String()}}
			r := aimed(t, s)
			wantOutcome(t, r, tt.want, hostileCount)
			checkPrintable(t, r)
		})
	}
}
