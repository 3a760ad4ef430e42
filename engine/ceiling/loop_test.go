package ceiling

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// fakeServer is a Runner without sockets: good up to edge, busy for a while
// after each trial.
type fakeServer struct {
	edge     int64
	answer   time.Duration // of a single handshake on the idle server
	busyFor  time.Duration // after a trial
	busyTill time.Time
	failing  bool // one single handshake in three, busy or not
	limited  int  // trials that are still to be generator-limited
	plans    []Plan
	stop     func() // called in a trial, if set
	fault    error
}

func (f *fakeServer) Try(_ context.Context, p Plan, load int64) (results.Trial, error) {
	f.plans = append(f.plans, p)
	time.Sleep(3 * time.Second)
	f.busyTill = time.Now().Add(f.busyFor)
	if f.stop != nil {
		f.stop()
	}
	t := trial(load, load <= f.edge)
	t.Duration = time.Second // the rest made it ready
	if f.limited > 0 {
		f.limited--
		t.Valid, t.Invalid = false, "generator-limited"
	}
	return t, f.fault
}

func (f *fakeServer) Probe(_ context.Context, n int64) (Probe, error) {
	p := Probe{Sent: n, Established: n, Median: f.answer, Slowest: f.answer}
	if f.failing {
		p.Established -= n / 3
	}
	if time.Now().Before(f.busyTill) {
		p.Slowest = time.Second
	}
	return p, nil
}

// loop is one for a fake server, of bursts from 10 to 5,000.
func loop(t *testing.T, f *fakeServer) *Loop {
	t.Helper()
	s, err := New(Options{Of: results.LoadBurst, From: 10, To: 5000, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return &Loop{Search: s, Config: scenario.Search{Of: results.LoadBurst}, Runner: f}
}

func TestLoopFindsTheCeiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{edge: 300, answer: time.Millisecond}
		l := loop(t, f)
		saved := 0
		l.Save = func() error { saved++; return nil }
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := l.Search.Answer()
		if c.Status != results.CeilingConfirmed || c.Value < 285 || c.Value > 315 {
			t.Errorf("%s, want 300 within 5 %%", summary(c))
		}
		if first := c.Trials[0]; first.Duration != 3*time.Second || c.Duration < time.Duration(len(c.Trials))*3*time.Second {
			t.Errorf("the first of %d trials took %v, all %v; each took 3 s", len(c.Trials), first.Duration, c.Duration)
		}
		if saved != len(c.Trials) {
			t.Errorf("saved %d times for %d trials", saved, len(c.Trials))
		}
		for i, row := range rested(c) {
			if row.Settle < 2*time.Second || row.StartedAt < c.Trials[i].StartedAt+5*time.Second {
				t.Errorf("trial %d began at %v after a rest of %v", i+2, row.StartedAt, row.Settle)
			}
		}
	})
}

// rested are the trials that the server was given a rest before: all but the
// first and the hurried one at the end.
func rested(c *results.Ceiling) []results.Trial {
	return c.Trials[1 : len(c.Trials)-1]
}

func TestLoopWaitsUntilTheServerRecovered(t *testing.T) {
	for _, test := range []struct {
		name         string
		busy, settle time.Duration
		note         string
	}{
		{"at once", 0, 2 * time.Second, ""},
		{"after a while", 7500 * time.Millisecond, 8 * time.Second, ""},
		{"never", 24 * time.Hour, 30 * time.Second, results.NotRecovered},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeServer{edge: 300, answer: time.Millisecond, busyFor: test.busy}
				l := loop(t, f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				l.Save = func() error {
					if len(f.plans) == 2 {
						cancel()
					}
					return nil
				}
				if err := l.Run(ctx); err != nil {
					t.Fatal(err)
				}
				if got := l.Search.Answer().Trials[1]; got.Settle != test.settle || got.Note != test.note {
					t.Errorf("waited %v, note %q; want %v, %q", got.Settle, got.Note, test.settle, test.note)
				}
			})
		})
	}
}

