package engine

import (
	"runtime"
	"runtime/debug"
)

// quietMemory is how large the heap may grow before the collector runs
// during a ws:// run all the same.
const quietMemory = 256 << 20

// tlsGarbage is the collector's percentage in a wss:// run. Each TLS
// handshake leaves some 50 KB of garbage, so the collector must run; next to
// the cryptography it costs little, and a low figure keeps held connections
// near their live size.
const tlsGarbage = 50

// quiet prepares the Go runtime for a run, and restore undoes it: the garbage
// is collected once and then left alone (what a handshake over ws:// makes is
// next to none), and every shard has a place to run beside the goroutines
// that do TLS and bookkeeping, so that the kernel, which wakes a shard at
// once, decides who runs, and not the Go scheduler, which lets others finish
// their 10 ms.
func quiet(secure bool, shards int) (restore func()) {
	runtime.GC()
	procs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(procs + shards)
	percent, limit := -1, int64(quietMemory)
	if secure {
		percent, limit = tlsGarbage, debug.SetMemoryLimit(-1)
	}
	percent, limit = debug.SetGCPercent(percent), debug.SetMemoryLimit(limit)
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(procs)
	}
}
