package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"stampede/engine"
	"stampede/results"
)

// progress shows a run while it goes: on a terminal only.
type progress struct {
	bar *progressbar.ProgressBar
}

// newProgress returns a display on w; one that shows nothing unless show.
func newProgress(w io.Writer, planned int64, show bool) *progress {
	if !show {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions64(planned,
		progressbar.OptionSetWriter(w),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(20),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true),
	)}
}

func (p *progress) show(s results.Snapshot, l engine.Live) {
	if p.bar == nil {
		return
	}
	text := fmt.Sprintf("%4.0f s  in flight %d  held %d  %.0f/s  failed %d", max(l.Elapsed, 0).Seconds(),
		l.InFlight, l.Held, float64(s.LastEstablished)/max(s.LastStep.Seconds(), 1), s.Failed)
	p.bar.Describe(text)
	_ = p.bar.Set64(s.Arrivals) // a terminal that went away must not stop the run
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
