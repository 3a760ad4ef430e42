package engine

import (
	"context"
	"crypto/tls"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stampede/scenario"
)

// Held wss connections are the shard's alone: with 300 of them there are as
// many goroutines as with 30, in the test's process less those of its server.
func TestSecureHeldHasNoGoroutine(t *testing.T) {
	ca := newAuthority(t)
	front := tlsFront(t, &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}, startServer(t).address)
	goroutines := func(n int64) int {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		count, looks := 0, 0
		l := load{target: secureTarget(front, &tls.Config{RootCAs: ca.pool()}), shapes: burst(n),
			hold: scenario.Hold{For: 20 * time.Second}, timeouts: scenario.Timeouts{Total: 20 * time.Second, TLS: 10 * time.Second}}
		l.tick = func(live Live) {
			if live.Held < n {
				return
			}
			if looks++; looks == 5 { // idle goroutines have had their time
				count = clientGoroutines()
				stop()
			}
		}
		l.run(ctx, t).want(t, map[string]int64{"established": n})
		return count
	}
	if few, many := goroutines(30), goroutines(300); few == 0 || few != many {
		t.Errorf("%d goroutines beside 30 held connections, %d beside 300", few, many)
	}
}

// clientGoroutines counts the goroutines of this process that are not tlsFront's.
func clientGoroutines() (n int) {
	text := make([]byte, 8<<20)
	text = text[:runtime.Stack(text, true)]
	for g := range strings.SplitSeq(string(text), "\n\n") {
		if !strings.Contains(g, "stampede/engine.pipe") && !strings.Contains(g, "stampede/engine.relay") {
			n++
		}
	}
	return n
}

// A handshake that waits for its peer leaves its turn to others: silent
// servers, however many, hold up nobody.
func TestParkedHoldsNoTurn(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFD(fds[0])
	defer closeFD(fds[1])
	w := &wire{fd: fds[0], parks: true, news: make(chan struct{}, 1), turns: make(chan struct{}, 1)}
	w.turns <- struct{}{}
	read := make(chan int)
	go func() { // ends with the write below
		n, _ := w.Read(make([]byte, 8))
		read <- n
	}()
	w.turns <- struct{}{} // there is room only while it is parked
	<-w.turns
	if _, err := unix.Write(fds[1], []byte("abc")); err != nil {
		t.Fatal(err)
	}
	w.tell()
	if n := <-read; n != 3 || len(w.turns) != 1 {
		t.Errorf("read %d bytes with %d turns taken, want 3 with 1", n, len(w.turns))
	}
}

func TestGarbageSteps(t *testing.T) {
	for name, c := range map[string]struct {
		live uint64
		want int // percent
	}{
		"nothing":       {0, 800},
		"4 MB":          {4 << 20, 800},
		"more":          {4<<20 + 1, 400},
		"16 MB":         {16 << 20, 200},
		"10,000 held":   {70 << 20, 50},
		"a huge burst":  {1 << 30, 50},
		"and the least": {64 << 20, 50},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mostGarbage >> garbageSteps(c.live); got != c.want {
				t.Errorf("%d %% of %d bytes, want %d %%", got, c.live, c.want)
			}
		})
	}
}
