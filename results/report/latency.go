package report

import (
	"math"
	"time"

	"stampede/results/report/plot"
)

// latency is the axis of durations: a factor has the same length everywhere,
// and above the longest stands a lane for what never came.
type latency struct {
	min, max time.Duration
	lane     bool // something was not established
}

// top is where the durations end below the lane.
func (l latency) top() float64 {
	if l.lane {
		return 0.9
	}
	return 1
}

// at places a duration; never is in the middle of the lane.
func (l latency) at(d time.Duration) float64 {
	if d == never {
		return 0.96
	}
	return l.top() * l.scale().At(float64(d))
}

func (l latency) scale() plot.Scale { return plot.Log(float64(l.min), float64(l.max)) }

func (l latency) axis(name string) plot.Axis {
	values := plot.RoundTicks(float64(l.min), float64(l.max), 5)
	ticks := plot.Ticks(l.scale(), values, func(v float64) string { return duration(time.Duration(math.Round(v))) })
	for i := range ticks {
		ticks[i].At *= l.top()
	}
	if l.lane {
		ticks = append(ticks, plot.Tick{At: l.at(never), Text: "never"})
	}
	return plot.Axis{Name: name, Ticks: ticks}
}

// latencyOf is the axis that fits the handshakes of all columns.
func latencyOf(columns []column) latency {
	l := latency{min: math.MaxInt64}
	for i := range columns {
		c := &columns[i]
		if n := len(c.handshakes); n > 0 {
			l.min, l.max = min(l.min, c.handshakes[0].From), max(l.max, c.handshakes[n-1].To)
		}
		l.lane = l.lane || c.unestablished() > 0
	}
	return l.atLeast()
}

// padded leaves a tenth beyond both ends.
func (l latency) padded() latency {
	if l.max == 0 {
		return l.atLeast()
	}
	l.min, l.max = max(l.min-l.min/10, 1), l.max+max(l.max/10, 1)
	return l
}

// atLeast keeps an axis from being empty, or shorter than a factor of four.
func (l latency) atLeast() latency {
	if l.max == 0 {
		l.min, l.max = time.Millisecond, time.Second
	}
	l.min = max(l.min, 1)
	if l.max < 4*l.min {
		l.min, l.max = max(l.min/2, 1), 2*l.max
	}
	return l
}
