package ceiling

import "math"

// Loads are tried on a fixed grid, so that a search comes back to the same
// ones and their votes add up: every whole number up to 100, then steps of
// 1 %, rounded to whole numbers.
const (
	gridWhole = 100
	gridRatio = 1.01
)

// snap returns the load of the grid nearest to x, on a logarithmic scale.
func snap(x float64) int64 { return onGrid(x, math.Round) }

// snapDown returns the largest load of the grid that is not above x, but at
// least 1.
func snapDown(x float64) int64 {
	// What stands on the grid may come out a hair below its own step.
	return onGrid(x, func(k float64) float64 { return math.Floor(k + 0.01) })
}

func onGrid(x float64, round func(float64) float64) int64 {
	if x <= gridWhole {
		return max(int64(round(x)), 1)
	}
	steps := round(math.Log(x/gridWhole) / math.Log(gridRatio))
	return int64(math.Round(gridWhole * math.Pow(gridRatio, steps)))
}
