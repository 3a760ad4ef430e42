package results

import "testing"

// Runs of one load have one fingerprint; runs from flags, which have no
// scenario, are told apart by their load and not by what came of it.
func TestFingerprintTellsLoadsApart(t *testing.T) {
	run := func(load string) *Result {
		return &Result{Planned: 1000, Load: load, Environment: map[string]string{"kernel": "6.1"}}
	}
	steady, burst, again := run("steady 100/s from 0s to 10s"), run("burst 1000 at once"), run("burst 1000 at once")
	again.Arrivals = 7
	if steady.Fingerprint() == burst.Fingerprint() || burst.Fingerprint() != again.Fingerprint() {
		t.Errorf("steady %s, burst %s, burst again %s", steady.Fingerprint(), burst.Fingerprint(), again.Fingerprint())
	}
	if d := fingerprintDifferences(steady, burst); len(d) != 1 {
		t.Errorf("differences %q, want the load alone", d)
	}
}
