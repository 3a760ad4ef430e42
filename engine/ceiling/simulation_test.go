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

func simulate(t *testing.T, noise, spoilt float64, widths Widths) (m marks) {
	rnd := rand.New(rand.NewPCG(7, uint64(1000*noise+100*spoilt)))
	for range searchesEach {
		truth := 300 * math.Exp(2*rnd.Float64())
		s := server{ceiling: truth, noise: noise, spoilt: spoilt, rnd: rnd}
		m.add(truth, run(t, Options{Of: results.LoadBurst, From: 50, To: 20000, Widths: widths}, s.good).Answer())
	}
	return m
}

func TestSearchFindsNoisyCeilings(t *testing.T) {
	for _, noise := range []float64{0.01, 0.03, 0.08} {
		for _, spoilt := range []float64{0, 0.05} {
			m := simulate(t, noise, spoilt, Widths{})
			t.Logf("noise %v, spoilt %v: %v", noise, spoilt, &m)
		}
	}
}
