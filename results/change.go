package results

import (
	"fmt"
	"math"
)

// Change is what a comparison says of B beside A. The zero value is
// Undecided, written "inconclusive". Of a share, slower means that more fail
// and faster that fewer do; of a ceiling, slower means that it is lower.
type Change uint8

// The changes.
const (
	Undecided Change = iota
	Slower
	Faster
	Same // within the margin asked for
)

var changeNames = [...]string{"inconclusive", "slower", "faster", "same"}

// String returns the change as files carry it.
func (c Change) String() string {
	if int(c) < len(changeNames) {
		return changeNames[c]
	}
	return changeNames[Undecided]
}

// MarshalText returns String.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is the inverse; it refuses unknown words.
func (c *Change) UnmarshalText(text []byte) error {
	for i, n := range changeNames {
		if n == string(text) {
			*c = Change(i)
			return nil
		}
	}
	return fmt.Errorf("unknown change %q", text)
}

// Unit is what the numbers of an effect are in.
type Unit string

// The units.
const (
	Relative Unit = "relative" // of a time: 0.12 is 12 % longer
	Share    Unit = "share"    // a difference of two shares: 0.012 is 1.2 points more
	Capacity Unit = "capacity" // of a ceiling, relative: −0.12 is 12 % lower, which is worse
)

// Unit returns what changes of m are in.
func (m Measure) Unit() Unit {
	switch m.Statistic {
	case Rate:
		return Share
	case bySearch:
		return Capacity
	}
	return Relative
}

// onScale is the scale that effects of a unit add up on: but for shares the
// logarithm of the ratio, so that twice and half are equally far from the same.
func (u Unit) onScale(effect float64) float64 {
	if u == Share {
		return effect
	}
	return math.Log1p(effect)
}

// offScale is the inverse of onScale. A share's difference is within −1 and 1.
func (u Unit) offScale(d float64) float64 {
	if u == Share {
		return min(max(d, -1), 1)
	}
	return math.Expm1(d)
}

// place is where a value lies on the unit's scale.
func (u Unit) place(value float64) float64 {
	if u == Share {
		return value
	}
	return math.Log(value)
}

// Effects smaller than these are told, and called tiny, however sure they are.
const (
	tinyTime  = 0.02
	tinyShare = 0.0004
)

// margin is how far apart two sides may be and still count as the same, and
// from where on an effect is not tiny: never more than that, or a small margin
// would leave effects that are neither.
type margin struct {
	unit  Unit
	delta float64
}

func (m margin) tiny() float64 {
	if m.unit == Share {
		return min(tinyShare, m.delta)
	}
	return min(tinyTime, m.delta)
}

// limits are an estimate and its interval on the unit's scale.
type limits struct{ estimate, low, high float64 }

// excludesZero reports whether the interval shows a difference.
func (l limits) excludesZero() bool { return l.low > 0 || l.high < 0 }

// judge says what an effect comes to; significant is whether its p-value
// allows a difference as its interval does.
func (m margin) judge(l limits, significant bool) Change {
	within := m.unit.onScale(m.delta)
	switch {
	case l.excludesZero() && significant && math.Abs(m.unit.offScale(l.estimate)) >= m.tiny():
		if l.estimate > 0 == (m.unit != Capacity) {
			return Slower
		}
		return Faster
	case -within < l.low && l.high < within:
		return Same
	}
	return Undecided
}
