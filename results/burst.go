package results

import "time"

// burstTally accumulates one burst.
type burstTally struct {
	launched    int64
	first, last time.Duration // of the launches
	ended       time.Duration // last end
	outcomes    tally
	order       order
	completed   sparse // from the burst's instant to established

	established, failed launches
	launches            sparse        // from the burst's instant
	resent              time.Duration // the first of those that sent their SYN again; 0: none
}

// launches sums up when some of a burst's attempts were launched.
type launches struct {
	n   int64
	sum time.Duration // of the offsets from the burst's instant
}

func (l *launches) merge(o launches) { l.n, l.sum = l.n+o.n, l.sum+o.sum }

// mean is their mean offset; 0 if there are none.
func (l *launches) mean() time.Duration { return l.sum / time.Duration(max(l.n, 1)) }

// maxCompletions bounds the bursts that keep how they were launched and how
// they completed, some 4 KB for either: nobody looks at more.
const maxCompletions = 32

func (b *burstTally) add(a *Attempt, row int, at time.Duration) {
	b.outcomes.add(row, 1)
	b.order.add(a, at)
	if launched, start := a.launch(); launched {
		b.span(start, start, 1)
		b.ended = max(b.ended, a.Ended)
		l := launches{1, start - at}
		if a.Outcome.Kind == Established {
			b.established.merge(l)
		} else {
			b.failed.merge(l)
		}
		if a.SYNRetransmits > 0 {
			b.sentAgain(max(start-at, 1))
		}
	}
}

// keepCurves takes when an attempt was launched and when it was established.
func (b *burstTally) keepCurves(a *Attempt, at time.Duration) {
	if launched, start := a.launch(); launched {
		b.launches.add(start - at)
	}
	if a.Outcome.Kind == Established {
		b.completed.add(a.Ended - at)
	}
}

// sentAgain takes the launch of an attempt whose SYN was sent again, 0 for none.
func (b *burstTally) sentAgain(launch time.Duration) {
	if launch > 0 && (b.resent == 0 || launch < b.resent) {
		b.resent = launch
	}
}

func (b *burstTally) span(first, last time.Duration, n int64) {
	if b.launched == 0 {
		b.first, b.last = first, last
	}
	b.first, b.last = min(b.first, first), max(b.last, last)
	b.launched += n
}

func (b *burstTally) merge(o *burstTally, row func(int) int) {
	if o.launched > 0 {
		b.span(o.first, o.last, o.launched)
		b.ended = max(b.ended, o.ended)
	}
	for _, t := range o.outcomes {
		b.outcomes.add(row(t.row), t.n)
	}
	b.order.merge(o.order)
	b.established.merge(o.established)
	b.failed.merge(o.failed)
	b.launches.merge(&o.launches)
	b.sentAgain(o.resent)
	b.completed.merge(&o.completed)
}

// BurstRow is one burst as it went.
type BurstRow struct {
	At         time.Duration    `json:"at_ns"`
	Count      int64            `json:"count"` // planned
	Within     time.Duration    `json:"within_ns,omitempty"`
	Launched   int64            `json:"launched"`
	LaunchSpan time.Duration    `json:"launch_span_ns"` // first to last launch
	Outcomes   map[string]int64 `json:"outcomes"`       // by Outcome.Name
	Overlapped bool             `json:"overlapped"`     // it began while attempts of an earlier burst were unfinished
	FirstWave  int64            `json:"first_wave"`     // connected without a SYN sent again
	Meanwhile  int64            `json:"meanwhile"`      // of those, established while the burst was still being launched
	OrderSlope time.Duration    `json:"order_slope_ns"` // by how much an attempt took longer than the one started before it
	OrderFit   float64          `json:"order_fit"`      // r² of that, 0 to 1
	Pace       time.Duration    `json:"pace_ns"`        // time from one established to the next, of the first wave; 0 if that did not begin with the burst
	PaceFit    float64          `json:"pace_fit"`       // r² of that, 0 to 1

	LaunchDelay time.Duration `json:"launch_delay_ns,omitempty"` // from At to the first launch

	// How long after At those that were established, and those that were not,
	// were launched in the mean; 0 where there were none.
	EstablishedLaunch time.Duration `json:"established_launch_ns,omitempty"`
	FailedLaunch      time.Duration `json:"failed_launch_ns,omitempty"`

	// ResentPlace is the place, from 1, among all in the order of their launch, of
	// the first that had to send its SYN again, to 1 % or so; 0 where none had to.
	// Kept for the first 32 bursts of a run.
	ResentPlace int64 `json:"resent_place,omitempty"`

	// Completed has how long after At its handshakes were established, in the
	// buckets of Figures.Groups. Kept for the first 32 bursts of a run.
	Completed string `json:"completed,omitempty"`
}

// CompletionBuckets returns Completed as buckets, smallest first, without the
// empty ones.
func (b *BurstRow) CompletionBuckets() []Bucket { return bucketsOf(b.Completed, 1) }

// burstRows returns the first n bursts; one that nobody arrived in yet has no
// outcomes.
func (r *Recorder) burstRows(n int) []BurstRow {
	list := make([]BurstRow, n)
	var busy time.Duration // until when the bursts before were unfinished
	for i := range list {
		b, plan := &r.bursts[i], r.options.Bursts[i]
		list[i] = BurstRow{
			At: plan.At, Count: plan.Count, Within: plan.Within, Launched: b.launched,
			LaunchSpan: b.last - b.first, Outcomes: r.named(b.outcomes),
			Overlapped: b.launched > 0 && b.first < busy, FirstWave: b.order.wave,
		}
		list[i].Meanwhile = int64(b.order.early.below(b.last - plan.At))
		list[i].OrderSlope, list[i].OrderFit = b.order.line()
		list[i].Completed = b.completed.String()
		if b.launched > 0 {
			list[i].LaunchDelay = b.first - plan.At
		}
		list[i].EstablishedLaunch, list[i].FailedLaunch = b.established.mean(), b.failed.mean()
		if b.resent > 0 && i < maxCompletions {
			list[i].ResentPlace = 1 + int64(b.launches.below(b.resent)+0.5)
		}
		list[i].Pace, list[i].PaceFit = b.order.pace()
		busy = max(busy, b.ended)
	}
	return list
}

// TCP is what the kernel said of the connections.
type TCP struct {
	SYNRetransmitted  int64 `json:"syn_retransmitted"`  // SYNs sent again
	DataRetransmitted int64 `json:"data_retransmitted"` // data segments sent again
	SYNAttempts       int64 `json:"attempts_syn_retransmitted"`
	DataAttempts      int64 `json:"attempts_data_retransmitted"`
}

func (t *TCP) add(a *Attempt) {
	t.merge(TCP{
		SYNRetransmitted: int64(a.SYNRetransmits), SYNAttempts: int64(min(a.SYNRetransmits, 1)),
		DataRetransmitted: int64(a.DataRetransmits), DataAttempts: int64(min(a.DataRetransmits, 1)),
	})
}

func (t *TCP) merge(o TCP) {
	t.SYNRetransmitted += o.SYNRetransmitted
	t.DataRetransmitted += o.DataRetransmitted
	t.SYNAttempts += o.SYNAttempts
	t.DataAttempts += o.DataAttempts
}
