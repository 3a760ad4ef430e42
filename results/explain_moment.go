package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// absence is a stretch of the timeline in which next to nothing was established.
type absence struct {
	from, to      time.Duration
	arrivals      int64            // that were due in it
	failed        int64            // attempts that ended in it otherwise
	shoulders     int64            // failed in the steps beside it
	before, after int64            // established before and after it
	held          int64            // open when it began
	outcomes      map[string]int64 // of those in it
}

// findAbsence finds the longest stretch of steps in which at most one attempt
// in eleven was established; steps in which nothing ended neither end it nor
// make one. ok says that it holds most failures of the run, those of the steps
// it began and ended in included, of attempts due in it: a burst whose last
// are answered late is none, nor is one of which some got in.
func (e explainer) findAbsence() (longest absence, ok bool) {
	var all, established, before, held int64
	var a absence // that goes on
	for i := range e.Timeline {
		s := &e.Timeline[i]
		fine, failed := s.Outcomes[Established.String()], s.failed()
		all += failed
		established += fine
		switch {
		case failed > 0 && 10*fine <= failed:
			if a.failed == 0 {
				a = absence{from: s.At, shoulders: before, before: established - fine, held: held, outcomes: map[string]int64{}}
			}
			a.take(s, e.TimelineStep)
			if a.failed > longest.failed {
				longest = a
			}
		case failed > 0 || fine > 0:
			if longest.to == s.At {
				longest.shoulders += failed
			}
			longest.after += fine
			a = absence{}
		}
		before, held = failed, s.Held
	}
	inside := longest.failed + longest.shoulders
	return longest, longest.failed >= fewestSeen && 2*longest.arrivals >= longest.failed && float64(inside) >= most*float64(all) && !e.someOfABurst(longest)
}

// someOfABurst reports whether of a burst in the stretch some got in.
func (e explainer) someOfABurst(a absence) bool {
	return slices.ContainsFunc(e.Bursts, func(b BurstRow) bool {
		return b.At >= a.from && b.At < a.to && b.Outcomes[Established.String()] > 0
	})
}

// take adds a step.
func (a *absence) take(s *Second, step time.Duration) {
	a.to = s.At + step
	a.arrivals += s.Arrivals
	a.failed += s.failed()
	for name, n := range s.Outcomes {
		if isServers(name) {
			a.outcomes[name] += n
		}
	}
}

// failed is how many attempts the server failed that ended in the step.
func (s *Second) failed() (n int64) {
	for name, count := range s.Outcomes {
		if isServers(name) {
			n += count
		}
	}
	return n
}

// isServers reports whether the outcome called name is a failure of the server,
// and none of this host or of whoever stopped the run.
func isServers(name string) bool {
	kind, _, _ := strings.Cut(name, " ")
	return kind != Established.String() && kind != Local.String() && kind != Canceled.String() && kind != Resolve.String()
}

// happened finds what happened in the course of a run, which explains its
// failures better than a limit or a server among others: whoever would tell of
// those is silent then.
func (e explainer) happened() (Finding, bool) {
	a, ok := e.findAbsence()
	if ok && a.after >= fewestSeen && !askedLess(a.outcomes) {
		return e.away(a), true
	}
	if ok && a.after < fewestSeen && a.before >= fewestSeen && 2*a.held < a.before {
		return e.gone(a), true
	}
	return e.moment()
}

// askedLess reports whether most were told to ask less often.
func askedLess(outcomes map[string]int64) bool {
	name, _ := commonest(outcomes)
	return name == "429"
}

// away tells of a time in which nobody got in, and after which all was well.
func (e explainer) away(a absence) Finding {
	name, n := commonest(a.outcomes)
	return Finding{
		Name: "away", Share: e.share(a.failed),
		Text: fmt.Sprintf("From %s to %s next to nothing was established (%s of %s ended in %s), and %s were after that: the server, or all that is behind the proxy, was away or not ready, as in a restart or a deploy, or full with what it held until then.",
			formatDuration(a.from), formatDuration(a.to), FormatCount(n), FormatCount(a.failed), name, FormatCount(a.after)),
		Next: "what happened there at that time: deploys, restarts, health and readiness checks",
	}
}

