package monitor

import (
	"math"
	"time"

	"stampede/results"
)

// track records one series. More looks than a series may have points are
// joined by two, by four and so on, all alike.
type track struct {
	series results.Series // instants are offsets from the watch's own start
	stride int            // looks that share a point; zero: one
	joined int            // looks in the last point
}

// add records a look. What is no finite number is dropped. Joined points keep
// the higher value of a gauge, so that no peak is lost, and the later one of a
// counter.
func (t *track) add(at time.Duration, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	points := &t.series.Points
	p := results.Point{At: at, Value: v}
	if t.joined > 0 && t.joined < t.stride {
		last := &(*points)[len(*points)-1]
		*last = t.join(*last, p)
		t.joined++
		return
	}
	if len(*points) == results.MaxPoints {
		t.halve()
	}
	*points = append(*points, p)
	t.joined = 1
}

func (t *track) join(a, b results.Point) results.Point {
	if t.series.Kind == results.Gauge && a.Value > b.Value {
		return a
	}
	return b
}

func (t *track) halve() {
	p := t.series.Points
	for i := 0; i+1 < len(p); i += 2 {
		p[i/2] = t.join(p[i], p[i+1])
	}
	t.series.Points = p[:len(p)/2]
	t.stride = 2 * max(t.stride, 1)
}
