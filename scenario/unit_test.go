package scenario

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "500ms": 500 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "1m30s": 90 * time.Second,
		"2h": 2 * time.Hour, "1h0m5s": time.Hour + 5*time.Second, "20us": 20 * time.Microsecond, "20µs": 20 * time.Microsecond, "7ns": 7,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "30", "30x", "5min", "1m30", "30 s", "1:30", "00:05", "-3s", "+3s", "03s", ".5s", "1e3s", "inf", "NaN", "s", "1s1m", "1s1s", "99999999h", "1.s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"0/s": 0, "200/s": 200 * PerSecond, "0.5/s": PerSecond / 2, "12000/min": 200 * PerSecond, "3/h": 3 * PerHour,
		"0.000001/h": 1, "1000000000/s": maxRate, "1.250/min": 75 * PerHour,
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", text, got, err, want)
		}
		if back, err := ParseRate(got.String()); err != nil || back != got {
			t.Errorf("%s is spelt %s, which is read as %d, %v", text, got, back, err)
		}
	}
	for _, text := range []string{"", "200", "10k", "200/", "/s", "200/m", "200/day", "-5/s", "1e3/s", "1_000/s", "0200/s", "200 /s", "0.0000001/h",
		"1000000001/s", "99999999999999999999/s", "0.0000000000001/s", ".nan", "inf/s", "1/s/s"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "1": 1, "3000": 3000, "9223372036854775807": math.MaxInt64} {
		if got, err := ParseCount(text); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10k", "1,000", "1_000", "1e3", "1.0", "-1", "+1", "01", "0x10", "9223372036854775808", "١"} {
		if got, err := ParseCount(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestRateFor(t *testing.T) {
	for _, over := range []time.Duration{1, time.Millisecond, 23_333_333, time.Second, 7 * time.Second, 30_500 * time.Millisecond, time.Hour, 24 * time.Hour} {
		for _, n := range []int64{1, 2, 3, 7, 999, 1_000_000} {
			r := RateFor(n, over)
			if float64(n)/over.Seconds() > maxRate.PerSecond() {
				if r != maxRate {
					t.Errorf("%d in %v: %s, which is not the most", n, over, r)
				}
				continue
			}
			if got := newStairs(over, []Rate{r}).sum().whole; got != n {
				t.Errorf("%d in %v: %s brings %d", n, over, r, got)
			}
			if got := newStairs(over, []Rate{r - 1}).sum().whole; got >= n {
				t.Errorf("%d in %v: %s is not the least", n, over, r)
			}
		}
	}
	if RateFor(0, time.Second) != 0 || RateFor(-1, time.Second) != 0 || RateFor(1, 0) != 0 {
		t.Error("nothing, or no time, has a rate")
	}
}
