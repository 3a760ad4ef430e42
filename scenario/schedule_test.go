package scenario

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func instant(d time.Duration) *time.Duration { return &d }

func steady(perSecond int64, d time.Duration) Shape {
	return Shape{Kind: KindSteady, Rate: Rate(perSecond) * PerSecond, For: d}
}

// loads are schedules of every kind, with their exact number of arrivals.
var loads = []struct {
	name  string
	load  []Shape
	count int64
	end   time.Duration
}{
	{"steady", []Shape{steady(1500, 4*time.Second)}, 6000, 4 * time.Second},
	{"steady a minute", []Shape{{Kind: KindSteady, Rate: 12000 * PerMinute, For: 3 * time.Second}}, 600, 3 * time.Second},
	{"steady a third of the time", []Shape{{Kind: KindSteady, Rate: 3 * PerHour, For: 20 * time.Minute}}, 1, 20 * time.Minute},
	{"steady half", []Shape{{Kind: KindSteady, Rate: PerSecond / 2, For: 5 * time.Second}}, 2, 5 * time.Second},
	{"zero rate tail", []Shape{steady(10, time.Second), steady(0, time.Hour)}, 10, time.Second + time.Hour},
	{"ramp up", []Shape{{Kind: KindRamp, From: 50 * PerSecond, To: 800 * PerSecond, Over: 30 * time.Second}}, 12750, 30 * time.Second},
	{"ramp from zero", []Shape{{Kind: KindRamp, To: 10 * PerSecond, Over: 10 * time.Second}}, 50, 10 * time.Second},
	{"ramp down to zero", []Shape{{Kind: KindRamp, From: 1000 * PerSecond, Over: 3 * time.Second}}, 1500, 3 * time.Second},
	{"ramp level", []Shape{{Kind: KindRamp, From: 7 * PerSecond, To: 7 * PerSecond, Over: time.Second}}, 7, time.Second},
	{"steps", []Shape{{Kind: KindSteps, From: 10 * PerSecond, To: 30 * PerSecond, Step: 10 * PerSecond, Each: 2 * time.Second}}, 120, 6 * time.Second},
	{"steps short of a step", []Shape{{Kind: KindSteps, From: 10 * PerSecond, To: 25 * PerSecond, Step: 10 * PerSecond, Each: 2 * time.Second}}, 110, 6 * time.Second},
	{"steps down", []Shape{{Kind: KindSteps, From: 20 * PerSecond, Step: 10 * PerSecond, Each: time.Second}}, 30, 3 * time.Second},
	{"steps from zero", []Shape{{Kind: KindSteps, To: 20 * PerSecond, Step: 10 * PerSecond, Each: time.Second}}, 30, 3 * time.Second},
	{"steps of fractions", []Shape{{Kind: KindSteps, From: PerSecond / 2, To: PerSecond, Step: PerSecond / 2, Each: 3 * time.Second}}, 4, 6 * time.Second},
	{"wave", []Shape{{Kind: KindWave, Low: 50 * PerSecond, High: 150 * PerSecond, Period: 4 * time.Second, For: 12 * time.Second}}, 1200, 12 * time.Second},
	{"wave from zero", []Shape{{Kind: KindWave, High: 200 * PerSecond, Period: 2 * time.Second, For: 5 * time.Second}}, 500, 5 * time.Second},
	// Λ(1s) = 100·(1 − 4/2π·sin(π/2)·0.5): a quarter of a period of a swing between 50 and 150.
	{"wave quarter", []Shape{{Kind: KindWave, Low: 50 * PerSecond, High: 150 * PerSecond, Period: 4 * time.Second, For: time.Second}}, 68, time.Second},
	{"burst", []Shape{{Kind: KindBurst, Count: 1000}}, 1000, 0},
	{"burst within", []Shape{{Kind: KindBurst, Count: 1000, Within: time.Second, Repeat: 3, Every: 2 * time.Second}}, 3000, 5 * time.Second},
	{"burst jitter", []Shape{{Kind: KindBurst, Count: 1500, Jitter: time.Second, Repeat: 3, Every: time.Second}}, 4500, 3 * time.Second},
	{"replay", []Shape{{Kind: KindReplay, Offsets: []time.Duration{0, 0, 5, 9}}}, 4, 9},
	{"pause before and after", []Shape{{Kind: KindPause, For: time.Second}, {Kind: KindBurst, Count: 5}, {Kind: KindPause, For: time.Minute}}, 5, 61 * time.Second},
	{"overlay", []Shape{steady(100, 10*time.Second), {Kind: KindBurst, Count: 30, Repeat: 4, Every: 3 * time.Second, At: instant(500 * time.Millisecond)}, steady(50, 2*time.Second)}, 1220, 12 * time.Second},
	{"overlay beyond the end", []Shape{steady(10, time.Second), {Kind: KindBurst, Count: 3, At: instant(time.Minute)}}, 13, time.Minute},
	{"ties", []Shape{{Kind: KindBurst, Count: 3, At: instant(time.Second)}, steady(10, 2*time.Second), {Kind: KindBurst, Count: 4, At: instant(time.Second)}}, 27, 2 * time.Second},
	{"poisson steady", []Shape{{Kind: KindSteady, Rate: 1000 * PerSecond, For: 3 * time.Second, Arrivals: Poisson}}, 3000, 3 * time.Second},
	{"poisson ramp", []Shape{{Kind: KindRamp, To: 1000 * PerSecond, Over: 5 * time.Second, Arrivals: Poisson}}, 2500, 5 * time.Second},
	{"poisson wave", []Shape{{Kind: KindWave, High: 1000 * PerSecond, Period: time.Second, For: 3 * time.Second, Arrivals: Poisson}}, 1500, 3 * time.Second},
	{"poisson steps", []Shape{{Kind: KindSteps, From: 100 * PerSecond, Step: 50 * PerSecond, Each: 10 * time.Second, Arrivals: Poisson}}, 1500, 30 * time.Second},
	{"two poissons over each other", []Shape{{Kind: KindSteady, Rate: 500 * PerSecond, For: 3 * time.Second, Arrivals: Poisson},
		{Kind: KindSteady, Rate: 700 * PerSecond, For: 2 * time.Second, Arrivals: Poisson, At: instant(500 * time.Millisecond)}}, 2900, 3 * time.Second},
}

