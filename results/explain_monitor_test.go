package results

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// lookedAt makes a series of values a second apart, from 0 s on.
func lookedAt(s Series, values ...float64) Series {
	for i, v := range values {
		s.Points = append(s.Points, Point{time.Duration(i) * time.Second, v})
	}
	return s
}

// timelineOf makes a timeline of one outcome a second each, and its result.
func timelineOf(seconds []Second) *Result {
	r := &Result{TimelineStep: time.Second}
	var failed, fine int64
	for i := range seconds {
		seconds[i].At = time.Duration(i) * time.Second
		failed += seconds[i].Outcomes["504"]
		fine += seconds[i].Outcomes["established"]
	}
	r.Timeline, r.Arrivals, r.Started = seconds, failed+fine, failed+fine
	r.Outcomes = []OutcomeRow{{Kind: Established, Count: fine}, {Kind: Status, Status: 504, Phase: PhaseUpgrade, Count: failed}}
	return r
}

// aRun is eight seconds of which those from on have failures, or handshakes in
// flight.
func aRun(from int, failures, inFlight int64) *Result {
	seconds := make([]Second, 8)
	for i := range seconds {
		seconds[i].Outcomes = map[string]int64{"established": 100}
		if i >= from {
			seconds[i].Outcomes["504"], seconds[i].InFlight = failures, inFlight
		}
	}
	return timelineOf(seconds)
}

// withResets adds n attempts that were reset to a run.
func withResets(r *Result, n int64) *Result {
	r.Outcomes = append(r.Outcomes, OutcomeRow{Kind: Reset, Phase: PhaseUpgrade, Count: n})
	r.Arrivals += n
	return r
}

