package ceiling

import "math"

// Loads are tried on a fixed grid, so that a search comes back to the same
// ones and their votes add up: every whole number up to 100, then steps of
// 1 %, rounded to whole numbers.
const (
	gridWhole = 100
	gridRatio = 1.01
)

// snap returns the load of the grid nearest to x, on a logarithmic scale, but
// at least 1.
func snap(x float64) int64 {
	if x <= gridWhole {
		return max(int64(math.Round(x)), 1)
	}
	return gridAt(stepsTo(x))
}

// snapDown returns the load of the grid that is x or next below it, but at
// least 1.
func snapDown(x float64) int64 {
	if x < gridWhole+1 {
		return max(int64(x), 1)
	}
	load := snap(x)
	if float64(load) > x {
		load = gridAt(stepsTo(x) - 1)
	}
	return load
}

// stepsTo is how many steps of the ratio lead nearest to x.
func stepsTo(x float64) float64 { return math.Round(math.Log(x/gridWhole) / math.Log(gridRatio)) }

func gridAt(steps float64) int64 { return int64(math.Round(gridWhole * math.Pow(gridRatio, steps))) }
