package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// longSearch is a search of sixty trials for a ceiling of 940 that ends
// confirmed.
func longSearch(*testing.T) *results.Result {
	r := answer(searched())
	c := r.Ceiling
	c.Scale = 0.03
	c.Trials = c.Trials[:4:4]
	for i := range 60 {
		load := int64(940 * math.Exp(0.16*scattered[i%10]+0.02*scattered[i/10]))
		p99, failed := time.Duration(float64(load)*float64(90*time.Microsecond)), 0.0
		if load > 940+int64(30*scattered[(i*7)%10]) {
			failed = 0.002 * math.Exp(float64(load-900)/40)
		}
		ns, p50 := int64(p99), int64(p99/4)
		t := results.Trial{Load: load, Stage: results.StagePosterior, Valid: i%11 != 5, Good: failed == 0, BadShare: failed, Planned: load, P50: &p50, P99: &ns, Goodput: 9e3}
		if failed > 0 {
			t.Failures = map[string]float64{"504": failed * 0.8, "timeout connect": failed * 0.2}
		}
		if failed > 0.01 {
			t.P99 = nil
		}
		if !t.Valid {
			t.Invalid = "generator-limited (start_lag_p99 was 12ms, limit 1ms)"
		}
		c.Trials = append(c.Trials, t)
	}
	r.Judge(nil)
	return r
}

// longComparison has thirty pairs in an hour that drifts, and all measures.
func longComparison(*testing.T) *results.Result {
	plan := results.NewPairs(results.PairsOptions{Seed: 7, Pairs: 30})
	list := results.CompareOptions{}.Measured()
	for turn, ok := plan.Next(); ok; turn, ok = plan.Next() {
		samples := map[results.Measure]results.Sample{}
		for i, m := range list {
			d, bad := 0.3*math.Sin(float64(turn.Pair)/8)+0.03*scattered[(turn.Pair+i)%10], int64(3+turn.Pair%2)
			if turn.Side == results.SideB {
				d, bad = d+0.02*float64(3-i)+0.05*scattered[(turn.Pair*3+i)%10], bad+2*int64(i%3)
			}
			samples[m] = results.Sample{Value: 180e6 / float64(i+1) * math.Exp(d), Of: 3000}
			if m.Statistic == results.Rate {
				samples[m] = results.Sample{Value: float64(bad) / 3000, Bad: bad, Of: 3000}
			}
		}
		plan.Add(results.Reading{Samples: samples})
	}
	return answer(&results.Result{Compare: results.ComparePlan(plan, results.CompareOptions{A: "wss://gateway-blue.example.test/socket", B: "wss://gateway-green.example.test/socket"})})
}

// endlessAnswers is a file without bounds: of everything many, with the
// longest texts and the widest numbers.
func endlessAnswers() *results.Result {
	text, huge, number := strings.Repeat(hostile, 40), int64(math.MaxInt64), math.MaxFloat64
	r := answer(&results.Result{Ceiling: &results.Ceiling{Of: results.LoadKind(text), Reason: results.CeilingReason(text), CappedBy: text, LimitedBy: text,
		Value: 900, Low: 1, High: huge, SafeLoad: -7, Scale: number, Spoilt: number, LastGood: &results.Votes{Load: huge, Good: huge}}})
	r.Compare = &results.Comparison{A: text, B: text, Interleaved: true, Withheld: text, Delta: number, ShareDelta: -number}
	r.Gate = &results.Gate{}
	for i := range 5_000 {
		r.Ceiling.Trials = append(r.Ceiling.Trials, results.Trial{Load: int64(i) * (huge / 5_000), Stage: results.TrialStage(text), Valid: i%2 == 0, Invalid: text, P99: &huge,
			BadShare: number, Goodput: number, Failures: map[string]float64{text: number, "504": number, "502": -number, "a": 1, "b": 1e-300}})
		unit := []results.Unit{results.Relative, results.Share, results.Unit(text)}[i%3]
		r.Compare.Effects = append(r.Compare.Effects, results.Effect{Metric: text, Method: "x", Unit: unit, Note: text, Low: &number, A: &number, B: &number,
			Values: make([]results.PairValues, 5)})
		r.Compare.Notes = append(r.Compare.Notes, text)
		r.Gate.Checks = append(r.Gate.Checks, results.GateCheck{Text: text, Note: text, Unit: unit, Looked: i, Limit: 1e-300,
			Kind: []results.GateKind{results.Goal, results.Regression, results.Stored, results.GateKind(text)}[i%4], Value: &number, Low: &number})
		r.Gate.Warnings = append(r.Gate.Warnings, text)
	}
	for i := range 5_000 {
		r.Compare.Effects[0].Values = append(r.Compare.Effects[0].Values, results.PairValues{A: &number, BFirst: i%2 == 0})
	}
	return r
}

