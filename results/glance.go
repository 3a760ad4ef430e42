package results

import (
	"fmt"
	"math"
	"time"
)

// maxGlance is how many steps of time, and how many bursts, a Glance has at
// most.
const maxGlance = 100

// Glance returns as much of a partial Result as a display that moves can
// draw: outcomes, the handshake, the first bursts, what is open, and a
// timeline in which steps are put together until at most a hundred are left.
// Only what has changed since the last Glance is put together anew, so that
// one a second costs the same in the second hour as in the first minute. The
// held connections' peak is that of the timeline's steps. Monitors are run's.
func (r *Recorder) Glance(run Run) *Result {
	r.outline.follow(&r.line, r.named)
	step := max(r.line.step, firstStep)
	result := &Result{
		Schema: Schema, Name: run.Name, StartedAt: run.StartedAt, EndedAt: run.EndedAt, Partial: true,
		Target: Target{URL: run.URL}, Planned: r.options.Planned, Arrivals: r.arrivals, Started: r.started,
		Outcomes: r.outcomes(), Bursts: r.burstRows(min(len(r.bursts), maxGlance)),
		TimelineStep: step * time.Duration(max(r.outline.together, 1)), Timeline: r.outline.seconds(step),
		Monitors: run.Monitors, Warnings: r.remarks.sorted(), Notes: r.remarks.notes,
	}
	result.Metrics.Handshake = r.values[MetricHandshake].bareFigures(r.arrivals - r.established)
	result.Held = Held{Opened: r.held.opened, Closed: r.held.closed, PeakStep: step}
	for i := range result.Timeline {
		result.Held.Peak = max(result.Held.Peak, result.Timeline[i].Held)
	}
	result.fillEmpty()
	if n := len(r.bursts); n > maxGlance {
		result.Notes = append(result.Notes, fmt.Sprintf("of %s bursts the first %d are shown while the run goes on", FormatCount(int64(n)), maxGlance))
	}
	return result
}

// outline is a timeline whose steps are put together until at most maxGlance
// are left, kept from one look to the next. It is empty and ready at its zero
// value.
type outline struct {
	together int // bins in a step
	steps    []outlined
}

// outlined is several bins as one step. Its InFlight and Held are the most at
// the end of a bin, counted from what was open when the step began.
type outlined struct {
	Second
	flying, held int64 // by how much what was open changed in it
}

// follow puts together what has changed in t since it was last called. named
// turns row numbers into names.
func (o *outline) follow(t *timeline, named func(tally) map[string]int64) {
	if k := Together(len(t.bins), maxGlance); k != o.together {
		o.together, t.touched = k, 0
	}
	o.steps = o.steps[:min(t.touched/o.together, len(o.steps))]
	for from := len(o.steps) * o.together; from < len(t.bins); from += o.together {
		o.steps = append(o.steps, outlinedOf(t.bins[from:min(from+o.together, len(t.bins))], named))
	}
	t.touched = len(t.bins)
}

// outlinedOf puts bins together, of which there is at least one.
func outlinedOf(bins []bin, named func(tally) map[string]int64) outlined {
	var all bin
	o := outlined{Second: Second{InFlight: math.MinInt64, Held: math.MinInt64}}
	for i := range bins {
		all.merge(&bins[i], func(row int) int { return row })
		o.InFlight, o.Held = max(o.InFlight, all.starts-all.ends), max(o.Held, all.opens-all.closes)
	}
	o.Arrivals, o.OwnDelay = all.arrivals, all.own
	o.Outcomes, o.Handshakes = named(all.outcomes), all.handshakes.String()
	o.flying, o.held = all.starts-all.ends, all.opens-all.closes
	return o
}

// seconds returns the steps, whose bins are step long each.
func (o *outline) seconds(step time.Duration) []Second {
	list := make([]Second, len(o.steps))
	var flying, held int64
	for i := range o.steps {
		s := &o.steps[i]
		list[i] = s.Second
		list[i].At = step * time.Duration(i*o.together)
		list[i].InFlight += flying
		list[i].Held += held
		flying, held = flying+s.flying, held+s.held
	}
	return list
}
