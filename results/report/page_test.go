package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// pageText draws a page.
func pageText(t *testing.T, r *results.Result) string {
	t.Helper()
	var page strings.Builder
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// A page has the parts there is something to say in, and no others.
func TestPageSections(t *testing.T) {
	tests := map[string][]string{
		"pass": {"happened", "over-time", "latency", "phases", "open-connections", "thresholds", "metrics", "generator", "setting"},
		"fail": {"happened", "over-time", "latency", "phases", "bursts", "open-connections", "samples", "thresholds", "metrics", "generator",
			"remarks", "setting"},
		"refused":           {"happened", "over-time", "phases", "open-connections", "metrics", "generator", "setting"},
		"partial":           {"happened", "over-time", "latency", "open-connections", "metrics", "generator", "setting"},
		"monitored":         {"happened", "over-time", "latency", "beside", "phases", "open-connections", "metrics", "generator", "setting"},
		"ceiling":           {"ceiling", "generator"},
		"comparison":        {"comparison"},
		"comparison-stored": {"comparison", "happened", "over-time", "latency", "phases", "open-connections", "metrics", "generator", "setting"},
		"gate":              {"gate", "comparison"},
		"nothing":           nil,
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range pageOf(pictures[name](t), sections, 0).Sections {
				got = append(got, s.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sections (-want +got):\n%s", diff)
			}
		})
	}
}

// A page begins with the verdict as the terminal's summary does.
func TestPageBeginsWithTheVerdict(t *testing.T) {
	for name, picture := range pictures {
		t.Run(name, func(t *testing.T) {
			r := picture(t)
			word, reason := headline(r)
			if VerdictLine(r) != word+reason {
				t.Errorf("the terminal says %q", VerdictLine(r))
			}
			class := strings.ToLower(word)
			if word == "B slower" {
				class = "fail"
			}
			if want := fmt.Sprintf(`<h1 class="%s"><span class="word">%s</span> `, class, word); !strings.Contains(pageText(t, r), want) {
				t.Errorf("the page has no %s", want)
			}
		})
	}
}

