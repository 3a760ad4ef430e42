//go:build linux

package main

import (
	"testing"

	"golang.org/x/sys/unix"

	"stampede/engine"
	"stampede/results"
	"stampede/scenario"
)

// What is held may take more descriptors than one process has. What this host
// makes of bursts is measured, as one process makes them.
func TestRoomForHeldCountsWorkers(t *testing.T) {
	const few = 400
	lowerDescriptors(t, few)
	sc := searchOf(t, "search: {of: held}")
	s := &sitting{scenario: sc}
	if what := s.shortOf(sc.Search, sc.Hold, 2*few); what != "" {
		t.Errorf("held: short of %q at %d, with %d descriptors a process", what, 2*few, few)
	}
	if n, what := s.room(scenario.Search{Of: results.LoadBurst}, sc.Hold); n >= few || what != engine.Descriptors {
		t.Errorf("burst: room for %d, then short of %q; want fewer than %d, for lack of descriptors", n, what, few)
	}
}

// lowerDescriptors leaves this process with few descriptors until the test ends.
func lowerDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Error(err)
		}
	})
}