// endlessRun is a run without bounds, and the answers beside it: what no run
// comes to and a file may have.
func endlessRun(t *testing.T) *results.Result {
	m := newRun(3600, make([]results.Burst, 5000)...)
	kinds := []results.Outcome{ok, gatewayTimeout, refused, canceled, {Kind: results.Local, Reason: results.NoMemory}, {Kind: results.TLS, Phase: results.PhaseTLS, Reason: hostile},
		{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 502}, {Kind: results.Timeout, Phase: results.PhaseUpgrade}, {Kind: results.Reset, Phase: results.PhaseConnect}}
	for i := range 3600 * 9 {
		at := time.Duration(i) * 400 * ms
		o, spread := kinds[i%len(kinds)], time.Duration(math.Exp(float64(i*7919%1000)/54))*time.Microsecond
		m.attempt(at, at+1, int32(i%5000), o, spread)
	}
	for i := range 900 {
		o := results.Outcome{Kind: results.Protocol, Phase: results.PhaseUpgrade, Reason: results.Reason(fmt.Sprint(hostile, i))}
		m.attempt(time.Duration(i)*ms, time.Duration(i)*ms+1, -1, o, ms)
		m.r.Sample(o, fmt.Sprint(i))
	}
	r := m.judged(t)
	long := strings.Repeat(hostile, 5)
	r.Name, r.Target.URL, r.Scenario = strings.Repeat("n", 1<<20), "ws://"+strings.Repeat("u", 1<<20), strings.Repeat(hostile+"\n", 5000)
	r.Verdict = results.Fail
	r.Environment, r.Target.Addresses = map[string]string{}, map[string]int64{}
	r.TLS = &results.TLSFacts{Sessions: []results.SessionRow{{Version: "\n" + strings.Repeat(long, 1000)}}}
	for i := range 10_000 {
		text := fmt.Sprint(long, i)
		r.Notes, r.Warnings = append(r.Notes, text), append(r.Warnings, results.Warning{Text: text, Count: math.MaxInt64})
		r.Environment[text], r.Target.Addresses[text] = text, math.MaxInt64
		r.Findings = append(r.Findings, results.Finding{Name: text, Share: 1, Text: text, Next: text})
		r.Generator.Checks = append(r.Generator.Checks, results.Check{Name: text, Value: math.MaxFloat64, Note: text})
		r.Held.ClosedEarly = append(r.Held.ClosedEarly, results.EarlyClose{How: text, Count: math.MaxInt64})
	}
	for i := range 3000 {
		verdict := results.Pass
		if i == 2999 {
			verdict = results.Fail
		}
		r.Thresholds = append(r.Thresholds, results.Judgement{Text: fmt.Sprint("goal ", i, long), Verdict: verdict, Method: results.Method(long), Note: long})
	}
	for i := range 64 {
		mon := results.Monitor{Name: long, Source: long}
		for range results.MaxSeries {
			s := results.Series{Name: long, Kind: results.Gauge, Limit: math.MaxFloat64}
			for k := range results.MaxPoints {
				s.Points = append(s.Points, results.Point{At: time.Duration(k) * 16 * time.Second, Value: math.MaxFloat64 / float64(1+k%(i+2))})
			}
			mon.Series = append(mon.Series, s)
		}
		mon.Errors = append(mon.Errors, results.Warning{Text: long, Count: 1})
		r.Monitors = append(r.Monitors, mon)
	}
	return r
}

