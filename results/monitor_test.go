package results

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSeriesRiseSurvivesRestart(t *testing.T) {
	s := Series{Kind: Counter, Points: []Point{{0, 100}, {1, 130}, {2, 5}, {3, 25}}}
	if s.Rise() != 55 {
		t.Errorf("rose by %g, want 30 + 5 + 20", s.Rise())
	}
}

func TestMonitorsSurviveFile(t *testing.T) {
	want := []Monitor{{Name: "nginx", Source: "nginx", Looks: 3, Series: []Series{
		{Name: "active", Unit: "connections", Kind: Gauge, Limit: 512, Points: []Point{{-200 * ms, 1}, {time.Second, 0.5}}},
	}, Errors: []Warning{{"no answer in 2s", 1}}}}
	var file bytes.Buffer
	if err := NewRecorder(RecorderOptions{}).Result(Run{Monitors: want}).Write(&file); err != nil {
		t.Fatal(err)
	}
	r, err := ReadResult(&file)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(r.Monitors)
	wanted, _ := json.Marshal(want)
	if diff := cmp.Diff(string(wanted), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestMonitorsThatContradictThemselvesAreRefused(t *testing.T) {
	point := Point{time.Second, 1}
	for says, m := range map[string]Monitor{
		"no kind":       {Series: []Series{{}}},
		"before":        {Series: []Series{{Kind: Gauge, Points: []Point{point, {0, 1}}}}},
		"points are":    {Series: []Series{{Kind: Gauge, Points: make([]Point, MaxPoints+1)}}},
		"series are":    {Series: make([]Series, MaxSeries+1)},
		"monitors[0].s": {Series: []Series{{Kind: "sum"}}},
	} {
		var file bytes.Buffer
		if err := NewRecorder(RecorderOptions{}).Result(Run{Monitors: []Monitor{m}}).Write(&file); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResult(&file); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one with %q", err, says)
		}
	}
	if err := json.Unmarshal([]byte("[1,2,3]"), &point); err == nil {
		t.Error("three numbers are taken for a point")
	}
}
