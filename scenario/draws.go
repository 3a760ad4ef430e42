package scenario

import (
	"math"
	"time"
)

// block is the number of draws between two checkpoints: a random access
// costs at most this many, and the memory is a checkpoint in so many arrivals.
const block = 1024

// draws are n points uniform on [0, 1), in order, as a pure function of a
// seed. Put through Λ⁻¹ they are a Poisson process with intensity Λ' given
// that it has n arrivals.
//
// With E₀ … Eₙ independent exponentials and S their partial sums, the points
// Sᵢ/Sₙ, i = 0 … n−1 with Sᵢ = E₀+…+Eᵢ, are distributed as n sorted uniforms
// (Devroye, Non-Uniform Random Variate Generation, 1986, ch. V theorem 2.2).
// Eᵢ comes from a counter-based generator, so that any of them can be had
// alone; the sum before every block-th is kept.
type draws struct {
	seed  uint64
	n     int64
	sums  []float64 // sums[b] = E₀ + … up to, without, draw b·block
	total float64
}

func newDraws(seed uint64, n int64) draws {
	d := draws{seed: seed, n: n, sums: make([]float64, 0, n/block+1)}
	sum := 0.0
	for i := range n + 1 {
		if i%block == 0 {
			d.sums = append(d.sums, sum)
		}
		sum += d.gap(i)
	}
	d.total = sum
	return d
}

// gap is Eᵢ, exponential with mean 1: −ln of a uniform on (0, 1].
func (d *draws) gap(i int64) float64 {
	u := (float64(mix(d.seed+uint64(i)*golden)>>11) + 1) / (1 << 53)
	return -math.Log(u)
}

const golden = 0x9e3779b97f4a7c15 // 2^64/φ, the step of SplitMix64

// mix is the output function of SplitMix64 (Steele, Lea and Flood, 2014): a
// bijection whose outputs along a counter pass the usual tests of randomness.
func mix(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// substream derives an independent seed for repetition r of a shape.
func substream(seed uint64, shape int, r int64) uint64 {
	return mix(mix(mix(seed)^uint64(shape)) ^ uint64(r))
}

// settle is how many points before one must be looked at to be sure that
// rounding makes no instant earlier than the one before it. Λ⁻¹ rounds by less
// than a nanosecond, and so many gaps in a row that add up to so little do not
// occur at any rate that ParseRate reads.
const settle = 16

// walker steps through the instants of one draws in order. The points are
// put through l, and none comes earlier than the one before.
type walker struct {
	d    *draws
	l    law
	next int64
	sum  float64
	last time.Duration
}

// newWalker returns a walker whose next point is i.
func newWalker(d *draws, l law, i int64) walker {
	begin := max(i-settle, 0)
	w := walker{d: d, l: l, next: begin / block * block, sum: d.sums[begin/block]}
	for w.next < begin {
		w.skip()
	}
	for w.next < i {
		w.step()
	}
	return w
}

func (w *walker) skip() {
	w.sum += w.d.gap(w.next)
	w.next++
}

// step moves past one point and returns its instant.
func (w *walker) step() time.Duration {
	w.skip()
	w.last = max(w.last, w.l.reach(w.sum/w.d.total*w.l.total()))
	return w.last
}
