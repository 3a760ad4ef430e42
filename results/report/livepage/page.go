// Package livepage serves a web page on which the figures of a run move while
// it goes: server-sent events bring the report's own figures, drawn anew.
package livepage

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"stampede/results"
	"stampede/results/report"
)

const (
	maxWatchers = 8                // pages open at once
	patience    = 10 * time.Second // for a browser to take an event
)

//go:embed live.js
var script string

// policy lets the page run its own script and ask its own server, nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(script))
	return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// Page shows one run. Show and End belong to the run's goroutine and draw
// nothing: whoever watches has it drawn, once for all. While nobody does,
// there is nothing to Show. A zero Page is ready.
type Page struct {
	Name string // of the run

	mu       sync.Mutex // of what follows, held for moments only
	latest   *results.Result
	version  int
	ended    bool
	later    chan struct{} // closed when there is a later version
	watchers int

	drawing sync.Mutex // of what follows
	drawn   string     // as an event
	of      int        // the version drawn
}

// Show puts r on the page. r must not change any more.
func (p *Page) Show(r *results.Result) { p.put(r, false) }

// End puts the whole of r on the page, and says that the run has ended.
func (p *Page) End(r *results.Result) { p.put(r, true) }

func (p *Page) put(r *results.Result, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest, p.ended = r, ended
	p.version++
	if p.later != nil {
		close(p.later)
		p.later = nil
	}
}

// Handler serves the page and its events.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveFrame)
	mux.HandleFunc("GET /events", p.serveEvents)
	return mux
}

func (p *Page) serveFrame(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = report.LiveFrame(w, p.Name, script) // a browser that went away is no matter
}

// serveEvents sends each version, or the latest where the browser is slower,
// until the run's end.
func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !p.enter() {
		http.Error(w, "the page is open too often", http.StatusServiceUnavailable)
		return
	}
	defer p.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	if out.Flush() != nil { // so that the browser knows it is connected
		return
	}
	for seen := 0; ; {
		version, ended, err := p.next(r.Context(), seen)
		if err != nil {
			return
		}
		seen = version
		text, err := p.draw()
		if err != nil {
			return
		}
		if ended {
			text += "event: end\ndata:\n\n"
		}
		_ = out.SetWriteDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(w, text); err != nil || out.Flush() != nil || ended {
			return
		}
	}
}

func (p *Page) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers == maxWatchers {
		return false
	}
	p.watchers++
	return true
}

// Watched reports whether anybody looks at the page.
func (p *Page) Watched() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watchers > 0
}

func (p *Page) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers--
}

// next waits until there is a version later than seen.
func (p *Page) next(ctx context.Context, seen int) (version int, ended bool, err error) {
	for {
		p.mu.Lock()
		version, ended = p.version, p.ended
		if p.later == nil {
			p.later = make(chan struct{})
		}
		later := p.later
		p.mu.Unlock()
		if version > seen {
			return version, ended, nil
		}
		select {
		case <-later:
		case <-ctx.Done():
			return 0, false, ctx.Err()
		}
	}
}

// draw returns the latest version as an event. The first who asks draws it.
func (p *Page) draw() (string, error) {
	p.drawing.Lock()
	defer p.drawing.Unlock()
	p.mu.Lock()
	r, version := p.latest, p.version
	p.mu.Unlock()
	if p.of == version {
		return p.drawn, nil
	}
	var text strings.Builder
	if err := report.Moment(&text, r); err != nil {
		return "", err
	}
	p.drawn, p.of = event("run", text.String()), version
	return p.drawn, nil
}

// event writes an event of the kind, as HTML §9.2.6 has the stream: each line
// of text is a line of data.
func event(kind, text string) string {
	return fmt.Sprintf("event: %s\ndata: %s\n\n", kind, strings.NewReplacer("\r", "&#13;", "\n", "\ndata: ").Replace(text))
}
