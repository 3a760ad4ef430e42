package ceiling

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// bucketServer is a Runner in front of a bucket of tokens, which are as many
// handshakes as may come; without a rate it takes any burst up to its size.
type bucketServer struct {
	size   float64
	rate   float64 // tokens a second; 0: the bucket is always full
	tokens float64
	seen   time.Time
	plans  []Plan
	gaps   []time.Duration // before each trial since the last
}

// refill adds what the time since the last look brings.
func (b *bucketServer) refill() {
	if b.rate == 0 || b.seen.IsZero() {
		b.tokens = b.size
	}
	b.tokens = min(b.size, b.tokens+b.rate*time.Since(b.seen).Seconds())
	b.seen = time.Now()
}

func (b *bucketServer) Try(_ context.Context, p Plan, load int64) (results.Trial, error) {
	b.plans, b.gaps = append(b.plans, p), append(b.gaps, time.Since(b.seen))
	shape, good := p.Shapes[0], true
	for range shape.Repeat {
		b.refill()
		good = good && b.tokens >= float64(load)
		b.tokens = max(b.tokens-float64(load), 0)
		time.Sleep(shape.Every)
	}
	b.refill()
	return trial(load, good), nil
}

func (b *bucketServer) Probe(_ context.Context, n int64) (Probe, error) {
	return Probe{Sent: n, Established: n, Median: time.Millisecond, Slowest: time.Millisecond}, nil
}

// searched runs a search for the ceiling of a server to its end.
func searched(t *testing.T, r Runner) *results.Ceiling {
	t.Helper()
	s, err := New(Options{Of: results.LoadBurst, From: 50, To: 5000})
	if err != nil {
		t.Fatal(err)
	}
	l := &Loop{Search: s, Config: scenario.Search{Of: results.LoadBurst, Quiet: 2 * time.Second}, Runner: r}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Answer()
}

// Behind a bucket of tokens the ceiling is one of bursts as far apart as those
// of the search, and the search says so. Of a server without memory it says
// nothing.
func TestShortRestTellsARateLimitFromAnIdleServer(t *testing.T) {
	for _, test := range []struct {
		name   string
		server bucketServer
		votes  int64
		needs  bool
	}{
		{"a bucket of 300, 100 a second", bucketServer{size: 300, rate: 100}, 2, true},
		{"a bucket that is always full", bucketServer{size: 300}, 1, false},
		{"a large burst, alone in its trial", bucketServer{size: 3000, rate: 1400}, 2, true},
		{"a large burst without memory", bucketServer{size: 3000}, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := searched(t, &test.server)
				if c.Status != results.CeilingConfirmed {
					t.Fatal(summary(c))
				}
				if c.NeedsRest() != test.needs || c.ShortRest == nil || c.ShortRest.Of != test.votes {
					t.Errorf("needs rest: %v by %+v, want %v by %d trials; %s", c.NeedsRest(), c.ShortRest, test.needs, test.votes, summary(c))
				}
				last := len(test.server.plans) - 1
				if before, gap := test.server.gaps[1], test.server.gaps[last]; 4*gap != before {
					t.Errorf("the last trial came after %v, the others after %v", gap, before)
				}
			})
		})
	}
}

// What a hurried trial comes to changes nothing but what it says of itself.
func TestShortRestNeverDecides(t *testing.T) {
	for _, test := range []struct {
		name  string
		rows  []results.Trial // with little rest, in order
		votes *results.Votes
	}{
		{"good", []results.Trial{{Good: true, Valid: true}}, &results.Votes{Good: 1, Of: 1}},
		{"spoilt", []results.Trial{{Valid: true}, {Good: true, Valid: true}}, &results.Votes{Good: 1, Of: 2}},
		{"bad", []results.Trial{{Valid: true}, {Valid: true}}, &results.Votes{Of: 2}},
		{"limited by this host", []results.Trial{{}}, nil},
		{"interrupted before it", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, confirmed := confirmedSearch(t, results.LoadBurst)
			for i, row := range test.rows {
				step, ok := s.Next()
				if !ok || !step.Hurried() || step.Load != confirmed.Confirmed.Load || step.Left != results.ShortRestTrials-i {
					t.Fatalf("trial %d is %+v (%v), want a hurried one at %d", i+1, step, ok, confirmed.Confirmed.Load)
				}
				row.Load = step.Load
				if err := s.Feed(row); err != nil {
					t.Fatal(err)
				}
			}
			if step, ok := s.Next(); ok && len(test.rows) > 0 {
				t.Errorf("%+v follows", step)
			}
			c := s.Answer()
			if got, want := summary(c), summary(confirmed); got != want || len(c.Valid()) != len(confirmed.Valid()) {
				t.Errorf("%s, was %s", got, want)
			}
			if test.votes != nil {
				test.votes.Load = confirmed.Confirmed.Load
			}
			if got, want := tell(c.ShortRest), tell(test.votes); got != want {
				t.Errorf("votes %s, want %s", got, want)
			}
		})
	}
}

// confirmedSearch is a search that has just confirmed its ceiling.
func confirmedSearch(t *testing.T, of results.LoadKind) (*Search, *results.Ceiling) {
	t.Helper()
	s, err := New(Options{Of: of, From: 50, To: 20000})
	if err != nil {
		t.Fatal(err)
	}
	for step, ok := s.Next(); ok && !step.Hurried(); step, ok = s.Next() {
		if err := s.Feed(trial(step.Load, step.Load <= 940)); err != nil {
			t.Fatal(err)
		}
	}
	c := s.Answer()
	if c.Status != results.CeilingConfirmed {
		t.Fatal(summary(c))
	}
	return s, c
}

func TestOnlyBurstsHaveARestToShorten(t *testing.T) {
	for _, of := range []results.LoadKind{results.LoadRate, results.LoadHeld} {
		s, _ := confirmedSearch(t, of)
		if step, ok := s.Next(); ok {
			t.Errorf("%s: %+v follows the confirmation", of, step)
		}
	}
}

// A budget that the confirmation used up leaves nothing for a diagnostic.
func TestShortRestIsLeftOutOfAnEmptyBudget(t *testing.T) {
	s, c := confirmedSearch(t, results.LoadBurst)
	if _, ok := s.Next(); !ok {
		t.Fatal("nothing follows a confirmation within the budget")
	}
	tight, err := New(Options{Of: results.LoadBurst, From: 50, To: 20000, Trials: len(c.Valid())})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range c.Trials {
		if err := tight.Feed(row); err != nil {
			t.Fatal(err)
		}
	}
	if step, ok := tight.Next(); ok || tight.Answer().Status != results.CeilingConfirmed {
		t.Errorf("%+v follows; %s", step, summary(tight.Answer()))
	}
}
