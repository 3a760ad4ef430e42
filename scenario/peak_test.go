package scenario

import (
	"testing"
	"time"
)

// slowPeak counts for each arrival those within the window that begins at it.
func slowPeak(list []Arrival, window time.Duration) int64 {
	most, end := 0, 0
	for i, a := range list {
		for end < len(list) && list[end].At < a.At+window {
			end++
		}
		most = max(most, end-i)
	}
	return int64(most)
}

func TestPeak(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			sc := s.Schedule()
			for _, window := range []time.Duration{1, time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second, 1000 * time.Hour} {
				want := slowPeak(all(sc), window)
				if got := sc.Peak(window); got != want {
					t.Errorf("peak in %s is %d, want %d", window, got, want)
				}
				if got := sc.peak(window, 10); got < want || got > want+20 {
					t.Errorf("sampled peak in %s is %d, want %d to %d", window, got, want, want+20)
				}
			}
			if got := sc.Peak(0); got != 0 {
				t.Errorf("peak in no time is %d", got)
			}
		})
	}
}

func BenchmarkPeak(b *testing.B) {
	s := Scenario{Load: []Shape{steady(100_000, 100*time.Second)}}
	sc := s.Schedule()
	for b.Loop() {
		sc.Peak(10 * time.Second)
	}
}
