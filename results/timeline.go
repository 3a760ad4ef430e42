package results

import "time"

// A timeline keeps at most maxBins steps, two hours of seconds. A longer run
// doubles the step as often as needed: what a step held is added, so nothing
// is lost but resolution. A step takes a few hundred bytes, about a
// kilobyte however far its handshakes spread.
const (
	maxBins   = 7200
	firstStep = time.Second
)

// tally counts outcomes by their row number. It is a short list rather than
// a map: a second sees a handful of outcomes, and adding to it allocates
// only when a new one appears.
type tally []tallied

type tallied struct {
	row int
	n   int64
}

func (t *tally) add(row int, n int64) {
	for i := range *t {
		if (*t)[i].row == row {
			(*t)[i].n += n
			return
		}
	}
	*t = append(*t, tallied{row, n})
}

// of is the count of one row.
func (t tally) of(row int) int64 {
	for _, e := range t {
		if e.row == row {
			return e.n
		}
	}
	return 0
}

// bin is what happened in one step of the timeline.
type bin struct {
	arrivals      int64         // by intended instant
	own           time.Duration // longest own delay of those
	starts, ends  int64         // of launched attempts
	opens, closes int64         // of held connections
	early         int64         // of closes, by the server
	outcomes      tally         // by the instant they were known
	handshakes    sparse        // of the arrivals that were established, in coarse buckets
}

func (b *bin) arrive(own time.Duration) {
	b.arrivals++
	b.own = max(b.own, own)
}

func (b *bin) establish(handshake time.Duration) { b.handshakes.count(bucketOf(handshake)/coarse, 1) }

func (b *bin) merge(o *bin, row func(int) int) {
	b.own = max(b.own, o.own)
	b.arrivals += o.arrivals
	b.starts += o.starts
	b.ends += o.ends
	b.opens += o.opens
	b.closes += o.closes
	b.early += o.early
	for _, t := range o.outcomes {
		b.outcomes.add(row(t.row), t.n)
	}
	b.handshakes.merge(&o.handshakes)
}

// timeline is empty and ready at its zero value.
type timeline struct {
	step    time.Duration // zero until the first bin: firstStep
	bins    []bin
	touched int // bins below it are as the outline last saw them
}

// at returns the bin of an instant; before the run's start is its first.
func (t *timeline) at(d time.Duration) *bin {
	if t.step == 0 {
		t.step = firstStep
	}
	d = max(d, 0)
	for d/t.step >= maxBins {
		t.double()
	}
	i := int(d / t.step)
	for len(t.bins) <= i {
		t.bins = append(t.bins, bin{})
	}
	t.touched = min(t.touched, i)
	return &t.bins[i]
}

// togethers are how many steps may be put into one: times people divide by.
var togethers = []int{1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600}

// Together returns how many of n steps are put into one so that at most most
// are left, of which a timeline has no more than 600 times as many.
func Together(n, most int) int {
	for _, k := range togethers {
		if k*most >= n {
			return k
		}
	}
	return togethers[len(togethers)-1]
}

// double makes each step twice as long: bin i takes up bins 2i and 2i+1.
func (t *timeline) double() {
	same := func(row int) int { return row }
	for i := range t.bins {
		if i%2 == 0 {
			t.bins[i/2] = t.bins[i]
		} else {
			t.bins[i/2].merge(&t.bins[i], same)
		}
	}
	kept := (len(t.bins) + 1) / 2
	clear(t.bins[kept:])
	t.bins = t.bins[:kept]
	t.step *= 2
	t.touched = 0
}

// merge adds o; row says which of our outcome rows one of o's is.
func (t *timeline) merge(o *timeline, row func(int) int) {
	for i := range o.bins {
		b := &o.bins[i]
		t.at(time.Duration(i)*o.step).merge(b, row)
	}
	for o.step > t.step && len(o.bins) > 0 {
		t.double()
	}
}

// Second is what happened in one step of a run, usually a second.
type Second struct {
	At       time.Duration    `json:"at_ns"`        // start of the step
	Arrivals int64            `json:"arrivals"`     // that were intended in it
	Outcomes map[string]int64 `json:"outcomes"`     // known in it, by Outcome.Name
	OwnDelay time.Duration    `json:"own_delay_ns"` // longest that this host delayed one of those arrivals itself
	InFlight int64            `json:"in_flight"`    // started and not ended, at its end
	Held     int64            `json:"held"`         // established and still open, at its end

	ClosedEarly int64 `json:"closed_early,omitempty"` // held connections that the server closed in it

	// Handshakes has how long those of its arrivals took that were established,
	// as Figures.Groups has values but with eight buckets to a doubling. The
	// rest of Arrivals counts as +∞.
	Handshakes string `json:"handshakes,omitempty"`
}

// HandshakeBuckets returns Handshakes as buckets, smallest first, without the
// empty ones.
func (s *Second) HandshakeBuckets() []Bucket { return bucketsOf(s.Handshakes, coarse) }

func (r *Recorder) seconds() []Second {
	seconds := make([]Second, len(r.line.bins))
	var flying, held int64
	for i := range r.line.bins {
		b := &r.line.bins[i]
		flying += b.starts - b.ends
		held += b.opens - b.closes
		seconds[i] = Second{
			At: time.Duration(i) * r.line.step, Arrivals: b.arrivals, OwnDelay: b.own,
			Outcomes: r.named(b.outcomes), InFlight: flying, Held: held, ClosedEarly: b.early, Handshakes: b.handshakes.String(),
		}
	}
	return seconds
}

// named turns row numbers into names.
func (r *Recorder) named(t tally) map[string]int64 {
	names := make(map[string]int64, len(t))
	for _, e := range t {
		names[r.rows[e.row].outcome.Name()] += e.n
	}
	return names
}
