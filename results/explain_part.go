package results

import (
	"fmt"
	"time"
)

// inTurn is where in a burst the established were launched among the rest.
type inTurn int

const (
	unknownTurn inTurn = iota // too few of either, or no burst
	firstTurn                 // the first got in: something filled up
	anyTurn                   // they are spread among the others
)

// turn tells who of the bursts got in. The mean launches of the first k of n
// and of the rest are half the launch span apart whatever k is; those of a k
// chosen by chance are not apart, to within a seventh of the span in two cases
// out of three for the fewest that are looked at.
func (e explainer) turn() (t inTurn) {
	for i := range e.Bursts {
		b := &e.Bursts[i]
		established := b.Outcomes[Established.String()]
		if b.LaunchSpan <= 0 || established < 2*fewestSeen || b.Launched-established < 2*fewestSeen {
			continue
		}
		if b.FailedLaunch-b.EstablishedLaunch < b.LaunchSpan/4 {
			return anyTurn
		}
		t = firstTurn
	}
	return t
}

// refusedInPart tells of a status that came at once to some attempts, while
// others like them were established. What says try again later is admission's.
func (e explainer) refusedInPart() (Finding, bool) {
	var found *OutcomeRow
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		_, told := partly[statusClass(o.Status)]
		if ages := o.ages(); o.Kind != Status || !told || o.Count < fewestSeen || !ages.fast() || found != nil && o.Count <= found.Count {
			continue
		}
		found = o
	}
	established := e.Count(Selector{Kind: Established})
	if found == nil || established < fewestSeen || e.event {
		return Finding{}, false
	}
	text := fmt.Sprintf("%s were answered %d at once while %s were established, though they asked for the same unless their requests differ",
		FormatCount(found.Count), found.Status, FormatCount(established))
	f := Finding{Name: "refused_in_part", Share: e.share(found.Count)}
	reading := partly[statusClass(found.Status)]
	if e.turn() == firstTurn {
		text += ". Those launched first got in"
		reading = reading.filled()
	}
	f.Text, f.Next = text+": "+reading.means+".", reading.next
	return f, true
}

// reading is what a refusal of a part may mean, and what to look at.
type reading struct{ means, next string }

// filled is the reading where the first got in.
func (r reading) filled() reading {
	return reading{"a limit that answers so once it is reached, or " + r.means, "limits of connections and of their rate on the way (a firewall's too); " + r.next}
}

// partly are the readings by class of status; what has none is told by others,
// or means the same to all.
var partly = map[int]reading{
	400: {"servers behind a balancer that differ, as in a rollout or where a session is known to one alone, or a rule about rates",
		"each server by itself with stampede probe --connect-to, and the log of whoever answered"},
	500: {"something the application runs out of, as connections to a database, or the proxy before it, as worker_connections or open files of nginx, or one of several servers that fails",
		"the log of whoever answered (nginx: \"worker_connections are not enough\", \"Too many open files\"), the application's at that time, and each server by itself with stampede probe --connect-to"},
	502: {"a server behind the gateway that refuses or drops connections: its listen queue, its limits, or one of several that is down; or a gateway without a source port left to it",
		"the gateway's error log (nginx: \"Connection refused\", \"no live upstreams\", \"Cannot assign requested address\"), ss -lnt and the limits at the servers behind, and each of them by itself with stampede probe --connect-to"},
}

// statusClass is the key of a status in partly; 0 for one that has no reading.
func statusClass(status uint16) int {
	switch {
	case status == 408 || status == 429:
		return 0
	case 400 <= status && status < 500:
		return 400
	}
	return int(status)
}

