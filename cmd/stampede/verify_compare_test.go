//go:build linux && verify

package main

import (
	"fmt"
	"testing"

	"stampede/results"
)

// twoServers are practice servers with their own service times, and the
// arguments that compare them by short trials.
func twoServers(t *testing.T, a, b string) (urls [2]string, stop func()) {
	t.Helper()
	first, second := startPracticeServer(t, "--service", a), startPracticeServer(t, "--service", b)
	return [2]string{"ws://" + first.address + "/", "ws://" + second.address + "/"}, func() { first.stop(t); second.stop(t) }
}

// Identical servers are told apart by at most 3 of 20 comparisons: at 5 % each
// more would come with 1.6 %.
func TestVerifyCompareSame(t *testing.T) {
	urls, stop := twoServers(t, "20ms", "20ms")
	defer stop()
	flagged, limited := 0, 0
	for range 20 {
		r := runInPairs(t, append([]string{"compare", urls[0], urls[1], "--pairs", "6"}, shortTrials...)...)
		switch r.Compare.Outcome {
		case results.Slower, results.Faster:
			flagged++
		}
		if r.code == exitGeneratorLimited {
			limited++
		}
	}
	fmt.Printf("identical servers told apart: %d of 20, generator-limited %d\n", flagged, limited)
	if flagged > 3 {
		t.Errorf("%d of 20 comparisons of identical servers tell them apart", flagged)
	}
	if limited > 10 {
		t.Errorf("%d of 20 comparisons were generator-limited: too few are left to judge by", limited)
	}
}

// A fifth more is found 5 times of 5.
func TestVerifyCompareFindsAFifth(t *testing.T) {
	urls, stop := twoServers(t, "20ms", "24ms")
	defer stop()
	found := 0
	for range 5 {
		r := runInPairs(t, append([]string{"compare", urls[0], urls[1], "--primary", "handshake p50"}, shortTrials...)...)
		if r.Compare.Outcome == results.Slower {
			found++
		}
	}
	fmt.Printf("20 %% more found: %d of 5\n", found)
	if found < 5 {
		t.Errorf("20 %% more was found %d of 5 times", found)
	}
}

// A gate fails a release that is worse by twice the margin, and none that is
// the baseline.
func TestVerifyGate(t *testing.T) {
	for _, test := range []struct {
		name, release string
		fails         int // of 5
	}{{"unchanged", "20ms", 0}, {"worse by twice the margin", "24ms", 5}} {
		urls, stop := twoServers(t, "20ms", test.release)
		failed := 0
		for range 5 {
			r := runInPairs(t, append([]string{"gate", urls[1], "--baseline", urls[0], "--margin", "handshake p50 10%"}, shortTrials...)...)
			if r.code == exitFail {
				failed++
			}
		}
		stop()
		fmt.Printf("gate, %s: failed %d of 5\n", test.name, failed)
		if failed != test.fails {
			t.Errorf("%s: %d of 5 gates failed, want %d", test.name, failed, test.fails)
		}
	}
}

// A gateway with room for 60 at once is told from one with room for 100, and
// by how much, by two searches in turn.
func TestVerifyCompareCeilings(t *testing.T) {
	room := func(n string) *practiceServer {
		return startPracticeServer(t, "--capacity", n, "--service", "20ms", "--gateway-timeout", "1ns")
	}
	a, b := room("100"), room("60")
	defer a.stop(t)
	defer b.stop(t)
	r := runInPairs(t, "compare", "ws://"+a.address+"/", "ws://"+b.address+"/", "--ceilings", "--of", "burst", "--from", "40", "--to", "200",
		"--quiet-time", "50ms", "--threshold", "504 rate < 0.1%")
	if r.code != exitPass || r.Compare.Outcome != results.Slower || r.Compare.Primary != results.CeilingMetric {
		t.Fatalf("60 beside 100 is %v in %s, exit code %d: %+v", r.Compare.Outcome, r.Compare.Primary, r.code, r.Compare)
	}
	fmt.Printf("room for 60 beside 100: ceiling %+.3f [%+.3f, %+.3f]\n", *r.Compare.Effects[0].Estimate, *r.Compare.Effects[0].Low, *r.Compare.Effects[0].High)
	if e := r.Compare.Effects[0]; *e.Low > -0.38 || *e.High < -0.42 {
		t.Errorf("60 beside 100 is %+.3f [%+.3f, %+.3f], want −0.4 in it", *e.Estimate, *e.Low, *e.High)
	}
	if !r.Compare.Interleaved || r.Ceiling == nil || r.Ceiling.Value < 57 || r.Ceiling.Value > 63 {
		t.Errorf("B's search came to %+v", r.Ceiling)
	}
}
