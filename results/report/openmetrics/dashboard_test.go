package openmetrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

var metricName = regexp.MustCompile(`stampede_[a-z_]+`)

// The dashboard asks for nothing that a run does not serve.
func TestDashboardKnowsTheMetrics(t *testing.T) {
	text, err := os.ReadFile("../../../examples/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	served := servedNames(t)
	asked := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			if asked += len(names); len(names) == 0 {
				t.Errorf("%s asks for nothing: %s", p.Title, target.Expr)
			}
			for _, name := range names {
				if !served[name] {
					t.Errorf("%s asks for %s, which no run serves", p.Title, name)
				}
			}
		}
	}
	if asked < 10 {
		t.Errorf("%d metrics are asked for, too few to have looked", asked)
	}
}

// servedNames are the samples of a run that has everything.
func servedNames(t *testing.T) map[string]bool {
	t.Helper()
	var live Live
	r := recorded(live.Attempt, func(a *results.Attempt) {
		b := *a
		b.Secured, b.Ready, b.ConnectLag, b.ReadLag = b.Connected+1, b.Ended+1, 1, 1
		live.Attempt(&b)
	})
	live.Tick(r, time.Second, Open{InFlight: 1, Held: 1})
	names := map[string]bool{}
	for line := range strings.Lines(scrape(t, live.Handler(), "text/plain").Body.String()) {
		names[metricName.FindString(line)] = !strings.HasPrefix(line, "#") || names[metricName.FindString(line)]
	}
	return names
}

// The document names what is served, and nothing else.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	described, served := map[string]bool{}, map[string]bool{"stampede_run_verdict": true, "stampede_generator_limited": true}
	for _, name := range metricName.FindAllString(string(text), -1) {
		described[name] = true
	}
	for name := range servedNames(t) {
		for _, part := range []string{"_bucket", "_count", "_sum"} {
			name = strings.TrimSuffix(name, part)
		}
		served[name] = true
	}
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("metrics (-served +described):\n%s", diff)
	}
}
