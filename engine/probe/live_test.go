package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"stampede/results"
)

// TestServers probes servers in clear that answer, or don't, in one manner.
func TestServers(t *testing.T) {
	const short = 400 * time.Millisecond
	tests := []struct {
		name    string
		o       Options
		server  func(net.Conn)
		outcome string
		detail  string
		hints   string
	}{
		{"good", Options{}, answering(accepted), "established", "", "no_origin"},
		{"good, a byte at a time", Options{}, replying(func(c net.Conn, head string) {
			for _, b := range []byte(accepted(head)) {
				_, _ = c.Write([]byte{b})
			}
		}), "established", "", "no_origin"},
		{"closed after the 101", Options{}, answering(func(head string) string { return accepted(head) + "\x88\x02\x03\xf5" }), "established", "", "closed_after_101 no_origin"},
		{"a megabyte behind the 101", Options{}, answering(func(head string) string {
			return accepted(head) + strings.Repeat("\x82\x7e\x0f\xfc"+strings.Repeat("x", 4092), 256)
		}), "established", "", "no_origin"},
		{"drip", Options{Timeout: short}, drip, "timeout upgrade", "bytes of an unfinished head", "stalled_head"},
		{"silent", Options{Timeout: short}, silent, "timeout upgrade", "received 0 bytes", "no_reply"},
		{"endless head", Options{}, endless("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"), "protocol header_too_large", "", "head_too_large"},
		{"endless line", Options{}, endless("HTTP/1.1 200 ", "xxxxxxxxxx"), "protocol header_too_large", "", "head_too_large"},
		{"endless interim", Options{}, endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "protocol too_many_interim", "", "too_many_interim"},
		{"endless body", Options{}, endless("HTTP/1.1 503 No\r\n\r\n", "\x1b[31mno\r\n"), "503", "", "no_backend"},
		{"body promised, not sent", Options{}, answering(func(string) string { return "HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nwhy" }), "500", "", "application_error"},
		{"closed", Options{}, said(""), "closed upgrade", "received 0 bytes", "closed_empty"},
		{"reset", Options{}, func(c net.Conn) { _, _ = requestHead(c); reset(c) }, "reset upgrade", "received 0 bytes", "reset"},
		{"reset upon a large head", Options{Headers: header("Cookie", strings.Repeat("x", 3000))}, func(c net.Conn) { _, _ = c.Read(make([]byte, 2048)); reset(c) }, "reset upgrade", "", "reset_large_head"},
		{"terminal escapes", Options{}, said("HTTP/1.1 403 \x1b]0;owned\x07\r\nX-\r\n"), "protocol bad_status_line", `\x1b]0;owned`, "malformed_status_line"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.o.URL = "ws://" + serve(t, test.server) + "/ws"
			p := probed(t, test.o)
			if got := p.Outcome.Name(); got != test.outcome || !strings.Contains(p.Outcome.Detail, test.detail) || hintIDs(p) != test.hints {
				t.Errorf("%s (%s), hints %q; want %s (%s), %q", got, p.Outcome.Detail, hintIDs(p), test.outcome, test.detail, test.hints)
			}
		})
	}
}

// replying has do send the reply to a request.
func replying(do func(c net.Conn, head string)) func(net.Conn) {
	return func(c net.Conn) {
		if head, ok := requestHead(c); ok {
			do(c, head)
			silent(c)
		}
	}
}

// drip sends a byte of a good reply every 20 ms: a deadline for each read
// would never pass.
func drip(c net.Conn) {
	head, _ := requestHead(c)
	for _, b := range []byte(accepted(head)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond) // the pace is the fault
	}
}

// endless sends first, and then more until nobody listens.
func endless(first, more string) func(net.Conn) {
	more = strings.Repeat(more, 1000)
	return func(c net.Conn) {
		_, _ = requestHead(c)
		_, err := io.WriteString(c, first)
		for err == nil {
			_, err = io.WriteString(c, more)
		}
	}
}

// TestResetAtEachByte cuts a good reply by a reset, and by a close, behind
// each of its bytes: never is that a valid 101.
func TestResetAtEachByte(t *testing.T) {
	for _, hard := range []bool{true, false} {
		var n atomic.Int32
		address := serve(t, func(c net.Conn) {
			head, ok := requestHead(c)
			if !ok {
				return
			}
			_, _ = io.WriteString(c, accepted(head)[:n.Load()])
			if hard {
				reset(c)
			}
		})
		for cut := range len(accepted("Sec-WebSocket-Key: 0123456789012345678901==\r\n")) {
			n.Store(int32(cut))
			p := probed(t, Options{URL: "ws://" + address + "/"})
			k := p.Outcome.Kind
			if k != results.Closed && (k != results.Reset || !hard) || p.Outcome.Phase != results.PhaseUpgrade {
				t.Errorf("cut at %d: %s", cut, p.Outcome.Name())
			}
		}
	}
}

