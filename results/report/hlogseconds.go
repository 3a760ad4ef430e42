package report

import (
	"fmt"
	"io"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"stampede/results"
)

// HLogBySecond is HLog with an interval for each second of the run in which an
// attempt ended. attempts is the attempts.csv of r's run, which alone has all
// three digits of each second. A second in which arrivals failed has a comment
// in front that says how many.
//
// Attempts are in the interval in which they were recorded: one that a shard
// reported a fraction of a second late, behind a row of the next second, is in
// that. So each is in exactly one, and the intervals add up to the run.
func HLogBySecond(w io.Writer, r *results.Result, attempts io.Reader) error {
	log, err := newHLog(r)
	if err != nil {
		return err
	}
	second, n := logSecond{log: log}, int64(0)
	err = results.ReadCSV(attempts, func(a *results.Attempt) error {
		n++
		return second.add(a)
	})
	if err == nil {
		err = second.end()
	}
	if err == nil && n != r.Arrivals {
		err = fmt.Errorf("attempts.csv has %d rows, the result %d arrivals", n, r.Arrivals)
	}
	if err != nil {
		return fmt.Errorf("writing hlog: %w", err)
	}
	return log.writeTo(w)
}

// logSecond accumulates what ended in one second and, when the next begins,
// adds it to the log.
type logSecond struct {
	log                *hlog
	from               time.Duration
	values             [results.NumMetrics]*hdr.Histogram // nil before the first value
	ended, established int64
}

func (s *logSecond) add(a *results.Attempt) error {
	if known := a.Known(); known >= s.from+time.Second {
		if err := s.end(); err != nil {
			return err
		}
		s.from = known.Truncate(time.Second)
	}
	s.ended++
	if a.Outcome.Kind == results.Established {
		s.established++
	}
	for _, m := range results.Metrics() {
		if d, ok := a.Metric(m); ok {
			if err := s.record(m, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// record counts a duration as a Recorder does.
func (s *logSecond) record(m results.Metric, d time.Duration) error {
	if s.values[m] == nil {
		s.values[m] = hdr.New(int64(results.LowestValue), int64(results.HighestValue), results.Digits)
	}
	return s.values[m].RecordValue(int64(min(max(d, 0), results.HighestValue)))
}

// end adds the second to the log, and leaves nothing of it.
func (s *logSecond) end() error {
	if failed := s.ended - s.established; failed > 0 {
		text := fmt.Sprintf("[stampede: from %s, %d ended; %d of them failed and are in no histogram]", s.from, s.ended, failed)
		_ = s.log.lines.OutputComment(text) // into memory
	}
	s.ended, s.established = 0, 0
	for m, h := range s.values {
		if h == nil || h.TotalCount() == 0 {
			continue
		}
		if err := s.log.line(results.Metric(m), h, s.from, s.from+time.Second); err != nil {
			return fmt.Errorf("%s: %w", results.Metric(m), err)
		}
		h.Reset()
	}
	return nil
}