func TestPageOfEndlessRunIsBounded(t *testing.T) {
	run, both := endlessRun(t), endlessRun(t)
	answers := endlessAnswers()
	both.Ceiling, both.Compare, both.Gate = answers.Ceiling, answers.Compare, answers.Gate
	for name, r := range map[string]*results.Result{"run": run, "run and answers": both} {
		t.Run(name, func(t *testing.T) {
			page := pageText(t, r)
			t.Logf("%d bytes", len(page))
			if len(page) > maxPage {
				t.Errorf("the page has %d bytes", len(page))
			}
			for _, part := range []string{"<script", "<img", "NaN", "Inf", "\u202e"} {
				if i := strings.Index(page, part); i >= 0 {
					t.Errorf("%q is in the page: %s", part, page[max(i-80, 0):i+20])
				}
			}
			for _, part := range []string{"goal 2999", "more threshold", "more burst", "more remark", "more warning", "more finding", "more check", "more outcome", "and more</th>",
				"The other samples are in result.json", "cut; result.json has all of it", "This run has more to show than fits a page"} {
				if !strings.Contains(page, part) {
					t.Errorf("the page says nowhere %q", part)
				}
			}
			for _, id := range []string{"outcomes", "failures", "quantiles", "heat", "percentiles", "open", "burst-1", "beside-1"} {
				if !strings.Contains(page, `id="`+id+`-title"`) {
					t.Errorf("there is no figure %s", id)
				}
			}
		})
	}
}

// What is too long for a comment is cut there too, and what failed is not.
func TestMarkdownOfEndlessRunFitsAComment(t *testing.T) {
	both, answers := endlessRun(t), endlessAnswers()
	both.Compare, both.Ceiling = answers.Compare, answers.Ceiling
	for name, r := range map[string]*results.Result{"run": endlessRun(t), "run and answers": both, "answers": answers} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			if err := Markdown(&text, r); err != nil {
				t.Fatal(err)
			}
			if text.Len() > maxComment || text.Len() < 2000 {
				t.Errorf("%d bytes", text.Len())
			}
			if !strings.HasPrefix(text.String(), "## ") || !strings.Contains(text.String(), ", which result.json has.") {
				t.Errorf("it begins with %.100q", text.String())
			}
			if name == "run" && !strings.Contains(text.String(), "goal 2999") {
				t.Error("the threshold that failed is not in it")
			}
		})
	}
}

// An ordinary run is drawn in full, and nobody is told that it is not.
func TestPageOfOrdinaryRunIsWhole(t *testing.T) {
	for name, picture := range pictures {
		if strings.Contains(pageText(t, picture(t)), "more to show than fits") {
			t.Errorf("%s is not drawn in full", name)
		}
	}
}

func TestPageOfEndlessAnswersIsBounded(t *testing.T) {
	page := pageText(t, endlessAnswers())
	t.Logf("%d bytes", len(page))
	if len(page) > 500_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, part := range []string{"<script", "<img", "NaN", "Inf", "\u202e"} {
		if strings.Contains(page, part) {
			t.Errorf("%q is in the page", part)
		}
	}
	for _, id := range []string{"trial-latency", "trial-failures", "trial-votes", "pairs", "effects", "share-effects", "changes", "share-changes"} {
		if !strings.Contains(page, `id="`+id+`-title"`) {
			t.Errorf("there is no figure %s", id)
		}
	}
}

func TestPageDrawsEveryTrialOfASearch(t *testing.T) {
	page := pageText(t, longSearch(t))
	figure := page[strings.Index(page, `id="trial-latency"`):strings.Index(page, `id="trial-failures"`)]
	points := figure[strings.Index(figure, `class="points"`):]
	// Of 64 trials the warm-up and five do not count; the triangles are the
	// last good and the first bad load.
	for mark, want := range map[string]int{`class="disc good"`: 27, `class="cross bad"`: 31, `class="diamond spare"`: 6, `class="up good"`: 1, `class="down bad"`: 1} {
		if got := strings.Count(points, mark); got != want {
			t.Errorf("%d points with %s, want %d", got, mark, want)
		}
	}
	for _, mark := range []string{`<path class="band"`, `<path class="line ceiling"`, `<path class="line safe"`} {
		if n := strings.Count(figure, mark); n != 1 {
			t.Errorf("%d of %s", n, mark)
		}
	}
}

