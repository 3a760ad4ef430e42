package scenario

const (
	maxURLs   = 100
	maxWeight = 1000
)

// Pick returns the index in URLs of the URL that arrival n goes to: a pure
// function of n. After any number of arrivals each URL has had its share of
// them, rounded down or up. Pick needs n ≥ 0, and a target that came out of
// Parse or passed Validate; before that it is 0. It does not allocate.
func (t *Target) Pick(n int64) int {
	if len(t.rota) == 0 {
		return 0
	}
	return int(t.rota[n%int64(len(t.rota))])
}

// newRota lays out one round of smooth weighted round robin, which then
// repeats; nil where there is no choice.
//
// Let the weights w have no common divisor and add up to W, the length of a
// round. Pick number j of a URL, counted from 0, may be made in the slots
// ⌊jW/w⌋ … ⌈(j+1)W/w⌉−1. A URL whose picks keep to these windows has had nw/W
// of the first n, rounded down or up. By slot n the windows of
// Σ⌈(n+1)w/W⌉ ≥ n+1 picks have begun, so no slot stays empty; and taking among
// them the one whose window ends first misses none, since the weights fill the
// slots exactly and earliest deadline first is optimal for jobs of one slot
// (Tijdeman, The chairman assignment problem, 1980).
func newRota(weights []int) []uint8 {
	if len(weights) < 2 || len(weights) > maxURLs {
		return nil
	}
	shares, length := lowestTerms(weights)
	rota := make([]uint8, length)
	had := make([]int, len(shares))
	for slot := range rota {
		first, soonest := 0, 0
		for i, w := range shares {
			begins := had[i] * length / w
			ends := ((had[i]+1)*length + w - 1) / w
			if begins <= slot && (soonest == 0 || ends < soonest) {
				first, soonest = i, ends
			}
		}
		rota[slot] = uint8(first)
		had[first]++
	}
	return rota
}

// lowestTerms divides the weights by their greatest common divisor, and adds
// them up.
func lowestTerms(weights []int) (shares []int, sum int) {
	divisor := 0
	for _, w := range weights {
		for a := w; a != 0; {
			divisor, a = a, divisor%a
		}
	}
	for _, w := range weights {
		shares = append(shares, w/divisor)
		sum += w / divisor
	}
	return shares, sum
}
