package results

import (
	"fmt"
	"strings"
	"time"
)

// fixedAge tells of a status that came after always the same time: somebody's
// timeout ran out.
func (e explainer) fixedAge() (Finding, bool) {
	var found Finding
	var of int64
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		ages := o.ages()
		at, near := ages.cluster()
		if o.Kind != Status || o.Status < 400 || near < fewestSeen || at < atOnce || float64(near) < most*float64(ages.total()) || o.Count <= of {
			continue
		}
		of = o.Count
		found = Finding{
			Name: "fixed_age", Share: e.share(o.Count),
			Text: fmt.Sprintf("%s of the %s replies of %d came when the attempt was %s old: a timeout of about that is set in front of the server, for its backend or a queue.",
				percentOf(near, ages.total()), FormatCount(o.Count), o.Status, about(at)),
			Next: "the proxy's timeouts (nginx proxy_connect_timeout and proxy_read_timeout, HAProxy timeout queue, connect and server), and why the backend was not faster",
		}
	}
	return found, of > 0
}

// admission tells of refusals that took no time, and of the limit they suggest
// when as many got in each time.
func (e explainer) admission() (Finding, bool) {
	var n int64
	var names []string
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		ages := o.ages()
		if o.Kind == Status && (o.Status == 503 || o.Status == 429) && ages.total() > 0 && ages.fast() {
			n += o.Count
			names = append(names, o.Outcome().Name())
		}
	}
	text := fmt.Sprintf("%s were refused with %s at once: a limit that is set, on connections or their rate, rather than a server out of breath", FormatCount(n), strings.Join(names, " and "))
	if limit := e.admitted(names); limit != "" {
		text += "; " + limit
	}
	return Finding{
		Name: "admission_limit", Share: e.share(n), Text: text + ".",
		Next: "the proxy's limits (nginx limit_conn and limit_req, HAProxy maxconn, an ingress's rate limit), for an address most of all: all load comes from few of them here",
	}, n >= fewestSeen && !e.absent
}

// admitted says how many got in when others were refused, if it was as many
// each time: of bursts, or of seconds.
func (e explainer) admitted(refusals []string) string {
	refused := func(outcomes map[string]int64) (n int64) {
		for _, name := range refusals {
			n += outcomes[name]
		}
		return n
	}
	var bursts, steps []int64
	for i := range e.Bursts {
		if b := &e.Bursts[i]; refused(b.Outcomes) > 0 {
			bursts = append(bursts, b.Outcomes[Established.String()])
		}
	}
	if same, n := constant(bursts, 2); same {
		return fmt.Sprintf("each of %d bursts had about %s established", len(bursts), FormatCount(n))
	}
	if len(bursts) > 0 {
		return ""
	}
	for i := range e.Timeline {
		if s := &e.Timeline[i]; refused(s.Outcomes) >= fewestSeen {
			steps = append(steps, s.Outcomes[Established.String()])
		}
	}
	if same, n := constant(steps, 3); same {
		return fmt.Sprintf("about %s were established in every %s", FormatCount(n), formatDuration(e.TimelineStep))
	}
	return ""
}

// constant reports whether at least fewest counts are the same, to 1 or 3 %,
// and their mean.
func constant(counts []int64, fewest int) (same bool, mean int64) {
	if len(counts) < fewest {
		return false, 0
	}
	low, high := counts[0], counts[0]
	for _, n := range counts {
		low, high, mean = min(low, n), max(high, n), mean+n
	}
	mean /= int64(len(counts))
	return mean > 0 && high-low <= max(1, mean*3/100), mean
}

// closedAtOnce tells of connections that were taken and dropped without a
// word. Half of a power of two open at once is nginx running out of
// worker_connections: a proxied connection takes two.
func (e explainer) closedAtOnce() (Finding, bool) {
	var closed, reset int64
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		if ages := o.ages(); (o.Kind == Closed || o.Kind == Reset) && ages.total() > 0 && ages.fast() {
			if o.Kind == Closed {
				closed += o.Count
			} else {
				reset += o.Count
			}
		}
	}
	n := closed + reset
	f := Finding{Name: "closed_at_once", Share: e.share(n)}
	f.Text = fmt.Sprintf("%s connections were taken and dropped at once without a reply (%s closed, %s reset)", FormatCount(n), FormatCount(closed), FormatCount(reset))
	open := max(e.Held.Peak, e.mostOfABurst())
	switch w := halfOfPower(open); {
	case e.turn() == anyTurn:
		f.Name = "dropped_among_others"
		f.Text += ", among those established and not behind them: no limit that filled up, but one of several servers or workers that drops them, or a rule that goes by chance"
		f.Next = "each server by itself with stampede probe --connect-to, and the error logs of proxy and servers"
	case w > 0:
		f.Name = "worker_connections"
		f.Text += fmt.Sprintf(", with %s open: near half of %s, which suggests nginx worker_connections %d, two for each", FormatCount(open), FormatCount(w), w)
		f.Next = "the proxy's error log (\"worker_connections are not enough\") and its worker_connections"
	case closed == 0:
		f.Name = "reset_at_once"
		f.Text += fmt.Sprintf(", with %s open: a server out of open files, which takes a connection and drops it with the request unread, an accept queue that overflows where net.ipv4.tcp_abort_on_overflow is set, or a proxy that refuses so", FormatCount(open))
		f.Next = "on the server: its limit of open files (/proc/PID/limits) against the number open, and its error log (\"too many open files\"); TcpExtListenOverflows rises during the run only if the queue did it; the proxy's error log"
	default:
		f.Text += fmt.Sprintf(", with %s open: a limit of connections or of open files", FormatCount(open))
		f.Next = "the server's limit of open files (ulimit -n, /proc/PID/limits), its connection limits and its error log"
	}
	f.Text += "."
	return f, n >= fewestSeen && !e.absent
}

