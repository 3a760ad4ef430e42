package practice

import (
	"runtime"
	"sync"
	"time"
)

// departures lets each answer leave at its instant. One goroutine sleeps
// until the earliest and wakes the connections that are due; the connections'
// own goroutines wait for it and nothing else does.
type departures struct {
	now   func() time.Duration
	alarm alarm

	mu      sync.Mutex
	due     heap[departure]
	stopped bool
}

// A departure is one waiting goroutine and when to wake it.
type departure struct {
	at  time.Duration
	due chan<- struct{} // closed then
}

func newDepartures(now func() time.Duration, a alarm) *departures {
	d := &departures{now: now, alarm: a}
	d.due.before = func(a, b departure) bool { return a.at < b.at }
	return d
}

// wait blocks until the instant at. It returns false if done is closed first.
func (d *departures) wait(at time.Duration, done <-chan struct{}) bool {
	if at <= d.now() {
		return true
	}
	due := make(chan struct{})
	d.add(departure{at, due})
	select {
	case <-due:
		return true
	case <-done:
		return false
	}
}

func (d *departures) add(x departure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.due.items) == 0 || x.at < d.due.items[0].at {
		d.alarm.arm(x.at - d.now())
	}
	d.due.push(x)
}

// run wakes waiters until stop is called, then frees the alarm. It keeps a
// thread to itself so that the kernel wakes it directly.
func (d *departures) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer d.alarm.close()
	for {
		d.alarm.wait()
		if !d.wake() {
			return
		}
	}
}

// wake releases everybody due and arms the alarm for the next; it returns
// false once stopped.
func (d *departures) wake() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return false
	}
	now := d.now()
	for len(d.due.items) > 0 && d.due.items[0].at <= now {
		close(d.due.pop().due)
	}
	if len(d.due.items) > 0 {
		d.alarm.arm(d.due.items[0].at - now)
	}
	return true
}

// stop ends run. Nobody may wait any more.
func (d *departures) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.alarm.arm(0)
}
