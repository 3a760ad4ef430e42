package results

import (
	"slices"
	"time"
)

// TrialStage is the part of a search that a trial belongs to.
type TrialStage string

// The stages, in the order a search goes through them.
const (
	StageWarmUp    TrialStage = "warm_up"    // discarded
	StageCoarse    TrialStage = "coarse"     // one trial a load
	StageMiddle    TrialStage = "middle"     // the majority of three
	StageFine      TrialStage = "fine"       // the majority of five
	StagePosterior TrialStage = "posterior"  // more trials near the ceiling, until the interval is narrow
	StageConfirm   TrialStage = "confirm"    // from idle, at the load to be reported
	StageShortRest TrialStage = "short_rest" // at that load, with less rest before and between its bursts: a diagnostic, which never counts
)

// Counts reports whether trials of the stage are votes on the ceiling.
func (s TrialStage) Counts() bool { return s != StageWarmUp && s != StageShortRest }

// NotRecovered is the note of a trial before which the server was waited for in
// vain: single handshakes were not as quick again as on the idle server.
const NotRecovered = "did not recover"

// Trial is one run of a load as a search sees it. The trial, not the
// handshake, is the unit of its evidence: handshakes of one run are not
// independent of each other.
type Trial struct {
	Load     int64       `json:"load"`
	Stage    TrialStage  `json:"stage"`
	Good     bool        `json:"good"`              // every goal holds, as observed
	Valid    bool        `json:"valid"`             // it measured the server; if not it is made again and never counts
	Invalid  string      `json:"invalid,omitempty"` // why it is not valid
	BadShare float64     `json:"bad_share"`         // of the goal nearest to its limit, or furthest beyond
	Goals    []TrialGoal `json:"goals"`

	Planned     int64              `json:"planned"` // handshakes
	Established int64              `json:"established"`
	P50         *int64             `json:"p50_ns"` // of handshake; null among failures or too few
	P99         *int64             `json:"p99_ns"`
	Failures    map[string]float64 `json:"failures"`      // share of the planned, by Outcome.Name
	Goodput     float64            `json:"goodput_per_s"` // established in a second of load
	InFlight    float64            `json:"in_flight"`     // mean number of handshakes under way that were to be established

	// LittleGap is how far InFlight is from what Little's law makes of it, see
	// Result.LittleGap; null where that says nothing.
	LittleGap *float64 `json:"little_gap,omitempty"`

	StartedAt time.Duration `json:"started_at_ns"`       // since the search began
	Duration  time.Duration `json:"duration_ns"`         // of the run; in a search with what made it ready
	Settle    time.Duration `json:"settle_ns,omitempty"` // waited before it, for the server to recover
	Drain     time.Duration `json:"drain_ns,omitempty"`  // from the instant of the last burst until all attempts had ended
	Note      string        `json:"note,omitempty"`      // as NotRecovered
	Findings  []Finding     `json:"findings,omitempty"`  // what Explain made of the run
}

// TrialGoal is the verdict of one trial on one goal.
type TrialGoal struct {
	Goal     string  `json:"goal"`
	Good     bool    `json:"good"`
	BadShare float64 `json:"bad_share"`
	excess   float64 // BadShare in multiples of what is allowed
}

// Trial returns the row of a search for a run at a load. The result has been
// judged (Judge) by the same thresholds.
//
// A goal is good when the observed bad share is within its limit, by count:
// of 1,000 handshakes 10 may be slow for a p99 and one may be a 504 for
// 504 rate < 0.1%. That is no proof, which one run of this length rarely has;
// proof comes from repeating trials. A maximum, a mean and a count are
// compared as they are. Without data a goal is not good: nothing the server
// did shows it.
//
// A trial is valid when the run is the one that was planned, this host was not
// its limit, and no goal would be judged otherwise without this host's own
// delays.
func (r *Result) Trial(load int64, thresholds []Threshold) Trial {
	row := Trial{
		Load: load, Good: true, Goals: make([]TrialGoal, 0, len(thresholds)), Planned: r.Planned, Established: r.Count(Selector{Kind: Established}),
		P50: r.Metrics.Handshake.P50, P99: r.Metrics.Handshake.P99,
		Failures: r.failureShares(), Duration: r.EndedAt.Sub(r.StartedAt), Drain: r.drain(), Findings: r.Findings,
	}
	worst := -1.0
	for _, t := range thresholds {
		g := r.trialGoal(t, r.Metrics.Of(t.Metric))
		row.Goals = append(row.Goals, g)
		row.Good = row.Good && g.Good
		if g.excess > worst {
			worst, row.BadShare = g.excess, g.BadShare
		}
	}
	row.Invalid = r.whyNoTrial(thresholds, row.Goals)
	row.Valid = row.Invalid == ""
	if gap, ok := r.LittleGap(); ok {
		row.LittleGap = &gap
	}
	if busy := r.busy().Seconds(); busy > 0 {
		row.Goodput = float64(row.Established) / busy
		row.InFlight = time.Duration(r.Metrics.Service.Sum).Seconds() / busy
	}
	return row
}

