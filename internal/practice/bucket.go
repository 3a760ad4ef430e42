package practice

import (
	"strconv"
	"strings"
	"time"
)

// RateLimit lets so many handshakes through at once, and one more whenever
// Every has passed: a token bucket. The zero value limits nothing.
type RateLimit struct {
	Every time.Duration // until the bucket has one token more; 0: no limit
	Burst int           // tokens in a full bucket, from 1 to maxBurst
}

// maxBurst keeps the time a bucket takes to fill, at the slowest rate there
// is, within a Duration.
const maxBurst = 1_000_000

// valid reports whether l is a limit, or none.
func (l RateLimit) valid() bool {
	return l == RateLimit{} || l.Every > 0 && l.Every <= slowest && l.Burst >= 1 && l.Burst <= maxBurst
}

// slowest is the longest time between two tokens.
const slowest = 1000 * time.Second

// bucket is a RateLimit at work. It counts in time, as the generic cell rate
// algorithm does (ITU-T I.371): what is missing are so many Every.
type bucket struct {
	RateLimit
	full time.Duration // when the bucket is full again, if nobody takes from it
}

// take takes a token, or returns false if there is none. Calls must come in
// order of now.
func (b *bucket) take(now time.Duration) bool {
	if b.Every == 0 {
		return true
	}
	full := max(b.full, now) + b.Every
	if full-now > time.Duration(b.Burst)*b.Every {
		return false
	}
	b.full = full
	return true
}

// parseRateLimit reads a limit such as "100/s burst 300".
func parseRateLimit(text string) (RateLimit, bool) {
	rate, rest, _ := strings.Cut(text, " burst ")
	number, perSecond := strings.CutSuffix(strings.TrimSpace(rate), "/s")
	n, err := strconv.ParseFloat(number, 64)
	burst, ok := parseCount(strings.TrimSpace(rest))
	if !perSecond || err != nil || !ok || !(n >= 0.001 && n <= 1e6) {
		return RateLimit{}, false
	}
	l := RateLimit{Every: time.Duration(float64(time.Second) / n), Burst: burst}
	return l, l.valid()
}
