package practice

// A stream separates the random numbers drawn for different purposes, so
// that adding a fault changes no delay.
type stream uint64

const (
	delays stream = iota + 1
	faults
)

// draw returns the number in (0, 1) that belongs to handshake n of a stream.
// It depends on nothing else, so a run with the same seed injects the same
// things whatever the order of events. The generator is SplitMix64 (Steele,
// Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014),
// read at position n.
func draw(seed uint64, s stream, n int64) float64 {
	const golden = 0x9e3779b97f4a7c15
	z := mix(mix(seed)+uint64(s)) + uint64(n)*golden
	return (float64(mix(z)>>11) + 0.5) / (1 << 53)
}

// mix is SplitMix64's output function.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
