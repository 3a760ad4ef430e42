package results

import (
	"fmt"
	"time"

	"stampede/results/stats"
)

// confidence of every interval and proof.
const confidence = 0.95

// Figures are the numbers of one metric. Quantiles are nearest rank over
// Count, the whole population; those that fall among Infinite are nil, and
// so are those the population is too small for, which Needs then names.
// Durations are in nanoseconds.
type Figures struct {
	Count    int64            `json:"count"`              // the population
	Infinite int64            `json:"infinite,omitempty"` // of Count: not established, so +∞ (handshake only)
	Min      *int64           `json:"min_ns"`
	Mean     *int64           `json:"mean_ns"` // exact, from Sum; nil if any is infinite
	P50      *int64           `json:"p50_ns"`
	P90      *int64           `json:"p90_ns"`
	P95      *int64           `json:"p95_ns"`
	P99      *int64           `json:"p99_ns"`
	P999     *int64           `json:"p999_ns"`
	Max      *int64           `json:"max_ns"`          // exact; nil if any is infinite
	Largest  *int64           `json:"largest_ns"`      // exact, of the finite values
	Needs    map[string]int64 `json:"needs,omitempty"` // population a withheld quantile needs: {"p99": 368}
	Sum      int64            `json:"sum_ns"`          // of the finite values
	TooLow   int64            `json:"clamped_low,omitempty"`
	TooHigh  int64            `json:"clamped_high,omitempty"`
	Buckets  string           `json:"histogram"` // HdrHistogram V2 compressed, base64; "" when empty

	// Groups has the finite values of each of Result.Groups, coarsely: the
	// first bucket in use and the counts from there. A bucket is 1 ns wide up to
	// 128 ns, then each doubling has 64. Kept for the metrics of the handshake.
	Groups []string `json:"groups,omitempty"`

	decoded *histogram
}

// withheld are the quantiles refused to small populations.
var withheld = []struct {
	key        string
	hundredths int
}{{"p99", 9900}, {"p999", 9990}}

func (h *histogram) figures(infinite int64) Figures {
	f := h.bareFigures(infinite)
	f.Buckets = h.encode()
	return f
}

// bareFigures are figures without Buckets. Compressing them makes megabytes
// of garbage, too much for what is written every second of a run that keeps
// the garbage collector away.
func (h *histogram) bareFigures(infinite int64) Figures {
	f := Figures{
		Count: h.count() + infinite, Infinite: infinite,
		Sum: h.sum, TooLow: h.clampedLow, TooHigh: h.clampedHigh,
	}
	if f.Count == 0 {
		return f
	}
	if h.count() > 0 {
		f.Min, f.Largest = ptr(h.min), ptr(h.max)
		if infinite == 0 {
			f.Max, f.Mean = ptr(h.max), ptr(h.sum/f.Count)
		}
	}
	f.P50, f.P90, f.P95 = f.quantile(h, 5000), f.quantile(h, 9000), f.quantile(h, 9500)
	f.P99, f.P999 = f.quantile(h, 9900), f.quantile(h, 9990)
	f.withhold()
	return f
}

// withhold takes back the quantiles that Count is too small for.
func (f *Figures) withhold() {
	for _, q := range withheld {
		n := neededFor(q.hundredths)
		if f.Count >= n {
			continue
		}
		if f.Needs == nil {
			f.Needs = map[string]int64{}
		}
		f.Needs[q.key] = n
	}
	if f.Needs["p99"] > 0 {
		f.P99 = nil
	}
	if f.Needs["p999"] > 0 {
		f.P999 = nil
	}
}

// quantile is nearest rank over the population; nil among the infinite.
func (f *Figures) quantile(h *histogram, hundredths int) *int64 {
	return f.ranked(h, stats.Rank(f.Count, hundredths))
}

// ranked is the value of a rank in the population, infinite ones last; nil
// if the rank is outside or infinite.
func (f *Figures) ranked(h *histogram, rank int64) *int64 {
	if rank < 1 || rank > h.count() {
		return nil
	}
	return ptr(h.at(rank))
}

// neededFor is the smallest population that bounds the quantile on both sides.
func neededFor(hundredths int) int64 {
	return stats.NeededForQuantile(float64(hundredths)/10000, confidence)
}

// histogram returns the values behind f, decoded from its text and kept, so
// that a result just made and one read from a file are judged alike.
func (f *Figures) histogram(low, high time.Duration) (*histogram, error) {
	if f.decoded != nil {
		return f.decoded, nil
	}
	h := &histogram{}
	if f.Buckets != "" {
		var err error
		if h, err = decodeHistogram(f.Buckets, low, high); err != nil {
			return nil, err
		}
	}
	if h.count() != f.Count-f.Infinite {
		return nil, fmt.Errorf("%d values in the histogram, %d finite ones in the count", h.count(), f.Count-f.Infinite)
	}
	if h.count() > 0 {
		if f.Min == nil || f.Largest == nil {
			return nil, fmt.Errorf("min_ns or largest_ns is missing beside a histogram")
		}
		h.min, h.max = *f.Min, *f.Largest
	}
	h.sum, h.clampedLow, h.clampedHigh = f.Sum, f.TooLow, f.TooHigh
	f.decoded = h
	return h, nil
}

// merge adds o's values to f.
func (f *Figures) merge(o *Figures, low, high time.Duration) error {
	h, err := f.histogram(low, high)
	if err != nil {
		return err
	}
	other, err := o.histogram(low, high)
	if err != nil {
		return err
	}
	if err := h.merge(other); err != nil {
		return err
	}
	groups := f.Groups
	*f = h.figures(f.Infinite + o.Infinite)
	f.Groups = groups
	return nil
}

func ptr[T any](v T) *T { return &v }
