package scenario

import "time"

// ShapeKind says which of the seven shapes a Shape is. The zero value is
// invalid.
type ShapeKind uint8

// The shapes, with the fields each one reads.
const (
	_          ShapeKind = iota
	KindBurst            // Count at once, or spread over Within or Jitter; Repeat times, one every Every
	KindSteady           // Rate for For
	KindRamp             // From to To in a straight line over Over
	KindSteps            // From, From±Step, … up or down to To, each level for Each
	KindWave             // a sine between Low and High with Period for For; begins at Low
	KindReplay           // Offsets
	KindPause            // nothing for For
)

var (
	kindWords    = []string{"invalid", "burst", "steady", "ramp", "steps", "wave", "replay", "pause"}
	releaseWords = []string{"connect", "upgrade"}
	spacingWords = []string{"even", "poisson"}
	closeWords   = []string{"clean", "reset"}
)

// String returns the word files use.
func (k ShapeKind) String() string { return word(kindWords, int(k)) }

// Release is what a burst holds back until its instant.
type Release uint8

// What is released at the instant.
const (
	Connect Release = iota // connect(2)
	Upgrade                // the upgrade request; TCP and TLS are done before
)

// String returns the word files use.
func (r Release) String() string { return word(releaseWords, int(r)) }

// Spacing is the law of the gaps between arrivals.
type Spacing uint8

// The laws.
const (
	Even    Spacing = iota // arrival n exactly where Λ reaches n
	Poisson                // a Poisson process of the same Λ, given its count
)

// String returns the word files use.
func (s Spacing) String() string { return word(spacingWords, int(s)) }

// Shape is one entry of the load. Kind says which fields count; the others
// are ignored.
type Shape struct {
	Kind     ShapeKind
	At       *time.Duration // start at this offset of the run and move no other shape; nil: start where the last one ended
	Arrivals Spacing        // steady, ramp, steps, wave

	Count   int64         // burst: arrivals of one repetition
	Within  time.Duration // burst: spread evenly over this length
	Jitter  time.Duration // burst: spread at random over this length
	Repeat  int64         // burst: repetitions; zero is one
	Every   time.Duration // burst: from one repetition's start to the next's
	Release Release       // burst

	Rate           Rate // steady
	From, To, Step Rate // ramp and steps
	Low, High      Rate // wave

	For    time.Duration // steady, wave, pause
	Over   time.Duration // ramp
	Each   time.Duration // steps
	Period time.Duration // wave

	File    string          // replay: where Offsets came from, for messages
	Offsets []time.Duration // replay: in order, from the shape's start
}

// repeats is Repeat with its default.
func (s *Shape) repeats() int64 { return max(s.Repeat, 1) }

// spread is how long one repetition of a burst takes.
func (s *Shape) spread() time.Duration { return max(s.Within, s.Jitter) }

// levels is how many levels a steps shape has. The last one is To, even
// where Step does not divide the way.
func (s *Shape) levels() int64 {
	way := s.To - s.From
	if way < 0 {
		way = -way
	}
	if way == 0 || s.Step <= 0 {
		return 1
	}
	return int64((way-1)/s.Step) + 2
}

// level is the rate of level i of a steps shape.
func (s *Shape) level(i int64) Rate {
	if i == s.levels()-1 {
		return s.To
	}
	if s.To < s.From {
		return s.From - Rate(i)*s.Step
	}
	return s.From + Rate(i)*s.Step
}

// length is how long the shape takes, trailing silence included. A burst
// ends with the spread of its last repetition.
func (s *Shape) length() time.Duration {
	switch s.Kind {
	case KindBurst:
		return time.Duration(s.repeats()-1)*s.Every + s.spread()
	case KindRamp:
		return s.Over
	case KindSteps:
		return time.Duration(s.levels()) * s.Each
	case KindReplay:
		if len(s.Offsets) == 0 {
			return 0
		}
		return s.Offsets[len(s.Offsets)-1]
	}
	return s.For
}
