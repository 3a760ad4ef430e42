package ceiling

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// curves are servers as scripts: what the n-th trial, from 0 with the warm-up,
// comes to at a load.
var curves = []struct {
	name    string
	options Options
	trial   func(n int, load int64) results.Trial
}{
	{"edge", Options{From: 50, To: 20000}, func(_ int, load int64) results.Trial { return trial(load, load <= 940) }},
	{"small", Options{From: 4, To: 200}, func(_ int, load int64) results.Trial { return trial(load, load <= 31) }},
	{"one", Options{From: 1, To: 64}, func(_ int, load int64) results.Trial { return trial(load, load <= 1) }},
	{"at least", Options{From: 50, To: 1000}, func(_ int, load int64) results.Trial { return trial(load, true) }},
	{"below", Options{From: 50, To: 1000}, func(_ int, load int64) results.Trial { return trial(load, false) }},
	{"one load only", Options{From: 50, To: 50}, func(_ int, load int64) results.Trial { return trial(load, true) }},
	{"spoilt on the way up", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial { return trial(load, load <= 940 && n != 2) }},
	{"spoilt at the start", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial { return trial(load, load <= 940 && n != 1) }},
	{"lucky", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial { return trial(load, load <= 940 || n == 6) }},
	{"inverted", Options{From: 50, To: 20000}, func(_ int, load int64) results.Trial {
		return trial(load, load <= 300 || (load >= 700 && load <= 900))
	}},
	{"degrading", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial { return trial(load, load <= 940-20*int64(n)) }},
	{"unstable", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial { return trial(load, load <= 940 && n < 17) }},
	{"limited now and then", Options{From: 50, To: 20000}, func(n int, load int64) results.Trial {
		row := trial(load, load <= 940)
		row.Valid = n%3 != 1
		return row
	}},
	{"limited from 1,400", Options{From: 50, To: 20000}, func(_ int, load int64) results.Trial {
		row := trial(load, true)
		row.Valid = load < 1400
		return row
	}},
	{"budget of 12 trials", Options{From: 50, To: 20000, Trials: 12}, func(_ int, load int64) results.Trial { return trial(load, load <= 940) }},
	{"budget of 2 minutes", Options{From: 50, To: 20000, Duration: 2 * time.Minute}, func(_ int, load int64) results.Trial { return trial(load, load <= 940) }},
	{"strict", Options{From: 50, To: 20000, Strict: true}, func(n int, load int64) results.Trial { return trial(load, load <= 940 && n != 18) }},
	{"pooled", Options{From: 4, To: 200, Pooled: 2995}, func(_ int, load int64) results.Trial {
		row := trial(load, load <= 31)
		row.Planned = 400
		return row
	}},
}

func TestSearchGoesThroughTheLoadsOfTheScripts(t *testing.T) {
	for _, curve := range curves {
		t.Run(curve.name, func(t *testing.T) {
			curve.options.Of = results.LoadBurst
			s, err := New(curve.options)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			n := 0
			for step, ok := s.Next(); ok; step, ok = s.Next() {
				row := curve.trial(n, step.Load)
				fmt.Fprintf(&b, "%-9s %5d  %-7s bracket %d to %d, at most %d left\n", step.Stage, step.Load, word(row), step.Low, step.High, step.Left)
				if err := s.Feed(row); err != nil {
					t.Fatal(err)
				}
				n++
			}
			b.WriteString(summary(s.Answer()))
			golden(t, strings.NewReplacer(" ", "_", ",", "").Replace(curve.name), b.String())
		})
	}
}

func word(t results.Trial) string {
	switch {
	case !t.Valid:
		return "invalid"
	case t.Good:
		return "good"
	}
	return "bad"
}

func summary(c *results.Ceiling) string {
	return fmt.Sprintf("%s %q: %d [%d, %d], last good %v, first bad %v, from idle %v, safe load %d, limited at %d\n",
		c.Status, c.Reason, c.Value, c.Low, c.High, tell(c.LastGood), tell(c.FirstBad), tell(c.Confirmed), c.SafeLoad, c.LimitedAt)
}

