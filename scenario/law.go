package scenario

import (
	"math"
	"math/bits"
	"time"
)

// law is Λ of one shape: how many arrivals it wants within its first t.
type law interface {
	// due is where Λ reaches n, rounded down to the nanosecond, for n below
	// the law's whole count. It never decreases in n.
	due(n int64) time.Duration
	// reach is the same for a real x of at most total.
	reach(x float64) time.Duration
	// total is Λ at the shape's end.
	total() float64
}

// arrival is one arrival in the unit that Rate times nanoseconds gives.
const arrival = uint64(PerHour) * uint64(time.Hour)

// amount is an exact number of arrivals, whole + part/arrival.
type amount struct {
	whole int64
	part  uint64 // < arrival
}

// over is what rate r brings in d.
func over(r Rate, d time.Duration) amount {
	hi, lo := bits.Mul64(uint64(r), uint64(d))
	whole, part := bits.Div64(hi, lo, arrival)
	return amount{int64(whole), part}
}

func (a amount) plus(b amount) amount {
	sum := amount{a.whole + b.whole, a.part + b.part}
	if sum.part >= arrival {
		sum.whole, sum.part = sum.whole+1, sum.part-arrival
	}
	return sum
}

func (a amount) float() float64 { return float64(a.whole) + float64(a.part)/float64(arrival) }

// stairs is constant in each of its levels: Λ is a chain of straight lines.
// Steady is one level.
//
// In level k, which begins at k·each with Λ = before[k], the rate is r, so
// n = before[k] + r·(t − k·each). Arrival n is due in the last level with
// before[k] ≤ n, at t = k·each + (n − before[k])/r. Fractions of an arrival
// carry over from level to level.
type stairs struct {
	each   time.Duration
	rates  []Rate
	before []amount // one longer than rates; the last is the total
}

func newStairs(each time.Duration, rates []Rate) *stairs {
	s := &stairs{each: each, rates: rates, before: make([]amount, len(rates)+1)}
	for k, r := range rates {
		s.before[k+1] = s.before[k].plus(over(r, each))
	}
	return s
}

func (s *stairs) sum() amount { return s.before[len(s.rates)] }

func (s *stairs) total() float64 { return s.sum().float() }

func (s *stairs) due(n int64) time.Duration {
	k, end := 0, len(s.rates) // before[k] ≤ n < before[end]
	for end-k > 1 {
		mid := int(uint(k+end) / 2)
		if b := s.before[mid]; b.whole < n || b.whole == n && b.part == 0 {
			k = mid
		} else {
			end = mid
		}
	}
	b := s.before[k]
	hi, lo := bits.Mul64(uint64(n-b.whole), arrival)
	lo, borrow := bits.Sub64(lo, b.part, 0)
	t, _ := bits.Div64(hi-borrow, lo, uint64(s.rates[k]))
	return time.Duration(k)*s.each + time.Duration(t)
}

func (s *stairs) reach(x float64) time.Duration {
	k, end := 0, len(s.rates)
	for end-k > 1 {
		mid := int(uint(k+end) / 2)
		if s.before[mid].float() <= x {
			k = mid
		} else {
			end = mid
		}
	}
	start := time.Duration(k) * s.each
	if s.rates[k] == 0 {
		return start
	}
	t := (x - s.before[k].float()) * float64(arrival) / float64(s.rates[k])
	return start + clamp(t, s.each)
}

// slope is a rate that changes from a to b in a straight line over T.
//
// Λ(t) = a·t + (b−a)·t²/(2T). Λ(t) = n is a quadratic in t; its root, written
// so that nothing cancels for small slopes, is t = 2n / (a + √(a² + 2n(b−a)/T)).
type slope struct {
	from, to Rate
	over     time.Duration
}

// halfSum is (a+b)/2·T rounded down: the whole arrivals of a slope, and of a
// wave over whole half periods.
func halfSum(a, b Rate, d time.Duration) int64 {
	hi, lo := bits.Mul64(uint64(a)+uint64(b), uint64(d))
	n, _ := bits.Div64(hi, lo, 2*arrival)
	return int64(n)
}

func (s slope) count() int64 { return halfSum(s.from, s.to, s.over) }

