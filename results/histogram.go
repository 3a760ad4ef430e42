package results

import (
	"fmt"
	"sort"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The durations a metric's histogram tells apart, to three digits. Values
// outside are counted in its first or last bucket, and counted as clamped.
const (
	LowestValue  = time.Microsecond
	HighestValue = 120 * time.Second
)

// The ages a held connection's histogram tells apart, to three digits.
const (
	lowestAge  = time.Millisecond
	highestAge = 24 * time.Hour
)

// Digits is how many digits of a value histograms tell apart.
const Digits = 3

// histogram counts durations. Beside the buckets it keeps what buckets blur:
// the exact sum, smallest and largest value. Buckets (156 KB) are made on the
// first value, since most runs have no TLS and many no lag.
type histogram struct {
	buckets     *hdr.Histogram
	low, high   time.Duration // range; zero means LowestValue and HighestValue
	sum         int64         // of the values as measured, ns
	min, max    int64         // as measured, ns; meaningless while empty
	clampedLow  int64         // values below zero, counted as zero
	clampedHigh int64         // values above high, counted as high
}

func (h *histogram) count() int64 {
	if h.buckets == nil {
		return 0
	}
	return h.buckets.TotalCount()
}

func (h *histogram) record(d time.Duration) {
	if h.buckets == nil {
		h.make()
	}
	v := int64(d)
	if v < 0 {
		h.clampedLow++
		v = 0
	}
	h.sum += v
	h.min, h.max = min(h.min, v), max(h.max, v)
	if v > int64(h.high) {
		h.clampedHigh++
		v = int64(h.high)
	}
	// The only errors are values out of range and a count beyond 2⁶³.
	_ = h.buckets.RecordValue(v)
}

func (h *histogram) make() {
	if h.high == 0 {
		h.low, h.high = LowestValue, HighestValue
	}
	h.buckets = hdr.New(int64(h.low), int64(h.high), Digits)
	h.min, h.max = 1<<63-1, 0
}

// at returns the value of the given rank, 1 being the smallest: the upper
// edge of the bucket it lies in, which is at most 0.1 % above the value
// itself, and never above the largest value measured.
//
// The library finds a value by percentage and rounds the rank to the nearest
// whole number; asked for 100·rank/n it lands on rank itself.
func (h *histogram) at(rank int64) int64 {
	percentage := 100 * float64(rank) / float64(h.count())
	return min(h.buckets.ValueAtPercentile(percentage), h.max)
}

// below counts the values that at reads as less than limit. It asks at
// itself, so a quantile and the count of a threshold can't contradict each
// other over a bucket that limit cuts in two.
func (h *histogram) below(limit int64) int64 {
	return int64(sort.Search(int(h.count()), func(i int) bool { return h.at(int64(i)+1) >= limit }))
}

// merge adds o to h, exactly: equal buckets add.
func (h *histogram) merge(o *histogram) error {
	if o.count() == 0 {
		return nil
	}
	if h.buckets == nil {
		h.low, h.high = o.low, o.high
		h.make()
	}
	if h.low != o.low || h.high != o.high {
		return fmt.Errorf("histograms of different ranges")
	}
	if lost := h.buckets.Merge(o.buckets); lost != 0 {
		return fmt.Errorf("%d values do not fit", lost)
	}
	h.sum += o.sum
	h.min, h.max = min(h.min, o.min), max(h.max, o.max)
	h.clampedLow += o.clampedLow
	h.clampedHigh += o.clampedHigh
	return nil
}

// encode returns the buckets as text, HdrHistogram's V2 compressed form in
// base64, or "" while empty.
func (h *histogram) encode() string {
	if h.count() == 0 {
		return ""
	}
	text, err := h.buckets.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil { // it compresses into memory
		return ""
	}
	return string(text)
}

// maxEncoded bounds the text of a histogram that is read: all 20,000 buckets
// in use come to less.
const maxEncoded = 1 << 20

func decodeHistogram(text string, low, high time.Duration) (*histogram, error) {
	if len(text) > maxEncoded {
		return nil, fmt.Errorf("histogram: %d bytes are too many", len(text))
	}
	buckets, err := hdr.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if buckets.LowestTrackableValue() != int64(low) || buckets.HighestTrackableValue() != int64(high) || buckets.SignificantFigures() != Digits {
		return nil, fmt.Errorf("histogram: a range of its own (%d to %d ns, %d digits)",
			buckets.LowestTrackableValue(), buckets.HighestTrackableValue(), buckets.SignificantFigures())
	}
	return &histogram{buckets: buckets, low: low, high: high}, nil
}
