package scenario

import "time"

// shape checks one shape on its own. Its products are bounded here before
// anything multiplies them.
func (c *checker) shape(path string, s *Shape) {
	if s.At != nil {
		c.length(path+".at", *s.At)
	}
	if s.Arrivals > Poisson {
		c.add(path+".arrivals", "", "arrivals are even or poisson")
	}
	switch s.Kind {
	case KindBurst:
		c.burst(path, s)
	case KindSteady:
		c.rate(path+".rate", s.Rate)
		c.positive(path+".for", s.For, "")
	case KindRamp:
		c.rate(path+".from", s.From)
		c.rate(path+".to", s.To)
		c.positive(path+".over", s.Over, "for a jump use burst")
	case KindSteps:
		c.steps(path, s)
	case KindWave:
		c.wave(path, s)
	case KindReplay:
		c.replay(path, s)
	case KindPause:
		c.positive(path, s.For, "")
	default:
		c.add(path, "", "is no kind of shape")
	}
}

func (c *checker) burst(path string, s *Shape) {
	c.count(path+".count", s.Count, c.limits.burst)
	c.count(path+".repeat", s.repeats(), c.limits.repeats)
	c.length(path+".within", s.Within)
	c.length(path+".jitter", s.Jitter)
	c.length(path+".every", s.Every)
	if s.Release > Upgrade {
		c.add(path+".release", "", "release is connect or upgrade")
	}
	if s.Arrivals != Even {
		c.add(path+".arrivals", "to spread a burst at random use jitter", "a burst comes at once and has no %s gaps", s.Arrivals)
	}
	if s.Within > 0 && s.Jitter > 0 {
		c.add(path+".jitter", "within spreads evenly, jitter at random", "a burst has within or jitter, not both")
	}
	c.repetition(path, s)
}

func (c *checker) repetition(path string, s *Shape) {
	n := s.repeats()
	switch {
	case !c.sound(path+".repeat", path+".every", path+".within", path+".jitter"):
	case n == 1 && s.Every > 0:
		c.add(path+".every", "add repeat", "every has no meaning without repeat")
	case n > 1 && s.Every == 0:
		c.add(path+".repeat", "add every, such as every: 10s", "repeat needs to know how often")
	case n > 1 && s.spread() > s.Every:
		c.add(path+".every", "", "%s is shorter than one repetition, which takes %s", s.Every, s.spread())
	case !c.fits(n-1, s.Every):
		c.add(path+".repeat", c.hint, "%d times every %s takes more than %s", n, s.Every, c.limits.duration)
	}
}

// fits reports whether n times d is within the longest duration, without
// computing what may overflow.
func (c *checker) fits(n int64, d time.Duration) bool {
	return n <= 0 || d <= c.limits.duration/time.Duration(n)
}

func (c *checker) steps(path string, s *Shape) {
	before := len(c.faults)
	c.rate(path+".from", s.From)
	c.rate(path+".to", s.To)
	c.rate(path+".step", s.Step)
	if s.Step == 0 {
		c.add(path+".step", "", "0/s never gets from %s to %s", s.From, s.To)
	}
	c.positive(path+".each", s.Each, "")
	if len(c.faults) > before {
		return
	}
	if n := s.levels(); n > c.limits.levels {
		c.add(path+".step", c.hint, "makes %d levels, and the most is %d", n, c.limits.levels)
	} else if !c.fits(n, s.Each) {
		c.add(path+".each", c.hint, "%d levels of %s take more than %s", n, s.Each, c.limits.duration)
	}
}

func (c *checker) wave(path string, s *Shape) {
	c.rate(path+".low", s.Low)
	c.rate(path+".high", s.High)
	c.positive(path+".period", s.Period, "")
	c.positive(path+".for", s.For, "")
	if s.High < s.Low && c.sound(path+".low", path+".high") {
		c.add(path+".high", "swap them", "%s is below low, %s", s.High, s.Low)
	}
}

func (c *checker) replay(path string, s *Shape) {
	if s.Arrivals != Even {
		c.add(path+".arrivals", "", "a replay has the gaps of its file")
	}
	if len(s.Offsets) == 0 && c.sound(path+".file") {
		c.add(path+".file", "", "%s has no offsets", s.File)
	}
	last := time.Duration(0)
	for i, d := range s.Offsets {
		if d < last {
			c.add(path+".file", "", "offset %d, %s, comes before the one above it", i+1, d)
			return
		}
		last = d
	}
	c.length(path+".file", last)
}
