package results

import (
	"cmp"
	"fmt"
	"math"

	"stampede/results/stats"
)

// Calibration is how finely a host and a target let a measure be compared, as
// pairs of the target with itself show.
type Calibration struct {
	Metric             string   `json:"metric"`
	Unit               Unit     `json:"unit"`
	Pairs              int      `json:"pairs"`
	SD                 *float64 `json:"sd"`                  // of the differences of pairs; nil: no data, or +∞ among them
	SmallestDetectable *float64 `json:"smallest_detectable"` // what so many pairs find 4 times of 5
	Margin             float64  `json:"margin"`
	PairsNeeded        int      `json:"pairs_needed"` // to find a change of Margin 4 times of 5; 0: not to be told
	Note               string   `json:"note"`
}

// Calibrate measures the spread of pairs whose sides are the same target. None
// gated are DefaultGated(nil).
func Calibrate(pairs []Pair, gated []Gated) []Calibration {
	if len(gated) == 0 {
		gated = DefaultGated(nil)
	}
	list := make([]Calibration, len(gated))
	for i, g := range gated {
		list[i] = g.calibrate(pairUp(g.Measure, pairs))
	}
	return list
}

func (g Gated) calibrate(p paired) Calibration {
	unit := g.Measure.Unit()
	c := Calibration{Metric: g.Measure.String(), Unit: unit, Pairs: len(p.differences), Margin: g.Margin, Note: p.missing}
	sd := stats.SD(p.differences)
	if math.IsNaN(sd) {
		c.Note = cmp.Or(c.Note, "no finite spread: too few pairs, or +∞ among them")
		return c
	}
	c.SD = finite(unit.offScale(sd))
	c.SmallestDetectable = finite(unit.offScale(stats.SmallestDetectable(sd, c.Pairs)))
	c.PairsNeeded = stats.PairsNeeded(sd, unit.onScale(g.Margin))
	return c
}

// Warning says that a gate with this margin would mostly end inconclusive, ""
// if the spread is within the margin.
func (c Calibration) Warning() string {
	switch {
	case c.SD == nil:
		return fmt.Sprintf("%s: the spread of this host is not known: %s", c.Metric, c.Note)
	case *c.SD > c.Margin:
		return fmt.Sprintf("%s: pairs of one target differ by %.1f %%, more than the margin of %s: expect no verdict, or a wider margin",
			c.Metric, 100**c.SD, formatPercent(100*c.Margin))
	}
	return ""
}
