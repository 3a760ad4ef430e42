package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// Bounds of SignFlip.
const (
	flipAll     = 20     // differences up to which every pattern of signs is tried
	flipSampled = 100000 // patterns drawn beyond that
)

// SignFlip returns the two-sided permutation p of the mean of paired
// differences (Fisher, The Design of Experiments, §21): the share of sign
// patterns that put the mean as far from zero as it is. Up to twenty
// differences it is exact; beyond, it is taken of a sample drawn by seed, the
// pattern at hand among them, so that it is never 0. Infinite differences
// weigh more than all finite ones and cancel each other. None may be NaN; with
// none at all it is 1.
func SignFlip(differences []float64, seed uint64) float64 {
	f := newFlip(differences)
	n := len(differences)
	if n <= flipAll {
		hits, patterns := 0, 1<<n
		for signs := range patterns {
			if f.asFar(uint64(signs)) {
				hits++
			}
		}
		return float64(hits) / float64(patterns)
	}
	hits := 1
	for rnd, i := rand.New(rand.NewPCG(seed, 0)), 1; i < flipSampled; i++ {
		if f.drawn(rnd) {
			hits++
		}
	}
	return float64(hits) / flipSampled
}

// flip is the sum of some differences under signs that may be turned. It has
// two parts, since an infinite difference outweighs every finite sum.
type flip struct {
	finite   []float64
	infinite int // how many there are
	net      int // those above zero less those below
	sum      float64
	size     float64 // Σ|finite|, to which rounding is measured
}

func newFlip(differences []float64) flip {
	var f flip
	for _, d := range differences {
		switch {
		case math.IsInf(d, 0):
			f.infinite++
			f.net += int(math.Copysign(1, d))
		default:
			f.finite = append(f.finite, d)
			f.sum += d
			f.size += math.Abs(d)
		}
	}
	return f
}

// asFar reports whether the sum with the signs of the set bits turned is as
// far from zero as the sum at hand. The low bits are those of infinite ones.
func (f *flip) asFar(signs uint64) bool {
	turned := bits.OnesCount64(signs & (1<<f.infinite - 1))
	sum := 0.0
	signs >>= f.infinite
	for i, d := range f.finite {
		if signs>>i&1 != 0 {
			d = -d
		}
		sum += d
	}
	return f.beyond(f.infinite-2*turned, sum)
}

// drawn is asFar for signs by chance.
func (f *flip) drawn(rnd *rand.Rand) bool {
	net, sum := 0, 0.0
	for range f.infinite {
		net += 1 - 2*int(rnd.Uint64()&1)
	}
	for _, d := range f.finite {
		if rnd.Uint64()&1 != 0 {
			d = -d
		}
		sum += d
	}
	return f.beyond(net, sum)
}

// beyond compares by infinite parts, then by what finite ones add to them.
func (f *flip) beyond(net int, sum float64) bool {
	a, b := distance(net, sum), distance(f.net, f.sum)
	if a.infinite != b.infinite {
		return a.infinite > b.infinite
	}
	return a.finite >= b.finite-rounding*f.size
}

// far is the distance of a sum from zero.
type far struct {
	infinite int
	finite   float64
}

func distance(net int, sum float64) far {
	switch {
	case net < 0:
		return far{-net, -sum}
	case net == 0:
		return far{0, math.Abs(sum)}
	}
	return far{net, sum}
}
