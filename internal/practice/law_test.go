package practice

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

func parseLawT(t *testing.T, text string) Law {
	t.Helper()
	l, err := ParseLaw(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestParseLawRoundTrip(t *testing.T) {
	tests := []struct{ text, want string }{
		{"20ms", "20ms"},
		{"0", "0s"},
		{" 1.5s ", "1.5s"},
		{"exponential(20ms)", "exponential(20ms)"},
		{"lognormal( 20ms,0.5 )", "lognormal(20ms, 0.5)"},
		{"mix(10ms, 200ms, 1.5%)", "mix(10ms, 200ms, 1.5%)"},
		{"mix(10ms, 200ms, 0.07%)", "mix(10ms, 200ms, 0.07%)"},
		{"linear(1ms)", "linear(1ms)"},
		{"header", "header"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			l := parseLawT(t, tt.text)
			if got := l.String(); got != tt.want {
				t.Errorf("reads %q, want %q", got, tt.want)
			}
			if again := parseLawT(t, l.String()); again != l {
				t.Errorf("read again it is %v, want %v", again, l)
			}
		})
	}
	if (Law{}) != parseLawT(t, "0s") {
		t.Error("the zero law is not 0s")
	}
}

func TestParseLawErrors(t *testing.T) {
	for _, text := range []string{
		"", "20", "-1ms", "25h", "soon", "exponential", "exponential()", "exponential(20)", "exponential(20ms",
		"exponential(20ms, 1ms)", "exponential(20ms))", "lognormal(20ms)", "lognormal(20ms, -1)", "lognormal(20ms, NaN)",
		"lognormal(20ms, x)", "lognormal(20ms, Inf)", "mix(10ms, 200ms)", "mix(10ms, 200ms, 0.015)", "mix(10ms, 200ms, 101%)",
		"mix(10ms, 200ms, NaN%)", "mix(10ms, slow, 1%)", "linear(-1ms)", "uniform(1ms)", "header(x)", "Header",
	} {
		t.Run(text, func(t *testing.T) {
			l, err := ParseLaw(text)
			var bad *SettingError
			if !errors.As(err, &bad) {
				t.Fatalf("accepted as %v with error %v, want a SettingError", l, err)
			}
			if bad.Value != text || bad.Want == "" {
				t.Errorf("the error says %+v", bad)
			}
		})
	}
}

// 100,000 draws of each law must have the moments and quantiles of theory.
func TestLawStatistics(t *testing.T) {
	const n = 100_000
	sample := func(t *testing.T, text string) (sorted []float64, mean float64) {
		l := parseLawT(t, text)
		for i := int64(1); i <= n; i++ {
			d := l.delay(i, draw(3, delays, i), 0).Seconds() * 1e3
			sorted = append(sorted, d)
			mean += d / n
		}
		slices.Sort(sorted)
		return sorted, mean
	}
	near := func(t *testing.T, what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > want*0.02 {
			t.Errorf("%s is %.3f ms, want %.3f within 2 %%", what, got, want)
		}
	}
	t.Run("exponential", func(t *testing.T) {
		d, mean := sample(t, "exponential(20ms)")
		near(t, "mean", mean, 20)
		near(t, "median", d[n/2], 20*math.Ln2)
		near(t, "p99", d[n*99/100], 20*math.Log(100))
	})
	t.Run("lognormal", func(t *testing.T) {
		d, mean := sample(t, "lognormal(20ms, 0.5)")
		near(t, "mean", mean, 20*math.Exp(0.125))
		near(t, "median", d[n/2], 20)
		near(t, "p99", d[n*99/100], 20*math.Exp(0.5*2.3263))
	})
	t.Run("mix", func(t *testing.T) {
		d, mean := sample(t, "mix(10ms, 200ms, 1.5%)")
		near(t, "mean", mean, 0.985*10+0.015*200)
		if d[0] != 10 || d[n*98/100] != 10 || d[n*99/100] != 200 || d[n-1] != 200 {
			t.Errorf("p0 %v, p98 %v, p99 %v, max %v ms, want 10, 10, 200, 200", d[0], d[n*98/100], d[n*99/100], d[n-1])
		}
	})
}

func TestLawDelay(t *testing.T) {
	tests := []struct {
		law   string
		n     int64
		u     float64
		asked time.Duration
		want  time.Duration
	}{
		{"20ms", 1, 0.9, 0, 20 * ms},
		{"linear(1ms)", 1, 0.9, 0, 1 * ms},
		{"linear(1ms)", 200, 0.9, 0, 200 * ms},
		{"linear(1h)", 1 << 40, 0.9, 0, longest},
		{"header", 5, 0.9, 7 * ms, 7 * ms},
		{"header", 5, 0.9, 0, 0},
		{"exponential(20h)", 5, 1 - 1e-15, 0, longest},
		{"lognormal(1ms, 0)", 5, 0.123, 0, 1 * ms},
		{"mix(1ms, 2ms, 0%)", 5, 1 - 1e-15, 0, 1 * ms},
		{"mix(1ms, 2ms, 100%)", 5, 1e-15, 0, 2 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.law, func(t *testing.T) {
			if got := parseLawT(t, tt.law).delay(tt.n, tt.u, tt.asked); got != tt.want {
				t.Errorf("delay %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDraw(t *testing.T) {
	if draw(1, delays, 1) != draw(1, delays, 1) {
		t.Error("the same draw differs")
	}
	var correlation, mean float64
	const n = 100_000
	for i := int64(1); i <= n; i++ {
		a, b, next := draw(1, delays, i)-0.5, draw(1, faults, i)-0.5, draw(1, delays, i+1)-0.5
		mean += a / n
		correlation += (a*b + a*next) * 12 / n // 12 = 1 / variance
	}
	// Standard deviations: 0.0009 and 0.0045.
	if math.Abs(mean) > 0.005 || math.Abs(correlation) > 0.02 {
		t.Errorf("mean %.4f and correlation %.4f, want 0", mean, correlation)
	}
	if draw(1, delays, 1) == draw(2, delays, 1) {
		t.Error("the seed changes nothing")
	}
}