// A recorded result, which has lost what is not written, is drawn as the live one.
func TestPageOfReadResult(t *testing.T) {
	for name, picture := range map[string]func(*testing.T) *results.Result{
		"run": pictures["fail"], "ceiling": longSearch, "comparison": longComparison, "gate": pictures["gate"]} {
		t.Run(name, func(t *testing.T) {
			live := picture(t)
			var file strings.Builder
			if err := live.Write(&file); err != nil {
				t.Fatal(err)
			}
			read, err := results.ReadResult(strings.NewReader(file.String()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(pageText(t, live), pageText(t, read)); diff != "" {
				t.Errorf("(-live +read):\n%s", diff)
			}
		})
	}
}

// A result of an older version, without durations by second and burst, has no
// figure that would take them for failures.
func TestPageOfOlderResult(t *testing.T) {
	r := pictures["fail"](t)
	for i := range r.Timeline {
		r.Timeline[i].Handshakes = ""
	}
	for i := range r.Bursts {
		r.Bursts[i].Completed = ""
	}
	page := pageText(t, r)
	for _, id := range []string{"quantiles", "heat", "burst-1"} {
		if strings.Contains(page, `id="`+id+`-title"`) {
			t.Errorf("there is a figure %s", id)
		}
	}
	if !strings.Contains(page, `id="outcomes-title"`) {
		t.Error("the outcomes are not drawn")
	}
}

func TestPageReportsWriteErrors(t *testing.T) {
	if err := HTML(brokenPipe{}, pictures["pass"](t)); !errors.Is(err, errPipe) {
		t.Errorf("error %v", err)
	}
}

// An hour of a busy run with every kind of failure, forty bursts and the
// longest samples stays small, and so does its result.
func TestPageOfAnHour(t *testing.T) {
	var plan []results.Burst
	for i := range 40 {
		plan = append(plan, results.Burst{At: time.Duration(i) * 90 * time.Second, Count: 1800, Within: 90 * time.Second})
	}
	m := newRun(3600*20, plan...)
	outcomes := []results.Outcome{gatewayTimeout, refused, {Kind: results.Timeout, Phase: results.PhaseUpgrade},
		{Kind: results.Reset, Phase: results.PhaseConnect}, {Kind: results.Protocol, Phase: results.PhaseUpgrade, Reason: results.BadAccept},
		{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 502}, {Kind: results.Status, Phase: results.PhaseUpgrade, Status: 429}}
	for i := range 3600 * 20 {
		at, o := time.Duration(i)*50*ms, ok
		if i%4 == 0 {
			o = outcomes[i/4%len(outcomes)]
		}
		m.attempt(at, at+ms, int32(i/1800), o, time.Duration(1+i*7919%3000)*ms)
	}
	for _, o := range outcomes {
		for i := range 3 {
			m.r.Sample(o, fmt.Sprint(i)+strings.Repeat("<&>", 1500))
		}
	}
	r := m.judged(t, "handshake p99 < 250ms")
	r.Scenario = strings.Repeat("# a comment\n", 10_000)
	var file strings.Builder
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	t.Logf("page %d bytes, result %d bytes", len(pageText(t, r)), file.Len())
	if n := len(pageText(t, r)); n > 500_000 {
		t.Errorf("the page has %d bytes", n)
	}
	if n := file.Len(); n > 3_000_000 {
		t.Errorf("the result has %d bytes", n)
	}
}

func TestColumnsOfLongRuns(t *testing.T) {
	for seconds, want := range map[int]time.Duration{
		1: time.Second, 150: time.Second, 151: 2 * time.Second, 3600: 30 * time.Second, 7200: time.Minute,
	} {
		r := &results.Result{TimelineStep: time.Second, Timeline: make([]results.Second, seconds)}
		for i := range r.Timeline {
			r.Timeline[i] = results.Second{At: time.Duration(i) * time.Second, Arrivals: 1, Outcomes: map[string]int64{"504": 1}, InFlight: int64(i)}
		}
		c := courseOf(r, maxColumns)
		var arrivals, ended int64
		for i := range c.columns {
			arrivals += c.columns[i].arrivals
			ended += c.columns[i].ended[family504]
		}
		last := c.columns[len(c.columns)-1]
		if c.step != want || len(c.columns) > maxColumns || arrivals != int64(seconds) || ended != arrivals || last.inFlight != int64(seconds-1) {
			t.Errorf("%d s: columns of %s, %d of them, with %d arrivals and %d 504s", seconds, c.step, len(c.columns), arrivals, ended)
		}
	}
}

// A quantile is over all arrivals of a column: failures take for ever.
func TestQuantileOfColumn(t *testing.T) {
	c := column{arrivals: 1000, handshakes: []results.Bucket{{From: 100, To: 400, Count: 500}, {From: 10_000, To: 40_000, Count: 450}}}
	for _, test := range []struct {
		p    float64
		want time.Duration
	}{{0.5, 200}, {0.501, 20_000}, {0.95, 20_000}, {0.951, never}, {0.99, never}, {0.9999, tooFew}} {
		if got := c.quantile(test.p); got != test.want {
			t.Errorf("p%v is %d, want %d", 100*test.p, got, test.want)
		}
	}
	if got := c.unestablished(); got != 50 {
		t.Errorf("%d not established, want 50", got)
	}
}

func TestFamilies(t *testing.T) {
	for outcome, want := range map[string]string{
		"established": "established", "504": "gateway-timeout", "502": "server-error", "429": "other-status", "timeout connect": "timeout",
		"unreachable": "refused", "reset upgrade": "closed", "tls unknown_authority": "invalid", "local no_memory": "local", "canceled": "canceled",
		"a word of tomorrow": "invalid",
	} {
		if got := families[familyOf(outcome)].class; got != want {
			t.Errorf("%s is of %s, want %s", outcome, got, want)
		}
	}
	for i, f := range families {
		if !strings.Contains(pageStyle, "."+f.class+" { --mark:") {
			t.Errorf("family %d, %s, has no colour", i, f.class)
		}
	}
}

func TestShades(t *testing.T) {
	s := shadesOf([][]results.Bucket{{{Count: 1_000_000}}})
	if want := (shades{10, 100, 1000, 10_000, 100_000, 1_000_000}); s != want {
		t.Errorf("%v, want %v", s, want)
	}
	for n, want := range map[int64]int{1: 0, 10: 0, 11: 1, 1_000_000: 5} {
		if got := s.of(n); got != want {
			t.Errorf("%d has shade %d, want %d", n, got, want)
		}
	}
}

// Whatever is read as a result is drawn, and no text of it becomes an element.
func FuzzPage(f *testing.F) {
	for _, picture := range []func(*testing.T) *results.Result{pictures["fail"], pictures["partial"], pictures["comparison"], pictures["gate"], pictures["nothing"], longSearch} {
		var file strings.Builder
		if err := picture(&testing.T{}).Write(&file); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(file.String()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := results.ReadResult(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		if page := pageText(t, r); strings.Contains(page, "<script") {
			t.Error("there is a script in the page")
		}
	})
}
