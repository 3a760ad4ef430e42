//go:build linux && verify

package main

import (
	"fmt"
	"testing"

	"stampede/results"
)

// A generator with time to spare is not called limited, whether the server
// is quick or is itself the limit: at most one of 40 runs.
func TestVerifyClean(t *testing.T) {
	capacity := generatorCapacity(t)
	clean := fmt.Sprintf("load:\n  - steady: {rate: %.0f/s, for: 2s}\n%s", 0.3*capacity, goal)
	slow := "load:\n  - steady: {rate: 400/s, for: 2s}\n" + goal
	limited := 0
	for _, test := range []struct {
		name   string
		load   string
		server []string // settings
		want   int      // the exit code
	}{
		{fmt.Sprintf("30 %% of %.0f/s, a quick server", capacity), clean, nil, exitPass},
		{"400/s, a server that can do 250/s", slow, []string{"--capacity", "5", "--service", "exponential(20ms)"}, exitFail},
	} {
		n, other := 0, 0
		reasons := map[string]int{}
		for range verifyRuns {
			p := startPracticeServer(t, test.server...)
			r := runLive(t, target(p.address)+test.load)
			p.stop(t)
			switch r.code {
			case exitGeneratorLimited:
				n++
			case test.want:
			default:
				other++
			}
			for _, name := range broken(r) {
				reasons[name]++
			}
		}
		fmt.Printf("%-45s generator-limited %2d of %d %s\n", test.name, n, verifyRuns, counted(reasons))
		if other > 0 {
			t.Errorf("%s: %d of %d runs ended with another exit code than %d", test.name, other, verifyRuns, test.want)
		}
		limited += n
	}
	if limited > verifyMiss {
		t.Errorf("%d of %d runs with an idle generator are called limited", limited, 2*verifyRuns)
	}
}

// generatorCapacity is how many handshakes a second this host makes against a
// server that answers at once, both on the same cores.
func generatorCapacity(t *testing.T) float64 {
	t.Helper()
	p := startPracticeServer(t)
	r := runLive(t, target(p.address)+"load:\n  - steady: {rate: 60000/s, for: 1s}\n")
	established := r.Outcomes[0]
	if established.Kind != results.Established {
		t.Fatalf("nothing established: %+v", established)
	}
	return float64(established.Count) / established.Last.Seconds()
}