// notListening tells of connects that were refused while others were taken: a
// limit that refuses, or one of several addresses or servers that has nobody
// listening.
func (e explainer) notListening() (Finding, bool) {
	n := e.Count(Selector{Kind: Refused}) + e.Count(Selector{Kind: Unreachable})
	established := e.Count(Selector{Kind: Established})
	f := Finding{Name: "connects_refused", Share: e.share(n)}
	f.Text = fmt.Sprintf("%s connects were refused, or told that nobody is there, while %s attempts were established", FormatCount(n), FormatCount(established))
	switch addresses := len(e.Target.Addresses); {
	case e.turn() == firstTurn:
		f.Text += ". Those launched first got in: a firewall that rejects what is beyond a limit of connections or of their rate, or a server that stopped listening"
		f.Next = "firewalls on the way (nft list ruleset, iptables -vnL: connlimit, hashlimit, limit with REJECT), and the server's log"
	case addresses > 1:
		f.Text += fmt.Sprintf(": of the %d addresses that the load went to, one has nobody listening, or a balancer passes connections on to a server that is down", addresses)
		f.Next = "each address, and each server behind it, by itself with stampede probe --connect-to"
	default:
		f.Text += ": one of several servers behind this address has nobody listening, a firewall rejects some, or the server was away for moments"
		f.Next = "each server behind the address by itself with stampede probe --connect-to, endpoints of the balancer that are gone, firewalls that reject (nft list ruleset, iptables -vnL), and restarts"
	}
	f.Text += "."
	return f, n >= fewestSeen && established >= fewestSeen && !e.event
}

// unanswered tells of attempts that connected and got no answer until they
// timed out, while others were answered long before: somebody lets them wait
// for a place, or one of several does not answer. Requests that had to be sent
// again are told by others, and a slow server answers some just in time.
func (e explainer) unanswered() (Finding, bool) {
	var n int64
	due := e.Timeout // of the first of them, as offset from the run's start, with the timeout added
	for i := range e.Outcomes {
		o := &e.Outcomes[i]
		if o.Kind == Timeout && (o.Phase == PhaseTLS || o.Phase == PhaseUpgrade) && o.Count > o.Data {
			if n == 0 || o.First < due {
				due = o.First
			}
			n += o.Count - o.Data
		}
	}
	established := e.Count(Selector{Kind: Established})
	f := Finding{Name: "unanswered", Share: e.share(n)}
	if n < fewestSeen || established < fewestSeen || e.Timeout <= 0 || e.event || e.quickly() < most*float64(established) {
		return f, false
	}
	f.Text = fmt.Sprintf("%s attempts connected and got no answer until they timed out at %s, while %s were established long before that",
		FormatCount(n), formatDuration(e.Timeout), FormatCount(established))
	switch first, later := e.turn() == firstTurn, e.turn() == unknownTurn && e.establishedFrom(due-e.Timeout+e.TimelineStep) < fewestSeen; {
	case first || later && 2*e.Held.Peak >= established:
		f.Name = "no_place_left"
		f.Text += fmt.Sprintf(". Those launched first got in, %s were open at the most, and the rest was let wait: whoever takes connections there takes no more than so many", FormatCount(max(e.Held.Peak, 0)))
		f.Next = "limits that let wait: HAProxy's maxconn (global, of the frontend), MaxRequestWorkers of Apache, threads or workers that open connections keep, open files of a server that retries (its log, /proc/PID/limits); ss -lnt there shows who waits (Recv-Q)"
	case later:
		f.Text += ", all of them before: the server, or what it waits for, hangs since"
		f.Next = "the server's CPU, threads and log at that time, and what it waits for (its database, a lock, the servers behind)"
	default:
		f.Text += ", among them: one of several servers or workers takes connections and does not answer, or some requests hang"
		f.Next = "each server by itself with stampede probe --connect-to, their CPU and logs, and what the proxy in front says of each"
	}
	f.Text += "."
	return f, true
}

// quickly is how many were established in less than half the timeout.
func (e explainer) quickly() (n float64) {
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Established {
			ages := o.ages()
			n += ages.below(e.Timeout / 2)
		}
	}
	return n
}

// establishedFrom counts those established in the steps from an instant on.
func (e explainer) establishedFrom(at time.Duration) (n int64) {
	for i := range e.Timeline {
		if e.Timeline[i].At >= at {
			n += e.Timeline[i].Outcomes[Established.String()]
		}
	}
	return n
}
