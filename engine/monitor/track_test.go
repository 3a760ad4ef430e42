package monitor

import (
	"math"
	"testing"
	"time"

	"stampede/results"
)

func TestTrackStaysBounded(t *testing.T) {
	const looks = 10 * results.MaxPoints
	gauge := track{series: results.Series{Kind: results.Gauge}}
	counter := track{series: results.Series{Kind: results.Counter}}
	for i := range looks {
		v := float64(i % 100)
		if i == 4567 {
			v = 1e6 // one look only
		}
		gauge.add(time.Duration(i)*time.Second, v)
		counter.add(time.Duration(i)*time.Second, float64(i))
	}
	for _, k := range []*track{&gauge, &counter} {
		s := k.series
		if n := len(s.Points); n < results.MaxPoints/2 || n > results.MaxPoints {
			t.Errorf("%s: %d points after %d looks, want %d to %d", s.Kind, n, looks, results.MaxPoints/2, results.MaxPoints)
		}
		for i := 1; i < len(s.Points); i++ {
			if s.Points[i].At <= s.Points[i-1].At {
				t.Fatalf("%s: point %d is not later than the one before it", s.Kind, i)
			}
		}
	}
	if peak := gauge.series.Peak(); peak != 1e6 {
		t.Errorf("the peak is %g: lost by joining", peak)
	}
	if last := counter.series.Points[len(counter.series.Points)-1]; last != (results.Point{At: (looks - 1) * time.Second, Value: looks - 1}) {
		t.Errorf("the counter ends at %+v", last)
	}
}

func TestTrackDropsWhatIsNoNumber(t *testing.T) {
	var k track
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		k.add(0, v)
	}
	if len(k.series.Points) != 0 {
		t.Errorf("kept %v", k.series.Points)
	}
}