// gone tells of a time from which on nobody got in any more, though what had
// got in before did not stay.
func (e explainer) gone(a absence) Finding {
	name, n := commonest(a.outcomes)
	f := Finding{
		Name: "gone", Share: e.share(a.failed),
		Text: fmt.Sprintf("From %s on next to nothing was established any more (%s of %s ended in %s), and %s had been before, of which few were open still: ",
			formatDuration(a.from), FormatCount(n), FormatCount(a.failed), name, FormatCount(a.before)),
		Next: "what happened there at that time, and the log of whoever answered",
	}
	switch {
	case name == "429" || name == "403":
		f.Text += "whoever keeps asking is kept out, by a ban or by a limit that counts what it refuses, or over a longer time."
		f.Next = "limits for an address and their periods (HAProxy stick tables, fail2ban, a firewall for web applications): all load comes from few addresses here"
	case name == "500" || name == "502" || name == "503" || name == "504":
		f.Text += "what is behind the gateway went away, or the gateway counts it as down since it failed and does not ask it, or a limit over a longer time is used up."
		f.Next = "how long the gateway keeps a server out once it failed, and why it did (HAProxy: DOWN by its checks; Apache: ProxyPass retry=60; nginx: \"no live upstreams\", max_fails and fail_timeout), and the servers behind by themselves with stampede probe --connect-to"
	default:
		f.Text += "the server ended or hangs, or something before it keeps this host out."
	}
	return f
}

// moment tells of failures that all came in a short time of a run whose load
// was no higher then. Each of n failures falls into such a time, a fifth of
// the run, by chance only in one case of 5ⁿ⁻¹. Those of bursts come together
// because they were sent so.
func (e explainer) moment() (Finding, bool) {
	from, to, outcomes := e.failures()
	var n int64
	for _, count := range outcomes {
		n += count
	}
	first, last := e.stepOf(from), e.stepOf(to)
	in, out := e.around(first, last)
	if n < fewestSeen || askedLess(outcomes) || last >= len(e.Timeline) || 5*(to-from) > out.time+in.time || out.time == 0 || out.after < fewestSeen ||
		in.rate() > 1.5*out.rate() || 2*e.failedInBursts() > n || first > 0 && out.before < fewestSeen {
		return Finding{}, false
	}
	when := fmt.Sprintf("between %s and %s", formatDuration(from.Truncate(10*time.Millisecond)), formatDuration(to.Truncate(10*time.Millisecond)+10*time.Millisecond))
	f := Finding{
		Name: "moment", Share: e.share(n),
		Text: fmt.Sprintf("All %s failures (%s) came %s, at no higher load than before and after, when none did: something happened then, as a restart, a reload, a deploy or a failover.",
			FormatCount(n), listed(outcomes), when),
		Next: "what happened there at that time: the logs of proxy and servers, deploys, reloads, health checks; whether it takes connections that are under way along (graceful shutdown)",
	}
	if first == 0 && out.before == 0 {
		f.Text = fmt.Sprintf("All %s failures (%s) came at the beginning, until %s, and none at the same load after it: a server that was not warm or not ready yet, or that was still busy with what was before.",
			FormatCount(n), listed(outcomes), formatDuration(to.Truncate(10*time.Millisecond)+10*time.Millisecond))
	}
	return f, true
}

func (e explainer) failedInBursts() (n int64) {
	for i := range e.Bursts {
		for name, count := range e.Bursts[i].Outcomes {
			if isServers(name) {
				n += count
			}
		}
	}
	return n
}

// failures is when the first and the last failure of the server was known, and
// how many there were of each kind.
func (e explainer) failures() (from, to time.Duration, outcomes map[string]int64) {
	outcomes = map[string]int64{}
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		name := o.Outcome().Name()
		if !isServers(name) {
			continue
		}
		if len(outcomes) == 0 || o.First < from {
			from = o.First
		}
		to = max(to, o.Last)
		outcomes[name] += o.Count
	}
	return from, to, outcomes
}

func (e explainer) stepOf(at time.Duration) int { return int(at / max(e.TimelineStep, 1)) }

// load is the arrivals of some steps of the timeline that had any, and what was
// established before and after others.
type load struct {
	arrivals      int64
	time          time.Duration
	before, after int64
}

func (l load) rate() float64 { return float64(l.arrivals) / max(l.time.Seconds(), 1e-9) }

// around is the load in the steps from first to last, and outside of them.
func (e explainer) around(first, last int) (in, out load) {
	for i := range e.Timeline {
		s := &e.Timeline[i]
		l := &out
		established := s.Outcomes[Established.String()]
		switch {
		case i < first:
			out.before += established
		case i > last:
			out.after += established
		default:
			l = &in
		}
		if s.Arrivals > 0 {
			l.arrivals += s.Arrivals
			l.time += e.TimelineStep
		}
	}
	return in, out
}

// listed writes outcomes with their counts, the commonest first.
func listed(outcomes map[string]int64) string {
	var names []string
	for name := range outcomes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(outcomes[b], outcomes[a]), strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = FormatCount(outcomes[name]) + " " + name
	}
	return strings.Join(names[:min(len(names), 3)], ", ")
}

// commonest is the outcome that most ended in, the first by name among equals.
func commonest(outcomes map[string]int64) (name string, n int64) {
	for o, count := range outcomes {
		if count > n || count == n && strings.Compare(o, name) < 0 {
			name, n = o, count
		}
	}
	return name, n
}
