package report

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 340: "340 ns", 999: "999 ns", 1000: "1 µs", 13 * time.Microsecond: "13 µs", 13440: "13.4 µs",
		999400: "999 µs", 999600: "1 ms", 1200 * time.Microsecond: "1.2 ms", 123456789: "123 ms", 99960 * time.Microsecond: "100 ms",
		1080 * time.Millisecond: "1.08 s", 10 * time.Second: "10 s", 61 * time.Second: "61 s", 119994 * time.Millisecond: "120 s",
		2 * time.Minute: "2 min", 125 * time.Second: "2 min 5 s", 26*time.Hour + time.Second: "26 h 1 s", -5 * time.Millisecond: "-5 ms",
		math.MinInt64: "-2562047 h 47 min 16 s",
	} {
		if got := duration(d); got != want {
			t.Errorf("%d ns is %q, want %q", d, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0 %", 1: "100 %", 0.994: "99.4 %", 0.5: "50 %", 0.014: "1.4 %", 0.004: "0.4 %", 0.0003: "0.03 %",
		0.00003: "0.003 %", 0.99999: "99.999 %", 0.9995: "99.95 %", 0.00123: "0.12 %", 1e-12: "1e-10 %",
	} {
		if got := percent(share); got != want {
			t.Errorf("%v is %q, want %q", share, got, want)
		}
	}
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcode": "plain, ünïcode", "a\x1b[2Jb": `a\x1b[2Jb`, "line\r\n": `line\r\n`, "\xff\xc3": `\xff\xc3`,
		"\u202egnp": `\u202egnp`, "nul\x00": `nul\x00`,
	} {
		if got := escape(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 3, "äö…"}, {"abc", 1, "…"}} {
		if got := short(test.text, test.n); got != test.want {
			t.Errorf("short(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}
