package results

import (
	"math"
	"strings"
	"testing"
)

// searched is a confirmed search whose trials were good up to edge; of more
// than one edge, up to each of them in turn.
func searched(edges ...int64) *Ceiling {
	edge := edges[0]
	c := &Ceiling{Of: LoadBurst, Status: CeilingConfirmed, Value: edge, Low: edge - edge/50, High: edge + edge/50}
	for i, percent := range []int64{25, 50, 75, 90, 95, 98, 98, 100, 103, 103, 105, 110, 125, 150, 200} {
		load := edge * percent / 100
		c.Trials = append(c.Trials, Trial{Load: load, Valid: true, Good: load <= edges[i%len(edges)], Stage: StageFine})
	}
	return c
}

// ended is a search that left its range, or found nothing.
func ended(status CeilingStatus, reason CeilingReason, value, low, high int64) *Ceiling {
	return &Ceiling{Of: LoadBurst, Status: status, Reason: reason, Value: value, Low: low, High: high}
}

func TestCompareCeilings(t *testing.T) {
	atLeast := func(load int64) *Ceiling { return ended(CeilingAtLeast, ReasonMaxLoad, load, load, 0) }
	below := func(load int64) *Ceiling { return ended(CeilingBelow, ReasonMinLoad, 0, 0, load) }
	tests := []struct {
		name   string
		a, b   *Ceiling
		want   Change
		method Method
		why    string // it is withheld
		exit   int
	}{
		{"lower is slower", searched(1000), searched(600), Slower, HalfPoints, "", 0},
		{"higher is faster", searched(1000), searched(1500), Faster, HalfPoints, "", 0},
		{"the same", searched(1000), searched(1005), Same, HalfPoints, "", 0},
		{"too near to tell", searched(1000, 1080, 930), searched(1000, 950, 1040), Undecided, HalfPoints, "", 3},
		{"beyond the range of the search", searched(1000), atLeast(5000), Faster, SearchBounds, "", 0},
		{"below the range of the search", searched(1000), below(50), Slower, SearchBounds, "", 0},
		{"ranges that meet", searched(1000), atLeast(900), Undecided, SearchBounds, "", 3},
		{"neither is known", atLeast(5000), atLeast(5000), Undecided, SearchBounds, "", 3},
		{"one is unstable", searched(1000), ended(CeilingInconclusive, ReasonUnstable, 600, 590, 610), Undecided, HalfPoints, "the search of B is inconclusive: unstable", 3},
		{"one found nothing", ended(CeilingInconclusive, ReasonInterrupted, 0, 0, 0), searched(600), Undecided, "", "the search of A is inconclusive: interrupted", 3},
		{"the generator was the limit", searched(1000), ended(CeilingInconclusive, ReasonGeneratorLimited, 600, 600, 0), Undecided, SearchBounds, "generator-limited", 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := CompareCeilings(test.a, test.b, CompareOptions{Delta: 0.1})
			e := &c.Effects[0]
			if c.Outcome != test.want || e.Method != test.method || c.ExitCode() != test.exit {
				t.Errorf("%v by %q, exit code %d, want %v by %q, %d: %+v", c.Outcome, e.Method, c.ExitCode(), test.want, test.method, test.exit, e)
			}
			if !strings.Contains(c.Withheld, test.why) || (c.Withheld == "") != (test.why == "") {
				t.Errorf("withheld because %q, want %q", c.Withheld, test.why)
			}
		})
	}
}

// searchedPairs feeds a plan with pairs of searches, B's ceiling being so much
// of A's, more or less.
func searchedPairs(pairs int, ratio, spread float64, other ...*Ceiling) *Pairs {
	p := NewPairs(PairsOptions{Pairs: pairs, Warm: true, Seed: 5})
	for turn, ok := p.Next(); ok; turn, ok = p.Next() {
		c := searched(1000)
		if turn.Side == SideB {
			if c = searched(int64(1000 * ratio * math.Exp(spread*scattered[turn.Pair%10]))); turn.Pair <= len(other) {
				c = other[turn.Pair-1]
			}
		}
		p.Add(NewSearchReading(c))
	}
	return p
}

func TestCompareSearches(t *testing.T) {
	unstable := ended(CeilingInconclusive, ReasonUnstable, 600, 590, 610)
	tests := []struct {
		name  string
		plan  *Pairs
		want  Change
		why   string // it is withheld
		pairs int
	}{
		{"six that are lower", searchedPairs(6, 0.8, 0.05), Slower, "", 6},
		{"six that are higher", searchedPairs(6, 1.3, 0.05), Faster, "", 6},
		{"five are too few", searchedPairs(5, 0.8, 0.05), Undecided, "", 5},
		{"ten that are alike", searchedPairs(10, 1, 0.05), Same, "", 10},
		{"six that scatter", searchedPairs(6, 1, 0.3), Undecided, "", 6},
		{"one beyond its range", searchedPairs(7, 0.8, 0.05, ended(CeilingAtLeast, ReasonMaxLoad, 5000, 5000, 0)), Undecided, "in 1 of 7 pairs a search left its range", 7},
		{"one that is never stable", searchedPairs(6, 0.8, 0.05, unstable), Undecided, "its search is inconclusive: unstable", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := CompareSearches(test.plan, CompareOptions{Delta: 0.1})
			if c.Outcome != test.want || c.Pairs != test.pairs || c.Primary != CeilingMetric || c.Seed != 5 || c.Discarded != 0 {
				t.Errorf("%v by %s of %d pairs, want %v of %d: %+v", c.Outcome, c.Primary, c.Pairs, test.want, test.pairs, c.Effects[0])
			}
			if !strings.Contains(c.Withheld, test.why) || (c.Withheld == "") != (test.why == "") {
				t.Errorf("withheld because %q, want %q", c.Withheld, test.why)
			}
		})
	}
	e := CompareSearches(searchedPairs(6, 0.8, 0), CompareOptions{}).Effects[0]
	if math.Abs(*e.Estimate+0.2) > 1e-9 || *e.P != 2.0/64 || e.Method != SignedRank || *e.A != 1000 || *e.B != 800 {
		t.Errorf("six times 800 beside 1,000: %v, p=%v by %s, A %v, B %v", *e.Estimate, *e.P, e.Method, *e.A, *e.B)
	}
}

func TestCompareCeilingsTellsTheRatio(t *testing.T) {
	e := CompareCeilings(searched(1000), searched(600), CompareOptions{}).Effects[0]
	if *e.Estimate < -0.45 || *e.Estimate > -0.35 || *e.Low > *e.Estimate || *e.High < *e.Estimate || *e.ProbabilityLower < 0.999 {
		t.Errorf("600 beside 1,000: %v [%v, %v], lower by %v", *e.Estimate, *e.Low, *e.High, *e.ProbabilityLower)
	}
	if *e.A != 1000 || *e.B != 600 || e.Unit != Capacity {
		t.Errorf("A %v, B %v in %q", *e.A, *e.B, e.Unit)
	}
}
