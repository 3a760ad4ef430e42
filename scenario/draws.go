package scenario

import (
	"math"
	"slices"
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
// alone; the sum a little before every block-th is kept, and its instant.
type draws struct {
	seed  uint64
	n     int64
	law   law
	total float64         // Sₙ
	sums  []float64       // sums[b] = E₀ + … up to, without, draw entrance(b)
	marks []time.Duration // when arrival b·block is due
}

func newDraws(seed uint64, n int64, l law) draws {
	d := draws{seed: seed, n: n, law: l, sums: make([]float64, 0, n/block+1)}
	sum := 0.0
	for i := range n + 1 {
		if i == entrance(int64(len(d.sums))) {
			d.sums = append(d.sums, sum)
		}
		sum += d.gap(i)
	}
	d.total = sum
	for i := int64(0); i < n; i += block {
		w := d.walk(i)
		d.marks = append(d.marks, w.step())
	}
	return d
}

// entrance is the draw from which block b is walked.
func entrance(b int64) int64 { return max(b*block-settle, 0) }

// before is how many points are due before x: all of the blocks that end
// before it, and those of one block looked at one by one.
func (d *draws) before(x time.Duration) int64 {
	blocks, _ := slices.BinarySearch(d.marks, x)
	if blocks == 0 {
		return 0
	}
	i := int64(blocks-1) * block
	w := d.walk(i)
	for i < min(int64(blocks)*block, d.n) && w.step() < x {
		i++
	}
	return i
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

// walker steps through the instants of one draws in order; none comes
// earlier than the one before.
type walker struct {
	d    *draws
	next int64
	sum  float64
	last time.Duration
}

// walk returns a walker whose next point is i.
func (d *draws) walk(i int64) walker {
	b := i / block
	w := walker{d: d, next: entrance(b), sum: d.sums[b]}
	for w.next < i-settle {
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
	w.last = max(w.last, w.d.law.reach(w.sum/w.d.total*w.d.law.total()))
	return w.last
}
