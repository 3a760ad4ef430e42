package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"stampede/results"
)

// searched is the result of a search that found 940.
func searched() *results.Result {
	ns := func(d time.Duration) *int64 { n := int64(d); return &n }
	row := func(stage results.TrialStage, load int64, p99 time.Duration, failed float64) results.Trial {
		t := results.Trial{
			Load: load, Stage: stage, Valid: true, Good: failed < 0.001, BadShare: failed, Planned: load, Established: load,
			P50: ns(p99 / 4), P99: ns(p99), Goodput: float64(load) / p99.Seconds(), InFlight: float64(load) / 4, Duration: 8 * time.Second,
		}
		if failed > 0 {
			t.Failures = map[string]float64{"504": failed}
		}
		if failed > 0.01 {
			t.P99 = nil
		}
		return t
	}
	limited := row(results.StageFine, 966, 90*ms, 0)
	limited.Valid, limited.Invalid = false, "generator-limited (start_lag_p99 was 12ms, limit 1ms)"
	settled := row(results.StageFine, 966, 88*ms, 0.03)
	settled.Note = "did not recover"
	return &results.Result{
		Name: "evening reconnect", Target: results.Target{URL: "ws://127.0.0.1:9001/socket"},
		Ceiling: &results.Ceiling{
			Of: results.LoadBurst, Unit: results.LoadBurst.Unit(), Value: 940, Low: 905, High: 985, Status: results.CeilingConfirmed,
			LimitedBy: "504 rate < 0.1%", SafeLoad: 890, Scale: 0.015, From: 100, To: 4000, Duration: 190 * time.Second,
			LastGood: &results.Votes{Load: 920, Good: 5, Of: 5}, FirstBad: &results.Votes{Load: 966, Good: 0, Of: 3},
			Confirmed: &results.Votes{Load: 905, Good: 5, Of: 5},
			Trials: []results.Trial{
				row(results.StageWarmUp, 400, 30*ms, 0), row(results.StageCoarse, 100, 9*ms, 0), row(results.StageCoarse, 800, 60*ms, 0),
				row(results.StageCoarse, 1600, 300*ms, 0.4), row(results.StageFine, 920, 84*ms, 0), row(results.StageFine, 920, 85*ms, 0),
				limited, settled, row(results.StageFine, 966, 88*ms, 0.005), row(results.StageConfirm, 905, 80*ms, 0),
			},
		},
	}
}

func TestCeilingLineWordsEveryEnding(t *testing.T) {
	tests := []struct {
		name string
		edit func(c *results.Ceiling)
		want string
	}{
		{"confirmed", func(*results.Ceiling) {},
			"burst ceiling 940 [905, 985] 95 % · last good 920 (5/5), first bad 966 (0/3) · limited by 504 rate · confirmed · 8 trials, 3 min 10 s"},
		{"soft", func(c *results.Ceiling) { c.Soft = true },
			"burst ceiling 940 [905, 985] 95 % · last good 920 (5/5), first bad 966 (0/3) · limited by 504 rate · confirmed · soft ceiling · 8 trials, 3 min 10 s"},
		{"a rate", func(c *results.Ceiling) { c.Of = results.LoadRate },
			"rate ceiling 940/s [905, 985] 95 % · last good 920 (5/5), first bad 966 (0/3) · limited by 504 rate · confirmed · 8 trials, 3 min 10 s"},
		{"at least", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadHeld, Value: 5000, Low: 5000, Status: results.CeilingAtLeast, Reason: results.ReasonMaxLoad, LastGood: &results.Votes{Load: 5000, Good: 8, Of: 8}}
		}, "held ceiling at least 5,000 (max load reached; irregular) · last good 5,000 (8/8) · 0 trials, 0 s"},
		{"capped", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, Value: 5000, Low: 5000, Status: results.CeilingAtLeast, Reason: results.ReasonMaxLoad, CappedBy: "80 % of what this host can make"}
		}, "burst ceiling at least 5,000 (capped by 80 % of what this host can make; irregular) · 0 trials, 0 s"},
		{"below", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, High: 50, Status: results.CeilingBelow, Reason: results.ReasonMinLoad, LimitedBy: "handshake p99 < 1s", FirstBad: &results.Votes{Load: 50, Of: 3}}
		}, "burst ceiling below 50 (irregular) · first bad 50 (0/3) · limited by handshake p99 · 0 trials, 0 s"},
		{"generator-limited", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, Value: 800, Low: 800, Reason: results.ReasonGeneratorLimited, LimitedAt: 1400}
		}, "burst ceiling not found: generator-limited at 1,400 · so far at least 800 · 0 trials, 0 s"},
		{"interrupted with an interval", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, Value: 900, Low: 800, High: 1000, Reason: results.ReasonInterrupted}
		}, "burst ceiling not found: interrupted · so far 900 [800, 1,000] 95 % · 0 trials, 0 s"},
		{"interrupted with a bad load", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, High: 100, Reason: results.ReasonInterrupted}
		}, "burst ceiling not found: interrupted · so far below 100 · 0 trials, 0 s"},
		{"at once out of budget", func(c *results.Ceiling) {
			*c = results.Ceiling{Of: results.LoadBurst, Reason: results.ReasonBudget}
		}, "burst ceiling not found: budget · nothing known yet · 0 trials, 0 s"},
	}
	for _, test := range tests {
		r := searched()
		test.edit(r.Ceiling)
		if got := CeilingLine(r); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
	if got := CeilingLine(&results.Result{}); got != "" {
		t.Errorf("a result without a search has the line %q", got)
	}
}

