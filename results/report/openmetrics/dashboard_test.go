package openmetrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/prometheus/prometheus/promql/parser"

	"stampede/results"
)

var metricName = regexp.MustCompile(`stampede_[a-z_]+`)

// panel is what the dashboard says of one panel.
type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               source
	GridPos                  struct{ X, Y, W, H int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct {
		RefID, Expr, LegendFormat, Format string
		Datasource                        source
	}
}

// source is where a panel's data come from.
type source struct{ Type, UID string }

// readDashboard reads the example.
func readDashboard(t *testing.T) (text []byte, panels []panel) {
	t.Helper()
	text, err := os.ReadFile("../../../examples/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct{ Panels []panel }
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(dashboard.Panels) < 8 {
		t.Fatalf("%d panels, too few to have looked", len(dashboard.Panels))
	}
	return text, dashboard.Panels
}

// The dashboard asks for nothing that a run does not serve, and leaves none of
// its histograms out but service.
func TestDashboardKnowsTheMetrics(t *testing.T) {
	_, panels := readDashboard(t)
	served, asked := servedNames(t), map[string]bool{"stampede_service_seconds_bucket": true}
	for _, p := range panels {
		for _, target := range p.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			if len(names) == 0 {
				t.Errorf("%s asks for nothing: %s", p.Title, target.Expr)
			}
			for _, name := range names {
				asked[name] = true
				if !served[name] {
					t.Errorf("%s asks for %s, which no run serves", p.Title, name)
				}
			}
		}
	}
	for name := range served {
		if strings.HasSuffix(name, "_bucket") && !asked[name] {
			t.Errorf("no panel asks for %s", name)
		}
	}
}

// dashboardVariables stand in an expression for what Grafana puts there.
var dashboardVariables = strings.NewReplacer("$__rate_interval", "5s", "$instance", "127.0.0.1:9464")

// Prometheus itself can read every expression.
func TestDashboardExpressionsAreParsed(t *testing.T) {
	_, panels := readDashboard(t)
	for _, p := range panels {
		for _, target := range p.Targets {
			text := dashboardVariables.Replace(target.Expr)
			if strings.Contains(text, "$") {
				t.Errorf("%s: a variable that nobody fills in: %s", p.Title, text)
			}
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(text); err != nil {
				t.Errorf("%s: %s: %v", p.Title, text, err)
			}
		}
	}
}

// Every panel says what it shows and in which unit, takes its data from the
// source that the reader chose, and stands where no other does.
func TestDashboardPanelsAreWhole(t *testing.T) {
	_, panels := readDashboard(t)
	chosen := source{"prometheus", "${source}"}
	ids, titles, taken := map[int]bool{}, map[string]bool{}, map[[2]int]string{}
	for _, p := range panels {
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource != chosen || len(p.Targets) == 0 {
			t.Errorf("panel %d, %q, lacks something: %+v", p.ID, p.Title, p)
		}
		if ids[p.ID] || titles[p.Title] || p.ID <= 0 {
			t.Errorf("panel %d, %q, is there twice", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.Datasource != chosen || target.RefID == "" || refs[target.RefID] || target.LegendFormat == "" {
				t.Errorf("%s: target %q: %+v", p.Title, target.RefID, target)
			}
			refs[target.RefID] = true
			if (p.Type == "heatmap") != (target.Format == "heatmap") {
				t.Errorf("%s is a %s of data formatted as %q", p.Title, p.Type, target.Format)
			}
		}
		const columns = 24 // of Grafana's grid
		if g := p.GridPos; g.X < 0 || g.Y < 0 || g.W <= 0 || g.H <= 0 || g.X+g.W > columns {
			t.Errorf("%s is no place: %+v", p.Title, g)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, is := taken[[2]int{x, y}]; is {
					t.Fatalf("%s stands on %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// What Grafana's own schema has no place for would be dropped on import, in a
// panel's options and a target as well.
func TestDashboardIsOfGrafanasSchema(t *testing.T) {
	grafana := cog.NewRuntime()
	grafana.RegisterPanelcfgVariant(timeseries.VariantConfig())
	grafana.RegisterPanelcfgVariant(heatmap.VariantConfig())
	grafana.RegisterDataqueryVariant(prometheus.VariantConfig())
	text, panels := readDashboard(t)
	//lint:ignore SA1019 the classic form, which every Grafana imports
	var d dashboard.Dashboard
	if err := d.UnmarshalJSONStrict(text); err != nil && err.Error() != "" { // it returns an empty list for none
		t.Fatal(err)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	if len(d.Panels) != len(panels) {
		t.Errorf("%d panels, want %d", len(d.Panels), len(panels))
	}
	for _, wrong := range []string{`"grid": `, `"gridPos": 7, "x": `} {
		if err := d.UnmarshalJSONStrict([]byte(strings.Replace(string(text), `"gridPos": `, wrong, 1))); err == nil || err.Error() == "" {
			t.Errorf("%s would pass", wrong)
		}
	}
}

// measured is a with a value of every metric.
func measured(a *results.Attempt) *results.Attempt {
	b := *a
	b.Secured, b.Ready, b.ConnectLag, b.TLSLag, b.ReadLag = b.Connected+1, b.Ended+1, 1, 1, 1
	return &b
}

// servedNames are the samples of a run that has everything.
func servedNames(t *testing.T) map[string]bool {
	t.Helper()
	var live Live
	r := recorded(live.Attempt, func(a *results.Attempt) { live.Attempt(measured(a)) })
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
