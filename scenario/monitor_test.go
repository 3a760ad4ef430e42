package scenario

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const monitored = `target: {url: practice}
load: [{burst: {count: 1}}]
monitor:
  - process: practice
  - process: {pid: 4711}
  - process: {name: nginx}
  - nginx: http://127.0.0.1:8080/status
  - haproxy: http://127.0.0.1:8404/;csv
  - apache: http://127.0.0.1:8081/server-status?auto
  - prometheus:
      url: http://admin:opensesame@127.0.0.1:9100/metrics?key=${NAME} # ours
      series: [up, 'http_requests_total{code="504", host="a,b"}']
  - kernel: true
`

func TestMonitorsAreRead(t *testing.T) {
	s, err := Parse([]byte(monitored), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	want := []Monitor{
		{Kind: MonitorProcess, Name: "practice"},
		{Kind: MonitorProcess, PID: 4711},
		{Kind: MonitorProcess, Name: "nginx"},
		{Kind: MonitorNginx, URL: "http://127.0.0.1:8080/status"},
		{Kind: MonitorHAProxy, URL: "http://127.0.0.1:8404/;csv"},
		{Kind: MonitorApache, URL: "http://127.0.0.1:8081/server-status?auto"},
		{Kind: MonitorPrometheus, URL: "http://admin:opensesame@127.0.0.1:9100/metrics?key=off",
			Series: []SeriesSelector{{Name: "up"}, {"http_requests_total", map[string]string{"code": "504", "host": "a,b"}}}},
		{Kind: MonitorKernel},
	}
	if diff := cmp.Diff(want, s.Monitors); diff != "" {
		t.Error(diff)
	}
	if text := s.Monitors[6].Series[1].String(); text != `http_requests_total{code="504",host="a,b"}` {
		t.Errorf("the selector is written %s", text)
	}
}

func TestMonitorsHideTheirUser(t *testing.T) {
	s, err := Parse([]byte(monitored), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	source := string(s.MaskedSource)
	if strings.Contains(source, "opensesame") || !strings.Contains(source, "url: *** # ours") {
		t.Errorf("the source shows:\n%s", source)
	}
	if text := s.Masked(s.Monitors[6].URL); strings.Contains(text, "opensesame") {
		t.Errorf("a message shows %s", text)
	}
}
