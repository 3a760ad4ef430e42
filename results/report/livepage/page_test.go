package livepage

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// limit bounds every wait. It is never the thing asserted.
const limit = time.Minute

// moment is a run of n established attempts, as it stands or when it is done.
func moment(n int, partial bool) *results.Result {
	r := results.NewRecorder(results.RecorderOptions{Planned: int64(n)})
	for i := range n {
		at := time.Duration(i) * time.Millisecond
		r.Attempt(&results.Attempt{N: int64(i), Intended: at, Dialed: at + 1, Started: at + 1, Connected: at + 2, Requested: at + 2,
			Ended: at + 3*time.Millisecond, Burst: -1, Outcome: results.Outcome{Kind: results.Established}})
	}
	r.Warn("a\r\n\r\nevent: end <b>odd</b>", 1)
	result := r.Result(results.Run{Name: "evening", Partial: partial})
	result.Judge(nil)
	return result
}

func serve(t *testing.T, p *Page) string {
	t.Helper()
	s := httptest.NewServer(p.Handler())
	t.Cleanup(s.Close)
	return s.URL
}

// watch opens the stream of events.
func watch(t *testing.T, url string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%s of %s", response.Status, got)
	}
	return bufio.NewReader(response.Body)
}

// next reads an event, as a browser would.
func next(t *testing.T, stream *bufio.Reader) (kind, data string) {
	t.Helper()
	var lines []string
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			return kind, strings.Join(lines, "\n")
		case name == "event":
			kind = value
		case name == "data":
			lines = append(lines, value)
		default:
			t.Fatalf("a line that is no part of an event: %q", line)
		}
	}
}

func TestFiguresFollowTheRun(t *testing.T) {
	p := &Page{Name: "evening"}
	stream := watch(t, serve(t, p))
	p.Show(moment(10, true))
	if kind, data := next(t, stream); kind != "run" || !strings.Contains(data, "<dt>arrivals</dt><dd>10</dd>") || !strings.Contains(data, `id="outcomes"`) ||
		!strings.Contains(data, `<h1 class="running"><span class="word">RUNNING</span> 10 of 10 planned arrivals have ended</h1>`) {
		t.Errorf("first event %q:\n%.2000s", kind, data)
	}
	p.Show(moment(400, true))
	if kind, data := next(t, stream); kind != "run" || !strings.Contains(data, "<dt>arrivals</dt><dd>400</dd>") {
		t.Errorf("second event %q:\n%.2000s", kind, data)
	}
	p.End(moment(500, false))
	if kind, data := next(t, stream); kind != "run" || !strings.Contains(data, `<h1 class="pass">`) || !strings.Contains(data, "<dd>500</dd>") {
		t.Errorf("last event %q:\n%.2000s", kind, data)
	}
	if kind, _ := next(t, stream); kind != "end" {
		t.Errorf("%q behind the last, want end", kind)
	}
	if rest, err := stream.ReadString(0); rest != "" || err == nil {
		t.Errorf("%q behind the end", rest)
	}
}

// Whoever comes late sees the latest, and text can't make events.
func TestLateWatchersSeeTheLatest(t *testing.T) {
	p := &Page{}
	p.Show(moment(10, true))
	p.End(moment(500, false))
	stream := watch(t, serve(t, p))
	kind, data := next(t, stream)
	if kind != "run" || !strings.Contains(data, "<dd>500</dd>") || strings.Contains(data, "<b>odd</b>") || !strings.Contains(data, "&lt;b&gt;odd") {
		t.Errorf("event %q:\n%.2000s", kind, data)
	}
	if kind, _ := next(t, stream); kind != "end" {
		t.Errorf("%q behind the last, want end", kind)
	}
}

func TestDrawnOnceForAll(t *testing.T) {
	p := &Page{}
	p.Show(moment(10, true))
	url := serve(t, p)
	_, first := next(t, watch(t, url))
	p.mu.Lock()
	p.latest = moment(20, true) // with no new version: whoever draws again shows it
	p.mu.Unlock()
	if _, second := next(t, watch(t, url)); second != first {
		t.Error("one version was drawn twice")
	}
}

func TestWatchersAreBounded(t *testing.T) {
	p := &Page{}
	url := serve(t, p)
	for range maxWatchers {
		watch(t, url)
	}
	response, err := http.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one too many got %s", response.Status)
	}
}

func TestEventKeepsLines(t *testing.T) {
	if got, want := event("run", "a\nb\rc\r\n\r\nd"), "event: run\ndata: a\ndata: b&#13;c&#13;\ndata: &#13;\ndata: d\n\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
