package results

import "time"

// The durations a histogram tells apart, to three digits.
const (
	LowestValue  = time.Microsecond
	HighestValue = 120 * time.Second
)