func (e explainer) mostOfABurst() (n int64) {
	for i := range e.Bursts {
		n = max(n, e.Bursts[i].Outcomes[Established.String()])
	}
	return n
}

// halfOfPower returns the power of two that n is half of, or a little less:
// some of a proxy's connections are its listeners'. 0 if there is none.
func halfOfPower(n int64) int64 {
	for w := int64(32); w <= 1<<17; w *= 2 {
		if n <= w/2 && n >= w/2-max(4, w*3/200) {
			return w
		}
	}
	return 0
}

// deadline tells of timeouts beside successes that took nearly as long: moving
// the timeout moves the figures.
func (e explainer) deadline() (Finding, bool) {
	n := e.Count(Selector{Kind: Timeout})
	var close int64
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Established {
			ages := o.ages()
			close = ages.total() - int64(ages.below(e.Timeout*8/10))
		}
	}
	return Finding{
		Name: "deadline", Share: e.share(n),
		Text: fmt.Sprintf("%s attempts timed out at %s while %s succeeded in little less: how many fail depends on the timeout that was set.",
			FormatCount(n), formatDuration(e.Timeout), FormatCount(close)),
		Next: "a run with twice the timeout, to see how long the server really takes",
	}, e.Timeout > 0 && n >= fewestSeen && close >= fewestSeen
}

// closedOnOpen tells of connections that were upgraded and closed right away.
func (e explainer) closedOnOpen() (Finding, bool) {
	n := int64(e.earlyBelow(atOnce))
	return Finding{
		Name: "closed_on_open", Share: float64(n) / float64(max(e.Held.Opened, 1)),
		Text: fmt.Sprintf("%s connections were closed by the server right after they opened%s: refused after the upgrade rather than before.", FormatCount(n), e.earlyCodes()),
		Next: "what the server closes new connections for (its limits, authentication after the upgrade); such a client is no client served",
	}, n >= fewestSeen
}

// closedWhileHeld tells of connections that the server closed at one age.
func (e explainer) closedWhileHeld() (Finding, bool) {
	p50 := e.Held.EarlyAge.P50
	if p50 == nil || time.Duration(*p50) < atOnce {
		return Finding{}, false
	}
	at := time.Duration(*p50)
	n := int64(e.earlyBelow(at+at*3/100) - e.earlyBelow(at-at*3/100))
	return Finding{
		Name: "closed_while_held", Share: float64(n) / float64(max(e.Held.Opened, 1)),
		Text: fmt.Sprintf("%s held connections were closed by the server at an age of %s%s: an idle or proxy timeout of about that.", FormatCount(n), about(at), e.earlyCodes()),
		Next: "timeouts for idle connections on the way (nginx proxy_read_timeout, HAProxy timeout tunnel, a load balancer's idle timeout); pings more often than that keep it open",
	}, n >= fewestSeen && float64(n) >= most*float64(e.Held.EarlyAge.Count)
}

// earlyBelow counts early closes of an age below d.
func (e explainer) earlyBelow(d time.Duration) int64 {
	h, err := e.Held.EarlyAge.histogram(lowestAge, highestAge)
	if err != nil || h.count() == 0 {
		return 0
	}
	return h.below(int64(d))
}

// earlyCodes names the commonest manner of early closes.
func (e explainer) earlyCodes() string {
	var common EarlyClose
	for _, c := range e.Held.ClosedEarly {
		if c.Count > common.Count {
			common = c
		}
	}
	switch common.How {
	case "":
		return ""
	case CodeEarly.String():
		return fmt.Sprintf(" (mostly code %d)", common.Code)
	}
	return " (mostly " + strings.ReplaceAll(common.How, "_", " ") + ")"
}
