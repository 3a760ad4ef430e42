package results

import (
	"fmt"
	"math"
	"time"
)

// The checks that follow from a result's own figures.
const (
	checkStarted     = "started_share"
	checkStartLag99  = "start_lag_p99"
	checkStartLag999 = "start_lag_p999"
	checkConnectLag  = "connect_lag_p99"
	checkTLSLag      = "tls_lag_p99"
	checkReadLag     = "read_lag_p99"
	checkLaunchSpan  = "launch_span"
	checkLocal       = "local_errors"
	checkRate        = "arrival_rate"
	checkLaw         = "arrival_law"
	checkBracket     = "bracket"
)

// ownChecks are their names, in the order they are listed.
var ownChecks = []string{checkBracket, checkStarted, checkLocal, checkStartLag99, checkStartLag999, checkConnectLag,
	checkTLSLag, checkReadLag, checkLaunchSpan, checkRate, checkLaw}

// breaksAt is how many times its limit a delay of our own must reach to
// withhold a verdict by itself. From one to four times the limit it is told,
// and whether a verdict rests on it is for the bracket rule to say: 4 ms late
// at a goal of 100 ms are worth knowing, and decide nothing unless the bracket
// says so. Much later, arrivals are no longer the load that was asked for.
const breaksAt = 4

// SelfChecks returns the checks of the generator that follow from a result's
// own figures, for a run that is judged by the thresholds:
//
//	started_share     arrivals that were started, at least 99 %
//	local_errors      arrivals that ended in a limit of this host: none
//	start_lag_p99     late launches outside simultaneous bursts: 1 ms or 1 % of the goal
//	start_lag_p999    the same: 5 ms or 5 %
//	connect_lag_p99   late notice of a connect: 5 ms or 2 %
//	tls_lag_p99       waiting for a CPU before TLS: 5 ms or 2 %
//	read_lag_p99      late reading of a reply: 5 ms or 2 %
//	launch_span       first to last launch of the slowest simultaneous burst: 25 ms or 10 %
//	arrival_rate      how far launches were spread or squeezed, outside such bursts: 1 %
//	arrival_law       Kolmogorov distance of their launches from the plan: 0.02, or 1.36/√n if that is more
//
// whichever is more, the goal being the tightest ceiling on handshake among
// the thresholds, 1 s without one. A delay over its limit is a warning, and a
// broken check from four times the limit on (see breaksAt). Quantiles that the
// run has too few arrivals for are not checked.
func SelfChecks(r *Result, thresholds []Threshold) []Check {
	goal := tightest(thresholds)
	relative := func(floor time.Duration, share float64) float64 {
		return max(floor.Seconds(), share*goal.Seconds())
	}
	checks := []Check{r.checkStarted(), r.checkLocal()}
	for _, c := range []struct {
		name  string
		value *int64
		limit float64
	}{
		{checkStartLag99, r.Pacing.Lag.P99, relative(time.Millisecond, 0.01)},
		{checkStartLag999, r.Pacing.Lag.P999, relative(5*time.Millisecond, 0.05)},
		{checkConnectLag, r.Metrics.ConnectLag.P99, relative(5*time.Millisecond, 0.02)},
		{checkTLSLag, r.Metrics.TLSLag.P99, relative(5*time.Millisecond, 0.02)},
		{checkReadLag, r.Metrics.ReadLag.P99, relative(5*time.Millisecond, 0.02)},
	} {
		if c.value != nil {
			checks = append(checks, upTo(c.name, time.Duration(*c.value).Seconds(), c.limit, ""))
		}
	}
	if span, note, ok := r.longestLaunch(); ok {
		checks = append(checks, upTo(checkLaunchSpan, span.Seconds(), relative(25*time.Millisecond, 0.1), note))
	}
	return append(checks, r.Pacing.checks()...)
}

// tightest is the smallest ceiling on handshake, 1 s if there is none.
func tightest(thresholds []Threshold) time.Duration {
	goal := time.Duration(math.MaxInt64)
	for _, t := range thresholds {
		if t.bracketed() && t.Op.ceils() {
			goal = min(goal, t.Duration)
		}
	}
	if goal == math.MaxInt64 {
		return time.Second
	}
	return goal
}

// upTo is a check of a delay: a warning over its limit, broken far over it.
func upTo(name string, value, limit float64, note string) Check {
	c := Check{Name: name, Value: value, Limit: limit, OK: value <= limit, Note: note}
	c.Warn = !c.OK && value <= breaksAt*limit
	return c
}

