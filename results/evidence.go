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

// order sees whether attempts of a burst took the longer the later they were
// started: a straight line through number and service time, by least squares.
type order struct {
	n, first         float64 // first: the number that x counts from
	x, y, xx, xy, yy float64 // sums; y in seconds
	wave             int64   // connected without a SYN sent again
	early            sparse  // time from the burst's instant to established, of those
}

func (o *order) add(a *Attempt, at time.Duration) {
	if d, ok := a.Service(); ok {
		if o.n == 0 {
			o.first = float64(a.N)
		}
		x, y := float64(a.N)-o.first, d.Seconds()
		o.n, o.x, o.y = o.n+1, o.x+x, o.y+y
		o.xx, o.xy, o.yy = o.xx+x*x, o.xy+x*y, o.yy+y*y
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
		o.n, o.x, o.y = o.n+other.n, o.x+other.x, o.y+other.y
		o.xx, o.xy, o.yy = o.xx+other.xx, o.xy+other.xy, o.yy+other.yy
	}
	o.wave += other.wave
	o.early.merge(&other.early)
}

// line returns the slope of the fitted line, in time for an arrival, and the
// share of the variance it explains, r², to four digits.
func (o *order) line() (slope time.Duration, fit float64) {
	sxx, sxy, syy := o.xx-o.x*o.x/o.n, o.xy-o.x*o.y/o.n, o.yy-o.y*o.y/o.n
	if o.n < 3 || sxx <= 0 || syy <= 0 {
		return 0, 0
	}
	return time.Duration(sxy / sxx * float64(time.Second)), math.Round(1e4*sxy*sxy/(sxx*syy)) / 1e4
}