func tell(v *results.Votes) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprintf("%d (%d/%d)", v.Load, v.Good, v.Of)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestSearchFindsEverySmallCeiling(t *testing.T) {
	for truth := int64(1); truth <= 120; truth++ {
		c := run(t, Options{Of: results.LoadBurst, To: 1000}, func(load int64) bool { return load <= truth }).Answer()
		off := max(c.Value-truth, truth-c.Value)
		if c.Status != results.CeilingConfirmed || off > max(1, truth/20) || c.Low > truth || c.High < truth {
			t.Errorf("a ceiling of %d: %s", truth, summary(c))
		}
		if truth <= 20 && c.Value != truth {
			t.Errorf("a ceiling of %d: %s, want it exactly", truth, summary(c))
		}
	}
}

// Whatever the verdicts are, a search ends within what it says is left, its
// bracket and interval stay in order, and its record brings a new one to the
// same place.
func checkAnySearch(t *testing.T, o Options, verdict func(n int) (valid, good bool)) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		return // options that are refused
	}
	var record []results.Trial
	left := o.Trials + defaultTrials + 2
	for step, ok := s.Next(); ok; step, ok = s.Next() {
		if step.Left > left || step.Left < 1 {
			t.Fatalf("trial %d: %d left, after %d were", len(record), step.Left, left)
		}
		if step.Load < s.o.From || step.Load > s.o.To {
			t.Fatalf("trial %d at %d is outside %d to %d", len(record), step.Load, s.o.From, s.o.To)
		}
		if step.Low > 0 && step.High > 0 && step.Low >= step.High {
			t.Fatalf("trial %d: bracket %d to %d", len(record), step.Low, step.High)
		}
		row := trial(step.Load, false)
		row.Stage = step.Stage
		row.Valid, row.Good = verdict(len(record))
		if record = append(record, row); len(record) > 4*defaultTrials {
			t.Fatal("the search goes on and on")
		}
		if left = step.Left; row.Valid || step.Discarded() {
			left--
		}
		if err := s.Feed(row); err != nil {
			t.Fatal(err)
		}
	}
	checkAnswer(t, s.Answer())
	checkReplay(t, o, record, s.Answer())
}

func checkAnswer(t *testing.T, c *results.Ceiling) {
	t.Helper()
	ordered := c.Low <= c.Value && (c.High == 0 || c.Value <= c.High) && c.SafeLoad <= c.Value
	if !ordered || (c.Status == results.CeilingConfirmed) != (c.Reason == "") {
		t.Errorf("the answer contradicts itself: %s", summary(c))
	}
	if c.LastGood != nil && c.FirstBad != nil && c.LastGood.Load >= c.FirstBad.Load {
		t.Errorf("the last good is above the first bad: %s", summary(c))
	}
	if c.Status == results.CeilingBelow && (c.Value != 0 || c.High != c.From) {
		t.Errorf("below, but %s", summary(c))
	}
	if c.Status == results.CeilingAtLeast && c.Value <= 0 {
		t.Errorf("at least, but %s", summary(c))
	}
}

// checkReplay feeds the record again and looks half way and at the end.
func checkReplay(t *testing.T, o Options, record []results.Trial, want *results.Ceiling) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range record {
		if i == len(record)/2 {
			checkAnswer(t, s.Answer())
		}
		if err := s.Feed(row); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, s.Answer()); diff != "" {
		t.Errorf("fed again (-first +again):\n%s", diff)
	}
	if err := s.Feed(results.Trial{}); !errors.Is(err, ErrOver) {
		t.Errorf("a trial after the end: %v, want ErrOver", err)
	}
}

func TestSearchEndsWhateverTheVerdicts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range max(searchesEach/4, 20) {
		invalid, good := rnd.Float64()*0.3, rnd.Float64()
		from := 1 + rnd.Int64N(200)
		o := Options{Of: results.LoadRate, From: from, To: from + rnd.Int64N(20000), Strict: rnd.IntN(2) == 0, Pooled: rnd.Int64N(2) * 10000}
		if rnd.IntN(4) == 0 {
			o.Trials = 1 + rnd.IntN(60)
		}
		checkAnySearch(t, o, func(int) (bool, bool) { return rnd.Float64() >= invalid, rnd.Float64() < good })
	}
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte{0}, uint16(1), uint16(1), false)
	f.Add([]byte{1, 0, 1, 0, 1, 1, 0}, uint16(50), uint16(20000), true)
	f.Add([]byte{1, 1, 1, 1, 1, 0, 0, 0, 2, 2, 1, 0, 1}, uint16(4), uint16(60), false)
	f.Fuzz(func(t *testing.T, verdicts []byte, from, to uint16, strict bool) {
		if len(verdicts) == 0 {
			return
		}
		o := Options{Of: results.LoadHeld, From: int64(from), To: int64(to), Strict: strict}
		checkAnySearch(t, o, func(n int) (valid, good bool) {
			v := verdicts[n%len(verdicts)]
			return v%4 != 2, v%2 == 1
		})
	})
}

