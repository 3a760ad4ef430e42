package openmetrics

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// classic are the buckets of histograms as every scraper reads them. A connect
// whose SYN was sent again takes just over 1 or 3 s, so those have an end there.
var classic = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
}

// The buckets of native histograms: bucket k ends at 2^(k/8) s, so it is at
// most 9.1 % wide. The first counts all up to 0.95 µs, as zero; the last all
// beyond 17 minutes.
const (
	schema       = 3
	perDoubling  = 1 << schema
	firstNative  = -20 * perDoubling
	lastNative   = 10 * perDoubling
	numNative    = lastNative - firstNative + 1
	numEdges     = len(classic) + numNative
	beyondNative = 1024*perDoubling + 1 // of +∞, above the largest finite number
)

// edges are the ends of both kinds of buckets, smallest first, and native the
// native bucket in which the values up to each lie.
var edges, native = edgesOf()

func edgesOf() (edges [numEdges]time.Duration, native [numEdges]int) {
	for k := range numNative {
		edges[k] = endOf(firstNative + k)
	}
	copy(edges[numNative:], classic[:])
	slices.Sort(edges[:])
	k := firstNative
	for i, end := range edges {
		for endOf(k) < end {
			k++
		}
		native[i] = k
	}
	return edges, native
}

// endOf is where native bucket k ends.
func endOf(k int) time.Duration {
	return time.Duration(math.Round(math.Exp2(float64(k)/perDoubling) * float64(time.Second)))
}

// histogram counts durations between edges, from which buckets of both kinds
// add up exactly. The zero value is empty.
type histogram struct {
	counts   [numEdges]int64
	infinite int64 // of handshake: not established
	sum      time.Duration
}

// add counts d so many times. It allocates nothing.
func (h *histogram) add(d time.Duration, n int64) {
	i, _ := slices.BinarySearch(edges[:], d)
	h.counts[min(i, numEdges-1)] += n
	h.sum += d * time.Duration(n)
}

// total is how many durations there are, the infinite ones among them.
func (h *histogram) total() uint64 {
	n := h.infinite
	for _, c := range h.counts {
		n += c
	}
	return uint64(n)
}

// seconds is the sum, which one infinite value makes infinite.
func (h *histogram) seconds() float64 {
	if h.infinite > 0 {
		return math.Inf(1)
	}
	return h.sum.Seconds()
}

// metric returns h as it is now, with classic and native buckets.
func (h *histogram) metric(d *prometheus.Desc, since time.Time) prometheus.Metric {
	up, sparse, zero := h.buckets()
	return &dual{
		Metric:  prometheus.MustNewConstNativeHistogram(d, h.total(), h.seconds(), sparse, nil, zero, schema, endOf(firstNative).Seconds(), since),
		classic: prometheus.MustNewConstHistogram(d, h.total(), h.seconds(), up),
	}
}

// buckets are h's counts up to each classic edge, in each native bucket, and
// in the native bucket of zero.
func (h *histogram) buckets() (up map[float64]uint64, sparse map[int]int64, zero uint64) {
	up, sparse = make(map[float64]uint64, len(classic)), make(map[int]int64)
	var n uint64
	at := 0
	for i, c := range h.counts {
		n += uint64(c)
		if at < len(classic) && edges[i] == classic[at] && (i+1 == numEdges || edges[i+1] != edges[i]) {
			up[classic[at].Seconds()] = n
			at++
		}
		switch {
		case native[i] == firstNative:
			zero += uint64(c)
		case c > 0:
			sparse[native[i]] += c
		}
	}
	if h.infinite > 0 {
		sparse[beyondNative] = h.infinite
	}
	return up, sparse, zero
}

// dual is a histogram with buckets of both kinds: whoever scrapes takes those
// it understands.
type dual struct {
	prometheus.Metric // native
	classic           prometheus.Metric
}

// Write implements prometheus.Metric.
func (d *dual) Write(out *dto.Metric) error {
	if err := d.Metric.Write(out); err != nil {
		return err
	}
	var other dto.Metric
	if err := d.classic.Write(&other); err != nil {
		return err
	}
	out.Histogram.Bucket = other.Histogram.Bucket
	return nil
}
