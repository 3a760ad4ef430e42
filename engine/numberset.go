package engine

// numberSet is a set of the numbers 0 … n−1, a bit each.
type numberSet struct {
	n    int64
	bits []uint64
}

func newNumberSet(n int64) numberSet { return numberSet{n, make([]uint64, (n+63)/64)} }

// has reports whether i is in the set.
func (s *numberSet) has(i int64) bool {
	return i >= 0 && i < s.n && s.bits[i/64]>>(i%64)&1 == 1
}

// add puts i into the set; it reports false if it was there or can't be.
func (s *numberSet) add(i int64) bool {
	if i < 0 || i >= s.n || s.has(i) {
		return false
	}
	s.bits[i/64] |= 1 << (i % 64)
	return true
}