// A search that was stopped early, of which little is known, is drawn with
// what bounds there are.
func TestPageOfUnfinishedSearches(t *testing.T) {
	tests := map[string]struct {
		low, high int64
		trials    int
		want      string
	}{
		"nothing known": {0, 0, 0, ""}, "trials but no bound": {0, 0, 4, ""}, "good so far": {800, 0, 4, "ceiling at least 800"}, "bad so far": {0, 1600, 4, "ceiling below 1,600"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := longSearch(t)
			r.Ceiling = &results.Ceiling{Of: results.LoadBurst, Reason: results.ReasonInterrupted, Low: test.low, High: test.high, Trials: r.Ceiling.Trials[:test.trials]}
			page := pageText(t, r)
			if drawn := strings.Contains(page, `id="trial-latency"`); drawn != (test.trials > 0) {
				t.Errorf("drawn: %v", drawn)
			}
			if band := strings.Contains(page, `class="band"`); band != (test.want != "") || !strings.Contains(page, test.want) {
				t.Errorf("band: %v, want %q", band, test.want)
			}
		})
	}
}

// A result of several comparisons has each of them drawn, by ids of its own,
// and its headline is no better than the worst of them.
func TestPageDrawsEveryComparison(t *testing.T) {
	family := func(changes ...float64) *results.Result {
		r := answer(&results.Result{})
		for i, change := range changes {
			c := compared(change, 0.02, 0, results.CompareOptions{A: "plain", B: fmt.Sprintf("variant-%d", i+1)})
			r.Comparisons, r.Compare = append(r.Comparisons, c), c
		}
		return r
	}
	page := pageText(t, family(0.3, 0, -0.3))
	for _, want := range []string{`id="pairs-1"`, `id="pairs-2"`, `id="pairs-3"`, `id="effects-3"`, `<span class="share">variant-1</span> B slower`,
		`<span class="share">variant-3</span> B faster`, `<h1 class="fail"`} {
		if n := strings.Count(page, want); n != 1 {
			t.Errorf("%d of %s", n, want)
		}
	}
	for want, changes := range map[string][]float64{`<h1 class="pass"`: {0, -0.3}, `<h1 class="fail"`: {0.3, 0}} {
		if page := pageText(t, family(changes...)); !strings.Contains(page, want) {
			t.Errorf("changes of %v have no %s", changes, want)
		}
	}
	long := longComparison(t)
	for range 40 {
		long.Comparisons = append(long.Comparisons, long.Compare)
	}
	page = pageText(t, long)
	t.Logf("%d bytes", len(page))
	if len(page) > 500_000 || !strings.Contains(page, "And 25 comparisons more.") {
		t.Errorf("the page of 40 comparisons has %d bytes", len(page))
	}
}

// Pairs of searches are drawn as what they are of: counts, of which more is
// better.
func TestPageDrawsPairsOfSearches(t *testing.T) {
	plan := results.NewPairs(results.PairsOptions{Pairs: 6, Warm: true})
	for turn, ok := plan.Next(); ok; turn, ok = plan.Next() {
		c := &results.Ceiling{Of: results.LoadBurst, Status: results.CeilingConfirmed, Value: 1000, Low: 980, High: 1020}
		if turn.Side == results.SideB {
			c.Value, c.Low, c.High = 1500+int64(turn.Pair), 1480, 1520
		}
		plan.Add(results.NewSearchReading(c))
	}
	page := pageText(t, answer(&results.Result{Compare: results.CompareSearches(plan, results.CompareOptions{Delta: 0.1})}))
	for _, want := range []string{"ceiling of each pair", "pair 6, ", "A 1,000, B 1,506", `class="line better"`, "6 pairs of searches", "B higher", "worse to the left, better to the right"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageMarksStoredComparisons(t *testing.T) {
	for name, want := range map[string]bool{"comparison": false, "comparison-stored": true} {
		page := pageText(t, pictures[name](t))
		if got := strings.Contains(page, `<span class="share">not interleaved</span>`); got != want {
			t.Errorf("%s is marked: %v", name, got)
		}
		if got := strings.Contains(page, `id="pairs"`); got == want {
			t.Errorf("%s has its pairs drawn: %v", name, got)
		}
	}
}
