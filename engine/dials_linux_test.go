package engine

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// A thousand goroutines that dial at once measure their own queue: of the
// connect time they see, 95 % and more is none of the kernel's. This is what
// connect_lag has to tell; that the engine's own bursts keep it small is for
// the program's tests to show.
func TestGoroutineDials(t *testing.T) {
	const n = 1000
	address := startServer(t).address.String()
	var dials sync.WaitGroup
	var measured, kernel [n]time.Duration
	begin := make(chan struct{})
	for i := range n {
		dials.Go(func() {
			<-begin
			measured[i], kernel[i] = dial(t, address)
		})
	}
	close(begin)
	dials.Wait()
	var sum, late time.Duration
	for i := range n {
		sum += measured[i]
		late += measured[i] - kernel[i]
	}
	slices.Sort(measured[:])
	t.Logf("%d dials: connect p50 %v, p99 %v; of %v in all the kernel's were %v", n, measured[n/2-1], measured[n*99/100-1], sum, sum-late)
	if late < sum*95/100 {
		t.Errorf("only %v of %v were the generator's own; the control shows nothing", late, sum)
	}
}

// dial returns how long a dial took, and how long the kernel says that the
// server took. A dial whose SYN was lost counts as all the kernel's.
func dial(t *testing.T, address string) (measured, kernel time.Duration) {
	start := time.Now()
	c, err := net.Dial("tcp", address)
	measured = time.Since(start)
	if err != nil {
		t.Error(err)
		return measured, measured
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Error(err)
		return measured, measured
	}
	kernel = measured
	err = raw.Control(func(fd uintptr) {
		if info, ok := readTCPInfo(int(fd)); ok && info.retransmits == 0 {
			kernel = info.rtt
		}
	})
	if err != nil {
		t.Error(err)
	}
	return measured, kernel
}