// TestOrigin tries the other Origin where a refusal may be about that.
func TestOrigin(t *testing.T) {
	wants := func(origin string) func(string) string {
		return func(head string) string {
			if field(head, "Origin") == origin {
				return accepted(head)
			}
			return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
		}
	}
	t.Run("left out", func(t *testing.T) {
		p := probed(t, Options{URL: "ws://" + serve(t, answering(wants(""))) + "/", Headers: header("origin", "https://a.test")})
		checkHints(t, p, "origin", []string{"Origin: https://a.test was sent", "without Origin the same request was accepted"})
	})
	t.Run("its own", func(t *testing.T) {
		address := serve(t, answering(func(head string) string { return wants("http://" + field(head, "Host"))(head) }))
		p := probed(t, Options{URL: "ws://" + address + "/"})
		checkHints(t, p, "origin", []string{"no Origin was sent", "with Origin: http://" + address})
	})
	t.Run("of no matter", func(t *testing.T) {
		p := probed(t, Options{URL: "ws://" + serve(t, answering(wants("none"))) + "/"})
		checkHints(t, p, "forbidden", []string{"the outcome is 403"})
	})
}

func TestVersions(t *testing.T) {
	only := func(version string) func(net.Conn) {
		return answering(func(head string) string {
			if field(head, "Sec-WebSocket-Version") == version {
				return accepted(head)
			}
			return "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: " + version + "\r\nContent-Length: 0\r\n\r\n"
		})
	}
	tests := []struct {
		name     string
		server   func(net.Conn)
		outcomes string
		versions string
		hints    string
	}{
		{"13 alone", only("13"), "established: 426 426 426", "13 13 13", "no_origin"},
		{"8 alone", only("8"), "426: 426 established 426", "8 8", "version"},
		{"any", answering(accepted), "established: established established established", "", "version_not_checked no_origin"},
		{"closes", func(c net.Conn) {
			if head, _ := requestHead(c); field(head, "Sec-WebSocket-Version") == "13" {
				_, _ = io.WriteString(c, accepted(head))
				silent(c)
			}
		}, "established: closed upgrade closed upgrade closed upgrade", "", "no_origin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := probed(t, Options{URL: "ws://" + serve(t, test.server) + "/", Versions: true})
			outcomes, versions := []string{p.Outcome.Name() + ":"}, []string{}
			for _, trial := range p.Trials {
				outcomes, versions = append(outcomes, trial.Outcome.Name()), append(versions, trial.Versions...)
			}
			if o, v := strings.Join(outcomes, " "), strings.Join(versions, " "); o != test.outcomes || v != test.versions || hintIDs(p) != test.hints {
				t.Errorf("%s, versions %q, hints %q; want %s, %q, %q", o, v, hintIDs(p), test.outcomes, test.versions, test.hints)
			}
		})
	}
}

// TestStop stops a probe that waits.
func TestStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := serve(t, func(c net.Conn) { _, _ = requestHead(c); cancel(); silent(c) })
	p, err := Run(ctx, Options{URL: "ws://" + address + "/"})
	if err != nil || p.Outcome.Name() != "canceled" || hintIDs(p) != "canceled" {
		t.Errorf("%+v, %v", p.Outcome, err)
	}
}

func TestClassify(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "timeout upgrade"},
		{&net.OpError{Op: "dial", Err: wsaConnectionRefused}, "refused"},
		{&net.OpError{Op: "dial", Err: wsaHostUnreachable}, "unreachable"},
		{&net.OpError{Op: "read", Err: wsaConnectionReset}, "reset upgrade"},
		{io.ErrUnexpectedEOF, "closed upgrade"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: expired certificate")}, "tls certificate_expired"},
		{errors.New("something else"), "local other"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			if got := classify(test.err, results.PhaseUpgrade); got.Name() != test.want {
				t.Errorf("%v is %s, want %s", test.err, got.Name(), test.want)
			}
		})
	}
}

func TestClassifySession(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{io.EOF, "closed upgrade"},
		{&net.OpError{Op: "local error", Err: errors.New("tls: no renegotiation")}, "tls renegotiation"},
		{&net.OpError{Op: "local error", Err: errors.New("tls: bad record MAC")}, "tls bad_record"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, "tls certificate_required"},
		{tls.RecordHeaderError{Msg: "first record"}, "tls bad_record"},
		{errors.New("tls: too many non-advancing records"), "tls bad_record"},
		{syscall.EMFILE, "local too_many_open_files"},
		{errors.New("something else"), "local other"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			if got := classifySession(test.err, results.PhaseUpgrade); got.Name() != test.want {
				t.Errorf("%v is %s, want %s", test.err, got.Name(), test.want)
			}
		})
	}
}
