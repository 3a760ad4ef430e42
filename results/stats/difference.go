package stats

import "math"

// ShareDifference is how the share of bad in b differs from that in a, from
// independent counts: BadA of NA and BadB of NB. The zero value knows nothing.
type ShareDifference struct{ BadA, NA, BadB, NB int64 }

// Estimate returns b's share less a's; an empty side has a share of 0.
func (s ShareDifference) Estimate() float64 { return share(s.BadB, s.NB) - share(s.BadA, s.NA) }

func share(bad, n int64) float64 { return float64(bad) / float64(max(n, 1)) }

// Lower returns the one-sided limit that the difference is at or above with
// the given confidence. It puts the Clopper–Pearson limits of both shares
// together by the method of variance estimates recovery (Zou & Donner, Stat.
// Med. 27, 2008), which never calls two clean sides exactly equal.
func (s ShareDifference) Lower(confidence float64) float64 {
	return s.Estimate() - apart(s.BadB, s.NB, s.BadA, s.NA, confidence)
}

// Upper is Lower's mirror.
func (s ShareDifference) Upper(confidence float64) float64 {
	return s.Estimate() + apart(s.BadA, s.NA, s.BadB, s.NB, confidence)
}

// apart is how far the difference of two shares may be off if the first is
// smaller than it looks and the second larger.
func apart(badSmaller, nSmaller, badLarger, nLarger int64, confidence float64) float64 {
	low, _ := ClopperPearson(badSmaller, nSmaller, 2*confidence-1)
	_, high := ClopperPearson(badLarger, nLarger, 2*confidence-1)
	return math.Hypot(share(badSmaller, nSmaller)-low, high-share(badLarger, nLarger))
}

// PAbove returns the one-sided p that b's share is above a's: of all that are
// bad, as many or more fell to b if each fell to either by its size
// (Przyborowski & Wilenski, Biometrika 31, 1940). It is exact for rare ones
// and errs towards 1 for others.
func (s ShareDifference) PAbove() float64 {
	return BinomialTail(s.BadB, s.BadA+s.BadB, share(s.NB, s.NA+s.NB))
}

// P returns the two-sided p, twice the smaller one-sided one.
func (s ShareDifference) P() float64 {
	below := BinomialCDF(s.BadB, s.BadA+s.BadB, share(s.NB, s.NA+s.NB))
	return min(2*min(below, s.PAbove()), 1)
}
