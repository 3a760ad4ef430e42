package scenario

import (
	"math"
	"slices"
	"testing"
	"time"
)

// gaps are the distances between arrivals of a process of 20,000 in 20 s.
func gaps(seed uint64, shape Shape) []float64 {
	s := Scenario{Seed: seed, Load: []Shape{shape}}
	var list []float64
	last := time.Duration(0)
	for _, a := range all(s.Schedule()) {
		list = append(list, (a.At - last).Seconds())
		last = a.At
	}
	return list
}

// TestPoissonGapsAreExponential bounds the Kolmogorov distance between the
// gaps of a steady Poisson process and the exponential law. The bound,
// 1.95/√n, is passed by chance once in a thousand seeds; the seeds are fixed.
func TestPoissonGapsAreExponential(t *testing.T) {
	for seed := range uint64(5) {
		list := gaps(seed, Shape{Kind: KindSteady, Rate: 1000 * PerSecond, For: 20 * time.Second, Arrivals: Poisson})
		slices.Sort(list)
		worst := 0.0
		for i, g := range list {
			law := 1 - math.Exp(-1000*g)
			worst = max(worst, math.Abs(law-float64(i)/float64(len(list))), math.Abs(law-float64(i+1)/float64(len(list))))
		}
		if bound := 1.95 / math.Sqrt(float64(len(list))); worst > bound {
			t.Errorf("seed %d: the gaps are %.4f from exponential, above %.4f", seed, worst, bound)
		}
	}
}

// TestPoissonFollowsTheRamp counts arrivals in the first half of a ramp from
// zero, where a quarter of them belongs.
func TestPoissonFollowsTheRamp(t *testing.T) {
	s := Scenario{Seed: 3, Load: []Shape{{Kind: KindRamp, To: 2000 * PerSecond, Over: 20 * time.Second, Arrivals: Poisson}}}
	sc := s.Schedule()
	share := float64(sc.before(10*time.Second)) / float64(sc.Len())
	if math.Abs(share-0.25) > 4*math.Sqrt(0.25*0.75/float64(sc.Len())) {
		t.Errorf("a share of %.4f comes in the first half, want 0.25", share)
	}
}

// TestPoissonIsStable pins the instants of a seed: results that are compared
// across versions rest on them. Microseconds, since the last bit of a
// logarithm may differ between processors.
func TestPoissonIsStable(t *testing.T) {
	s := Scenario{Seed: 42, Load: []Shape{{Kind: KindSteady, Rate: 1000 * PerSecond, For: 3 * time.Second, Arrivals: Poisson}}}
	sc := s.Schedule()
	got := []int64{}
	for _, n := range []int64{0, 1, 2, 1023, 1024, 2999} {
		got = append(got, sc.At(n).At.Microseconds())
	}
	if want := []int64{279, 1082, 2488, 1034853, 1034978, 2999945}; !slices.Equal(got, want) {
		t.Errorf("instants are %d µs, want %d", got, want)
	}
}

func TestPoissonSeedsDiffer(t *testing.T) {
	shape := Shape{Kind: KindSteady, Rate: 100 * PerSecond, For: time.Second, Arrivals: Poisson}
	if slices.Equal(gaps(1, shape), gaps(2, shape)) {
		t.Error("two seeds give one process")
	}
	s := Scenario{Load: []Shape{shape, shape}}
	list := all(s.Schedule())
	if list[1].At-list[0].At == list[101].At-list[100].At {
		t.Error("two shapes of one scenario give one process")
	}
}
