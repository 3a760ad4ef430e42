package results

import (
	"math"
	"time"
)

// Evidence is what a run saw of how attempts went, beyond how they ended and
// how long they took: what Explain reads.
type Evidence struct {
	// Resent has how long those connects took that needed a SYN sent again, in
	// the buckets of Figures.Groups.
	Resent  string `json:"connects_with_syn_resent"`
	Slowest Phases `json:"slowest_tenth"` // established attempts, by service time
	Fastest Phases `json:"fastest_half"`
}

// Phases is where some established attempts spent their time, added up.
type Phases struct {
	Count   int64         `json:"count"`
	Connect time.Duration `json:"connect_ns"`
	TLS     time.Duration `json:"tls_ns"`
	Upgrade time.Duration `json:"upgrade_ns"`
}

func (p *Phases) add(o Phases) {
	p.Count += o.Count
	p.Connect += o.Connect
	p.TLS += o.TLS
	p.Upgrade += o.Upgrade
}

// evidence accumulates Evidence.
type evidence struct {
	resent sparse
	phases []Phases // by service time, eight to an octave; nil until the first
}

func (e *evidence) add(a *Attempt) {
	if d, ok := a.Connect(); ok && a.SYNRetransmits > 0 {
		e.resent.add(d)
	}
	service, ok := a.Service()
	if !ok {
		return
	}
	if e.phases == nil {
		e.phases = make([]Phases, maxBuckets/coarse)
	}
	p := Phases{Count: 1}
	p.Connect, _ = a.Connect() // all of an established attempt's phases completed
	p.Upgrade, _ = a.Upgrade()
	if d, ok := a.TLS(); ok {
		p.TLS = d
	}
	e.phases[bucketOf(service)/coarse].add(p)
}

func (e *evidence) merge(o *evidence) {
	e.resent.merge(&o.resent)
	if e.phases == nil && o.phases != nil {
		e.phases = make([]Phases, maxBuckets/coarse)
	}
	for i, p := range o.phases {
		e.phases[i].add(p)
	}
}

func (e *evidence) result() Evidence {
	r := Evidence{Resent: e.resent.String()}
	var n int64
	for _, p := range e.phases {
		n += p.Count
	}
	for i := 0; i < len(e.phases); i++ {
		r.Fastest.fill(e.phases[i], n/2)
	}
	for i := len(e.phases) - 1; i >= 0; i-- {
		r.Slowest.fill(e.phases[i], n/10)
	}
	return r
}

// fill adds so much of o that p comes to no more than n attempts, in
// proportion.
func (p *Phases) fill(o Phases, n int64) {
	take := min(o.Count, n-p.Count)
	if take <= 0 {
		return
	}
	part := float64(take) / float64(o.Count)
	of := func(d time.Duration) time.Duration { return time.Duration(part * float64(d)) }
	p.add(Phases{take, of(o.Connect), of(o.TLS), of(o.Upgrade)})
}

// merge adds o's: the slowest tenth is then that of each part.
func (e *Evidence) merge(o *Evidence) {
	e.Resent = mergeSparse(e.Resent, o.Resent)
	e.Slowest.add(o.Slowest)
	e.Fastest.add(o.Fastest)
}

// sums are what a straight line through points is fitted from, by least squares.
type sums struct {
	n, x, y, xx, xy, yy float64 // y in seconds
}

// add adds n points at one place.
func (s *sums) add(x, y, n float64) {
	s.n, s.x, s.y = s.n+n, s.x+n*x, s.y+n*y
	s.xx, s.xy, s.yy = s.xx+n*x*x, s.xy+n*x*y, s.yy+n*y*y
}

func (s *sums) merge(o sums) {
	s.n, s.x, s.y = s.n+o.n, s.x+o.x, s.y+o.y
	s.xx, s.xy, s.yy = s.xx+o.xx, s.xy+o.xy, s.yy+o.yy
}

// line returns the slope of the fitted line, in time for a unit of x, and the
// share of the variance it explains, r², to four digits.
func (s *sums) line() (slope time.Duration, fit float64) {
	sxx, sxy, syy := s.xx-s.x*s.x/s.n, s.xy-s.x*s.y/s.n, s.yy-s.y*s.y/s.n
	if s.n < 3 || sxx <= 0 || syy <= 0 {
		return 0, 0
	}
	return time.Duration(sxy / sxx * float64(time.Second)), math.Round(1e4*sxy*sxy/(sxx*syy)) / 1e4
}

// fromZero is the share of the variance that a line through zero explains: the
// less, the farther from there the points begin.
func (s *sums) fromZero() float64 {
	syy := s.yy - s.y*s.y/s.n
	if s.n < 3 || s.xx <= 0 || syy <= 0 {
		return 0
	}
	return 1 - (s.yy-s.xy*s.xy/s.xx)/syy
}

// order sees whether attempts of a burst took the longer the later they were
// started: a straight line through number and service time. It also sees how
// those were done, in whatever order.
type order struct {
	sums
	first float64 // the number that x counts from
	wave  int64   // connected without a SYN sent again
	early sparse  // time from the burst's instant to established, of those
}

func (o *order) add(a *Attempt, at time.Duration) {
	if d, ok := a.Service(); ok {
		if o.n == 0 {
			o.first = float64(a.N)
		}
		o.sums.add(float64(a.N)-o.first, d.Seconds(), 1)
	}
	if a.Connected != 0 && a.SYNRetransmits == 0 {
		o.wave++
		if a.Outcome.Kind == Established {
			o.early.add(a.Ended - at)
		}
	}
}

// shift lets x count from another number.
func (o *order) shift(first float64) {
	d := o.first - first
	o.xx += 2*d*o.x + o.n*d*d
	o.xy += d * o.y
	o.x += o.n * d
	o.first = first
}

func (o *order) merge(other order) {
	if other.n > 0 {
		if o.n == 0 {
			o.first = other.first
		}
		other.shift(o.first)
		o.sums.merge(other.sums)
	}
	o.wave += other.wave
	o.early.merge(&other.early)
}

// pace returns the time from one handshake done to the next, and r² of that:
// a line through the rank of each and its time, as far as buckets tell them
// apart. Both are 0 unless the line begins with the burst, to a tenth of it.
func (o *order) pace() (each time.Duration, fit float64) {
	var points sums
	var done float64
	for i, c := range o.early.counts {
		if n := float64(c); n > 0 {
			middle := (bucketFrom(o.early.from+i) + bucketFrom(o.early.from+i+1)) / 2
			points.add(done+(n+1)/2, middle.Seconds(), n)
			done += n
		}
	}
	if points.fromZero() < 0.97 {
		return 0, 0
	}
	return points.line()
}
