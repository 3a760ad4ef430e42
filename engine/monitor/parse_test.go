package monitor

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
	"stampede/scenario"
)

// parsers are all there are, each with pages that real servers answered.
var parsers = []struct {
	name  string
	parse func([]byte) ([]reading, error)
	page  string // in testdata
	want  []string
}{
	{"nginx", parseStubStatus, "nginx-1.22.1.txt", []string{
		"active 2 connections gauge", "reading 0 connections gauge", "writing 1 connections gauge", "waiting 1 connections gauge",
		"accepted 2 connections counter", "dropped 0 connections counter", "requests 2 requests counter",
	}},
	{"apache", parseServerStatus, "apache-2.4.txt", []string{
		"busy workers 1 workers gauge", "idle workers 74 workers gauge", "connections 0 connections gauge", "requests 0 requests counter",
	}},
	{"haproxy CSV", parseHAProxy, "haproxy-2.6.12.csv", []string{
		"web/FRONTEND sessions 0 sessions gauge of 100", "web/FRONTEND sessions in all 1 sessions counter", "web/FRONTEND replies 5xx 0 replies counter",
		"stats/FRONTEND sessions 1 sessions gauge of 100", "stats/FRONTEND sessions in all 1 sessions counter", "stats/FRONTEND replies 5xx 0 replies counter",
		"app/BACKEND sessions 0 sessions gauge of 10", "app/BACKEND queue 0 requests gauge", "app/BACKEND sessions in all 1 sessions counter",
		"app/BACKEND failed connects 0 errors counter", "app/BACKEND failed replies 0 errors counter", "app/BACKEND replies 5xx 0 replies counter",
	}},
	{"haproxy metrics", parseHAProxy, "haproxy-2.6.12.metrics.txt", []string{
		`haproxy_backend_connection_errors_total{proxy="app"} 0  counter`, `haproxy_backend_current_queue{proxy="app"} 0  gauge`,
		`haproxy_backend_current_sessions{proxy="app"} 0  gauge`, `haproxy_backend_response_errors_total{proxy="app"} 0  counter`,
		`haproxy_backend_sessions_total{proxy="app"} 1  counter`,
		`haproxy_frontend_current_sessions{proxy="web"} 0  gauge`, `haproxy_frontend_current_sessions{proxy="stats"} 1  gauge`,
		`haproxy_frontend_http_responses_total{code="5xx",proxy="web"} 0  counter`, `haproxy_frontend_http_responses_total{code="5xx",proxy="stats"} 0  counter`,
		`haproxy_frontend_sessions_total{proxy="web"} 1  counter`, `haproxy_frontend_sessions_total{proxy="stats"} 2  counter`,
	}},
}

// described writes readings as the tables above have them.
func described(list []reading) (lines []string) {
	for _, r := range list {
		line := fmt.Sprintf("%s %g %s %s", r.name, r.value, r.unit, r.kind)
		if r.limit != 0 {
			line += fmt.Sprintf(" of %g", r.limit)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestParsersReadRealPages(t *testing.T) {
	for _, p := range parsers {
		t.Run(p.name, func(t *testing.T) {
			body, err := os.ReadFile("testdata/" + p.page)
			if err != nil {
				t.Fatal(err)
			}
			list, err := p.parse(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p.want, described(list)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParsersRefuseOtherPages(t *testing.T) {
	for _, p := range parsers {
		for _, body := range []string{"", "<html>Not Found</html>", "Active connections: many", "{\"up\": 1}"} {
			if list, err := p.parse([]byte(body)); err == nil || len(list) > 0 {
				t.Errorf("%s: %q gives %v and %v", p.name, body, described(list), err)
			}
		}
	}
}

const exposition = `# HELP up Whether it is.
# TYPE up gauge
up 1
# TYPE http_requests_total counter
http_requests_total{code="200",host="a"} 7
http_requests_total{code="504",host="a"} 3
http_requests_total{code="504",host="b"} 4
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1"} 2
wait_seconds_bucket{le="+Inf"} 5
wait_seconds_sum 8.5
wait_seconds_count 5
# TYPE broken gauge
broken nonsense
plain 12
`

func TestExpositionGivesWhatIsWanted(t *testing.T) {
	for wanted, want := range map[string][]string{
		"up": {"up 1  gauge"},
		`http_requests_total{code="504"}`: {
			`http_requests_total{code="504",host="a"} 3  counter`, `http_requests_total{code="504",host="b"} 4  counter`},
		"wait_seconds":       {"wait_seconds_count 5  counter", "wait_seconds_sum 8.5  counter"},
		"wait_seconds_count": {"wait_seconds_count 5  counter"},
		"plain":              {"plain 12  gauge"},
		"down":               nil,
		"broken":             nil,
	} {
		s, err := scenario.ParseSeriesSelector(wanted)
		if err != nil {
			t.Fatal(err)
		}
		list, err := parseExposition([]byte(exposition), []scenario.SeriesSelector{s})
		if (err == nil) != (want != nil) {
			t.Errorf("%s: error %v", wanted, err)
		}
		if diff := cmp.Diff(want, described(list)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", wanted, diff)
		}
	}
}

func TestExpositionStaysBounded(t *testing.T) {
	var page strings.Builder
	page.WriteString("# TYPE up gauge\n")
	for i := range 10 * results.MaxSeries {
		fmt.Fprintf(&page, "up{job=\"%d\"} 1\n", i)
	}
	list, err := parseExposition([]byte(page.String()), []scenario.SeriesSelector{{Name: "up"}})
	if err != nil || len(list) != results.MaxSeries {
		t.Errorf("%d readings and %v, want %d", len(list), err, results.MaxSeries)
	}
}

func FuzzParsers(f *testing.F) {
	for _, p := range parsers {
		body, err := os.ReadFile("testdata/" + p.page)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(exposition))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range parsers {
			list, _ := p.parse(body)
			if len(list) > results.MaxSeries+len(haproxyFigures) {
				t.Errorf("%s: %d readings", p.name, len(list))
			}
			for _, r := range list {
				if r.name == "" || r.kind != results.Gauge && r.kind != results.Counter {
					t.Errorf("%s: a reading without name or kind: %+v", p.name, r)
				}
			}
		}
	})
}
