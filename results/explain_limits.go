package results

import (
	"fmt"
	"strings"
	"time"
)

// fixedAge tells of an end that came after always the same time: somebody's
// timeout ran out, or a delay that was set. Ours are none of these.
func (e explainer) fixedAge() (Finding, bool) {
	var found Finding
	var of int64
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		ages := o.ages()
		at, near := ages.cluster()
		if near < fewestSeen || at < atOnce || float64(near) < most*float64(ages.total()) || o.Count <= of {
			continue
		}
		what, timer := o.timer()
		if what == "" || !timer.sure && at < max(longWait, 2*e.answered()) {
			continue
		}
		of = o.Count
		found = Finding{
			Name: "fixed_age", Share: e.share(o.Count),
			Text: fmt.Sprintf("%s of the %s %s when the attempt was %s old: %s", percentOf(near, ages.total()), FormatCount(o.Count), what, about(at), timer.means),
			Next: timer.next,
		}
		if !timer.sure && o.Last-o.First < at {
			found.Text += fmt.Sprintf("; or, since all of that was at about the same moment, %s, whoever worked on it was stopped or failed then", about(o.Last))
		}
		found.Text += "."
	}
	return found, of > 0
}

// longWait is how old an attempt has to be for its end to be somebody's timer,
// where a busy server may end it too.
const longWait = 900 * time.Millisecond

// answered is how long nine in ten of those established took; 0 if they are few.
func (e explainer) answered() time.Duration {
	if s := &e.Metrics.Service; s.Count >= fewestSeen && s.P90 != nil {
		return time.Duration(*s.P90)
	}
	return 0
}

// timer is what an end at a fixed age means; sure if only a timer ends so.
type timer struct {
	reading
	sure bool
}

// timer says what came of an outcome at some age, and whose timer that may
// be; "" if nobody's.
func (o *OutcomeRow) timer() (what string, t timer) {
	switch {
	case o.Kind == Closed || o.Kind == Reset:
		how := map[Kind]string{Closed: "closed", Reset: "reset"}[o.Kind]
		return fmt.Sprintf("connections that were %s without a reply were so", how), timer{reading{
			"a timeout of about that is set for connections that get no answer, in front of the server or in it",
			"timeouts of whoever is between and passes bytes on (HAProxy in tcp mode: timeout connect, server and client; a network balancer's idle timeout; nginx's stream proxy_timeout), the server's own for a request or a worker (Node server.timeout, gunicorn --timeout), and why there was no answer until then"}, false}
	case o.Kind != Status || o.Status < 400:
		return "", timer{}
	}
	what = fmt.Sprintf("replies of %d came", o.Status)
	switch o.Status {
	case 503, 504:
		return what, timer{reading{"a timeout of about that is set in front of the server, for its backend or a queue",
			"the proxy's timeouts (nginx proxy_connect_timeout and proxy_read_timeout, HAProxy timeout queue, connect and server), and why the backend was not faster"}, true}
	case 502:
		return what, timer{reading{"the server behind the gateway ends requests of about that age without an answer, by a timeout of its own",
			"the timeouts of the server behind (Node server.timeout, gunicorn --timeout, a worker's), its log at that time, and the gateway's error log"}, false}
	case 408:
		return what, timer{reading{"a timeout of about that is set for requests to arrive, and these were not read in time",
			"timeouts for a request's head (Node headersTimeout and requestTimeout, HAProxy timeout http-request, nginx client_header_timeout, Apache RequestReadTimeout), and what kept the server from reading until then: work that blocks its event loop, or too few workers"}, true}
	}
	return what, timer{reading{"whoever answers so gives up after about that time, as an application that waits for a connection of its pool, or lets wait on purpose, as a tarpit does",
		"the application's own timeouts (its database pool's most of all) and its log; delays for refusals (HAProxy http-request tarpit and timeout tarpit, fail2ban, a firewall for web applications)"}, false}
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
	} else if e.turn() == anyTurn {
		return Finding{
			Name: "refused_among_others", Share: e.share(n),
			Text: fmt.Sprintf("%s were refused with %s at once, among those established and not behind them: no limit that filled up, but one of several servers or workers that is down or refuses, or a rule that goes by chance.", FormatCount(n), strings.Join(names, " and ")),
			Next: "what the proxy says of each server (HAProxy's log: SC is a server that refused), and each server by itself with stampede probe --connect-to",
		}, n >= fewestSeen && !e.event
	}
	return Finding{
		Name: "admission_limit", Share: e.share(n), Text: text + ".",
		Next: "the proxy's limits (nginx limit_conn and limit_req, HAProxy maxconn, an ingress's rate limit), for an address most of all: all load comes from few of them here",
	}, n >= fewestSeen && !e.event
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
	soon, when := atOnce, "at once"
	if busy := min(e.answered()*5/4, longWait); busy > soon { // a busy server drops no sooner than it answers
		soon, when = busy, "no later than others were answered"
	}
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		if ages := o.ages(); (o.Kind == Closed || o.Kind == Reset) && ages.total() > 0 && ages.within(soon) {
			if o.Kind == Closed {
				closed += o.Count
			} else {
				reset += o.Count
			}
		}
	}
	n := closed + reset
	f := Finding{Name: "closed_at_once", Share: e.share(n)}
	f.Text = fmt.Sprintf("%s connections were taken and dropped %s without a reply (%s closed, %s reset)", FormatCount(n), when, FormatCount(closed), FormatCount(reset))
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
		f.Text += fmt.Sprintf(", with %s open: a server out of open files or at its limit of connections (server.maxConnections of Node), which takes a connection and drops it with the request unread, an accept queue that overflows where net.ipv4.tcp_abort_on_overflow is set, or a proxy that refuses so", FormatCount(open))
		f.Next = "on the server: its limit of open files (/proc/PID/limits) against the number open, and its error log (\"too many open files\"); TcpExtListenOverflows rises during the run only if the queue did it; the proxy's error log"
	default:
		f.Text += fmt.Sprintf(", with %s open: a limit of connections or of open files, or of how many may come in a time", FormatCount(open))
		f.Next = "the server's limit of open files (ulimit -n, /proc/PID/limits), its connection limits (Node server.maxConnections, HAProxy tcp-request and http-request reject) and its error log"
	}
	f.Text += "."
	return f, n >= fewestSeen && !e.event
}

