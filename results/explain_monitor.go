package results

import (
	"fmt"
	"strings"
	"time"
)

// Thresholds of what monitors may show. A flat top takes flatLooks looks in a
// row: at nearTop of a known limit, or, where none is known, within sameNumber
// of the highest, which must be risen by half over the lowest look to be more
// than an idle server's usual state.
const (
	flatLooks  = 3
	nearTop    = 0.98
	risen      = 1.5
	sameNumber = 0.005
	fullCore   = 0.95 // of one core: more is lost to the kernel's bookkeeping
)

// stretch is a part of a run, both ends included.
type stretch struct{ from, to time.Duration }

// in writes when it was. One that reached the end of the looks is open.
func (s stretch) in(series *Series) string {
	if n := len(series.Points); n > 0 && series.Points[n-1].At == s.to {
		return "from " + about(max(s.from, 0)) + " on"
	}
	return "from " + about(max(s.from, 0)) + " to " + about(s.to)
}

// trouble counts the attempts that failed in a stretch, to the steps of the
// timeline.
func (e explainer) trouble(s stretch) (n int64) {
	for i := range e.Timeline {
		t := &e.Timeline[i]
		if t.At+e.TimelineStep <= s.from || t.At > s.to {
			continue
		}
		for name, count := range t.Outcomes {
			if e.isFailure(name) {
				n += count
			}
		}
	}
	return n
}

// isFailure says whether an outcome of that name is the server's failure.
func (e explainer) isFailure(name string) bool {
	for i := range e.Outcomes {
		if o := e.Outcomes[i].Outcome(); o.Name() == name {
			return o.Failed()
		}
	}
	return false
}

// hurt says what handshakes suffered in a stretch: most of the run's failures
// fell into it, or more were in flight than were established in a second,
// which means that each took more than a second (Little's law). n counts them
// and is 0 if neither holds: what was flat while all went well, or went on
// being flat when failures had other times, explains nothing.
func (e explainer) hurt(s stretch) (n int64, text string) {
	if n = e.trouble(s); n >= fewestSeen && float64(n) >= most*float64(e.Count(Selector{})) {
		return n, FormatCount(n) + " attempts failed meanwhile"
	}
	steps, slow := 0, 0
	n = 0
	for i := range e.Timeline {
		t := &e.Timeline[i]
		if t.At < s.from || t.At+e.TimelineStep > s.to {
			continue
		}
		steps++
		if rate := float64(t.Outcomes[Established.String()]) / e.TimelineStep.Seconds(); t.InFlight >= 4*fewestSeen && float64(t.InFlight) > rate {
			slow++
			n = max(n, t.InFlight)
		}
	}
	if steps < flatLooks-1 || float64(slow) < most*float64(steps) {
		return 0, ""
	}
	return n, "up to " + FormatCount(n) + " handshakes were in flight meanwhile, more than were established in a second"
}

// saturated tells of what monitors show at its limit while handshakes fail
// or wait: the CPU, descriptors and whatever else has a known most. Where
// several are, the first is told.
func (e explainer) saturated() (Finding, bool) {
	for i := range e.Monitors {
		m := &e.Monitors[i]
		for k := range m.Series {
			s := &m.Series[k]
			f, seen := e.full(m, s)
			if !seen {
				f, seen = e.busy(m, s)
			}
			if seen {
				return f, true
			}
		}
	}
	return Finding{}, false
}

// full tells of a series at the most it can be.
func (e explainer) full(m *Monitor, s *Series) (Finding, bool) {
	if s.Kind != Gauge || s.Limit <= 0 || s.Unit == "cores" {
		return Finding{}, false
	}
	at, ok := s.above(s.Limit * nearTop)
	n, suffered := e.hurt(at)
	if !ok || n == 0 {
		return Finding{}, false
	}
	return Finding{
		Name: "limit_reached", Share: e.share(min(n, e.Arrivals)),
		Text: fmt.Sprintf("The %s of %s stand at %s of %s %s, and %s.",
			s.Name, m.Name, whole(s.peakIn(at)), whole(s.Limit), at.in(s), suffered),
		Next: e.limitOf(m, s),
	}, true
}

// busy tells of a process that has no more CPU to use: all of the host's, or
// that of one core, which is all that a program of one thread can have.
func (e explainer) busy(m *Monitor, s *Series) (Finding, bool) {
	if s.Kind != Gauge || s.Unit != "cores" || s.Limit <= 0 {
		return Finding{}, false
	}
	what := "all cores of this host"
	at, ok := s.above(s.Limit * fullCore)
	if busiest := m.find("CPU of the busiest process"); !ok && (busiest == nil || busiest == s) && s.Peak() < 2-fullCore {
		what = "one core"
		at, ok = s.above(fullCore)
	}
	n, suffered := e.hurt(at)
	if !ok || n == 0 {
		return Finding{}, false
	}
	return Finding{
		Name: "cpu_full", Share: e.share(min(n, e.Arrivals)),
		Text: fmt.Sprintf("The %s of %s is at 100 %% of %s %s, and %s.", s.Name, m.Name, what, at.in(s), suffered),
		Next: "a profile of " + m.Name + " during the failures (perf top -p, or its own profiler); more workers or processes if it has one thread; whether the load generator takes its CPU",
	}, true
}

