package results

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Schema names the format of a result's JSON. Keys are added to it, never
// renamed.
const Schema = "stampede/result/v1"

// Result is everything a run came to, as result.json carries it. Instants
// are nanoseconds from the run's start.
type Result struct {
	Schema        string            `json:"schema"`
	Name          string            `json:"name"`
	StartedAt     time.Time         `json:"started_at"`
	EndedAt       time.Time         `json:"ended_at"`
	Partial       bool              `json:"partial"` // written while the run went on; a killed run leaves it true
	Interrupted   bool              `json:"interrupted"`
	InterruptedAt time.Duration     `json:"interrupted_at_ns,omitempty"`
	Verdict       Verdict           `json:"verdict"`
	Target        Target            `json:"target"`
	Planned       int64             `json:"planned"`
	Arrivals      int64             `json:"arrivals"` // that came due and ended: Σ outcomes
	Started       int64             `json:"started"`  // of them, launched
	Timeout       time.Duration     `json:"timeout_ns,omitempty"`
	Outcomes      []OutcomeRow      `json:"outcomes"`
	Metrics       MetricSet         `json:"metrics"`
	Pacing        Pacing            `json:"pacing"`
	Evidence      Evidence          `json:"evidence"`
	Findings      []Finding         `json:"findings"` // what Explain made of it
	TCP           TCP               `json:"tcp"`
	TLS           *TLSFacts         `json:"tls,omitempty"` // nil without TLS
	Held          Held              `json:"held"`
	Bursts        []BurstRow        `json:"bursts"`
	Groups        []Group           `json:"groups"`
	Correlation   Correlation       `json:"correlation"`
	Generator     Generator         `json:"generator"`
	Thresholds    []Judgement       `json:"thresholds"`
	Ceiling       *Ceiling          `json:"ceiling,omitempty"` // of a search for one
	TimelineStep  time.Duration     `json:"timeline_step_ns"`
	Timeline      []Second          `json:"timeline"`
	Monitors      []Monitor         `json:"monitors"` // of the server beside the load
	Warnings      []Warning         `json:"warnings"`
	Notes         []string          `json:"notes"`
	Environment   map[string]string `json:"environment"`
	Scenario      string            `json:"scenario"`              // as it was run, secrets masked
	Load          string            `json:"load,omitempty"`        // the plan in one line, of which a run from flags has no scenario
	Compare       *Comparison       `json:"compare,omitempty"`     // of a comparison, which B is one side of
	Comparisons   []*Comparison     `json:"comparisons,omitempty"` // of more than two variants: each with the first, see Compared; Compare is the last of them
	Gate          *Gate             `json:"gate,omitempty"`
}

// Target is where the load went.
type Target struct {
	URL       string           `json:"url"`
	Addresses map[string]int64 `json:"addresses"` // attempts launched at each
}

// OutcomeRow is one row of the outcomes table.
type OutcomeRow struct {
	Kind    Kind          `json:"outcome"`
	Status  uint16        `json:"status,omitempty"`
	Phase   Phase         `json:"phase,omitempty"`
	Reason  Reason        `json:"reason,omitempty"`
	Count   int64         `json:"count"`
	First   time.Duration `json:"first_ns"` // when it was first seen
	Last    time.Duration `json:"last_ns"`
	Samples []string      `json:"samples,omitempty"` // what the server sent, escaped
	Ages    string        `json:"ages,omitempty"`    // from started to ended, in the buckets of Figures.Groups
	SYN     int64         `json:"attempts_syn_retransmitted,omitempty"`
	Data    int64         `json:"attempts_data_retransmitted,omitempty"`
	Groups  string        `json:"groups,omitempty"` // Count by group, in the order of Result.Groups: "3,,17"
}

// Outcome returns the outcome the row counts.
func (o *OutcomeRow) Outcome() Outcome {
	return Outcome{Kind: o.Kind, Phase: o.Phase, Status: o.Status, Reason: o.Reason}
}

// MetricSet has the figures of every metric, in table order.
type MetricSet struct {
	Handshake  Figures `json:"handshake"`
	Service    Figures `json:"service"`
	Connect    Figures `json:"connect"`
	TLS        Figures `json:"tls"`
	Upgrade    Figures `json:"upgrade"`
	StartLag   Figures `json:"start_lag"`
	ConnectLag Figures `json:"connect_lag"`
	ReadLag    Figures `json:"read_lag"`
	Ready      Figures `json:"ready"`
	TLSLag     Figures `json:"tls_lag"`

	// HandshakeLow is handshake less this host's own delays: what thresholds
	// are judged by a second time, and never a latency to quote.
	HandshakeLow Figures `json:"handshake_low"`
}

// Of returns the figures of one metric, nil for none.
func (s *MetricSet) Of(m Metric) *Figures {
	if m >= numMetrics {
		return nil
	}
	return [numMetrics]*Figures{&s.Handshake, &s.Service, &s.Connect, &s.TLS, &s.Upgrade, &s.StartLag, &s.ConnectLag, &s.ReadLag, &s.Ready, &s.TLSLag}[m]
}

