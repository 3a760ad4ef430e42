package results

import (
	"fmt"
	"slices"
	"time"
)

// RecorderOptions is what a recorder must know of the plan. The zero value
// plans nothing and records all the same.
type RecorderOptions struct {
	Planned   int64    // arrivals of the whole run
	Bursts    []Burst  // in the order Attempt.Burst counts them
	Addresses []string // in the order Attempt.Address counts them

	// From is when the run begins to count: arrivals due before it warm the
	// server up, are no part of Planned and are recorded as open connections only.
	From time.Duration

	// First is the number of the first arrival due at From or later.
	First int64
}

// Burst is one planned burst.
type Burst struct {
	At     time.Duration // intended instant of its first arrival
	Count  int64         // arrivals in it
	Within time.Duration // span its arrivals are intended to spread over; zero: all at once
}

// Recorder accumulates what a run's attempts were. One goroutine owns it; it
// takes no locks. Recording an attempt takes constant time and, once the
// outcome, the burst and the second have been seen, no memory.
type Recorder struct {
	options     RecorderOptions
	arrivals    int64
	started     int64
	established int64
	failed      int64
	rows        []row
	index       map[Outcome]int
	values      [numMetrics]histogram
	tcp         TCP
	sessions    sessions
	addresses   []int64
	bursts      []burstTally
	line        timeline
	outline     outline // of line, as last looked at
	held        heldTally
	remarks     remarks
	grouping    *grouping
	groups      []groupTally // as in grouping
	neighbours  neighbours
	low         histogram // handshakeLow
	pace        pace
	evidence    evidence
}

// row is one outcome of the table.
type row struct {
	outcome     Outcome
	count       int64
	first, last time.Duration
	samples     []string
	ages        sparse // from started to ended, of the launched
	syn, data   int64  // attempts that sent a SYN, or data, again
}

// NewRecorder returns an empty recorder for a run.
func NewRecorder(o RecorderOptions) *Recorder {
	g := newGrouping(o)
	return &Recorder{
		options:    o,
		index:      make(map[Outcome]int),
		addresses:  make([]int64, len(o.Addresses)),
		bursts:     make([]burstTally, len(o.Bursts)),
		grouping:   g,
		groups:     make([]groupTally, len(g.groups)),
		neighbours: newNeighbours(o.Planned),
	}
}

// Attempt records an arrival that has ended. It keeps nothing of a.
func (r *Recorder) Attempt(a *Attempt) {
	if a.Intended < r.options.From {
		if a.Outcome.Kind == Established {
			r.open(a.Ended)
		}
		return
	}
	i := r.intern(a.Outcome)
	known := a.Known()
	r.arrivals++
	r.rows[i].add(known, 1)
	if a.Outcome.Failed() {
		r.failed++
	}
	r.measure(a)
	r.sessions.add(a.Session, 1)
	due := r.line.at(a.Intended)
	due.arrive(a.own())
	if d, ok := a.Handshake(); ok {
		due.establish(d)
	}
	r.line.at(known).outcomes.add(i, 1)
	if launched, at := a.launch(); launched {
		r.launch(a, at, known)
		r.rows[i].see(a, known-at)
		r.evidence.add(a)
	}
	if a.Outcome.Kind == Established {
		r.established++
		r.open(a.Ended)
	}
	if b := int(a.Burst); b >= 0 && b < len(r.bursts) {
		at := r.options.Bursts[b].At
		r.bursts[b].add(a, i, at)
		if b < maxCompletions {
			r.bursts[b].keepCurves(a, at)
		}
	}
	together := r.together(a)
	number := a.N - r.options.First // among those that count
	if g := r.grouping.of(a, number, together); g >= 0 {
		r.groups[g].add(a, i)
	}
	if !together {
		r.neighbours.add(a, number)
		r.pace.add(a)
	}
}

// launch reports whether the attempt touched the network, and when.
func (a *Attempt) launch() (launched bool, at time.Duration) {
	if a.Started != 0 {
		return true, a.Started
	}
	return a.Dialed != 0, a.Dialed
}

func (r *Recorder) launch(a *Attempt, at, ended time.Duration) {
	r.started++
	r.line.at(at).starts++
	r.line.at(ended).ends++
	if int(a.Address) < len(r.addresses) && a.Outcome.Kind != Resolve {
		r.addresses[a.Address]++
	}
	r.tcp.add(a)
}

func (r *Recorder) open(at time.Duration) {
	r.held.opened++
	r.held.level.add(at, 1)
	r.line.at(at).opens++
}

// measure adds a's durations to the metrics that have them.
func (r *Recorder) measure(a *Attempt) {
	for m := range numMetrics {
		if d, ok := a.Metric(m); ok {
			r.values[m].record(d)
		}
	}
	if d, ok := a.handshakeLow(); ok {
		r.low.record(d)
	}
}

