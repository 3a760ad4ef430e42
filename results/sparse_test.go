package results

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBuckets(t *testing.T) {
	previous := -1
	for _, d := range []time.Duration{0, 1, 63, 64, 127, 128, 129, 130, 255, 256, time.Microsecond, ms, time.Second, time.Hour, math.MaxInt64} {
		i := bucketOf(d)
		low := bucketFrom(i)
		if low > d || (i+1 < maxBuckets-1 && d < math.MaxInt64 && bucketFrom(i+1) <= d) {
			t.Errorf("%d is in bucket %d, from %d to %d", d, i, low, bucketFrom(i+1))
		}
		if width := float64(bucketFrom(i+1)-low) / float64(max(low, 64)); d < time.Hour && width > 1/64.0 {
			t.Errorf("bucket %d of %d is %v wide", i, d, width)
		}
		if i < previous || i >= maxBuckets {
			t.Errorf("%d is in bucket %d, after %d", d, i, previous)
		}
		previous = i
	}
	if bucketOf(-5) != 0 {
		t.Error("a negative duration has a bucket of its own")
	}
}

func TestSparse(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var whole, a, b sparse
	for i := range 3000 {
		d := time.Duration(rnd.ExpFloat64() * float64(20*ms))
		whole.add(d)
		if i%3 == 0 {
			a.add(d)
		} else {
			b.add(d)
		}
	}
	a.merge(&b)
	if diff := cmp.Diff(whole.String(), a.String()); diff != "" {
		t.Errorf("merged differs from whole (-whole +merged):\n%s", diff)
	}
	read, err := parseSparse(whole.String())
	if err != nil || read.String() != whole.String() || read.total() != 3000 {
		t.Errorf("read back %d of 3000: %v", read.total(), err)
	}
	if got, want := whole.below(20*ms), 3000*(1-1/math.E); math.Abs(got-want) > 100 {
		t.Errorf("%v below the mean, want about %.0f", got, want)
	}
	if whole.below(math.MaxInt64) != 3000 || whole.below(0) != 0 {
		t.Errorf("%v below everything, %v below nothing", whole.below(math.MaxInt64), whole.below(0))
	}
}

func TestParseSparseRefuses(t *testing.T) {
	for _, text := range []string{"x", "1", "1:x", "-1:2", "1:-2", "9999999:1", "3700:1,,,,,,,,,,,,,,,,1", "1:4294967296"} {
		if s, err := parseSparse(text); err == nil {
			t.Errorf("%q is read as %q", text, s.String())
		}
	}
	if s, err := parseSparse(""); err != nil || s.total() != 0 {
		t.Errorf("nothing is read as %q, %v", s.String(), err)
	}
}
