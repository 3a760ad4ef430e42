package main

import (
	"io"
	"testing"
	"time"

	"stampede/engine"
	"stampede/results"
)

// What showing costs the goroutine that feeds the recorder. It happens ten
// times a second whatever the rate, so that a millisecond would be 1 % of a
// CPU. Each round makes a display, so that no throttle holds it back, draws it
// and clears it.
func BenchmarkProgress(b *testing.B) {
	s := results.Snapshot{Planned: 1 << 30, Arrivals: 1 << 20, LastEstablished: 20_000, LastStep: time.Second}
	l := engine.Live{Elapsed: time.Minute, InFlight: 40, Held: 20_000}
	b.ReportAllocs()
	for b.Loop() {
		p := newProgress(io.Discard, s.Planned, true)
		p.show(s, l)
		p.finish()
	}
}
