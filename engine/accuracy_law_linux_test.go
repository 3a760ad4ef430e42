package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stampede/internal/practice"
	"stampede/results"
)

// lawRate is the arrivals per second of the tests against delay laws.
const lawRate = 500

// Delays of three laws come out as the server's log says they went in: in
// the bulk, in the tail, and where a law jumps.
func TestInjectedLaws(t *testing.T) { testInjectedLaws(t, 20*time.Second) }

func testInjectedLaws(t *testing.T, length time.Duration) {
	for _, law := range []string{"lognormal(20ms, 0.5)", "exponential(20ms)", "mix(10ms, 200ms, 1.5%)"} {
		t.Run(law, func(t *testing.T) {
			var log string
			var s server
			accurate(t, func() load {
				log = filepath.Join(t.TempDir(), "log")
				s = startServer(t, "service="+law, "seed=1", "log="+log)
				return load{target: at(s.address), shapes: rate(lawRate, length)}
			}, func(o *outcome) error {
				s.stop()
				n := int(lawRate * length.Seconds())
				o.want(t, map[string]int64{"established": int64(n)})
				return agrees(t, &o.result.Metrics.Handshake, injected(t, log, n))
			})
		})
	}
}

// Three in ten are answered 504 at once. They count as infinitely slow: the
// median is the 50th of a hundred arrivals, not of the seventy that got
// through, and beyond the 70th there is no figure.
func TestInjectedFailures(t *testing.T) {
	const n = 2 * lawRate
	var log string
	var s server
	accurate(t, func() load {
		log = filepath.Join(t.TempDir(), "log")
		s = startServer(t, "service=exponential(20ms)", "fault=504=30%", "seed=1", "log="+log)
		return load{target: at(s.address), shapes: rate(lawRate, 2*time.Second)}
	}, func(o *outcome) error {
		s.stop()
		truth := injected(t, log, n)
		h := o.result.Metrics.Handshake
		if h.P90 != nil || h.P99 != nil {
			t.Errorf("p90 or p99 is a number, with %d of %d failed", h.Infinite, h.Count)
		}
		return near("p50", h.P50, truth[n/2-1], 4*time.Millisecond) // of the survivors it is 7 ms less
	})
}

// agrees complains of a quantile more than 2 ms and 3 % away from that of the
// sorted delays.
func agrees(t *testing.T, f *results.Figures, truth []time.Duration) error {
	t.Helper()
	for _, q := range []struct {
		name string
		of   int // the quantile is the value of rank n − n/of
		got  *int64
	}{{"p50", 2, f.P50}, {"p99", 100, f.P99}, {"p99.9", 1000, f.P999}} {
		n := len(truth)
		want := truth[n-n/q.of-1]
		if q.got != nil {
			t.Logf("%-5s %v, injected %v", q.name, time.Duration(*q.got), want)
		}
		if err := near(q.name, q.got, want, max(2*time.Millisecond, want*3/100)); err != nil {
			return err
		}
	}
	return nil
}

// never is the delay of a handshake the server failed.
const never = time.Duration(math.MaxInt64)

// injected reads what the server really made n handshakes wait, sorted: from
// the request read to the reply sent, so that its own late timers are no
// mistake of ours.
func injected(t *testing.T, log string, n int) (delays []time.Duration) {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := json.NewDecoder(f); ; {
		var e practice.Entry
		if err := lines.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(fmt.Errorf("reading the server's log: %w", err))
		}
		if e.Fault != "" {
			delays = append(delays, never)
			continue
		}
		delays = append(delays, e.Answered-e.Arrived)
	}
	if len(delays) != n {
		t.Fatalf("the server's log has %d handshakes, want %d", len(delays), n)
	}
	slices.Sort(delays)
	return delays
}
