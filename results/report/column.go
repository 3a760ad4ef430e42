package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"stampede/results"
	"stampede/results/report/plot"
	"stampede/results/stats"
)

// maxColumns bounds what is drawn across a figure of the run's time, and with
// it the size of a report: steps of a long run are put together.
const maxColumns = 150

// column is one or several steps of the timeline.
type column struct {
	at         time.Duration
	arrivals   int64            // intended in it
	ended      census           // known in it
	handshakes []results.Bucket // of the arrivals that were established
	inFlight   int64            // the most at the end of a step
	held       int64
}

// course is the run's time in columns.
type course struct {
	step    time.Duration // of a column
	columns []column
}

// courseOf puts the steps of r's timeline into at most most columns.
func courseOf(r *results.Result, most int) course {
	k := results.Together(len(r.Timeline), most)
	c := course{step: max(r.TimelineStep, time.Second) * time.Duration(k)}
	for i := range r.Timeline {
		if i%k == 0 {
			c.columns = append(c.columns, column{at: r.Timeline[i].At})
		}
		c.columns[len(c.columns)-1].add(&r.Timeline[i])
	}
	return c
}

func (c *column) add(s *results.Second) {
	c.arrivals += s.Arrivals
	for name, n := range s.Outcomes {
		c.ended.add(name, n)
	}
	c.handshakes = addBuckets(c.handshakes, s.HandshakeBuckets())
	c.inFlight, c.held = max(c.inFlight, s.InFlight), max(c.held, s.Held)
}

// addBuckets merges two lists of buckets, each in order.
func addBuckets(a, b []results.Bucket) []results.Bucket {
	if len(a) == 0 {
		return b
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y results.Bucket) int { return cmp.Compare(x.From, y.From) })
	merged := all[:1]
	for _, x := range all[1:] {
		if last := &merged[len(merged)-1]; last.From == x.From {
			last.Count += x.Count
			continue
		}
		merged = append(merged, x)
	}
	return merged
}

// total is how many durations buckets hold.
func total(list []results.Bucket) (n int64) {
	for _, b := range list {
		n += b.Count
	}
	return n
}

// unestablished is how many of the column's arrivals were not established.
func (c *column) unestablished() int64 { return max(c.arrivals-total(c.handshakes), 0) }

// Why a quantile of a column is no number.
const (
	tooFew = -1 // the population is too small for it
	never  = math.MaxInt64
)

// quantile is the nearest rank over all of the column's arrivals, those that
// were not established taking for ever: the middle of the bucket it falls in.
func (c *column) quantile(p float64) time.Duration {
	if c.arrivals < neededFor(p) {
		return tooFew
	}
	rank := int64(math.Ceil(p * float64(c.arrivals)))
	for _, b := range c.handshakes {
		if rank -= b.Count; rank <= 0 {
			return time.Duration(math.Sqrt(float64(b.From) * float64(b.To)))
		}
	}
	return never
}

// neededFor is the smallest population that bounds a quantile on both sides.
func neededFor(p float64) int64 { return stats.NeededForQuantile(p, 0.95) }

// across places the edges of column i.
func (c *course) across(i int) (from, to float64) {
	n := float64(len(c.columns))
	return float64(i) / n, float64(i+1) / n
}

// span is the time that the columns take up.
func (c *course) span() time.Duration { return time.Duration(len(c.columns)) * c.step }

// axis is the axis of the run's time.
func (c *course) axis() plot.Axis {
	s := c.span().Seconds()
	name := "seconds from the start"
	if s > shortRun {
		name = "minutes:seconds from the start"
	}
	return plot.Axis{Name: name, Ticks: plot.Ticks(plot.Linear(0, s), plot.ClockTicks(s, 6), c.clock)}
}

// shortRun is up to how many seconds a run's times are written in seconds.
const shortRun = 120

func (c *course) clock(seconds float64) string {
	s := int64(math.Round(seconds))
	if c.span().Seconds() <= shortRun {
		return strconv.FormatInt(s, 10)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// when names column i.
func (c *course) when(i int) string {
	t := c.clock(c.columns[i].at.Seconds())
	if c.span().Seconds() <= shortRun {
		return t + " s"
	}
	return t
}

// each says what a column is, for captions.
func (c *course) each() string {
	if c.step == time.Second {
		return "second"
	}
	return duration(c.step)
}
