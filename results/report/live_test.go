package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// goesOn is a run of every kind of failure, forty bursts and sixteen series
// beside it, n seconds old.
func goesOn(seconds int) *results.Result {
	var plan []results.Burst
	for i := range 40 {
		plan = append(plan, results.Burst{At: time.Duration(i*seconds/40) * time.Second, Count: 100, Within: time.Second})
	}
	m := newRun(1<<20, plan...)
	outcomes := []results.Outcome{ok, gatewayTimeout, ok, refused, ok, {Kind: results.Timeout, Phase: results.PhaseUpgrade},
		{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 502}, {Kind: results.Status, Phase: results.PhaseUpgrade, Status: 429}}
	for i := range seconds * 20 {
		at := time.Duration(i) * 50 * ms
		m.attempt(at, at+ms, int32(i*40/(seconds*20)), outcomes[i%len(outcomes)], time.Duration(1+i*7919%3000)*ms)
	}
	mon := results.Monitor{Name: "gateway", Source: "prometheus"}
	for i := range results.MaxSeries {
		s := results.Series{Name: fmt.Sprint("series ", i), Kind: results.Gauge}
		for k := range min(seconds, results.MaxPoints) {
			at := time.Duration(k) * time.Duration(seconds) * time.Second / time.Duration(min(seconds, results.MaxPoints))
			s.Points = append(s.Points, results.Point{At: at, Value: 1e6 * math.Abs(math.Sin(float64(k*(i+1))/9))})
		}
		mon.Series = append(mon.Series, s)
	}
	m.about.Monitors, m.about.Partial = []results.Monitor{mon}, true
	return m.r.Glance(m.about)
}

func momentText(t *testing.T, r *results.Result) string {
	t.Helper()
	var text strings.Builder
	if err := Moment(&text, r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// What a watcher is sent a second is as much after an hour as after the first
// minutes, and draws as many marks.
func TestMomentOfAnHourIsNoLarger(t *testing.T) {
	const most = 200_000
	minutes, hour := momentText(t, goesOn(95)), momentText(t, goesOn(3600))
	t.Logf("%d bytes and %d paths after 95 s, %d and %d after an hour", len(minutes), strings.Count(minutes, "<path"), len(hour), strings.Count(hour, "<path"))
	if len(hour) > most || len(minutes) > most || len(hour) > len(minutes)*3/2 {
		t.Errorf("%d bytes after 95 s, %d after an hour, want at most %d", len(minutes), len(hour), most)
	}
	if a, b := strings.Count(minutes, "<path"), strings.Count(hour, "<path"); b > a*3/2 {
		t.Errorf("%d paths after 95 s, %d after an hour", a, b)
	}
	for _, id := range []string{"outcomes", "failures", "quantiles", "heat", "beside-1", "burst-1", "open"} {
		if !strings.Contains(hour, `id="`+id+`-title"`) {
			t.Errorf("there is no figure %s", id)
		}
	}
}
