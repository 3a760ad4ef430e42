package results

import (
	"math"

	"stampede/results/stats"
)

// maxPairs bounds the pairs of neighbours that are kept: 32 KB.
const maxPairs = 2048

// neighbours samples arrivals that follow one another in the plan, outside
// simultaneous bursts, to see whether the response time of one tells that of
// the next. Pair i are the arrivals i·stride and i·stride + 1, so which ones
// they are depends on the plan alone and not on who ended when.
type neighbours struct {
	stride int64
	pairs  [][2]int64 // response times; 0: not seen, MaxInt64: failed
}

func newNeighbours(planned int64) neighbours {
	n := min(planned/2, maxPairs)
	if n == 0 {
		return neighbours{}
	}
	return neighbours{stride: planned / n, pairs: make([][2]int64, n)}
}

// add takes the arrival of that number.
func (s *neighbours) add(a *Attempt, number int64) {
	if s.stride == 0 || number < 0 || number%s.stride > 1 || number/s.stride >= int64(len(s.pairs)) {
		return
	}
	value := int64(math.MaxInt64)
	if d, ok := a.Handshake(); ok {
		value = max(int64(d), 1)
	} else if !a.Outcome.Failed() {
		return // ours, no answer of the server
	}
	s.pairs[number/s.stride][number%s.stride] = value
}

func (s *neighbours) merge(o *neighbours) {
	for i, p := range o.pairs {
		for k, v := range p {
			if v != 0 {
				s.pairs[i][k] = v
			}
		}
	}
}

// Correlation says whether the response time of an arrival tells that of the
// next: Spearman's rank correlation over pairs of neighbours, up to 2,048 of
// them spread evenly over the plan. Arrivals of simultaneous bursts have no
// neighbours.
type Correlation struct {
	Pairs int     `json:"pairs"`
	Rank  float64 `json:"rank"` // −1 to 1
	P     float64 `json:"p"`    // probability of one as strong if there is none
}

func (s *neighbours) correlation() Correlation {
	var x, y []float64
	for _, p := range s.pairs {
		if p[0] != 0 && p[1] != 0 {
			x, y = append(x, float64(p[0])), append(y, float64(p[1]))
		}
	}
	rank, p := stats.RankCorrelation(x, y)
	return Correlation{Pairs: len(x), Rank: rank, P: p}
}

// merge keeps the stronger of two runs' correlations: pairs of separate runs
// are not at hand any more, and the more correlated one needs the care.
func (c *Correlation) merge(o Correlation) {
	if o.Pairs > 0 && (c.Pairs == 0 || o.P < c.P) {
		*c = o
	}
}