// all walks a schedule with stride 1.
func all(sc *Schedule) []Arrival {
	var list []Arrival
	c := sc.Cursor(0, 1)
	for a, ok := c.Next(); ok; a, ok = c.Next() {
		list = append(list, a)
	}
	return list
}

func TestScheduleCounts(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			sc := s.Schedule()
			if sc.Len() != tt.count || sc.End() != tt.end {
				t.Errorf("%d arrivals until %s, want %d until %s", sc.Len(), sc.End(), tt.count, tt.end)
			}
			if n := int64(len(all(sc))); n != tt.count {
				t.Errorf("the cursor gives %d arrivals, want %d", n, tt.count)
			}
		})
	}
}

func TestScheduleIsInOrder(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			sc := s.Schedule()
			last := Arrival{}
			for i, a := range all(sc) {
				if a.N != int64(i) {
					t.Fatalf("arrival %d is numbered %d", i, a.N)
				}
				if a.At < last.At || a.At == last.At && a.Shape < last.Shape {
					t.Fatalf("arrival %+v comes after %+v", a, last)
				}
				if a.At < 0 || a.At > sc.End() {
					t.Fatalf("arrival %+v lies outside 0 to %s", a, sc.End())
				}
				last = a
			}
		})
	}
}

func TestRandomAccessAgreesWithCursor(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			sc := s.Schedule()
			walked := all(sc)
			step := max(len(walked)/31, 1)
			for n := 0; n < len(walked); n += step {
				if got := sc.At(int64(n)); got != walked[n] {
					t.Fatalf("At(%d) is %+v, the cursor gives %+v", n, got, walked[n])
				}
			}
		})
	}
}

func TestShardsMakeUpTheWhole(t *testing.T) {
	for _, tt := range loads {
		for _, shards := range []int64{2, 3, 7} {
			t.Run(fmt.Sprintf("%s by %d", tt.name, shards), func(t *testing.T) {
				s := Scenario{Load: tt.load}
				sc := s.Schedule()
				var union []Arrival
				for first := range shards {
					c := sc.Cursor(first, shards)
					for a, ok := c.Next(); ok; a, ok = c.Next() {
						union = append(union, a)
					}
				}
				slices.SortFunc(union, func(a, b Arrival) int { return int(a.N - b.N) })
				if diff := cmp.Diff(all(sc), union); diff != "" {
					t.Errorf("whole (-) and union of shards (+):\n%s", diff)
				}
			})
		}
	}
}

func TestCursorDoesNotAllocate(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			c := s.Schedule().Cursor(0, 2)
			if n := testing.AllocsPerRun(100, func() { c.Next() }); n != 0 {
				t.Errorf("%v allocations a step", n)
			}
		})
	}
}