func TestExplainMonitors(t *testing.T) {
	cpu := Series{Name: "CPU", Unit: "cores", Kind: Gauge, Limit: 4}
	busiest := Series{Name: "CPU of the busiest process", Unit: "cores", Kind: Gauge, Limit: 4}
	files := Series{Name: "descriptors", Unit: "descriptors", Kind: Gauge, Limit: 1024}
	active := Series{Name: "active", Unit: "connections", Kind: Gauge}
	overflows := Series{Name: "ListenOverflows", Unit: "events", Kind: Counter}
	accepted := Series{Name: "accepted", Unit: "connections", Kind: Counter}
	requests := Series{Name: "requests", Unit: "requests", Kind: Counter}
	memory := Series{Name: "memory", Unit: "bytes", Kind: Gauge}
	tests := []struct {
		name   string
		run    *Result
		series []Series
		want   string // names of the findings about monitors
		says   string
	}{
		{"one core is full", aRun(3, 10, 0), []Series{lookedAt(cpu, .1, .2, .5, 1, .99, 1.01, 1, .98)},
			"cpu_full", "The CPU of nginx is at 100 % of one core from 3s on, and 50 attempts failed meanwhile."},
		{"full and slow", aRun(3, 0, 900), []Series{lookedAt(cpu, .1, .2, .5, 1, .99, 1.01, 1, .98)},
			"cpu_full", "up to 900 handshakes were in flight meanwhile"},
		{"all cores are full", aRun(3, 10, 0), []Series{lookedAt(cpu, .1, .2, .5, 3.9, 4, 3.95, 3.9, .1)},
			"cpu_full", "is at 100 % of all cores of this host from 3s to 6s, and 40"},
		{"the busiest of several", aRun(3, 10, 0), []Series{lookedAt(cpu, .1, .2, .5, 1, .99, 1.01, 1, .98), lookedAt(busiest, .1, .1, .3, .5, .5, .5, .5, .5)}, "", ""},
		{"one of several is full", aRun(3, 10, 0), []Series{lookedAt(cpu, .1, .2, .5, 1.2, 1.3, 1.2, 1.2, 1.2), lookedAt(busiest, .1, .1, .3, 1, 1, 1, 1, 1)},
			"cpu_full", "The CPU of the busiest process of nginx is at 100 % of one core"},
		{"full, and all is well", aRun(3, 0, 0), []Series{lookedAt(cpu, .1, .2, .5, 1, .99, 1.01, 1, .98)}, "", ""},
		{"full, and a few failures", aRun(6, 2, 0), []Series{lookedAt(cpu, .1, .2, .5, 1, .99, 1.01, 1, .98)}, "", ""},
		{"full at another time", aRun(6, 50, 0), []Series{lookedAt(cpu, 1, 1, 1, 1, .1, .1, .1, .1)}, "", ""},
		{"full for two lookedAt", aRun(6, 50, 0), []Series{lookedAt(cpu, .1, .1, .1, .1, .1, .1, 1, 1)}, "", ""},
		{"more than one core, not all", aRun(3, 10, 0), []Series{lookedAt(cpu, .1, .2, .5, 2, 2, 2, 2, 2)}, "", ""},

		{"out of descriptors", aRun(3, 10, 0), []Series{lookedAt(files, 10, 500, 900, 1024, 1024, 1023, 1024, 1024)},
			"limit_reached", "The descriptors of nginx stand at 1,024 of 1,024 from 3s on, and 50 attempts failed meanwhile."},
		{"descriptors enough", aRun(3, 10, 0), []Series{lookedAt(files, 10, 500, 700, 700, 700, 700, 700, 700)}, "", ""},
		{"connections stop", aRun(3, 10, 0), []Series{lookedAt(active, 1, 200, 400, 512, 511, 512, 512, 512)},
			"plateau", "The active connections of nginx stop at 512 from 3s on, and 50 attempts failed meanwhile: a limit of about that, unless"},
		{"connections stop, and all is well", aRun(3, 0, 0), []Series{lookedAt(active, 1, 200, 400, 512, 511, 512, 512, 512)}, "", ""},
		{"connections level out", aRun(3, 10, 0), []Series{lookedAt(active, 1, 200, 400, 512, 505, 512, 507, 510)}, "", ""},
		{"an idle server", aRun(3, 10, 0), []Series{lookedAt(active, 100, 100, 100, 100, 100, 100, 100, 100)}, "", ""},
		{"connections come and go", aRun(3, 10, 0), []Series{lookedAt(active, 1, 200, 400, 512, 300, 512, 200, 512)}, "", ""},
		{"memory has no limit of ours", aRun(3, 10, 0), []Series{lookedAt(memory, 1, 200, 400, 512, 512, 512, 512, 512)}, "", ""},

		{"overflows", aRun(3, 10, 0), []Series{lookedAt(overflows, 849467, 849467, 856467)}, "counters_rose", "ListenOverflows of nginx rose by 7,000."},
		{"overflows of others", aRun(3, 0, 0), []Series{lookedAt(overflows, 849467, 849467, 856467)}, "", ""},
		{"few overflows", aRun(3, 10, 0), []Series{lookedAt(overflows, 849467, 849471)}, "", ""},
		{"closed before they were read", withResets(aRun(3, 10, 0), 71), []Series{lookedAt(accepted, 1, 102), lookedAt(requests, 1, 34)},
			"closed_unread", "nginx at nginx accepted 101 connections and read 33 requests"},
		{"kept alive", withResets(aRun(3, 10, 0), 71), []Series{lookedAt(accepted, 1, 102), lookedAt(requests, 1, 400)}, "", ""},
		{"unread, and nobody was dropped", aRun(3, 10, 0), []Series{lookedAt(accepted, 1, 102), lookedAt(requests, 1, 34)}, "", ""},
		{"nothing was looked at", aRun(3, 10, 0), nil, "", ""},
		{"nothing was seen", aRun(3, 10, 0), []Series{cpu, files, active, overflows}, "", ""},
	}
	ours := []string{"cpu_full", "limit_reached", "plateau", "counters_rose", "closed_unread"}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.run.Monitors = []Monitor{{Name: "nginx", Source: "nginx", Series: test.series}}
			var names []string
			var text string
			for _, f := range Explain(test.run, today) {
				if slices.Contains(ours, f.Name) {
					names = append(names, f.Name)
					text += f.Text
					if f.Next == "" || f.Share <= 0 || f.Share > 1 {
						t.Errorf("finding without what to look at next or a share: %+v", f)
					}
				}
			}
			if got := strings.Join(names, " "); got != test.want || !strings.Contains(text, test.says) {
				t.Errorf("found %q: %s\nwant %q: … %s …", got, text, test.want, test.says)
			}
		})
	}
}
