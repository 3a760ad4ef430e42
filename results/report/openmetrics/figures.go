// Package openmetrics tells a run, while it goes or when it is done, in the
// words of Prometheus and OpenMetrics: counters of outcomes, histograms of
// durations in seconds, gauges of what is open.
package openmetrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"stampede/results"
)

var metrics = results.Metrics()

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("stampede_"+name, help, labels, nil)
}

// What is told, beside the durations.
var (
	handshakes = desc("handshakes_total", "Arrivals that have ended, by outcome.", "outcome", "status", "phase", "reason")
	started    = desc("attempts_started_total", "Attempts that were launched.")
	resent     = desc("syn_retransmissions_total", "SYN segments that the kernel sent again.")
	planned    = desc("arrivals_planned", "Arrivals of the whole run.")
	elapsed    = desc("run_elapsed_seconds", "Time since the run's start; negative while its first burst is being armed.")
	inFlight   = desc("handshakes_in_flight", "Attempts that were started and have not ended.")
	held       = desc("connections_held", "Connections that were established and are open.")
	info       = desc("run_info", "The run and what it loads.", "name", "url")
	limited    = desc("generator_limited", "1 if the run measured the generator's own host, not the server.")
	verdict    = desc("run_verdict", "1 for the verdict of the run.", "verdict")
)

// durations are the histograms, by metric.
var durations = func() (list [results.NumMetrics]*prometheus.Desc) {
	help := [results.NumMetrics]string{
		results.MetricHandshake:  "From the intended instant to established, over all arrivals; what was not established is infinite, and so is then the sum.",
		results.MetricService:    "From the start to established, of established attempts.",
		results.MetricConnect:    "The connect phase, of attempts that connected.",
		results.MetricTLS:        "The TLS phase, of attempts that got through it.",
		results.MetricUpgrade:    "The upgrade phase, of established attempts.",
		results.MetricStartLag:   "How late the generator started attempts.",
		results.MetricConnectLag: "How long the generator left a finished connect unnoticed, where the kernel said.",
		results.MetricReadLag:    "How long the generator left a reply unread, where the kernel said.",
		results.MetricTLSLag:     "How long the first byte of TLS waited for a CPU of the generator's host, where that was measured.",
		results.MetricReady:      "From the upgrade to the answer that the scenario waits for.",
	}
	for _, m := range metrics {
		list[m] = desc(m.String()+"_seconds", help[m])
	}
	return list
}()

// describe tells of all that may be told.
func describe(out chan<- *prometheus.Desc) {
	for _, d := range [...]*prometheus.Desc{handshakes, started, resent, planned, elapsed, inFlight, held, info, limited, verdict} {
		out <- d
	}
	for _, d := range durations {
		out <- d
	}
}

// figures are what is told of a run at one moment.
type figures struct {
	outcomes        []results.OutcomeCount
	durations       [results.NumMetrics]histogram
	started, resent int64
	planned         int64
	elapsed         time.Duration
}

// collect tells the figures. A metric without a value is left out.
func (f *figures) collect(out chan<- prometheus.Metric, since time.Time) {
	for _, o := range f.outcomes {
		status := ""
		if o.Outcome.Status != 0 {
			status = strconv.Itoa(int(o.Outcome.Status))
		}
		out <- counter(handshakes, o.Count, o.Outcome.Kind.String(), status, o.Outcome.Phase.String(), text(string(o.Outcome.Reason)))
	}
	out <- counter(started, f.started)
	out <- counter(resent, f.resent)
	out <- gauge(planned, float64(f.planned))
	out <- gauge(elapsed, f.elapsed.Seconds())
	for _, m := range metrics {
		if h := &f.durations[m]; h.total() > 0 {
			out <- h.metric(durations[m], since)
		}
	}
}

func counter(d *prometheus.Desc, n int64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// text makes s fit for a label, which must be UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "�") }
