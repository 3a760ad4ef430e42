package results

import (
	"fmt"
	"strings"
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
	if found == nil || established < fewestSeen || e.absent {
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
	500: {"something the application runs out of, as connections to a database, or one of several servers that fails",
		"the application's log at that time, and each server by itself with stampede probe --connect-to"},
	502: {"a server behind the gateway that refuses or drops connections: its listen queue, its limits, or one of several that is down",
		"the gateway's error log, ss -lnt and the limits at the servers behind, and each of them by itself with stampede probe --connect-to"},
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

// absence is a stretch of the timeline in which next to nothing was established.
type absence struct {
	from, to         time.Duration
	failed           int64            // attempts that ended in it otherwise
	shoulders, after int64            // failed in the steps beside it, and established after it
	outcomes         map[string]int64 // of those in it
}

// findAbsence finds the longest stretch of steps in which at most one attempt in
// eleven was established. ok says that it holds most failures of the run, those
// of the steps it began and ended in included, and was over before the run was.
func (e explainer) findAbsence() (longest absence, ok bool) {
	var all, before int64
	var a absence // that goes on
	for i := range e.Timeline {
		s := &e.Timeline[i]
		established, failed := s.Outcomes[Established.String()], s.failed()
		all += failed
		if failed > 0 && 10*established <= failed {
			a.take(s, e.TimelineStep, before)
			if a.failed > longest.failed {
				longest = a
			}
		} else {
			if longest.to == s.At {
				longest.shoulders += failed
			}
			longest.after += established
			a = absence{}
		}
		before = failed
	}
	inside := longest.failed + longest.shoulders
	return longest, longest.failed >= fewestSeen && longest.after >= fewestSeen && float64(inside) >= most*float64(all)
}

// take adds a step; before is how many failed in the one before it.
func (a *absence) take(s *Second, step time.Duration, before int64) {
	if a.failed == 0 {
		*a = absence{from: s.At, shoulders: before, outcomes: map[string]int64{}}
	}
	a.to = s.At + step
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

// away tells of a time in which nobody got in, and after which all was well.
func (e explainer) away() (Finding, bool) {
	if !e.absent {
		return Finding{}, false
	}
	a := e.absence
	name, n := commonest(a.outcomes)
	return Finding{
		Name: "away", Share: e.share(a.failed),
		Text: fmt.Sprintf("From %s to %s next to nothing was established (%s of %s ended in %s), and %s were after that: the server, or all that is behind the proxy, was away or not ready, as in a restart or a deploy, or full with what it held until then.",
			formatDuration(a.from), formatDuration(a.to), FormatCount(n), FormatCount(a.failed), name, FormatCount(a.after)),
		Next: "what happened there at that time: deploys, restarts, health and readiness checks",
	}, true
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
