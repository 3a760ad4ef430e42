package ceiling

import (
	"testing"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// planned is the schedule of a plan, as a scenario makes it.
func planned(t *testing.T, p Plan) *scenario.Schedule {
	t.Helper()
	sc := &scenario.Scenario{Name: "trial", Target: scenario.Target{URL: "ws://127.0.0.1:1/"}, Load: p.Shapes, Hold: p.Hold, Seed: p.Seed}
	if err := sc.Validate(); err != nil {
		t.Fatal(err)
	}
	return sc.Schedule()
}

func TestPlanOfBurstsHasThousandHandshakesOrTenBursts(t *testing.T) {
	for load, bursts := range map[int64]int64{1: 10, 10: 10, 100: 10, 101: 10, 112: 9, 300: 4, 999: 2, 1000: 1, 5000: 1} {
		p := NewPlan(scenario.Search{Of: results.LoadBurst}, scenario.Hold{}, load, 0)
		s := planned(t, p)
		if s.Len() != load*bursts || int64(len(s.Bursts())) != bursts {
			t.Errorf("at %d: %d handshakes in %d bursts, want %d bursts", load, s.Len(), len(s.Bursts()), bursts)
		}
	}
}

// The gap lets what one burst opened go before the next comes.
func TestPlanOfBurstsIsQuietBetweenThem(t *testing.T) {
	p := NewPlan(scenario.Search{Of: results.LoadBurst, Quiet: 4 * time.Second}, scenario.Hold{For: 3 * time.Second}, 500, 0)
	if got := p.Shapes[0].Every; got != 5*time.Second {
		t.Errorf("a burst every %v, want the hold of 3 s and 2 s of quiet", got)
	}
}

func TestPlanOfRateMeasuresEnough(t *testing.T) {
	for _, test := range []struct {
		search scenario.Search
		load   int64
		want   time.Duration
	}{
		{scenario.Search{Of: results.LoadRate}, 50, 45 * time.Second}, // 2,000 handshakes after 5 s
		{scenario.Search{Of: results.LoadRate}, 1000, 15 * time.Second},
		{scenario.Search{Of: results.LoadRate, Strict: true}, 1000, 65 * time.Second},
		{scenario.Search{Of: results.LoadRate, Measure: 2 * time.Second, WarmUp: time.Second}, 1000, 3 * time.Second},
	} {
		p := NewPlan(test.search, scenario.Hold{}, test.load, 7)
		if got := p.Shapes[0].For; got != test.want || p.From >= got || p.Seed == 0 {
			t.Errorf("%+v at %d takes %v (counted from %v), want %v", test.search, test.load, got, p.From, test.want)
		}
	}
}

// All connections are open at one time for half of the hold, however little
// the load, the hold and the ramp fit each other.
func TestPlanOfHeldOpensExactlyTheLoad(t *testing.T) {
	for _, load := range []int64{1, 2, 9, 31, 100, 997, 2000, 12345} {
		for _, hold := range []time.Duration{7 * time.Second, 8 * time.Second, 61 * time.Second} {
			for _, ramp := range []scenario.Rate{0, 70 * scenario.PerSecond, 300 * scenario.PerSecond} {
				p := NewPlan(scenario.Search{Of: results.LoadHeld, Hold: hold, Ramp: ramp}, scenario.Hold{}, load, 0)
				s := planned(t, p)
				if s.Len() != load || !p.Held {
					t.Fatalf("at %d, held for %v, by %v: %d connections", load, hold, ramp, s.Len())
				}
				if open := s.Peak(p.Hold.For); open != load {
					t.Errorf("at %d, held for %v, by %v: %d are open at one time", load, hold, ramp, open)
				}
				if last := s.At(load - 1).At; p.Hold.For-last < hold/2 {
					t.Errorf("at %d, held for %v, by %v: the last comes at %v, the first goes at %v", load, hold, ramp, last, p.Hold.For)
				}
			}
		}
	}
}

// A limit of 2,000 is found to within 2 %, by trials that all tell the truth.
func TestSearchOfHeldFindsLimitOfConnections(t *testing.T) {
	for _, limit := range []int64{31, 50, 997, 2000, 12345} {
		o := NewOptions(scenario.Search{Of: results.LoadHeld, From: 20, To: 50_000}, nil)
		o.Duration = 0
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for step, ok := s.Next(); ok; step, ok = s.Next() {
			if err := s.Feed(results.Trial{Load: step.Load, Good: step.Load <= limit, Valid: true}); err != nil {
				t.Fatal(err)
			}
		}
		c := s.Answer()
		within := max(limit/50, 1)
		if c.Status != results.CeilingConfirmed || c.Value < limit-within || c.Value > limit+within || c.Low > limit || c.High < limit {
			t.Errorf("limit %d: %s, %d [%d, %d] after %d trials", limit, c.Status, c.Value, c.Low, c.High, len(c.Trials))
		}
	}
}