// drain is how long after the instant of the last burst all attempts had ended;
// zero without bursts.
func (r *Result) drain() (d time.Duration) {
	if len(r.Bursts) == 0 {
		return 0
	}
	for i := range r.Outcomes {
		d = max(d, r.Outcomes[i].Last-r.Bursts[len(r.Bursts)-1].At)
	}
	return d
}

// trialGoal judges one goal by what was observed, its metric's figures being f.
func (r *Result) trialGoal(t Threshold, f *Figures) TrialGoal {
	j := r.judgeOn(t, f)
	g := TrialGoal{Goal: j.Text, BadShare: 1, excess: 1}
	switch {
	case j.Of <= 0 || t.Statistic == NoStatistic:
		return g
	case t.Statistic == Quantile || t.Statistic == Rate:
		allowed := t.Allowed()
		g.BadShare = float64(j.Bad) / float64(j.Of)
		g.Good = float64(j.Bad) <= allowed*float64(j.Of)+1e-9
		g.excess = g.BadShare / max(allowed, 1e-9)
		return g
	}
	g.Good = j.Verdict == Pass
	if g.Good {
		g.BadShare, g.excess = 0, 0
	}
	return g
}

// whyNoTrial says why the run is no valid trial, "" if it is one.
func (r *Result) whyNoTrial(thresholds []Threshold, goals []TrialGoal) string {
	switch {
	case r.unfinished():
		return r.whyUnfinished()
	case r.limitsTrial():
		return "generator-limited" + inBrackets(r.Generator.Advice)
	case r.Arrivals != r.Planned:
		return FormatCount(r.Arrivals) + " of " + FormatCount(r.Planned) + " planned arrivals came due"
	}
	for i, t := range thresholds {
		if t.bracketed() && r.Metrics.HandshakeLow.Count == r.Metrics.Handshake.Count &&
			r.trialGoal(t, &r.Metrics.HandshakeLow).Good != goals[i].Good {
			return goals[i].Goal + " rests on this host's own delays"
		}
	}
	return ""
}

// limitsTrial reports whether this host was the limit for a trial, too. That a
// proof rests on its delays is not enough: a trial goes by what was observed,
// and whyNoTrial looks at both ends of the bracket in the same way.
func (r *Result) limitsTrial() bool {
	proofs, others := 0, 0
	for _, c := range r.Generator.Checks {
		switch {
		case !c.Broken():
		case c.Name == checkBracket:
			proofs++
		default:
			others++
		}
	}
	return r.GeneratorLimited() && (proofs == 0 || others > 0)
}

// failureShares is the share of the planned arrivals that ended in each
// outcome other than established.
func (r *Result) failureShares() map[string]float64 {
	shares := map[string]float64{}
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Kind != Established && r.Planned > 0 {
			shares[o.Outcome().Name()] += float64(o.Count) / float64(r.Planned)
		}
	}
	return shares
}

// busy is how long the server was under the load: of bursts the time the
// slowest connection took, once a burst; else the steps of the timeline in
// which handshakes arrived. 0 if unknown.
func (r *Result) busy() time.Duration {
	if n := r.inBursts(); n > 0 && n == r.Planned {
		if slowest := r.Metrics.Service.Largest; slowest != nil {
			return time.Duration(*slowest) * time.Duration(len(r.Bursts))
		}
		return 0
	}
	arriving := func(s Second) bool { return s.Arrivals > 0 }
	first := slices.IndexFunc(r.Timeline, arriving)
	if first < 0 {
		return 0
	}
	last := len(r.Timeline) - 1
	for !arriving(r.Timeline[last]) {
		last--
	}
	return time.Duration(last-first+1) * r.TimelineStep
}

func (r *Result) inBursts() (n int64) {
	for i := range r.Bursts {
		n += r.Bursts[i].Count
	}
	return n
}
