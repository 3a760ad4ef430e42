package results

import (
	"fmt"
	"time"
)

// own is the part of an attempt's response time that this host caused: the
// late launch, the late notice of its connect, the wait for a CPU before TLS,
// unless that was done ahead of the launch, and the late reading of its reply. In a simultaneous burst the time it takes to launch the burst is of
// our making too.
func (a *Attempt) own() time.Duration {
	lag, _ := a.StartLag()
	lag = max(lag, 0) + a.ConnectLag + a.ReadLag
	if a.Secured > a.Started {
		lag += a.TLSLag
	}
	return lag
}

// handshakeLow is the response time less our own delays, one end of the
// bracket whose other end is Handshake. It is never a latency to quote: a late
// launch also changes what the server had to do.
func (a *Attempt) handshakeLow() (d time.Duration, ok bool) {
	d, ok = a.Handshake()
	return max(d-a.own(), 0), ok
}

// bracketed reports whether t limits a figure of handshake.
func (t Threshold) bracketed() bool {
	return t.Metric == MetricHandshake && (t.Statistic == Quantile || t.Statistic == Max || t.Statistic == Mean)
}

// bracket judges a goal of handshake again without this host's own delays.
// What j proves must hold at both ends; if it does not, j is inconclusive and
// the check it returns is broken. An inconclusive goal stays so, whatever it
// would be at the other end, and is told.
func (r *Result) bracket(t Threshold, j *Judgement) (c Check, ok bool) {
	if !t.bracketed() || r.Metrics.HandshakeLow.Count != r.Metrics.Handshake.Count || j.Of <= 0 {
		return Check{}, false
	}
	low := r.judgeOn(t, &r.Metrics.HandshakeLow)
	if j.Bad > 0 && low.Bad < j.Bad {
		j.Suspect = float64(j.Bad-low.Bad) / float64(j.Bad)
	}
	with, without := j.Verdict, low.Verdict
	switch {
	case with == without:
		return Check{}, false
	case with == Inconclusive:
		if !r.unfinished() && j.Needs == 0 {
			j.Note += fmt.Sprintf("; without this host's own delays: %s", without)
		}
		return Check{}, false
	}
	j.Verdict = Inconclusive
	j.Note = fmt.Sprintf("%s with this host's own delays, %s without them", with, without)
	return Check{Name: checkBracket, Value: 1, Note: j.Text + ": " + j.Note}, true
}
