package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"stampede/results/report/livepage"
)

// wantedInAnHour is how often, in an hour of ticks, the page wants to be shown
// something.
func wantedInAnHour(page *livepage.Page) (n int) {
	w := windows{page: page}
	for tick := range 36_000 {
		if w.wanted(time.Duration(tick+1) * 100 * time.Millisecond) {
			n++
		}
	}
	return n
}

// Nothing is made for a page that nobody watches; for one that somebody does,
// something a second, in the last minute of an hour as in the first.
func TestPageWantsSomethingASecondWhileWatched(t *testing.T) {
	page := &livepage.Page{}
	server := httptest.NewServer(page.Handler())
	defer server.Close()
	if n := wantedInAnHour(nil); n != 0 {
		t.Errorf("without a page, %d times", n)
	}
	if n := wantedInAnHour(page); n != 0 {
		t.Errorf("watched by nobody, %d times", n)
	}
	events, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	if n := wantedInAnHour(page); n != 3600 {
		t.Errorf("watched, %d times in an hour, want once a second", n)
	}
	if err := events.Body.Close(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(time.Minute); page.Watched(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("it is watched by nobody and does not know")
		}
	}
	if n := wantedInAnHour(page); n != 0 {
		t.Errorf("watched no more, %d times", n)
	}
}
