package openmetrics

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"stampede/results"
)

// maxScrapes bounds how many scrapes are answered at once.
const maxScrapes = 4

// Live tells a run while it goes. Attempt, Tick and End belong to the
// goroutine that feeds the recorder, and cost an attempt no lock and no
// memory; scrapes read a copy that Tick leaves, and never make the run wait.
// An empty one is ready.
type Live struct {
	Name, URL string // of the run; without secrets

	now figures // the run's own

	mu   sync.Mutex // of what follows
	told figures
	open Open
	from time.Time
}

// Open is what is open at a moment of a run.
type Open struct {
	InFlight int64 // started and not ended
	Held     int64 // established and open
}

// Attempt counts an attempt that has ended.
func (l *Live) Attempt(a *results.Attempt) {
	for _, m := range metrics {
		if d, ok := a.Metric(m); ok {
			l.now.durations[m].add(d, 1)
		}
	}
	if a.Outcome.Kind != results.Established {
		l.now.durations[results.MetricHandshake].infinite++
	}
	l.now.resent += int64(a.SYNRetransmits)
}

// Tick lets scrapes have what r has recorded so far. When one is just
// copying, they have it from the next.
func (l *Live) Tick(r *results.Recorder, elapsed time.Duration, open Open) {
	if l.mu.TryLock() {
		defer l.mu.Unlock()
		l.tell(r, elapsed, open)
	}
}

// End lets scrapes have what r has recorded in all.
func (l *Live) End(r *results.Recorder, elapsed time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(r, elapsed, Open{})
}

func (l *Live) tell(r *results.Recorder, elapsed time.Duration, open Open) {
	s := r.Snapshot(elapsed)
	l.now.started, l.now.planned, l.now.elapsed = s.Started, s.Planned, elapsed
	outcomes := r.AppendOutcomes(l.told.outcomes[:0])
	l.told = l.now
	l.told.outcomes, l.open = outcomes, open
	if l.from.IsZero() {
		l.from = time.Now().Add(-elapsed)
	}
}

// Describe implements prometheus.Collector.
func (l *Live) Describe(out chan<- *prometheus.Desc) { describe(out) }

// Collect implements prometheus.Collector.
func (l *Live) Collect(out chan<- prometheus.Metric) {
	l.mu.Lock()
	f, open, from := l.told, l.open, l.from
	f.outcomes = append([]results.OutcomeCount(nil), f.outcomes...)
	l.mu.Unlock()
	out <- gauge(info, 1, text(l.Name), text(l.URL))
	out <- gauge(inFlight, float64(open.InFlight))
	out <- gauge(held, float64(open.Held))
	f.collect(out, from)
}

// Handler answers scrapes of /metrics, in whichever of Prometheus' formats and
// OpenMetrics they ask for.
func (l *Live) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(l)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes}))
	return mux
}
