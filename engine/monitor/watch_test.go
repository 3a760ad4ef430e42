package monitor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// scripted is a source whose k-th look is look(k).
type scripted struct {
	n  int
	do func(ctx context.Context, k int) ([]reading, error)
}

func (s *scripted) look(ctx context.Context) ([]reading, error) {
	s.n++
	return s.do(ctx, s.n-1)
}

// watched runs an eye on a source for so long, on a clock of the test's own.
func watched(s source, during time.Duration) results.Monitor {
	ctx, cancel := context.WithCancel(context.Background())
	e := &eye{start: time.Now(), source: s}
	w := &Watch{start: e.start, stop: cancel, eyes: []*eye{e}}
	w.working.Go(func() { e.watch(ctx, func() {}) })
	time.Sleep(during)
	w.Stop()
	return w.Monitors(e.start.Add(time.Second))[0]
}

func TestWatchLooksOnceASecondAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watched(&scripted{do: func(_ context.Context, k int) ([]reading, error) {
			return []reading{{name: "k", kind: results.Gauge, value: float64(k)}}, nil
		}}, 3500*time.Millisecond)
		if m.Looks != 5 || len(m.Series) != 1 {
			t.Fatalf("%d looks, %d series: want 5 and 1", m.Looks, len(m.Series))
		}
		for k, at := range []time.Duration{-time.Second, 0, time.Second, 2 * time.Second, 2500 * time.Millisecond} {
			if p := m.Series[0].Points[k]; p != (results.Point{At: at, Value: float64(k)}) {
				t.Errorf("look %d is %+v, want it at %v", k, p, at)
			}
		}
	})
}

func TestWatchCountsWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watched(&scripted{do: func(_ context.Context, k int) ([]reading, error) {
			return nil, errors.New("no")
		}}, 3500*time.Millisecond)
		if m.Looks != 4 || len(m.Errors) != 1 || m.Errors[0] != (results.Warning{Text: "no", Count: 4}) {
			t.Errorf("%d looks, errors %v: want 4 looks, each an error, and none at the end", m.Looks, m.Errors)
		}
	})
}

// A source that never answers is asked again only when its time is up, and
// the watch ends at once.
func TestWatchIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := watched(&scripted{do: func(ctx context.Context, k int) ([]reading, error) {
			<-ctx.Done()
			return nil, plain(ctx.Err())
		}}, 5*time.Second)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v to stop after 5s", took)
		}
		if len(m.Errors) != 1 || m.Errors[0].Text != "no answer within 2s" || m.Errors[0].Count != 2 {
			t.Errorf("errors %v, want 2 looks without an answer", m.Errors)
		}
	})
}

func TestWatchBoundsSeries(t *testing.T) {
	var e eye
	for i := range 2 * results.MaxSeries {
		e.note(0, []reading{{name: strings.Repeat("x", i+1), kind: results.Gauge}}, nil)
	}
	e.note(0, []reading{{name: strings.Repeat("y", maxName+1), kind: results.Gauge}}, nil)
	if n := len(e.seen(time.Time{}).Series); n != results.MaxSeries {
		t.Errorf("%d series are kept, want %d", n, results.MaxSeries)
	}
}

func TestWatchSeesThePracticeServerOnce(t *testing.T) {
	named := []scenario.Monitor{{Kind: scenario.MonitorKernel}, {Kind: scenario.MonitorProcess, Name: scenario.Practice}}
	for _, test := range []struct {
		list []scenario.Monitor
		pid  int
		want int
	}{{nil, 0, 0}, {nil, 1, 1}, {named[:1], 1, 2}, {named, 1, 2}} {
		if got := withPractice(test.list, test.pid); len(got) != test.want {
			t.Errorf("%v with practice %d: %d monitors, want %d", test.list, test.pid, len(got), test.want)
		}
	}
}

// A sitting watches trial after trial: what each left open would add up, here
// and among the connections that the server counts.
func TestWatchLeavesNoConnection(t *testing.T) {
	closed := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("no page of nginx")) }))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	w := Start(t.Context(), []scenario.Monitor{{Kind: scenario.MonitorNginx, URL: server.URL}}, 0)
	w.Stop()
	if m := w.Monitors(time.Now())[0]; m.Looks == 0 {
		t.Fatal("nothing was looked at")
	}
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestPageErrorsAreBoundedAndSecretless(t *testing.T) {
	var other *httptest.Server
	asked := false
	other = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/here":
			http.Redirect(w, r, "/fine", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/endless":
			for block := make([]byte, 1<<16); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		case "/fine":
			if user, _, _ := r.BasicAuth(); user == "admin" {
				_, _ = w.Write([]byte("yes"))
			}
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	base := strings.Replace(server.URL, "//", "//admin:opensesame@", 1)
	for path, want := range map[string]string{
		"/away": "redirected to another host", "/round": "redirected more than 3 times", "/endless": "answered more than 4 MiB",
		"/gone?key=opensesame": "answered 404", "/here": "", "/fine": "",
	} {
		body, err := newPage(base+path, nil).fetch(t.Context())
		switch {
		case want == "" && (err != nil || string(body) != "yes"):
			t.Errorf("%s: %q and %v", path, body, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "opensesame")):
			t.Errorf("%s: error %v, want one with %q and no secret", path, err, want)
		}
	}
	if asked {
		t.Error("a host was asked that nobody named")
	}
}
