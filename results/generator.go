package results

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Generator is what the run's self-watch found.
type Generator struct {
	Limited bool    `json:"limited"`          // the run measured stampede's own host
	Advice  string  `json:"advice,omitempty"` // if so: which limit, from what load on, what to do
	Checks  []Check `json:"checks"`
}

// Check is one finding about the generator's own host. Durations are in
// seconds, shares are fractions.
type Check struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	OK    bool    `json:"ok"`
	Warn  bool    `json:"warn,omitempty"` // if not OK, worth telling, but no reason to withhold a verdict
	Note  string  `json:"note,omitempty"`
}

// Broken reports whether the check alone makes a run generator-limited.
func (c Check) Broken() bool { return !c.OK && !c.Warn }

// watch puts the result's own checks in place of earlier ones, beside those
// that the run was given, and settles whether the generator was the limit. A
// run may also be given as limited without a check that says so.
func (r *Result) watch(own []Check) {
	g := &r.Generator
	given := g.Limited && !slices.ContainsFunc(g.Checks, Check.Broken)
	var checks []Check
	for _, c := range g.Checks {
		if !slices.Contains(ownChecks, c.Name) {
			checks = append(checks, c)
		}
	}
	g.Checks = append(copied(own), checks...)
	g.Limited = given || slices.ContainsFunc(g.Checks, Check.Broken)
	g.Advice = r.advice()
}

// advice is one sentence about the first broken check, "" without one.
func (r *Result) advice() string {
	i := slices.IndexFunc(r.Generator.Checks, Check.Broken)
	if i < 0 {
		return ""
	}
	c := r.Generator.Checks[i]
	return c.String() + r.fromWhatLoad(c) + ": " + remedy(c.Name)
}

// secondsOf are the checks whose value is a duration in seconds.
var secondsOf = []string{checkStartLag99, checkStartLag999, checkConnectLag, checkTLSLag, checkReadLag, checkLaunchSpan,
	"go_scheduler_latency_p99", "gc_pause_max"}

// String says what the check found, in words.
func (c Check) String() string {
	switch c.Name {
	case checkStarted:
		return fmt.Sprintf("only %.3g %% of the arrivals were started", 100*c.Value)
	case checkLocal:
		return FormatCount(int64(c.Value)) + " of the attempts ended in a limit of this host" + inBrackets(c.Note)
	case checkBracket:
		return "a verdict rests on this host's own delays" + inBrackets(c.Note)
	}
	return fmt.Sprintf("%s was %s, limit %s", c.Name, c.Format(c.Value), c.Format(c.Limit)) + inBrackets(c.Note)
}

// Format writes a number of the check, its value or its limit, to three
// digits: with a unit if it is a duration.
func (c Check) Format(v float64) string {
	if slices.Contains(secondsOf, c.Name) {
		return rounded(v)
	}
	return plain(v)
}

func inBrackets(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}

// rounded writes seconds to three digits.
func rounded(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return formatDuration(d.Round(unit))
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// fromWhatLoad names the first step of the timeline in which this host delayed
// an arrival for as long as the check found, or of other checks the step with
// the longest such delay, and the load there.
func (r *Result) fromWhatLoad(c Check) string {
	found := time.Duration(0.99 * c.Value * float64(time.Second)) // a quantile is rounded up by some 0.1 %
	switch c.Name {
	case checkLocal, checkLaunchSpan:
		return ""
	case checkStartLag99, checkStartLag999, checkConnectLag, checkTLSLag, checkReadLag:
	default:
		found = 0
	}
	worst := -1
	for i := range r.Timeline {
		s := &r.Timeline[i]
		if s.OwnDelay == 0 {
			continue
		}
		if found > 0 && s.OwnDelay >= found {
			worst = i
			break
		}
		if worst < 0 || s.OwnDelay > r.Timeline[worst].OwnDelay {
			worst = i
		}
	}
	if worst < 0 {
		return ""
	}
	s := &r.Timeline[worst]
	return fmt.Sprintf(", from %s on (%s arrivals/s, %s in flight)", formatDuration(s.At),
		FormatCount(int64(float64(s.Arrivals)/r.TimelineStep.Seconds())), FormatCount(s.InFlight))
}

// remedy is what to do about a broken check.
func remedy(name string) string {
	switch name {
	case checkLocal:
		return "raise the limit of open files (ulimit -n), add source_addresses, or make less load from this host"
	case "source_ports_in_use":
		return "add source_addresses, or hold fewer connections"
	case "cgroup_throttled_periods":
		return "give this container more CPU, or make less load"
	case "workers_lost":
		return "the notes say how each ended; one that was killed may have run out of memory (dmesg, the container's limit): give this host more, or hold fewer connections"
	}
	return "make less load than that, keep other work (and the server) off this host, or use a larger one"
}
