package scenario

import "time"

// limits are what a scenario may ask for. The caps catch a typo of three
// zeros before it swallows the memory; Options.Force trades them for bounds
// that only keep the arithmetic exact.
type limits struct {
	burst    int64 // arrivals of one repetition
	repeats  int64
	levels   int64 // of a steps shape
	plan     int64 // arrivals in all
	rate     Rate
	duration time.Duration // each, and that of the whole load
}

var (
	caps   = limits{burst: 1e6, repeats: 1e5, levels: 1e4, plan: 5e7, rate: 1e6 * PerSecond, duration: 24 * time.Hour}
	forced = limits{burst: 1e9, repeats: 1e7, levels: 1e6, plan: 4e9, rate: maxRate, duration: 10_000 * time.Hour}
)

const (
	maxShapes = 1000    // entries of load
	maxHeader = 1 << 16 // bytes of one header value, and of the URL
	maxList   = 1000    // entries of any other list
	forceHint = "--force lifts the cap"
)
