package engine

import (
	"runtime"
	"runtime/debug"
)

// quietMemory is how large the heap may grow before the collector runs
// during a run all the same.
const quietMemory = 256 << 20

// quietCollector collects once and then keeps the garbage collector out of
// the measured part, which makes next to no garbage; restore undoes it.
func quietCollector() (restore func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(quietMemory)
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	}
}