// A server that fails single handshakes when it is idle is not waited for
// until it does not.
func TestLoopAsksForNoMoreThanTheIdleServerCould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop(t, &fakeServer{edge: 300, answer: time.Millisecond, failing: true})
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, row := range rested(l.Search.Answer()) {
			if row.Note != "" || row.Settle != 2*time.Second {
				t.Errorf("trial %d waited %v, note %q", i+2, row.Settle, row.Note)
			}
		}
	})
}

// A trial that this host limited is made again, with other arrivals, and
// counts for nothing.
func TestLoopRedoesWhatThisHostLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeServer{edge: 300, answer: time.Millisecond, limited: 2}
		l := loop(t, f)
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := l.Search.Answer()
		if c.Status != results.CeilingConfirmed || len(c.Valid()) >= len(c.Trials)-1 {
			t.Errorf("%s with %d of %d trials valid", summary(c), len(c.Valid()), len(c.Trials))
		}
		seeds := map[uint64]bool{}
		for _, p := range f.plans {
			seeds[p.Seed] = true
		}
		if len(seeds) != len(f.plans) {
			t.Errorf("%d seeds for %d trials", len(seeds), len(f.plans))
		}
	})
}

func TestLoopStopsInATrialAndGoesOnFromItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fakeServer{edge: 300, answer: time.Millisecond}
		f.stop = func() {
			if len(f.plans) == 6 {
				cancel()
			}
		}
		l := loop(t, f)
		if err := l.Run(ctx); err != nil {
			t.Fatal(err)
		}
		c := l.Search.Answer()
		if c.Reason != results.ReasonInterrupted || len(c.Trials) != 5 {
			t.Fatalf("%s after %d trials, want interrupted after 5", summary(c), len(c.Trials))
		}
		again := loop(t, f)
		for _, row := range c.Trials {
			if err := again.Search.Feed(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := again.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := again.Search.Answer()
		if done.Status != results.CeilingConfirmed || done.Trials[5].StartedAt < c.Duration {
			t.Errorf("%s; the sixth trial began at %v, after %v before", summary(done), done.Trials[5].StartedAt, c.Duration)
		}
	})
}

func TestLoopEndsWithAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("no room")
		l := loop(t, &fakeServer{edge: 300, fault: fault})
		if err := l.Run(t.Context()); !errors.Is(err, fault) {
			t.Errorf("error %v, want that of the trial", err)
		}
		l = loop(t, &fakeServer{edge: 300})
		l.Save = func() error { return fault }
		if err := l.Run(t.Context()); !errors.Is(err, fault) {
			t.Errorf("error %v, want that of saving", err)
		}
	})
}

func TestLoopTellsHowLongItCanStillTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop(t, &fakeServer{edge: 300, answer: time.Millisecond})
		told := 0
		l.Tell = func(p Progress) {
			told++
			if p.Left < 0 || p.Left > time.Hour || p.Load < 10 || p.Load > 5000 {
				t.Errorf("told %+v", p)
			}
		}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := l.Search.Answer(); told != len(rested(c))+len(c.Trials) {
			t.Errorf("told %d times in %d trials, want once a wait and once a trial", told, len(c.Trials))
		}
	})
}

// Two searches in turn find what each finds alone, and neither is ever a trial
// ahead while both go on.
func TestRunInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		edges := []int64{300, 180}
		var loops []*Loop
		var order []int
		for i, edge := range edges {
			f := &fakeServer{edge: edge, answer: time.Millisecond}
			f.stop = func() { order = append(order, i) }
			loops = append(loops, loop(t, f))
		}
		if err := RunInTurn(t.Context(), loops...); err != nil {
			t.Fatal(err)
		}
		for i, l := range loops {
			alone := loop(t, &fakeServer{edge: edges[i], answer: time.Millisecond})
			if err := alone.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := summary(l.Search.Answer()), summary(alone.Search.Answer()); got != want {
				t.Errorf("in turn %s, alone %s", got, want)
			}
		}
		// The last of a search is followed at once by one with little rest.
		both := 2 * (min(len(loops[0].Search.trials), len(loops[1].Search.trials)) - 2)
		for n := 0; n+3 < both; n += 4 {
			if got := order[n : n+4]; !slices.Equal(got, []int{0, 1, 1, 0}) {
				t.Fatalf("trials %d to %d are of %v", n, n+3, got)
			}
		}
	})
}