// plateau tells of connections, sessions or workers that rose and then stopped
// at one number while handshakes failed: a limit nobody told of. A steady load
// that is served too slowly levels out as well, at its rate times the time each
// takes, but seldom at the same number each second.
func (e explainer) plateau() (Finding, bool) {
	for i := range e.Monitors {
		m := &e.Monitors[i]
		for k := range m.Series {
			s := &m.Series[k]
			if s.Kind != Gauge || whereLimited[s.Unit] == "" || s.Limit > 0 || s.Peak() < max(4*fewestSeen, risen*s.lowest()) {
				continue
			}
			at, ok := s.above(s.Peak() - max(1, s.Peak()*sameNumber))
			n, suffered := e.hurt(at)
			if !ok || n == 0 {
				continue
			}
			return Finding{
				Name: "plateau", Share: e.share(min(n, e.Arrivals)),
				Text: fmt.Sprintf("The %s of %s stop at %s %s, and %s: a limit of about that, unless the load keeps just so many there.",
					named(s), m.Name, whole(s.peakIn(at)), at.in(s), suffered),
				Next: e.limitOf(m, s),
			}, true
		}
	}
	return Finding{}, false
}

// counted are the counters that only move when something is lost, and what to
// look at next.
var counted = map[string]string{
	"ListenOverflows": fullQueue,
	"SyncookiesSent":  "on the server: net.ipv4.tcp_max_syn_backlog and net.core.somaxconn; SYN cookies mean its queue of half-open connections was full",
	"dropped":         "nginx's error log (\"worker_connections are not enough\"), its worker_connections and worker_rlimit_nofile",
}

// losses tells of the kernel's and nginx's counters of what they lost. The
// kernel's are of this host: with a server elsewhere they are silent, or of
// something else, so that failures or SYNs sent again must go with them.
func (e explainer) losses() (Finding, bool) {
	var parts []string
	next := ""
	for i := range e.Monitors {
		m := &e.Monitors[i]
		for k := range m.Series {
			s := &m.Series[k]
			if s.Kind != Counter || counted[s.Name] == "" || s.Rise() < fewestSeen {
				continue
			}
			parts = append(parts, fmt.Sprintf("%s of %s rose by %s", s.Name, m.Name, whole(s.Rise())))
			if next == "" {
				next = counted[s.Name]
			}
		}
	}
	lost := e.Count(Selector{}) + e.TCP.SYNAttempts + e.TCP.DataAttempts
	return Finding{
		Name: "counters_rose", Share: e.share(min(lost, e.Arrivals)),
		Text: "While the load was on, " + strings.Join(parts, ", ") + ".",
		Next: next,
	}, len(parts) > 0 && lost >= fewestSeen
}

// unread tells of connections that nginx accepted and closed before it read a
// request: short of connections, it ends those that have sent none yet, and
// counts them as handled all the same.
func (e explainer) unread() (Finding, bool) {
	var dropped int64
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Closed || o.Kind == Reset {
			dropped += o.Count
		}
	}
	for i := range e.Monitors {
		m := &e.Monitors[i]
		accepted, requests := m.find("accepted"), m.find("requests")
		if m.Source != "nginx" || accepted == nil || requests == nil {
			continue
		}
		if n := accepted.Rise() - requests.Rise(); n >= fewestSeen && dropped >= fewestSeen {
			return Finding{
				Name: "closed_unread", Share: e.share(dropped),
				Text: fmt.Sprintf("nginx at %s accepted %s connections and read %s requests: it closed the others unread, as it does when its connections run out.",
					m.Name, whole(accepted.Rise()), whole(requests.Rise())),
				Next: counted["dropped"],
			}, true
		}
	}
	return Finding{}, false
}

// whereLimited says by unit where a limit of it is set.
var whereLimited = map[string]string{
	"descriptors": "the limit of open files (ulimit -n, LimitNOFILE= of its unit, nginx worker_rlimit_nofile; /proc/PID/limits shows it), and whether descriptors are given back",
	"connections": "the limit of connections (nginx worker_connections, two for each proxied client; MaxRequestWorkers of Apache)",
	"sessions":    "HAProxy's maxconn, in global, defaults, frontend and server",
	"workers":     "MaxRequestWorkers and ServerLimit of Apache: a worker is taken for each open connection",
	"requests":    "what the requests in the queue wait for: maxconn of the servers behind",
}

func (e explainer) limitOf(m *Monitor, s *Series) string {
	if m.Source == "kernel" {
		return "net.netfilter.nf_conntrack_max, and whether the port needs tracking at all"
	}
	if next := whereLimited[s.Unit]; next != "" {
		return next
	}
	return "where the limit of " + s.Name + " is set"
}

// named is a series' name with its unit, where that says more.
func named(s *Series) string {
	if strings.Contains(s.Name, s.Unit) {
		return s.Name
	}
	return s.Name + " " + s.Unit
}

// above is the longest stretch of a series at or above a level: flatLooks
// looks at least, in a row.
func (s *Series) above(level float64) (longest stretch, ok bool) {
	most, begin := flatLooks-1, 0
	for i := range s.Points {
		if s.Points[i].Value < level {
			begin = i + 1
			continue
		}
		if n := i - begin + 1; n > most {
			most, longest, ok = n, stretch{s.Points[begin].At, s.Points[i].At}, true
		}
	}
	return longest, ok
}

func (s *Series) peakIn(at stretch) (peak float64) {
	for _, p := range s.Points {
		if p.At >= at.from && p.At <= at.to {
			peak = max(peak, p.Value)
		}
	}
	return peak
}

func (s *Series) lowest() float64 {
	low := s.First()
	for _, p := range s.Points {
		low = min(low, p.Value)
	}
	return low
}

// whole writes a count that is a float only for JSON's sake.
func whole(v float64) string { return FormatCount(int64(v + 0.5)) }
