package practice

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

// TestMain fails the run if a goroutine is left behind, except when fuzzing,
// which keeps some of its own.
func TestMain(m *testing.M) {
	flag.Parse()
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(code)
	}
	for try := 0; code == 0 && runtime.NumGoroutine() > before; try++ {
		if try == 100 {
			fmt.Fprintln(os.Stderr, "goroutines left behind:")
			pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
			code = 1
		}
		time.Sleep(20 * time.Millisecond)
	}
	os.Exit(code)
}
