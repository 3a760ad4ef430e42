package plot

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var nearly = cmpopts.EquateApprox(1e-9, 1e-12)

func TestScalesPlaceValues(t *testing.T) {
	tests := []struct {
		name  string
		scale Scale
		at    map[float64]float64
	}{
		{"zero value", Scale{}, map[float64]float64{0: 0, 7: 0}},
		{"linear", Linear(0, 200), map[float64]float64{0: 0, 50: 0.25, 200: 1, -5: 0, 300: 1}},
		{"empty", Linear(3, 3), map[float64]float64{3: 0, 4: 0}},
		{"log", Log(1, 1000), map[float64]float64{1: 0, 10: 1 / 3.0, 100: 2 / 3.0, 1000: 1, 0: 0, 1e9: 1}},
		{"log of nothing", Log(1, 1000), map[float64]float64{-1: 0}},
		{"nines", Nines(0.999), map[float64]float64{0: 0, 0.9: 1 / 3.0, 0.99: 2 / 3.0, 0.999: 1, 1: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for v, want := range test.at {
				if got := test.scale.At(v); math.Abs(got-want) > 1e-9 {
					t.Errorf("%v is at %v, want %v", v, got, want)
				}
			}
		})
	}
}

func TestTicks(t *testing.T) {
	tests := []struct {
		name      string
		got, want []float64
	}{
		{"linear", LinearTicks(898, 5, 1), []float64{0, 200, 400, 600, 800}},
		{"linear to a round end", LinearTicks(1000, 5, 1), []float64{0, 200, 400, 600, 800, 1000}},
		{"linear of few", LinearTicks(3, 5, 1), []float64{0, 1, 2, 3}},
		{"linear of a fraction", LinearTicks(0.7, 4, 0), []float64{0, 0.2, 0.4, 0.6}},
		{"linear of nothing", LinearTicks(0, 5, 1), []float64{0}},
		{"linear of what is no number", LinearTicks(math.NaN(), 5, 1), []float64{0}},
		{"linear to the largest number", LinearTicks(math.MaxFloat64, 3, 0), []float64{0, 1e308}},
		{"linear without end", LinearTicks(math.Inf(1), 3, 0), []float64{0}},
		{"clock of seconds", ClockTicks(26, 6), []float64{0, 5, 10, 15, 20, 25}},
		{"clock of an hour", ClockTicks(3600, 6), []float64{0, 600, 1200, 1800, 2400, 3000, 3600}},
		{"clock of a week", ClockTicks(7*86400, 6), []float64{0, 200000, 400000, 600000}},
		{"log of decades", LogTicks(8, 1200), []float64{10, 100, 1000}},
		{"log of one decade", LogTicks(40, 500), []float64{50, 100, 200, 500}},
		{"log of nothing", LogTicks(0, 10), nil},
		{"log without end", LogTicks(1, math.Inf(1)), nil},
		{"round of decades", RoundTicks(8, 1200, 5), []float64{10, 100, 1000}},
		{"round of a small factor", RoundTicks(700, 1300, 5), []float64{800, 1000, 1200}},
		{"round of nothing", RoundTicks(5, 5, 5), []float64{5}},
		{"round from below nothing", RoundTicks(-5, 5, 5), nil},
		{"round without end", RoundTicks(1, math.Inf(1), 5), nil},
		{"nines", NinesTicks(0.9995), []float64{0.5, 0.9, 0.99, 0.999}},
		{"nines of all", NinesTicks(1), []float64{0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999, 0.99999999, 0.999999999}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got, nearly); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
