package engine

import "stampede/results"

// batchSize is how many attempts a shard gathers before it hands them over.
const batchSize = 512

// batch is what a shard tells the collector: plain values, handed over whole,
// so that shards and collector share nothing while a batch fills.
type batch struct {
	attempts []results.Attempt
	closes   []results.HeldClose
	samples  []sample
	warnings []warning
}

// sample is an escaped piece of what a server sent, with the outcome it explains.
type sample struct {
	outcome results.Outcome
	text    string
}

// warning counts something odd that changed no outcome.
type warning struct {
	text  string
	count int64
}

func newBatch() *batch { return &batch{attempts: make([]results.Attempt, 0, batchSize)} }

func (b *batch) reset() {
	b.attempts, b.closes, b.samples, b.warnings = b.attempts[:0], b.closes[:0], b.samples[:0], b.warnings[:0]
}

func (b *batch) empty() bool {
	return len(b.attempts) == 0 && len(b.closes) == 0 && len(b.samples) == 0 && len(b.warnings) == 0
}

// warn counts n more of a warning; there are few kinds, so a list does.
func (b *batch) warn(text string, n int64) {
	for i := range b.warnings {
		if b.warnings[i].text == text {
			b.warnings[i].count += n
			return
		}
	}
	b.warnings = append(b.warnings, warning{text, n})
}