// perNanosecond is r in arrivals a nanosecond.
func perNanosecond(r Rate) float64 { return float64(r) / float64(arrival) }

func (s slope) total() float64 {
	return (perNanosecond(s.from) + perNanosecond(s.to)) / 2 * float64(s.over)
}

func (s slope) due(n int64) time.Duration { return s.reach(float64(n)) }

func (s slope) reach(x float64) time.Duration {
	if x <= 0 {
		return 0
	}
	a, length := perNanosecond(s.from), float64(s.over)
	steepness := (perNanosecond(s.to) - a) / length
	root := math.Sqrt(max(a*a+2*x*steepness, 0))
	return clamp(2*x/(a+root), s.over)
}

// swing is a sine between low and high that begins at low, with period P:
// the rate at t is m·(1 − ρ·cos(2πt/P)), m the mean and ρ = (high−low)/(high+low).
//
// Λ(t) = m·(t − ρ·P/2π·sin(2πt/P)). With c = m·P arrivals a period and
// θ = t/P, Λ = n is Kepler's equation 2πn/c = E − ρ·sin E for E = 2πθ.
type swing struct {
	low, high      Rate
	period, length time.Duration
}

// count is exact where whole half periods are asked for, since the sine is
// nought there; elsewhere Λ's end is rounded down, forgiving it a rounding error.
func (s swing) count() int64 {
	if s.length%s.period == 0 || 2*(s.length%s.period) == s.period {
		return halfSum(s.low, s.high, s.length)
	}
	return int64(math.Floor(s.total() + 1e-9))
}

func (s swing) mean() float64 { return (perNanosecond(s.low) + perNanosecond(s.high)) / 2 }

func (s swing) rho() float64 { return float64(s.high-s.low) / (float64(s.high) + float64(s.low)) }

func (s swing) total() float64 {
	if s.high == 0 {
		return 0
	}
	theta := 2 * math.Pi * float64(s.length%s.period) / float64(s.period)
	return s.mean() * (float64(s.length) - s.rho()*float64(s.period)/(2*math.Pi)*math.Sin(theta))
}

func (s swing) due(n int64) time.Duration { return s.reach(float64(n)) }

func (s swing) reach(x float64) time.Duration {
	perPeriod := s.mean() * float64(s.period)
	periods, share := math.Modf(x / perPeriod)
	e := kepler(2*math.Pi*share, s.rho())
	return clamp((periods+e/(2*math.Pi))*float64(s.period), s.length)
}

// kepler solves m = E − ρ·sin E for E, 0 ≤ m ≤ 2π and 0 ≤ ρ ≤ 1, by Newton's
// method inside a shrinking bracket, since the slope may be nought at E = 0.
func kepler(m, rho float64) float64 {
	low, high := 0.0, 2*math.Pi
	e := m
	for range 100 {
		f := e - rho*math.Sin(e) - m
		if f > 0 {
			high = e
		} else {
			low = e
		}
		next := e - f/(1-rho*math.Cos(e))
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-e) <= 1e-15*e {
			return next
		}
		e = next
	}
	return e
}

// spread puts count arrivals evenly over length: arrival n at n·length/count.
// A length of zero is a simultaneous burst.
type spread struct {
	count  int64
	length time.Duration
}

func (s spread) total() float64 { return float64(s.count) }

func (s spread) due(n int64) time.Duration {
	hi, lo := bits.Mul64(uint64(n), uint64(s.length))
	t, _ := bits.Div64(hi, lo, uint64(s.count))
	return time.Duration(t)
}

func (s spread) reach(x float64) time.Duration {
	return clamp(x/float64(s.count)*float64(s.length), s.length)
}

// tape is a list of instants: arrival n is due at the n-th.
type tape []time.Duration

func (t tape) total() float64 { return float64(len(t)) }

func (t tape) due(n int64) time.Duration { return t[n] }

func (t tape) reach(x float64) time.Duration {
	return t[min(max(int(x), 0), len(t)-1)]
}

// clamp rounds t nanoseconds down into 0 … limit.
func clamp(t float64, limit time.Duration) time.Duration {
	return time.Duration(min(max(t, 0), float64(limit)))
}
