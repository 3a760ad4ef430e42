package practice

import "time"

// An alarm wakes one waiter at an instant that others may move. It rings at
// least once after the last arm; it may ring more often.
type alarm interface {
	arm(after time.Duration) // rings that long from now, and at once if not positive; replaces the instant set before
	wait()                   // blocks until it rings
	close()                  // frees it; nobody may wait any more
}

// timerAlarm is the alarm of the Go runtime, good to about a millisecond.
type timerAlarm struct{ timer *time.Timer }

func newTimerAlarm() alarm {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return timerAlarm{t}
}

func (a timerAlarm) arm(after time.Duration) { a.timer.Reset(after) }
func (a timerAlarm) wait()                   { <-a.timer.C }
func (a timerAlarm) close()                  { a.timer.Stop() }
