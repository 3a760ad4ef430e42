package report

import (
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// Every series that moved has a figure with a mark and its numbers, what stood
// still has none, and what a server said is escaped.
func TestPageDrawsMonitors(t *testing.T) {
	r := pictures["monitored"](t)
	page := pageText(t, r)
	figures := besideFigures(view{Result: r, course: courseOf(r, maxColumns)})
	if len(figures) != 5 {
		t.Fatalf("%d figures, want 5: three of nginx, one of the kernel, one of prometheus", len(figures))
	}
	for _, f := range figures {
		if len(f.Marks) == 0 || f.Marks[len(f.Marks)-1].Path == "" || len(f.Table.Rows) == 0 {
			t.Errorf("%s has no line or no numbers", f.Title)
		}
		if !strings.Contains(page, `id="`+f.ID+`-title"`) {
			t.Errorf("%s is not on the page", f.Title)
		}
	}
	for _, gone := range []string{"SyncookiesSent", "\x1b"} {
		if strings.Contains(page, gone) {
			t.Errorf("the page has %q", gone)
		}
	}
	if !strings.Contains(page, "no answer within 2s (2 of 3 looks)") {
		t.Error("the page does not tell of the monitor that failed")
	}
}

func TestBesideColumnsRiseOfCounters(t *testing.T) {
	c := course{step: time.Second, columns: make([]column, 4)}
	at := func(seconds float64, v float64) results.Point {
		return results.Point{At: time.Duration(seconds * float64(time.Second)), Value: v}
	}
	s := &results.Series{Kind: results.Counter, Points: []results.Point{at(-0.1, 100), at(0.5, 110), at(0.9, 130), at(1.9, 5), at(9, 500)}}
	want := []float64{30, 5, -1, 495}
	for i, v := range besideColumns(s, c) {
		if v == nil && want[i] != -1 || v != nil && *v != want[i] {
			t.Errorf("column %d is %v, want %g (-1: none)", i, v, want[i])
		}
	}
	s.Kind = results.Gauge
	if v := besideColumns(s, c)[0]; v == nil || *v != 130 {
		t.Errorf("the most of the first column is %v, want 130", v)
	}
}

// A page of an hour with all that monitors may keep stays bounded by its figures.
func TestPageOfManySeriesStaysSmall(t *testing.T) {
	r := pictures["monitored"](t)
	for range 3600 {
		r.Timeline = append(r.Timeline, results.Second{At: time.Duration(len(r.Timeline)) * time.Second})
	}
	before := len(pageText(t, r))
	s := results.Series{Name: "up", Kind: results.Gauge}
	for i := range results.MaxPoints {
		s.Points = append(s.Points, results.Point{At: time.Duration(4*i) * time.Second, Value: float64(i * i)})
	}
	for range results.MaxSeries {
		r.Monitors[0].Series = append(r.Monitors[0].Series, s)
	}
	if grown := len(pageText(t, r)) - before; grown > 200<<10 {
		t.Errorf("%d series add %d KB to the page", results.MaxSeries, grown>>10)
	}
}
