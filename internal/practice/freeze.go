package practice

import "time"

// Freeze makes the gateway stand still for the last For of every Every,
// counted from Listen: no service proceeds, no answer leaves, no wait runs
// out. Connections and requests are still taken in, as the kernel does for a
// stopped process. The zero value never freezes.
type Freeze struct {
	For   time.Duration // how long it stands still; less than Every
	Every time.Duration // the period
}

// worked maps an instant to the time the gateway has been working until then.
// Each whole period contributes Every − For, and so does the current one at
// most: worked stands still while the gateway does.
func (f Freeze) worked(at time.Duration) time.Duration {
	if f.For == 0 {
		return at
	}
	work := f.Every - f.For
	return at/f.Every*work + min(at%f.Every, work)
}

// instant is the inverse of worked: the last instant at which the gateway has
// worked that long. For an amount reached when a freeze begins that is the
// end of the freeze, which is when an answer due in it leaves.
func (f Freeze) instant(worked time.Duration) time.Duration {
	if f.For == 0 {
		return worked
	}
	work := f.Every - f.For
	return worked/work*f.Every + worked%work
}
