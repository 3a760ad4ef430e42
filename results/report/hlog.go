package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"stampede/results"
)

// hlogTags name the histograms of a log. R and S are response and service
// time; ok says that they are of established attempts alone.
var hlogTags = map[results.Metric]string{results.MetricHandshake: "R.ok", results.MetricService: "S.ok"}

// HLog writes r's histograms as a HdrHistogram log, format version 1.3, that
// the plotters and processors of other tools read: one interval, the whole
// run, with a line for each metric that has values, its name or R.ok or S.ok
// as the tag. Values are nanoseconds, the maximum column is milliseconds, and
// times are seconds from StartTime, which is exact to the millisecond.
//
// A failure has no duration, so it is in no histogram: a comment says how
// many arrivals are missing from R.ok, and in which outcomes they ended. A
// partial result has no histograms and is an error.
func HLog(w io.Writer, r *results.Result) error {
	log, err := newHLog(r)
	if err != nil {
		return err
	}
	for _, m := range results.Metrics() {
		f := r.Metrics.Of(m)
		if f.Buckets == "" {
			continue
		}
		h, err := hdr.Decode([]byte(f.Buckets))
		if err == nil {
			err = log.line(m, h, 0, r.EndedAt.Sub(r.StartedAt))
		}
		if err != nil {
			return fmt.Errorf("writing hlog: %s: %w", m, err)
		}
	}
	return log.writeTo(w)
}

// hlog is a log that is being written, whole or not at all.
type hlog struct {
	text  strings.Builder // writes to it can't fail
	lines *hdr.HistogramLogWriter
	start time.Time // of the run
}

// newHLog returns a log of r that has its head.
func newHLog(r *results.Result) (*hlog, error) {
	if r.Partial {
		return nil, errors.New("writing hlog: the result is partial, it has no histograms")
	}
	l := &hlog{start: r.StartedAt}
	l.lines = hdr.NewHistogramLogWriter(&l.text)
	_ = l.lines.OutputComment(hlogFailures(r))
	_ = l.lines.OutputLogFormatVersion()
	l.text.WriteString(hlogStart(r.StartedAt))
	_ = l.lines.OutputLegend()
	l.lines.SetBaseTime(r.StartedAt.UnixMilli())
	return l, nil
}

// line adds the values that a metric had from one offset to another.
func (l *hlog) line(m results.Metric, h *hdr.Histogram, from, to time.Duration) error {
	tag, ok := hlogTags[m]
	if !ok {
		tag = m.String()
	}
	h.SetTag(tag)
	h.SetStartTimeMs(l.start.Add(from).UnixMilli())
	h.SetEndTimeMs(l.start.Add(to).UnixMilli())
	return l.lines.OutputIntervalHistogram(h)
}

func (l *hlog) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, l.text.String())
	return err
}

// hlogStart is the line of the start. The library's own has whole seconds.
func hlogStart(at time.Time) string {
	ms := at.UnixMilli()
	return fmt.Sprintf("#[StartTime: %d.%03d (seconds since epoch), %s]\n", ms/1000, ms%1000,
		at.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// hlogFailures is the comment without which a reader would take the
// percentiles of the survivors for those of all.
func hlogFailures(r *results.Result) string {
	var established int64
	var failed []string
	for i := range r.Outcomes {
		row := &r.Outcomes[i]
		if row.Kind == results.Established {
			established += row.Count
			continue
		}
		failed = append(failed, fmt.Sprintf("%s %d", escape(row.Outcome().Name()), row.Count))
	}
	if len(failed) == 0 {
		return fmt.Sprintf("[stampede: %d arrivals, all established]", r.Arrivals)
	}
	return fmt.Sprintf("[stampede: %d arrivals, %d established; %d failed and are in no histogram: %s]",
		r.Arrivals, established, r.Arrivals-established, strings.Join(failed, ", "))
}
