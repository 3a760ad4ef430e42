package stats

import (
	"math"
	"slices"
)

// SignedRank is Wilcoxon's signed-rank analysis of the differences of pairs
// (Biometrics Bulletin 1, 1945), exact for every number of pairs: where
// differences are as likely above their centre as below it, by as much, every
// pattern of signs is as likely as any other.
//
// A difference may be ±∞, which is larger than every finite one; two infinite
// ones are equally large. Zeros are ranked with the others and their ranks
// then left out, as Pratt proposed (JASA 54, 1959). To drop zeros before
// ranking makes fewer pairs of them, and the remaining ones may then show a
// difference because pairs that showed none were taken away. Equal magnitudes
// share the mean of their ranks, and probabilities are those of the ranks at
// hand.
//
// The zero value is no pair: it knows nothing.
type SignedRank struct {
	n         int
	ranks     []int     // twice the rank of each difference that is not zero
	above     int       // the sum of them over differences above zero
	walsh     []float64 // the means of every two differences, and of each with itself, in order
	undecided int       // the means that are left out of walsh, of −∞ and +∞
}

// NewSignedRank analyses differences, none of which may be NaN. It takes
// memory in proportion to the square of their number.
func NewSignedRank(differences []float64) SignedRank {
	s := SignedRank{n: len(differences)}
	size := make([]float64, len(differences))
	for i, d := range differences {
		size[i] = math.Abs(d)
	}
	for i, rank := range ranks(size) {
		if d := differences[i]; d != 0 {
			s.ranks = append(s.ranks, int(2*rank))
			if d > 0 {
				s.above += int(2 * rank)
			}
		}
	}
	for i, d := range differences {
		for _, e := range differences[i:] {
			if mean := d/2 + e/2; !math.IsNaN(mean) {
				s.walsh = append(s.walsh, mean)
			} else {
				s.undecided++
			}
		}
	}
	slices.Sort(s.walsh)
	return s
}

// Estimate returns the centre of the differences by Hodges and Lehmann (Ann.
// Math. Stat. 34, 1963): the median of the Walsh averages. A mean of −∞ and +∞
// lies on neither side of any centre and leaves the median where it is. With
// no pair it is 0.
func (s SignedRank) Estimate() float64 {
	m := len(s.walsh)
	if m == 0 {
		return 0
	}
	middle := s.walsh[(m-1)/2]/2 + s.walsh[m/2]/2
	if math.IsNaN(middle) { // −∞ and +∞ in balance
		return 0
	}
	return middle
}

// Lower returns the one-sided limit that the centre is at or above with the
// given confidence: as many of the smallest Walsh averages are cut as the
// signed-rank test allows. It is −∞ when too few pairs bound the centre. With
// equal differences the confidence is more than the given one, as the limit
// itself belongs to the interval.
func (s SignedRank) Lower(confidence float64) float64 {
	i := s.trim(confidence) - 1 - s.undecided // which count as −∞ here
	if i < 0 {
		return math.Inf(-1)
	}
	return s.walsh[i]
}

// Upper is Lower's mirror, +∞ when too few pairs bound the centre.
func (s SignedRank) Upper(confidence float64) float64 {
	i := len(s.walsh) - s.trim(confidence) + s.undecided
	if i >= len(s.walsh) {
		return math.Inf(1)
	}
	return s.walsh[i]
}

// trim is how many Walsh averages to cut at an end, the limit included: the
// largest k with P(T ≤ k − 1) ≤ 1 − confidence.
func (s SignedRank) trim(confidence float64) (k int) {
	whole := make([]int, s.n)
	for i := range whole {
		whole[i] = i + 1
	}
	for p, sums := 0.0, signSums(whole); k < len(sums); k++ {
		if p += sums[k]; p > 1-confidence+rounding {
			break
		}
	}
	return min(k, len(s.walsh)+s.undecided)
}

// rounding forgives what sums of exact probabilities lose in floating point.
const rounding = 1e-12

// PAbove returns the one-sided p: how likely a rank sum above zero as large
// as this one is if the centre is zero. It is 1 without a difference.
func (s SignedRank) PAbove() float64 {
	p := 0.0
	for _, v := range signSums(s.ranks)[s.above:] {
		p += v
	}
	return min(p, 1)
}

// P returns the two-sided p, twice the smaller one-sided one.
func (s SignedRank) P() float64 {
	below := 0.0
	for _, v := range signSums(s.ranks)[:s.above+1] {
		below += v
	}
	return min(2*min(below, s.PAbove()), 1)
}

// signSums returns the probability of each sum of ranks when every rank is
// in it or not by the toss of a coin.
func signSums(ranks []int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	p := make([]float64, total+1)
	p[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for t := reached; t >= 0; t-- {
			p[t] /= 2
			if t >= r {
				p[t] += p[t-r] / 2 // not halved yet: t goes down
			}
		}
	}
	return p
}