func TestAdviceTellsOfShortRestAndTLS(t *testing.T) {
	c := searched().Ceiling
	c.GeneratorCeiling = 1200
	plain := strings.Join(advice(c), "\n")
	for _, silent := range []string{"TLS", "history-dependent"} {
		if strings.Contains(plain, silent) {
			t.Errorf("%q speaks of %s", plain, silent)
		}
	}
	c.GeneratorTLS = &results.TLSFacts{Full: 1200}
	c.ShortRest = &results.Votes{Load: 905, Of: 2}
	got := strings.Join(advice(c), "\n")
	for _, want := range []string{
		"the generator alone makes 1,200 over TLS",
		"history-dependent: with a quarter of the rest between bursts none of 2 trials at 905 was good; a rate limit, or work that goes on behind the answers",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	c.GeneratorTLS, c.GeneratorMore = &results.TLSFacts{Full: 1, Resumed: 1199}, true
	if got := strings.Join(advice(c), "\n"); !strings.Contains(got, "the generator alone makes 1,200 or more over TLS, most sessions resumed") {
		t.Errorf("%q does not say that sessions were resumed, or that it may be more", got)
	}
}

func TestTextOfASearchFitsInto100Columns(t *testing.T) {
	var b strings.Builder
	if err := Text(&b, pictures["ceiling"](t), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n")[1:] { // after the answer, which is one line however long
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// A file may say anything; drawing it must neither panic nor pass on bytes that
// a terminal obeys.
func TestTextOfAHostileSearchIsHarmless(t *testing.T) {
	const evil = "\x1b[2J\u202e"
	below := int64(-5)
	r := &results.Result{Ceiling: &results.Ceiling{
		Of: evil, Reason: evil, CappedBy: evil, LimitedBy: evil, Value: -1, Low: 7, High: -9, Duration: -1,
		Scalability: &results.Scalability{Retrograde: true}, History: &results.History{Dependent: true}, LastGood: &results.Votes{Good: -1},
		Trials: []results.Trial{
			{Load: -1, Valid: true, Stage: evil, Note: evil, P99: &below, Failures: map[string]float64{evil: -3}, Goodput: -1e300, BadShare: -1},
			{Load: 5, Valid: true, Invalid: evil, Failures: map[string]float64{evil: 1e300}, Goodput: 1e300, BadShare: 1e300},
		},
	}}
	for _, status := range []results.CeilingStatus{results.CeilingInconclusive, results.CeilingConfirmed, results.CeilingAtLeast, results.CeilingBelow, 200} {
		r.Ceiling.Status = status
		var b strings.Builder
		if err := Text(&b, r, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x1b\u202e") {
			t.Errorf("%s: escapes got through: %q", status, b.String())
		}
	}
}

func TestBarsAreNeverMoreThanFullNorNothingForSomething(t *testing.T) {
	for _, test := range []struct {
		share float64
		want  string
	}{{0, ""}, {0.0001, "▏"}, {0.5, strings.Repeat("█", 13)}, {1, strings.Repeat("█", 26)}, {3, strings.Repeat("█", 26)}, {0.25, "██████▌"}} {
		if got := bar(test.share); got != test.want {
			t.Errorf("%v: %q, want %q", test.share, got, test.want)
		}
	}
}