// checkStarted leaves out the canceled: what was stopped is not late.
func (r *Result) checkStarted() Check {
	c := Check{Name: checkStarted, Value: 1, Limit: 0.99}
	wanted := r.Arrivals
	if !r.unfinished() {
		wanted = max(wanted, r.Planned)
	}
	if wanted -= r.Count(Selector{Kind: Canceled}); wanted > 0 {
		c.Value = min(float64(r.Started)/float64(wanted), 1)
	}
	c.OK = c.Value >= c.Limit
	return c
}

func (r *Result) checkLocal() Check {
	n := r.Count(Selector{Kind: Local})
	c := Check{Name: checkLocal, Value: float64(n), OK: n == 0}
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Kind == Local && c.Note == "" {
			c.Note = string(o.Reason)
		}
	}
	return c
}

// longestLaunch is the longest launch span of a simultaneous burst.
func (r *Result) longestLaunch() (span time.Duration, note string, ok bool) {
	for i := range r.Bursts {
		b := &r.Bursts[i]
		if b.Within == 0 && b.Launched > 1 && b.LaunchSpan >= span {
			span, ok = b.LaunchSpan, true
			note = fmt.Sprintf("burst of %s at %s", FormatCount(b.Count), formatDuration(b.At))
		}
	}
	return span, note, ok
}

// Pacing is how the arrivals outside simultaneous bursts were launched. In
// such a burst a late launch is its launch span, which is told apart.
type Pacing struct {
	Lag      Figures `json:"start_lag"`
	MostLate int64   `json:"most_late"` // most that were due and not launched, at the ends of steps of 10 ms or more
	Due      Stretch `json:"due"`       // of their intended instants
	Launched Stretch `json:"launched"`
}

// Stretch is the time between the first and the last of some instants.
type Stretch struct {
	First time.Duration `json:"first_ns"`
	Last  time.Duration `json:"last_ns"`
}

func (s *Stretch) length() time.Duration { return s.Last - s.First }

// add stretches s to o, any being whether s had an instant yet.
func (s *Stretch) add(o Stretch, any bool) {
	if !any {
		*s = o
	}
	s.First, s.Last = min(s.First, o.First), max(s.Last, o.Last)
}

// pace accumulates Pacing.
type pace struct {
	lag           histogram
	late          levels // +1 when due, −1 when launched
	due, launched Stretch
}

func (p *pace) add(a *Attempt) {
	lag, ok := a.StartLag()
	if !ok {
		return
	}
	p.stretch(Stretch{a.Intended, a.Intended}, Stretch{a.Started, a.Started})
	p.lag.record(lag)
	p.late.add(a.Intended, 1)
	p.late.add(a.Started, -1)
}

func (p *pace) stretch(due, launched Stretch) {
	p.due.add(due, p.lag.count() > 0)
	p.launched.add(launched, p.lag.count() > 0)
}

func (p *pace) merge(o *pace) {
	if o.lag.count() > 0 {
		p.stretch(o.due, o.launched)
	}
	_ = p.lag.merge(&o.lag) // the same range by construction
	p.late.merge(&o.late)
}

func (p *pace) result(lag Figures) Pacing {
	return Pacing{Lag: lag, MostLate: p.late.peak(), Due: p.due, Launched: p.launched}
}

// fewest is how many arrivals an arrival law takes to be seen.
const fewest = 100

// checks compare launches with the plan. The Kolmogorov distance of two
// distributions of as many instants is the most by which one is ahead of the
// other. Lateness that start_lag_p999 lets pass must not break the rate of a
// run that is short, nor chance the law of one with few arrivals.
func (p *Pacing) checks() []Check {
	n, planned := float64(p.Lag.Count), p.Due.length().Seconds()
	if n < fewest || planned <= 0 {
		return nil
	}
	off := math.Abs(p.Launched.length().Seconds()-planned) / planned
	slack := 0.005 / planned
	return []Check{
		upTo(checkRate, off, max(0.01, slack), ""),
		upTo(checkLaw, float64(p.MostLate)/n, max(0.02, 1.36/math.Sqrt(n)), ""),
	}
}

// merge adds o's launches. How late two generators were together is at most
// the sum.
func (p *Pacing) merge(o *Pacing) error {
	p.MostLate += o.MostLate
	if o.Lag.Count > 0 {
		p.Due.add(o.Due, p.Lag.Count > 0)
		p.Launched.add(o.Launched, p.Lag.Count > 0)
	}
	return p.Lag.merge(&o.Lag, LowestValue, HighestValue)
}
