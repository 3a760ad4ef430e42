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
	if r.Partial {
		return errors.New("writing hlog: the result is partial, it has no histograms")
	}
	var text strings.Builder // a log is written whole or not at all
	out := hdr.NewHistogramLogWriter(&text)
	// Writes to text can't fail.
	_ = out.OutputComment(hlogFailures(r))
	_ = out.OutputLogFormatVersion()
	text.WriteString(hlogStart(r.StartedAt))
	_ = out.OutputLegend()
	out.SetBaseTime(r.StartedAt.UnixMilli())
	for _, m := range results.Metrics() {
		if err := hlogLine(out, r, m); err != nil {
			return fmt.Errorf("writing hlog: %s: %w", m, err)
		}
	}
	_, err := io.WriteString(w, text.String())
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

func hlogLine(out *hdr.HistogramLogWriter, r *results.Result, m results.Metric) error {
	f := r.Metrics.Of(m)
	if f.Buckets == "" {
		return nil
	}
	h, err := hdr.Decode([]byte(f.Buckets))
	if err != nil {
		return err
	}
	tag, ok := hlogTags[m]
	if !ok {
		tag = m.String()
	}
	h.SetTag(tag)
	h.SetStartTimeMs(r.StartedAt.UnixMilli())
	h.SetEndTimeMs(r.EndedAt.UnixMilli())
	return out.OutputIntervalHistogram(h)
}
