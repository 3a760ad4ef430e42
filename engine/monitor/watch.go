// Package monitor looks at the server beside the load, once a second while a
// run goes on: at processes and kernel counters of this host, and at the pages
// servers keep of their own state. What it can't read it counts and says, and
// the run goes on.
package monitor

import (
	"context"
	"sync"
	"time"

	"stampede/results"
	"stampede/scenario"
)

const (
	every    = time.Second
	patience = 2 * time.Second        // for one look, the last one included
	baseline = 250 * time.Millisecond // that Start waits for the first looks
)

// Bounds on what is kept of one source.
const (
	maxErrors = 8   // distinct ones
	maxName   = 256 // bytes of a series' name, labels included
)

// reading is one figure at one look. Readings of a source are told apart by
// their names.
type reading struct {
	name, unit string
	kind       results.SeriesKind
	value      float64
	limit      float64 // the most it can be; 0: not known
}

// source is something that can be looked at. A look may return readings
// beside an error; it belongs to one goroutine.
type source interface {
	look(ctx context.Context) ([]reading, error)
}

// closer is a source that keeps something open between looks.
type closer interface{ close() }

// Watch looks at its sources from Start to Stop.
type Watch struct {
	start   time.Time // offset zero of the tracks
	stop    context.CancelFunc
	working sync.WaitGroup
	eyes    []*eye
}

// Start begins to look at everything in list, each source in a goroutine of
// its own. practice is the process id of the practice server, which is looked
// at whether list names it or not; 0 if none runs. Start returns when every
// source has answered once, but after a quarter of a second at most: counters
// are to be known before the load begins. Who got a Watch stops it.
func Start(ctx context.Context, list []scenario.Monitor, practice int) *Watch {
	ctx, cancel := context.WithCancel(ctx)
	w := &Watch{start: time.Now(), stop: cancel}
	var first sync.WaitGroup
	for _, m := range withPractice(list, practice) {
		e := &eye{start: w.start, source: open(m, practice), monitor: results.Monitor{Name: nameOf(m), Source: m.Kind.String()}}
		w.eyes = append(w.eyes, e)
		first.Add(1)
		w.working.Go(func() { e.watch(ctx, first.Done) }) // ends soon after cancel
	}
	awaitAtMost(&first, baseline)
	return w
}

// awaitAtMost waits for g, but no longer than limit.
func awaitAtMost(g *sync.WaitGroup, limit time.Duration) {
	done := make(chan struct{})
	go func() { // ends when every first look has, after patience at most
		g.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// withPractice adds the practice server to list unless it is there or does not
// run.
func withPractice(list []scenario.Monitor, practice int) []scenario.Monitor {
	if practice == 0 {
		return list
	}
	for _, m := range list {
		if m.Name == scenario.Practice {
			return list
		}
	}
	return append([]scenario.Monitor{{Kind: scenario.MonitorProcess, Name: scenario.Practice}}, list...)
}

// Stop takes a last look at every source, in 2 s at most, and ends the watch.
// It may be called again.
func (w *Watch) Stop() {
	w.stop()
	w.working.Wait()
}

// Monitors returns what has been seen so far, its instants as offsets from
// zero, the start of the run. It may be called at any time.
func (w *Watch) Monitors(zero time.Time) []results.Monitor {
	list := make([]results.Monitor, len(w.eyes))
	for i, e := range w.eyes {
		list[i] = e.seen(zero)
	}
	return list
}

// eye looks at one source.
type eye struct {
	start   time.Time
	source  source
	failing bool // the last look found nothing

	mu      sync.Mutex
	monitor results.Monitor // but for its series
	tracks  []track
}

// watch looks once a second, and once more when ctx ends, unless the source
// failed to answer just before. first is called after the first look.
func (e *eye) watch(ctx context.Context, first func()) {
	if c, ok := e.source.(closer); ok {
		defer c.close()
	}
	last := context.WithoutCancel(ctx)
	tick := time.NewTicker(every)
	defer tick.Stop()
	e.look(last)
	first()
	for {
		select {
		case <-tick.C:
			e.look(ctx)
		case <-ctx.Done():
			if !e.failing {
				e.look(last)
			}
			return
		}
	}
}

func (e *eye) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	readings, err := e.source.look(limited)
	if ctx.Err() != nil {
		return // the run ended, and the last look follows
	}
	e.failing = len(readings) == 0
	e.note(time.Since(e.start), readings, err)
}

// note records what a look found.
func (e *eye) note(at time.Duration, readings []reading, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.monitor.Looks++
	if err != nil {
		e.complain(err.Error())
	}
	for _, r := range readings {
		if t := e.track(r); t != nil {
			t.series.Limit = r.limit
			t.add(at, r.value)
		}
	}
}

// track finds the track of a reading, or makes it; nil if there are too many,
// or its name is too long to keep.
func (e *eye) track(r reading) *track {
	for i := range e.tracks {
		if e.tracks[i].series.Name == r.name {
			return &e.tracks[i]
		}
	}
	if len(e.tracks) == results.MaxSeries || len(r.name) > maxName {
		return nil
	}
	e.tracks = append(e.tracks, track{series: results.Series{Name: r.name, Unit: r.unit, Kind: r.kind}})
	return &e.tracks[len(e.tracks)-1]
}

func (e *eye) complain(text string) {
	for i := range e.monitor.Errors {
		if e.monitor.Errors[i].Text == text {
			e.monitor.Errors[i].Count++
			return
		}
	}
	if len(e.monitor.Errors) < maxErrors {
		e.monitor.Errors = append(e.monitor.Errors, results.Warning{Text: text, Count: 1})
	}
}

// seen copies what is known, its instants counted from zero.
func (e *eye) seen(zero time.Time) results.Monitor {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, shift := e.monitor, e.start.Sub(zero)
	m.Series, m.Errors = []results.Series{}, append([]results.Warning{}, m.Errors...)
	for _, t := range e.tracks {
		s := t.series
		s.Points = make([]results.Point, len(t.series.Points))
		for i, p := range t.series.Points {
			s.Points[i] = results.Point{At: p.At + shift, Value: p.Value}
		}
		m.Series = append(m.Series, s)
	}
	return m
}
