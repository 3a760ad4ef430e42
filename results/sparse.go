package results

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// octave is how many buckets of a sparse count a doubling takes: a bucket is
// at most 1.6 % wide.
const (
	octaveBits = 6
	octave     = 1 << octaveBits
	maxBuckets = (64 - octaveBits) * octave
)

// sparse counts durations in buckets of constant relative width, and keeps
// only the stretch of buckets in use: a kilobyte where a histogram of a metric
// takes 156. It serves where many are needed and the third digit is not: to
// see how parts of a run differ, and where values cluster. Empty and ready at
// its zero value.
type sparse struct {
	from   int // bucket of counts[0]
	counts []uint32
}

// bucketOf returns the bucket a duration falls in. Below 64 ns a bucket is a
// nanosecond; from there on each doubling has 64.
func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	e := bits.Len64(v|1) - 1
	if e < octaveBits {
		return int(v)
	}
	return (e-octaveBits)<<octaveBits + int(v>>(e-octaveBits))
}

// bucketFrom is the smallest duration in a bucket, the inverse of bucketOf.
func bucketFrom(i int) time.Duration {
	if i < 2*octave {
		return time.Duration(i)
	}
	e := i>>octaveBits - 1
	return time.Duration(octave+i&(octave-1)) << e
}

// coarse is how many buckets of a sparse count are put into one where fewer
// serve: a bucket is then at most 12.5 % wide.
const coarse = 8

// Bucket is how many durations were at least From and less than To.
type Bucket struct {
	From, To time.Duration
	Count    int64
}

// bucketsOf reads a sparse count in whose buckets so many are put together;
// nothing of what is none, which reading a result refuses.
func bucketsOf(text string, together int) []Bucket {
	s, err := parseSparse(text)
	if err != nil || s.from+len(s.counts) >= maxBuckets/together {
		return nil
	}
	var list []Bucket
	for i, n := range s.counts {
		if n > 0 {
			b := (s.from + i) * together
			list = append(list, Bucket{bucketFrom(b), bucketFrom(b + together), int64(n)})
		}
	}
	return list
}

// mergeSparse adds two sparse counts in their written form. What is none,
// which reading a result refuses, adds nothing.
func mergeSparse(text, other string) string {
	a, errA := parseSparse(text)
	b, errB := parseSparse(other)
	if errA != nil || errB != nil {
		return text
	}
	a.merge(&b)
	return a.String()
}

func (s *sparse) add(d time.Duration) { s.count(bucketOf(d), 1) }

func (s *sparse) count(i int, n uint32) {
	switch {
	case len(s.counts) == 0:
		s.from = i
		s.counts = append(s.counts, n)
	case i < s.from:
		s.counts = append(make([]uint32, s.from-i, s.from-i+len(s.counts)), s.counts...)
		s.from = i
		s.counts[0] = n
	case i-s.from >= len(s.counts):
		s.counts = append(s.counts, make([]uint32, i+1-s.from-len(s.counts))...)
		fallthrough
	default:
		s.counts[i-s.from] = uint32(min(uint64(s.counts[i-s.from])+uint64(n), 1<<32-1))
	}
}

func (s *sparse) merge(o *sparse) {
	for i, n := range o.counts {
		if n > 0 {
			s.count(o.from+i, n)
		}
	}
}

func (s *sparse) total() (n int64) {
	for _, c := range s.counts {
		n += int64(c)
	}
	return n
}

// below is how many values are under limit, those of the bucket it cuts in
// proportion.
func (s *sparse) below(limit time.Duration) float64 {
	cut := bucketOf(limit)
	var n float64
	for i, c := range s.counts {
		switch b := s.from + i; {
		case b < cut:
			n += float64(c)
		case b == cut:
			low, high := bucketFrom(b), bucketFrom(b+1)
			n += float64(c) * float64(limit-low) / float64(max(high-low, 1))
		}
	}
	return n
}

// String writes the first bucket in use and the counts from there, zeros left
// out: "2901:3,,17".
func (s *sparse) String() string {
	if len(s.counts) == 0 {
		return ""
	}
	return strconv.Itoa(s.from) + ":" + formatCounts(s.counts)
}

func parseSparse(text string) (s sparse, err error) {
	if text == "" {
		return s, nil
	}
	from, counts, ok := strings.Cut(text, ":")
	if s.from, err = strconv.Atoi(from); !ok || err != nil {
		return sparse{}, fmt.Errorf("%q: no bucket and counts", cut(text, 32))
	}
	if s.counts, err = parseCounts[uint32](counts, maxBuckets); err != nil {
		return sparse{}, err
	}
	if s.from < 0 || s.from+len(s.counts) > maxBuckets {
		return sparse{}, fmt.Errorf("%q: no bucket", cut(text, 32))
	}
	return s, nil
}

// formatCounts writes counts between commas, zeros as nothing.
func formatCounts[T uint32 | int64](counts []T) string {
	var b strings.Builder
	for i, n := range counts {
		if i > 0 {
			b.WriteByte(',')
		}
		if n != 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10))
		}
	}
	return b.String()
}

// parseCounts is the inverse of formatCounts, for up to limit counts.
func parseCounts[T uint32 | int64](text string, limit int) ([]T, error) {
	if text == "" {
		return nil, nil
	}
	if n := strings.Count(text, ",") + 1; n > limit {
		return nil, fmt.Errorf("%d counts are too many", n)
	}
	var counts []T
	for part := range strings.SplitSeq(text, ",") {
		var n uint64
		if part != "" {
			var err error
			if n, err = strconv.ParseUint(part, 10, 32); err != nil {
				return nil, fmt.Errorf("%q is no count", cut(part, 32))
			}
		}
		counts = append(counts, T(n))
	}
	return counts, nil
}