// Run is what a result says of its run beside what the recorder counted.
type Run struct {
	Name          string
	URL           string
	StartedAt     time.Time
	EndedAt       time.Time
	Timeout       time.Duration // an attempt's total deadline; zero if none is known
	Partial       bool          // the run still goes on
	Interrupted   bool
	InterruptedAt time.Duration
	Generator     Generator
	Monitors      []Monitor
	Unverified    bool // certificates are not verified
	Environment   map[string]string
	Scenario      string // with secrets masked
	Load          string // the plan in one line
}

// Result returns what has been recorded so far as a result of its own, not
// judged yet. It may be called again while the run goes on; attempts in
// flight are then in neither Arrivals nor the outcomes, and a partial result
// has no histograms, so its quantile thresholds have no data.
func (r *Recorder) Result(run Run) *Result {
	result := &Result{
		Schema: Schema, Name: run.Name, StartedAt: run.StartedAt, EndedAt: run.EndedAt,
		Partial: run.Partial, Interrupted: run.Interrupted, InterruptedAt: run.InterruptedAt,
		Target: Target{URL: run.URL, Addresses: r.dialed()}, Planned: r.options.Planned,
		Arrivals: r.arrivals, Started: r.started, Timeout: run.Timeout,
		Outcomes: r.outcomes(), TCP: r.tcp, TLS: r.sessions.facts(run.Unverified), Held: r.held.result(), Bursts: r.burstRows(len(r.bursts)),
		Generator: run.Generator, TimelineStep: max(r.line.step, firstStep), Timeline: r.seconds(), Monitors: run.Monitors,
		Warnings: r.remarks.sorted(), Notes: r.remarks.notes, Environment: run.Environment, Scenario: run.Scenario, Load: run.Load,
	}
	figures := (*histogram).figures
	if run.Partial {
		figures = (*histogram).bareFigures
	}
	for m := range numMetrics {
		*result.Metrics.Of(m) = figures(&r.values[m], 0)
	}
	result.Metrics.Handshake = figures(&r.values[MetricHandshake], r.arrivals-r.established)
	result.Metrics.HandshakeLow = figures(&r.low, r.arrivals-r.established)
	result.Held.EarlyAge = figures(&r.held.age, 0)
	result.Pacing = r.pace.result(figures(&r.pace.lag, 0))
	if !run.Partial {
		r.fillAges(result)
		result.Evidence = r.evidence.result()
		r.fillGroups(result)
		result.Correlation = r.neighbours.correlation()
	}
	result.fillEmpty()
	return result
}

// fillEmpty makes lists that would be null in JSON empty, and unshares the others.
func (r *Result) fillEmpty() {
	r.Outcomes = copied(r.Outcomes)
	r.Bursts = copied(r.Bursts)
	r.Findings = copied(r.Findings)
	r.Groups = copied(r.Groups)
	r.Thresholds = copied(r.Thresholds)
	r.Timeline = copied(r.Timeline)
	r.Warnings = copied(r.Warnings)
	r.Notes = copied(r.Notes)
	r.Generator.Checks = copied(r.Generator.Checks)
	r.Held.ClosedEarly = copied(r.Held.ClosedEarly)
	r.Monitors = copied(r.Monitors)
	if r.Environment == nil {
		r.Environment = map[string]string{}
	}
}

// copied is a list of its own, never nil.
func copied[T any](list []T) []T { return append(make([]T, 0, len(list)), list...) }

func (r *Recorder) dialed() map[string]int64 {
	m := make(map[string]int64, len(r.addresses))
	for i, n := range r.addresses {
		m[r.options.Addresses[i]] += n
	}
	return m
}

func (r *Recorder) outcomes() []OutcomeRow {
	list := make([]OutcomeRow, 0, len(r.rows))
	for _, w := range r.rows {
		if w.count == 0 {
			continue // only a sample came so far
		}
		o := w.outcome
		list = append(list, OutcomeRow{
			Kind: o.Kind, Status: o.Status, Phase: o.Phase, Reason: o.Reason,
			Count: w.count, First: w.first, Last: w.last, Samples: slices.Clone(w.samples),
			SYN: w.syn, Data: w.data,
		})
	}
	sortOutcomes(list)
	return list
}

// fillAges adds to each outcome's row how old its attempts became.
func (r *Recorder) fillAges(result *Result) {
	for i := range result.Outcomes {
		row := &result.Outcomes[i]
		row.Ages = r.rows[r.index[row.Outcome()]].ages.String()
	}
}

func sortOutcomes(list []OutcomeRow) {
	slices.SortFunc(list, func(a, b OutcomeRow) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Phase, b.Phase), cmp.Compare(a.Reason, b.Reason))
	})
}

// Count returns how many arrivals ended in an outcome that s picks.
func (r *Result) Count(s Selector) (n int64) {
	for i := range r.Outcomes {
		if s.Match(r.Outcomes[i].Outcome()) {
			n += r.Outcomes[i].Count
		}
	}
	return n
}

// Write writes the result as one JSON document, indented.
func (r *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(r)
}