func TestNextChangesNothing(t *testing.T) {
	s, err := New(Options{Of: results.LoadBurst, To: 100})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		a, _ := s.Next()
		if b, _ := s.Next(); a != b {
			t.Fatalf("asked twice: %+v, then %+v", a, b)
		}
		before := *s.Answer()
		if diff := cmp.Diff(before, *s.Answer()); diff != "" {
			t.Fatalf("answered twice:\n%s", diff)
		}
		if err := s.Feed(trial(a.Load, true)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFeedRefusesAnotherTrialThanTheOneAskedFor(t *testing.T) {
	s, err := New(Options{Of: results.LoadBurst, From: 50, To: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var wrong *StepError
	if err := s.Feed(trial(77, true)); !errors.As(err, &wrong) || wrong.Load != 77 || wrong.Want.Load != 201 {
		t.Errorf("a trial at 77: %v, want a StepError that asks for 201", err)
	}
	late := trial(201, true)
	late.Stage = results.StageFine
	if err := s.Feed(late); !errors.As(err, &wrong) {
		t.Errorf("a trial of another stage: %v, want a StepError", err)
	}
	if len(s.Answer().Trials) != 0 {
		t.Error("a refused trial was kept")
	}
}

func TestNewRefusesOptionsAllAtOnce(t *testing.T) {
	_, err := New(Options{From: 10, To: 5, Trials: -1, Widths: Widths{Fine: 1}})
	for _, part := range []string{"10 to 5", "bound", "width", "kind of load"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v doesn't mention %q", err, part)
		}
	}
}

func TestAnswerNamesTheGoalThatFailsNearestAboveTheCeiling(t *testing.T) {
	s, err := New(Options{Of: results.LoadBurst, From: 50, To: 20000})
	if err != nil {
		t.Fatal(err)
	}
	for step, ok := s.Next(); ok; step, ok = s.Next() {
		row := trial(step.Load, step.Load <= 940)
		// Just above, gateways answer 504; far above, everything is slow.
		row.Goals = []results.TrialGoal{{Goal: "handshake p99 < 1s", Good: step.Load < 1500}, {Goal: "504 rate < 0.1%", Good: step.Load <= 940}}
		if err := s.Feed(row); err != nil {
			t.Fatal(err)
		}
	}
	if c := s.Answer(); c.LimitedBy != "504 rate < 0.1%" {
		t.Errorf("limited by %q, want the 504 rate", c.LimitedBy)
	}
}

func TestPooledForRareGoalsOnly(t *testing.T) {
	for text, want := range map[string]int64{
		"504 rate < 0.1%": 2995, "504 rate < 0.01%": 2995, "504 rate < 1%": 0, "handshake p99 < 1s": 0,
		"handshake p99.9 < 1s": 2995, "504 count <= 0": 0,
	} {
		goal, err := results.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		if n := PooledFor([]results.Threshold{goal}); n != want {
			t.Errorf("%s: %d, want %d", text, n, want)
		}
	}
}

func TestGridIsFixed(t *testing.T) {
	for load := int64(1); load < 30000; load++ {
		x := float64(load)
		down, near := snapDown(x), snap(x)
		if snap(float64(near)) != near || snapDown(float64(near)) != near {
			t.Fatalf("%d is snapped to %d, which is not on the grid", load, near)
		}
		if down > load || float64(load-down) > 0.012*x || (load <= 100 && (down != load || near != load)) {
			t.Fatalf("%d is snapped to %d, down to %d", load, near, down)
		}
	}
}
