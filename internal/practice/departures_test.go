package practice

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// On synthetic time the runtime's timer is exact, so the instants are too.
func TestDeparturesLeaveOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d := newDepartures(func() time.Duration { return time.Since(began) }, newTimerAlarm())
		var running, waiting sync.WaitGroup
		running.Go(d.run)
		done := make(chan struct{})
		for i := range 1000 {
			at := time.Duration(i*7919%1000) * ms // in no order
			waiting.Go(func() {
				if !d.wait(at, done) || time.Since(began) != at {
					t.Errorf("due at %v, left at %v", at, time.Since(began))
				}
			})
		}
		waiting.Wait()
		waiting.Go(func() {
			if d.wait(time.Hour, done) {
				t.Error("done, and left all the same")
			}
		})
		synctest.Wait()
		close(done)
		waiting.Wait()
		d.stop()
		running.Wait()
	})
}

// The alarm of this system, whichever it is, must ring for an earlier instant
// set while somebody waits for a later one, and for one that has passed.
func TestAlarm(t *testing.T) {
	for name, a := range map[string]alarm{"system": newAlarm(), "runtime": newTimerAlarm()} {
		t.Run(name, func(t *testing.T) {
			defer a.close()
			a.arm(time.Hour)
			rung := make(chan struct{})
			go func() { a.wait(); close(rung) }()
			a.arm(ms)
			<-rung
			for _, past := range []time.Duration{0, -ms} {
				a.arm(past)
				a.wait()
			}
		})
	}
}

func TestDeparturesNeverEarly(t *testing.T) {
	began := time.Now()
	d := newDepartures(func() time.Duration { return time.Since(began) }, newAlarm())
	var running, waiting sync.WaitGroup
	running.Go(d.run)
	for i := range 50 {
		at := time.Duration(i) * ms
		waiting.Go(func() {
			if d.wait(at, nil); time.Since(began) < at {
				t.Errorf("due at %v, left before", at)
			}
		})
	}
	waiting.Wait()
	d.stop()
	running.Wait()
}

func TestHeap(t *testing.T) {
	h := heap[int]{before: func(a, b int) bool { return a < b }}
	var want []int
	for i := range 500 {
		x := i * 7919 % 501
		h.push(x)
		want = append(want, x)
	}
	h.replace(250) // the least, 0
	want[0] = 250
	slices.Sort(want)
	for i, w := range want {
		if got := h.pop(); got != w {
			t.Fatalf("item %d is %d, want %d", i, got, w)
		}
	}
}
