// Package plot draws figures as SVG inside HTML: scales, ticks, paths and the
// tables beside them. It knows nothing of what is measured.
//
// A figure stretches to the width it is given while its text keeps its size:
// marks are drawn in a square of 1,000 by 1,000 that is stretched, and texts
// stand at percentages beside it. So one drawing serves a wide screen, a
// telephone and paper. Colours are the page's: every mark has a class.
package plot

import (
	"math"
)

// Scale places values along an axis, 0 being its start and 1 its end. What
// lies outside is placed at the nearer end. The zero value places everything
// at its start.
type Scale struct {
	min, max float64 // as placed, after bend
	bend     func(float64) float64
}

// Linear returns a scale of even steps from min to max.
func Linear(min, max float64) Scale {
	return Scale{min, max, func(v float64) float64 { return v }}
}

// Log returns a scale on which a factor has the same length everywhere. Both
// ends must be above zero.
func Log(min, max float64) Scale {
	return Scale{math.Log10(min), math.Log10(max), math.Log10}
}

// Nines returns a scale of shares from 0 up to one below 1, on which each
// further nine (90 %, 99 %, 99.9 %) takes the same length.
func Nines(max float64) Scale {
	return Scale{0, nines(max), nines}
}

// nines is how many nines a share has: 2 for 0.99.
func nines(share float64) float64 { return -math.Log10(1 - share) }

// At returns the place of v, from 0 to 1.
func (s Scale) At(v float64) float64 {
	if s.max <= s.min || s.bend == nil {
		return 0
	}
	at := (s.bend(v) - s.min) / (s.max - s.min)
	if math.IsNaN(at) {
		return 0
	}
	return min(max(at, 0), 1)
}

// LinearTicks returns round values from 0 up to max, at most n + 1 of them: 1,
// 2 or 5 times a power of ten apart, and never less than least.
func LinearTicks(max float64, n int, least float64) []float64 {
	if !(max > 0) || math.IsInf(max, 0) || n < 1 {
		return []float64{0}
	}
	step := math.Pow(10, math.Floor(math.Log10(max/float64(n))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if factor*step*float64(n) >= max*(1-1e-9) {
			step *= factor
			break
		}
	}
	step = math.Max(step, least)
	return multiples(step, max, n)
}

// clockSteps are the seconds that ticks of a time axis are apart.
var clockSteps = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400}

// ClockTicks returns times from 0 up to max seconds as people divide time, at
// most n + 1 of them.
func ClockTicks(max float64, n int) []float64 {
	for _, step := range clockSteps {
		if step*float64(n) >= max {
			return multiples(step, max, n)
		}
	}
	return LinearTicks(max, n, 86400)
}

// multiples are those of step from 0 up to max, but no more than n of them
// beside 0: the largest of numbers has none above it to end at.
func multiples(step, max float64, n int) []float64 {
	var ticks []float64
	for i := 0; i <= n && (i == 0 || float64(i)*step/max <= 1+1e-9); i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}

// LogTicks returns the powers of ten from min to max, and between them two and
// five times each when there are fewer than three.
func LogTicks(min, max float64) []float64 {
	if !(min > 0) || !(max >= min) || math.IsInf(max, 0) {
		return nil
	}
	var decades, all []float64
	for e := math.Floor(math.Log10(min)); e <= math.Log10(max); e++ {
		for _, factor := range []float64{1, 2, 5} {
			v := factor * math.Pow(10, e)
			if v < min*(1-1e-9) || v > max*(1+1e-9) {
				continue
			}
			all = append(all, v)
			if factor == 1 {
				decades = append(decades, v)
			}
		}
	}
	if len(decades) < 3 {
		return all
	}
	return decades
}

// RoundTicks returns LogTicks or, where they would be fewer than three, round
// values the same step apart, about n of them.
func RoundTicks(min, max float64, n int) []float64 {
	ticks := LogTicks(min, max)
	if len(ticks) >= 3 || len(ticks) == 0 && !(max > min) {
		return ticks
	}
	step := LinearTicks(max-min, n, 0)
	if len(step) < 2 || min <= 0 {
		return ticks
	}
	ticks = nil
	for i := math.Ceil(min / step[1]); i*step[1] <= max && len(ticks) <= 2*n; i++ {
		ticks = append(ticks, i*step[1])
	}
	return ticks
}

// NinesTicks returns 0.5, 0.9, 0.99 and so on up to max.
func NinesTicks(max float64) []float64 {
	ticks := []float64{0.5}
	for e := 1.0; e <= nines(max)+1e-9 && e < 10; e++ {
		ticks = append(ticks, 1-math.Pow(10, -e))
	}
	return ticks
}