func (e explainer) mostOfABurst() (n int64) {
	for i := range e.Bursts {
		n = max(n, e.Bursts[i].Outcomes[Established.String()])
	}
	return n
}

// halfOfPower returns the power of two that n is less than half of, by a
// little: some of nginx's connections are its listeners', one or two of each
// worker's. A limit that somebody wrote down is a power of two itself or a
// round number, and none of these. 0 if there is none.
func halfOfPower(n int64) int64 {
	for w := int64(32); w <= 1<<17; w *= 2 {
		if n < w/2 && n >= w/2-max(4, w/256) {
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

// closedWhileHeld tells of connections that the server closed at one age, or
// whatever their age at one time.
func (e explainer) closedWhileHeld() (Finding, bool) {
	age := &e.Held.EarlyAge
	if age.P50 == nil || time.Duration(*age.P50) < atOnce {
		return Finding{}, false
	}
	together, from := e.closedTogether()
	at := time.Duration(*age.P50)
	n := int64(e.earlyBelow(at+at*3/100) - e.earlyBelow(at-at*3/100))
	if n < fewestSeen || float64(n) < most*float64(age.Count) {
		return e.closedAtATime(together, from)
	}
	f := Finding{
		Name: "closed_while_held", Share: float64(n) / float64(max(e.Held.Opened, 1)),
		Text: fmt.Sprintf("%s held connections were closed by the server at an age of %s%s: an idle or proxy timeout of about that", FormatCount(n), about(at), e.earlyCodes()),
		Next: "timeouts for idle connections on the way (nginx proxy_read_timeout, HAProxy timeout tunnel, a load balancer's idle timeout); pings more often than that keep it open",
	}
	if float64(together) >= most*float64(age.Count) {
		f.Text += fmt.Sprintf(", or, since all were opened and closed at about the same time, whatever happened %s into the run, as a restart or a reload", about(from))
		f.Next += "; a run that opens them over a longer time (steady) tells the two apart"
	}
	f.Text += "."
	return f, true
}

// closedTogether finds the two steps in a row in which most held connections
// were closed early, and how many these were.
func (e explainer) closedTogether() (most int64, from time.Duration) {
	for i := range e.Timeline {
		n := e.Timeline[i].ClosedEarly
		if i+1 < len(e.Timeline) {
			n += e.Timeline[i+1].ClosedEarly
		}
		if n > most {
			most, from = n, e.Timeline[i].At
			if e.Timeline[i].ClosedEarly == 0 {
				from += e.TimelineStep
			}
		}
	}
	return most, from
}

// closedAtATime tells of connections that were closed together though their
// ages were farther apart than that took.
func (e explainer) closedAtATime(n int64, from time.Duration) (Finding, bool) {
	age := &e.Held.EarlyAge
	if n < fewestSeen || float64(n) < most*float64(age.Count) || age.Min == nil || age.Max == nil || time.Duration(*age.Max-*age.Min) < 3*e.TimelineStep {
		return Finding{}, false
	}
	return Finding{
		Name: "closed_together", Share: float64(n) / float64(max(e.Held.Opened, 1)),
		Text: fmt.Sprintf("%s held connections were closed by the server at about %s into the run, at ages from %s to %s%s: whoever held them was stopped, restarted or reloaded then, and no timeout of theirs ran out.",
			FormatCount(n), about(from), about(time.Duration(*age.Min)), about(time.Duration(*age.Max)), e.earlyCodes()),
		Next: "what happened at that time: restarts, deploys, reloads (nginx worker_shutdown_timeout, HAProxy hard-stop-after), a balancer that recycles its connections; clients come back all at once after it, so give them a random delay",
	}, true
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