// intern returns the row of an outcome, making it if it is new.
func (r *Recorder) intern(o Outcome) int {
	if i, ok := r.index[o]; ok {
		return i
	}
	i := len(r.rows)
	r.rows = append(r.rows, row{outcome: o})
	r.index[o] = i
	return i
}

// see adds what a launched attempt's end was like.
func (w *row) see(a *Attempt, age time.Duration) {
	w.ages.add(age)
	w.syn += int64(min(a.SYNRetransmits, 1))
	w.data += int64(min(a.DataRetransmits, 1))
}

func (w *row) add(at time.Duration, n int64) {
	if w.count == 0 {
		w.first, w.last = at, at
	}
	w.first, w.last = min(w.first, at), max(w.last, at)
	w.count += n
}

// Close records that a held connection ended.
func (r *Recorder) Close(c HeldClose) {
	r.held.close(c)
	b := r.line.at(c.At)
	b.closes++
	if c.Kind.Early() {
		b.early++
	}
}

// Merge adds what other recorded, exactly. Both must be of the same plan:
// the same arrivals, bursts and addresses in the same order. other is left as it was.
func (r *Recorder) Merge(other *Recorder) error {
	if r.options.Planned != other.options.Planned || !slices.Equal(r.options.Bursts, other.options.Bursts) || !slices.Equal(r.options.Addresses, other.options.Addresses) {
		return fmt.Errorf("merging recorders: their arrivals, bursts or addresses differ")
	}
	moved := make([]int, len(other.rows))
	for i := range other.rows {
		moved[i] = r.mergeRow(&other.rows[i])
	}
	at := func(row int) int { return moved[row] }
	r.arrivals += other.arrivals
	r.started += other.started
	r.established += other.established
	r.failed += other.failed
	for m := range r.values {
		_ = r.values[m].merge(&other.values[m]) // the same range by construction
	}
	r.tcp.merge(other.tcp)
	r.sessions.merge(other.sessions)
	for i, n := range other.addresses {
		r.addresses[i] += n
	}
	for i := range other.bursts {
		r.bursts[i].merge(&other.bursts[i], at)
	}
	r.line.merge(&other.line, at)
	r.held.merge(&other.held)
	r.remarks.merge(&other.remarks)
	for i := range other.groups {
		r.groups[i].merge(&other.groups[i], at)
	}
	r.neighbours.merge(&other.neighbours)
	_ = r.low.merge(&other.low) // the same range by construction
	r.pace.merge(&other.pace)
	r.evidence.merge(&other.evidence)
	return nil
}

func (r *Recorder) mergeRow(o *row) int {
	i := r.intern(o.outcome)
	if o.count > 0 {
		w := &r.rows[i]
		w.add(o.first, o.count)
		w.last = max(w.last, o.last)
		w.ages.merge(&o.ages)
		w.syn, w.data = w.syn+o.syn, w.data+o.data
	}
	for _, s := range o.samples {
		r.Sample(o.outcome, s)
	}
	return i
}

// OutcomeCount is how many arrivals ended in one outcome.
type OutcomeCount struct {
	Outcome Outcome
	Count   int64
}

// AppendOutcomes appends what has been counted so far, in no order, and
// returns the longer slice. It allocates nothing when list has room.
func (r *Recorder) AppendOutcomes(list []OutcomeCount) []OutcomeCount {
	for i := range r.rows {
		if w := &r.rows[i]; w.count > 0 {
			list = append(list, OutcomeCount{w.outcome, w.count})
		}
	}
	return list
}

// Snapshot is the few figures a live display wants.
type Snapshot struct {
	Planned     int64
	Arrivals    int64 // ended, in whatever way
	Started     int64
	Established int64
	Failed      int64 // as Outcome.Failed counts
	Held        int64 // open now

	// What the last whole step of the timeline, usually a second, saw end.
	LastEstablished, LastFailed int64
	LastStep                    time.Duration
}

// Snapshot returns the figures at an instant of the run. It takes little
// time whatever was recorded.
func (r *Recorder) Snapshot(now time.Duration) Snapshot {
	s := Snapshot{
		Planned: r.options.Planned, Arrivals: r.arrivals, Started: r.started,
		Established: r.established, Failed: r.failed,
		Held: r.held.open(),
	}
	if r.line.step == 0 {
		return s
	}
	s.LastStep = r.line.step
	if i := int(now/r.line.step) - 1; i >= 0 && i < len(r.line.bins) {
		for _, t := range r.line.bins[i].outcomes {
			switch o := r.rows[t.row].outcome; {
			case o.Kind == Established:
				s.LastEstablished += t.n
			case o.Failed():
				s.LastFailed += t.n
			}
		}
	}
	return s
}
