package results

import (
	"strings"
	"testing"
	"time"
)

// What the response times prove must be proved without our own delays too.
func TestBracket(t *testing.T) {
	tests := []struct {
		name      string
		n, slow   int // attempts, and how many of them take 300 ms
		own       time.Duration
		threshold string
		want      Verdict
		limited   bool
		suspect   float64
		note      string
	}{
		{"fails either way", 1000, 100, ms, "handshake p99 < 250ms", Fail, false, 0, "100 of 1,000"},
		{"fails by our delay alone", 1000, 100, 60 * ms, "handshake p99 < 250ms", Inconclusive, true, 1, "fail with this host's own delays, pass without"},
		{"passes either way", 1000, 0, 5 * ms, "handshake p99 < 250ms", Pass, false, 0, ""},
		{"a floor reached by our delay", 1000, 1000, 60 * ms, "handshake p50 > 250ms", Inconclusive, true, 0, "pass with this host's own delays, fail without"},
		{"a maximum", 1000, 1, 60 * ms, "handshake max < 250ms", Inconclusive, true, 0, "fail with"},
		{"a mean", 1000, 1000, 60 * ms, "handshake mean < 250ms", Inconclusive, true, 0, "fail with"},
		{"open with, proved without", 1000, 8, 60 * ms, "handshake p99 < 250ms", Inconclusive, false, 1, "not proved, needs 1,441; without this host's own delays: pass"},
		{"service has no launch", 1000, 100, 60 * ms, "service p99 < 250ms", Fail, false, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecorder(RecorderOptions{})
			many(r, test.n-test.slow, established(time.Second, 10*ms))
			a := established(time.Second, 300*ms)
			a.ReadLag = test.own
			many(r, test.slow, a)
			result := r.Result(Run{})
			result.Judge([]Threshold{threshold(t, test.threshold)})
			j := result.Thresholds[0]
			if j.Verdict != test.want || j.Suspect != test.suspect || !strings.Contains(j.Note, test.note) {
				t.Errorf("%v, suspect %v, %q; want %v, %v, %q", j.Verdict, j.Suspect, j.Note, test.want, test.suspect, test.note)
			}
			if _, differs := find(result, checkBracket); differs != test.limited {
				t.Errorf("bracket check: %v, want %v", differs, test.limited)
			}
			if test.limited && result.ExitCode() != 4 {
				t.Errorf("exit %d, want 4", result.ExitCode())
			}
		})
	}
}

// A failure is a failure however long we took to notice.
func TestBracketKeepsFailures(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 900, established(time.Second, 10*ms))
	a := failed(time.Second, 300*ms, gatewayTimeout)
	a.ReadLag = 299 * ms
	many(r, 100, a)
	result := r.Result(Run{})
	result.Judge([]Threshold{threshold(t, "handshake p99 < 250ms")})
	if j := result.Thresholds[0]; j.Verdict != Fail || j.Suspect != 0 || result.Metrics.HandshakeLow.Infinite != 100 {
		t.Errorf("%v, suspect %v, %d infinite", j.Verdict, j.Suspect, result.Metrics.HandshakeLow.Infinite)
	}
}

func TestHandshakeLow(t *testing.T) {
	a := established(time.Second, 100*ms)
	a.Started += 10 * ms
	a.ConnectLag, a.ReadLag = 20*ms, 30*ms
	if d, ok := a.handshakeLow(); d != 40*ms || !ok {
		t.Errorf("%v, %v; want 40 ms", d, ok)
	}
	a.ReadLag = time.Second
	if d, _ := a.handshakeLow(); d != 0 {
		t.Errorf("%v, want none below zero", d)
	}
	never := &Attempt{Intended: time.Second, Outcome: noPort}
	if d := never.own(); d != 0 {
		t.Errorf("an attempt never launched was delayed by %v", d)
	}
	if _, known := ParseMetric("handshake_low"); known {
		t.Error("a threshold may name handshake_low")
	}
}

// The wait for a CPU before TLS is ours where it came behind the launch: what
// release: upgrade does ahead of it is in no response time.
func TestOwnTLSLag(t *testing.T) {
	a := &Attempt{Intended: 1, Dialed: 1, Started: 1, Connected: 2 * ms, Secured: 50 * ms, Ended: 60 * ms, TLSLag: 40 * ms, Outcome: fine}
	if low, _ := a.handshakeLow(); low != 20*ms-1 {
		t.Errorf("handshake without our own delays is %v, want 20 ms", low)
	}
	a.Intended, a.Started = 55*ms, 55*ms
	if low, _ := a.handshakeLow(); low != 5*ms {
		t.Errorf("released after TLS it is %v, want 5 ms", low)
	}
}
