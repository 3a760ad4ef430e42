package ceiling

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"stampede/results"
)

// server is one whose ceiling is a different one at each trial, by a share
// noise of its logarithm, and some of whose trials something else spoils.
type server struct {
	ceiling float64
	noise   float64
	spoilt  float64
	rnd     *rand.Rand
}

func (s *server) good(load int64) bool {
	edge := s.ceiling * math.Exp(s.noise*s.rnd.NormFloat64())
	spoilt := s.rnd.Float64() < s.spoilt
	return float64(load) <= edge && !spoilt
}

// trial is a valid one, of ten seconds.
func trial(load int64, good bool) results.Trial {
	return results.Trial{Load: load, Good: good, Valid: true, Planned: 1000, Duration: 10 * time.Second}
}

// run searches to the end.
func run(t *testing.T, o Options, good func(load int64) bool) *Search {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for step, ok := s.Next(); ok; step, ok = s.Next() {
		if err := s.Feed(trial(step.Load, good(step.Load))); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// marks are what simulated searches of one kind of server came to.
type marks struct {
	runs, within5, within10, covered, confirmed, trials int
}

func (m *marks) add(truth float64, c *results.Ceiling) {
	m.runs++
	off := math.Abs(float64(c.Value)/truth - 1)
	if off <= 0.05 {
		m.within5++
	}
	if off <= 0.10 {
		m.within10++
	}
	if float64(c.Low) <= truth && truth <= float64(c.High+1) {
		m.covered++
	}
	if c.Status == results.CeilingConfirmed {
		m.confirmed++
	}
	m.trials += len(c.Valid())
}

func (m *marks) share(n int) float64 { return float64(n) / float64(m.runs) }

func (m *marks) String() string {
	return fmt.Sprintf("within 5 %% %.3f, within 10 %% %.3f, covered %.3f, confirmed %.3f, %.1f trials",
		m.share(m.within5), m.share(m.within10), m.share(m.covered), m.share(m.confirmed), m.share(m.trials))
}

// simulate searches servers whose ceilings are 3 to 22 times the smallest load.
// Each verdict of the server goes through rule on its way to the search.
func simulate(t *testing.T, noise, spoilt float64, rule func(good func(int64) bool) func(int64) bool) (m marks) {
	rnd := rand.New(rand.NewPCG(7, uint64(1000*noise+100*spoilt)))
	for range searchesEach {
		truth := 300 * math.Exp(2*rnd.Float64())
		s := server{ceiling: truth, noise: noise, spoilt: spoilt, rnd: rnd}
		m.add(truth, run(t, Options{Of: results.LoadBurst, From: 100, To: 20000}, rule(s.good)).Answer())
	}
	return m
}

func everyTrial(good func(int64) bool) func(int64) bool { return good }

// slack widens a mark for few searches by three standard errors.
func slack(mark float64) float64 {
	if searchesEach >= 200 {
		return 0
	}
	return 3 * math.Sqrt(mark*(1-mark)/searchesEach)
}

func TestSearchFindsNoisyCeilings(t *testing.T) {
	for _, noise := range []float64{0.01, 0.03, 0.08} {
		for _, spoilt := range []float64{0, 0.05} {
			t.Run(fmt.Sprintf("noise %v spoilt %v", noise, spoilt), func(t *testing.T) {
				t.Parallel()
				m := simulate(t, noise, spoilt, everyTrial)
				t.Log(&m)
				near, mark, trials := m.within5, 0.95, 30.0
				if noise > 0.03 {
					near, mark, trials = m.within10, 0.97, 50
				}
				if m.share(near) < mark-slack(mark) {
					t.Errorf("%v: %.3f are near enough, want %v", &m, m.share(near), mark)
				}
				if m.share(m.covered) < 0.91-slack(0.91) {
					t.Errorf("%v: want 0.91 of the intervals to hold the ceiling", &m)
				}
				if m.share(m.trials) > trials*(1+slack(0.01)) {
					t.Errorf("%v: want at most %v", &m, trials)
				}
				if m.share(m.confirmed) < 0.85-slack(0.85) {
					t.Errorf("%v: want 0.85 confirmed", &m)
				}
			})
		}
	}
}

// A majority of copies of one trial is that one trial. The marks must tell
// such a search from one that makes them.
func TestSearchBySingleTrialsMissesTheMarks(t *testing.T) {
	single := func(good func(int64) bool) func(int64) bool {
		first := map[int64]bool{}
		return func(load int64) bool {
			if _, made := first[load]; !made {
				first[load] = good(load)
			}
			return first[load]
		}
	}
	m := simulate(t, 0.03, 0.05, single)
	t.Log(&m)
	if m.share(m.within5) > 0.90 && m.share(m.covered) > 0.90 {
		t.Errorf("%v: single trials come near enough too, so the marks test nothing", &m)
	}
}

// Two searches of one server are hardly ever told apart, and a tenth less is
// found, when single trials scatter by 3 %.
func TestSearchesOfTwoServersCompare(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 1))
	compared := func(ratio float64) map[results.Change]int {
		said := map[results.Change]int{}
		for range searchesEach {
			truth := 300 * math.Exp(2*rnd.Float64())
			search := func(at float64) *results.Ceiling {
				s := server{ceiling: at, noise: 0.03, rnd: rnd}
				return run(t, Options{Of: results.LoadBurst, From: 100, To: 20000}, s.good).Answer()
			}
			said[results.CompareCeilings(search(truth), search(ratio*truth), results.CompareOptions{Delta: 0.1}).Outcome]++
		}
		return said
	}
	same, less := compared(1), compared(0.85)
	t.Logf("the same: %v; 15 %% less: %v", same, less)
	if wrong := float64(same[results.Slower]+same[results.Faster]) / searchesEach; wrong > 0.05+slack(0.05) {
		t.Errorf("one server is told apart from itself in %.3f of the comparisons: %v", wrong, same)
	}
	if less[results.Faster] > 0 || float64(less[results.Slower])/searchesEach < 0.8-slack(0.8) {
		t.Errorf("15 %% less is %v", less)
	}
}
