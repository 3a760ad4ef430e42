package engine

import (
	"math/bits"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// quietMemory is how large the heap may grow before the collector runs
// during a ws:// run all the same.
const quietMemory = 256 << 20

// quiet prepares the Go runtime for a run, and restore undoes it: the garbage
// is collected once and then left alone (what a handshake over ws:// makes is
// next to none; for wss:// see garbage), and every shard has a place to run
// beside the goroutines that do TLS and bookkeeping, so that the kernel, which
// wakes a shard at once, decides who runs, and not the Go scheduler, which
// lets others finish their 10 ms. Code that only the start ran leaves memory.
func quiet(secure bool, shards int) (restore func()) {
	runtime.GC()
	dropCode()
	procs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(procs + shards)
	percent, limit := -1, int64(quietMemory)
	if secure {
		percent, limit = mostGarbage, debug.SetMemoryLimit(-1)
	}
	percent, limit = debug.SetGCPercent(percent), debug.SetMemoryLimit(limit)
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(procs)
	}
}

// Each TLS handshake leaves some 50 KB of garbage, so in a wss:// run the
// collector must run. With Go's usual 100 % of a heap of a few megabytes it
// ran after every few dozen handshakes, which was measured to cost a tenth of
// their CPU time, and stopped the shards each time. It runs once there is
// garbageAllowance of garbage, or, when much is held and collecting is dear,
// leastGarbage percent of the heap.
const (
	garbageAllowance = 32 << 20 // bytes
	leastGarbage     = 50       // percent: 10,000 held connections are 70 MB
	mostGarbage      = 800      // percent; the runtime counts a heap under 4 MB as 4 MB
)

// garbage keeps the collector's percentage at what garbageAllowance is of the
// live heap, or down to half of that. The zero value is the state quiet sets.
type garbage struct {
	steps   int // halvings of mostGarbage in force
	samples [2]metrics.Sample
}

// adjust looks at the live heap. Every change of the percentage stops the
// world, so it goes by halves: there are few in a run.
func (g *garbage) adjust() {
	g.samples[0].Name, g.samples[1].Name = "/gc/heap/live:bytes", "/gc/scan/stack:bytes"
	metrics.Read(g.samples[:])
	live := g.samples[0].Value.Uint64() + g.samples[1].Value.Uint64()
	if steps := garbageSteps(live); steps != g.steps {
		g.steps = steps
		debug.SetGCPercent(mostGarbage >> steps)
	}
}

// garbageSteps is how often mostGarbage must be halved for it to be no more
// than garbageAllowance when so much is live.
func garbageSteps(live uint64) int {
	const least, most = garbageAllowance * 100 / mostGarbage, garbageAllowance * 100 / leastGarbage
	return bits.Len64((max(min(live, most), 1) - 1) / least)
}
