package ceiling

import (
	"testing"
	"time"

	"stampede/results"
	"stampede/scenario"
)

func TestDrainGrowsWithTheLoad(t *testing.T) {
	s, err := New(Options{Of: results.LoadBurst, From: 10, To: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if d := s.drain(100); d != 0 {
		t.Errorf("%v of a server nobody has tried", d)
	}
	trial := func(load int64, drain time.Duration, good, valid bool) results.Trial {
		return results.Trial{Load: load, Drain: drain, Good: good, Valid: valid}
	}
	s.trials = []results.Trial{
		trial(100, 200*time.Millisecond, true, true), trial(200, 300*time.Millisecond, true, true), trial(200, 400*time.Millisecond, true, true),
		trial(300, time.Second, true, false), trial(400, 10*time.Second, false, true), trial(100, 700*time.Millisecond, true, true),
	}
	for load, want := range map[int64]time.Duration{50: 0, 100: 700 * time.Millisecond, 200: 400 * time.Millisecond, 300: 600 * time.Millisecond, 400: 800 * time.Millisecond} {
		if got := s.drain(load); got != want {
			t.Errorf("at %d: %v, want %v", load, got, want)
		}
	}
}

func TestRestSeparatesBurstsAlone(t *testing.T) {
	bursts := NewPlan(scenario.Search{Of: results.LoadBurst}, scenario.Hold{}, 500, 0)
	before := bursts.Shapes[0].Every
	bursts.Rest(time.Second)
	if got := bursts.Shapes[0].Every; got != before+time.Second {
		t.Errorf("a burst every %v, want %v and a second", got, before)
	}
	rate := NewPlan(scenario.Search{Of: results.LoadRate}, scenario.Hold{}, 500, 0)
	rate.Rest(time.Second)
	if got := rate.Shapes[0].Every; got != 0 {
		t.Errorf("a rate every %v", got)
	}
}
