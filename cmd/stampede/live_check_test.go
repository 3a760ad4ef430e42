//go:build linux

package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// checkEstablished holds a run to n arrivals, all of them established and
// none lost.
func checkEstablished(t *testing.T, r liveRun, n int64) {
	t.Helper()
	checkOutcomes(t, r, n, map[string]int64{"established": n})
	if r.code != exitPass && r.code != exitGeneratorLimited { // how a busy machine is judged is not the question here
		t.Errorf("exit code %d", r.code)
	}
}

// checkOutcomes holds a run to its plan: every arrival started, each in one
// outcome, and these are the outcomes.
func checkOutcomes(t *testing.T, r liveRun, n int64, want map[string]int64) {
	t.Helper()
	if r.Planned != n || r.Arrivals != n || r.Started != n {
		t.Errorf("planned %d, arrivals %d, started %d, want %d", r.Planned, r.Arrivals, r.Started, n)
	}
	if r.Partial || r.Interrupted {
		t.Errorf("partial %v, interrupted %v", r.Partial, r.Interrupted)
	}
	got := map[string]int64{}
	for i := range r.Outcomes {
		got[r.Outcomes[i].Outcome().Name()] += r.Outcomes[i].Count
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	checkAttempts(t, r, n)
}

// checkAttempts holds attempts.csv to one row for each arrival.
func checkAttempts(t *testing.T, r liveRun, n int64) {
	t.Helper()
	f, err := os.Open(filepath.Join(r.dir, "attempts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]bool, n)
	for _, row := range rows[1:] { // after the header
		number, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil || number < 0 || number >= n || seen[number] {
			t.Fatalf("attempts.csv: row %q is no arrival of %d, or one for the second time", row, n)
		}
		seen[number] = true
	}
	if int64(len(rows)-1) != n {
		t.Errorf("attempts.csv has %d rows, want %d", len(rows)-1, n)
	}
}

// checkServed holds the server's counts to n handshakes, all closed with code.
func checkServed(t *testing.T, got nodeCounts, n int64, code string) {
	t.Helper()
	want := nodeCounts{Upgrades: n, Established: n, Closed: map[string]int64{code: n}, LongestValue: got.LongestValue}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the server's counts (-want +got):\n%s", diff)
	}
}

// checkHeld holds a run to n connections kept open until we closed them, and
// the server to have seen n opened and no fewer closed cleanly than we did.
func checkHeld(t *testing.T, r liveRun, got nodeCounts, n int64) {
	t.Helper()
	c := r.Held.Closed
	if r.Held.Opened != n || c.Clean+c.Forced != n || len(r.Held.ClosedEarly) > 0 {
		t.Errorf("held %d, closed %+v, closed early %+v; want %d and none early", r.Held.Opened, c, r.Held.ClosedEarly, n)
	}
	clean, cut := got.Closed["1000"], got.Closed["1006"] // cut: we did not wait for its closing handshake
	if got.Upgrades != n || got.Established != n || clean+cut != n || clean < c.Clean {
		t.Errorf("the server counts %+v, want %d with %d or more closed by 1000", got, n, c.Clean)
	}
}

// checkClosedEarly holds a run to n held connections that the server ended.
func checkClosedEarly(t *testing.T, r liveRun, want results.EarlyClose) {
	t.Helper()
	if diff := cmp.Diff([]results.EarlyClose{want}, r.Held.ClosedEarly); diff != "" {
		t.Errorf("closed early (-want +got):\n%s", diff)
	}
	if r.Held.Closed != (results.HeldClosed{}) {
		t.Errorf("of connections the server ended, we closed %+v", r.Held.Closed)
	}
}