// TestDueIsWhereTheIntegralReachesN compares the closed forms with Λ itself,
// computed the other way round and in another way: at the instant of arrival
// n, Λ is n, give or take what a nanosecond of the rate brings.
func TestDueIsWhereTheIntegralReachesN(t *testing.T) {
	second := float64(time.Second)
	tests := []struct {
		name   string
		shape  Shape
		lambda func(t float64) float64 // of seconds
		rate   float64                 // greatest, a second
	}{
		{"steady", steady(1500, 4*time.Second), func(t float64) float64 { return 1500 * t }, 1500},
		{"ramp up", Shape{Kind: KindRamp, From: 50 * PerSecond, To: 800 * PerSecond, Over: 30 * time.Second},
			func(t float64) float64 { return 50*t + 750*t*t/60 }, 800},
		{"ramp down", Shape{Kind: KindRamp, From: 800 * PerSecond, Over: 30 * time.Second},
			func(t float64) float64 { return 800*t - 800*t*t/60 }, 800},
		{"wave", Shape{Kind: KindWave, Low: 100 * PerSecond, High: 500 * PerSecond, Period: 3 * time.Second, For: 10 * time.Second},
			func(t float64) float64 { return 300*t - 200*3/(2*math.Pi)*math.Sin(2*math.Pi*t/3) }, 500},
		{"wave from zero", Shape{Kind: KindWave, High: 500 * PerSecond, Period: 3 * time.Second, For: 10 * time.Second},
			func(t float64) float64 { return 250*t - 250*3/(2*math.Pi)*math.Sin(2*math.Pi*t/3) }, 500},
		{"steps", Shape{Kind: KindSteps, From: 10 * PerSecond, To: 30 * PerSecond, Step: 10 * PerSecond, Each: 2 * time.Second},
			func(t float64) float64 {
				return 10*min(t, 2) + 20*min(max(t-2, 0), 2) + 30*max(t-4, 0)
			}, 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: []Shape{tt.shape}}
			for _, a := range all(s.Schedule()) {
				got := tt.lambda(float64(a.At) / second)
				if math.Abs(got-float64(a.N)) > 2e-9*tt.rate+1e-9 {
					t.Fatalf("arrival %d is due at %s, where Λ is %v", a.N, a.At, got)
				}
			}
		})
	}
}

// TestSteadyIsExact checks every instant of an awkward rate against
// arithmetic of any precision.
func TestSteadyIsExact(t *testing.T) {
	s := Scenario{Load: []Shape{{Kind: KindSteady, Rate: 7*PerHour + 1, For: 24 * time.Hour}}}
	for _, a := range all(s.Schedule()) {
		want := new(big.Int).Mul(big.NewInt(a.N), new(big.Int).SetUint64(arrival))
		want.Div(want, big.NewInt(int64(7*PerHour+1)))
		if want.Int64() != int64(a.At) {
			t.Errorf("arrival %d is due at %d ns, want %s", a.N, a.At, want)
		}
	}
}

func TestBursts(t *testing.T) {
	s := Scenario{Load: []Shape{
		{Kind: KindBurst, Count: 10, Repeat: 2, Every: 2 * time.Second},
		{Kind: KindBurst, Count: 4, Within: time.Second, Release: Upgrade, At: instant(time.Second)},
		steady(10, time.Second),
	}}
	sc := s.Schedule()
	want := []Burst{
		{At: 0, Count: 10, Shape: 0, First: 0},
		{At: time.Second, Count: 4, Within: time.Second, Release: Upgrade, Shape: 1, First: 10},
		{At: 2 * time.Second, Count: 10, Shape: 0, First: 14},
	}
	if diff := cmp.Diff(want, sc.Bursts()); diff != "" {
		t.Errorf("bursts (-want +got):\n%s", diff)
	}
	members := map[int32]int64{}
	for _, a := range all(sc) {
		members[a.Burst]++
		if a.Burst >= 0 && sc.Bursts()[a.Burst].Release != a.Release {
			t.Errorf("arrival %+v is released otherwise than its burst", a)
		}
	}
	if diff := cmp.Diff(map[int32]int64{-1: 10, 0: 10, 1: 4, 2: 10}, members); diff != "" {
		t.Errorf("arrivals of each burst (-want +got):\n%s", diff)
	}
}

func BenchmarkCursor(b *testing.B) {
	for _, tt := range loads {
		if tt.name != "steady" && tt.name != "poisson steady" && tt.name != "poisson wave" && tt.name != "overlay" {
			continue
		}
		b.Run(tt.name, func(b *testing.B) {
			s := Scenario{Load: tt.load}
			sc := s.Schedule()
			c := sc.Cursor(0, 2)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.Next(); !ok {
					c = sc.Cursor(0, 2)
				}
			}
		})
	}
}
