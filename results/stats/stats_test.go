package stats

import (
	"fmt"
	"math"
	"testing"
)

func TestQuantileRanks(t *testing.T) {
	tests := []struct {
		p         float64
		n         int64
		low, high int64
	}{
		{0.5, 1000, 469, 532},
		{0.5, 5000, 2431, 2570},
		{0.5, 10000, 4902, 5099},
		{0.5, 100000, 49690, 50311},
		{0.99, 1000, 983, 997},
		{0.99, 5000, 4936, 4964},
		{0.99, 10000, 9880, 9920},
		{0.99, 100000, 98938, 99062},
		{0.999, 1000, 997, 1001},
		{0.999, 5000, 4990, 5000},
		{0.999, 10000, 9983, 9997},
		{0.999, 100000, 99880, 99920},
		{0.99, 367, 359, 368},
		{0.99, 368, 360, 368},
		{0.5, 5, 0, 6},
		{0.5, 6, 1, 6},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("p%v of %d", 100*test.p, test.n), func(t *testing.T) {
			low, high := QuantileRanks(test.n, test.p, 0.95)
			if low != test.low || high != test.high {
				t.Errorf("ranks %d–%d, want %d–%d", low, high, test.low, test.high)
			}
		})
	}
}

func TestNeededForQuantile(t *testing.T) {
	for p, want := range map[float64]int64{0.5: 6, 0.95: 72, 0.99: 368, 0.999: 3688, 0.9999: 36887} {
		if got := NeededForQuantile(p, 0.95); got != want {
			t.Errorf("p%v needs %d, want %d", 100*p, got, want)
		}
		if low, high := QuantileRanks(want, p, 0.95); low < 1 || high > want {
			t.Errorf("p%v at n = %d is unbounded: %d–%d", 100*p, want, low, high)
		}
		if low, high := QuantileRanks(want-1, p, 0.95); low >= 1 && high < want {
			t.Errorf("p%v at n = %d is bounded already: %d–%d", 100*p, want-1, low, high)
		}
	}
}

func TestNeededToProve(t *testing.T) {
	tests := []struct {
		k     int64
		limit float64
		want  int64
	}{
		{0, 0.001, 2995}, {1, 0.001, 4742}, {2, 0.001, 6294}, {3, 0.001, 7752}, {5, 0.001, 10511},
		{0, 0.01, 299}, {1, 0.01, 473}, {2, 0.01, 628}, {3, 0.01, 773},
		{0, 0.0001, 29956}, {0, 0, 0}, {4, 1, 5}, {1 << 62, 0.5, 0}, {enough - 1, 0.5, 0},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d below %v", test.k, test.limit), func(t *testing.T) {
			got := NeededToProve(test.k, test.limit, 0.95)
			if got != test.want {
				t.Fatalf("needs %d, want %d", got, test.want)
			}
			if got > 0 && AtMost(test.k, got-1, test.limit, 0.95) {
				t.Errorf("%d already prove it", got-1)
			}
		})
	}
}

// How many failures prove that more than 0.1 % fail.
func TestAbove(t *testing.T) {
	for n, k := range map[int64]int64{200: 2, 1000: 4, 3000: 7, 10000: 16} {
		if !Above(k, n, 0.001, 0.95) {
			t.Errorf("%d of %d do not prove more than 0.1 %%", k, n)
		}
		if Above(k-1, n, 0.001, 0.95) {
			t.Errorf("%d of %d prove more than 0.1 %%", k-1, n)
		}
	}
	if Above(0, 0, 0, 0.95) || AtMost(0, 0, 1, 0.95) {
		t.Error("no trials prove something")
	}
}

func TestClopperPearson(t *testing.T) {
	tests := []struct {
		k, n      int64
		low, high float64
	}{
		{0, 0, 0, 1},
		{0, 10, 0, 0.30849710781876},  // 1 − 0.025^(1/10)
		{10, 10, 0.69150289218124, 1}, // its mirror
		{1, 10, 0.00252857854446, 0.44501611702819},
		{5, 10, 0.18708602844739, 0.81291397155261},
		{0, 2995, 0, 0.00123092107790},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d of %d", test.k, test.n), func(t *testing.T) {
			low, high := ClopperPearson(test.k, test.n, 0.95)
			if math.Abs(low-test.low) > 1e-8 || math.Abs(high-test.high) > 1e-8 {
				t.Errorf("got %.14f–%.14f, want %.14f–%.14f", low, high, test.low, test.high)
			}
		})
	}
}

// The interval and the test are two readings of one rule.
func TestIntervalAgreesWithTest(t *testing.T) {
	for _, n := range []int64{1, 7, 100, 2995, 20000} {
		for _, k := range []int64{0, 1, 3, n / 2, n} {
			low, high := ClopperPearson(min(k, n), n, 0.9) // two-sided 90 % is one-sided 95 %
			for _, limit := range []float64{0.0005, 0.001, 0.3, 0.97} {
				if got := AtMost(min(k, n), n, limit, 0.95); got != (high <= limit) {
					t.Errorf("%d of %d: AtMost %v is %v, upper bound %v", k, n, limit, got, high)
				}
				if got := Above(min(k, n), n, limit, 0.95); got != (low > limit) {
					t.Errorf("%d of %d: Above %v is %v, lower bound %v", k, n, limit, got, low)
				}
			}
		}
	}
}

// binomialSum adds up the probabilities, the oracle for the beta functions.
func binomialSum(k, n int64, p float64) (sum float64) {
	for i := int64(0); i <= k; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

func TestBinomialAgainstSum(t *testing.T) {
	for _, n := range []int64{1, 2, 30, 1000} {
		for _, k := range []int64{0, 1, n / 3, n - 1} {
			for _, p := range []float64{0.001, 0.2, 0.5, 0.99} {
				want := binomialSum(k, n, p)
				if got := BinomialCDF(k, n, p); math.Abs(got-want) > 1e-9 {
					t.Errorf("P(X ≤ %d | %d, %v) = %v, want %v", k, n, p, got, want)
				}
				if got := BinomialTail(k+1, n, p); math.Abs(got-(1-want)) > 1e-9 {
					t.Errorf("P(X > %d | %d, %v) = %v, want %v", k, n, p, got, 1-want)
				}
			}
		}
	}
}

func TestRank(t *testing.T) {
	tests := []struct {
		n          int64
		hundredths int
		want       int64
	}{
		{200, 5000, 100}, {200, 9500, 190}, {200, 9900, 198}, {1001, 9900, 991}, {1000, 9900, 990},
		{1, 5000, 1}, {3, 5000, 2}, {3688, 9990, 3685}, {1 << 50, 9999, 1125787316851940},
	}
	for _, test := range tests {
		if got := Rank(test.n, test.hundredths); got != test.want {
			t.Errorf("rank of p%v in %d is %d, want %d", float64(test.hundredths)/100, test.n, got, test.want)
		}
	}
}
