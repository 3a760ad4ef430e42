package scenario

import (
	"fmt"
	"net/netip"
	"time"
)

// fault is a mistake and the field it is in, such as load[1].ramp.over.
type fault struct{ path, msg, hint string }

// checker collects every fault of a scenario. Parse puts them at lines of
// the file; Validate reports them as they are.
type checker struct {
	limits limits
	hint   string // for values over a cap
	faults []fault
	bad    map[string]bool // fields that were not understood and hold no value to judge
	oneURL bool            // the target was given as url, not as urls
}

// sound reports whether all of these fields were understood.
func (c *checker) sound(paths ...string) bool {
	for _, p := range paths {
		if c.bad[p] {
			return false
		}
	}
	return true
}

func (c *checker) add(path, hint, format string, args ...any) {
	c.faults = append(c.faults, fault{path, fmt.Sprintf(format, args...), hint})
}

// Validate checks a scenario that was built from flags by the rules that
// Parse applies to files, caps included unless Force is set, fills in
// defaults and the target's URLs, reads templates and learns the secrets
// among the headers. The error is
// *Errors.
func (s *Scenario) Validate() error {
	s.Timeouts.fillDefaults()
	s.fillAfterwards()
	s.keepSecrets()
	c := s.checker()
	c.scenario(s)
	c.plan(s)
	if len(c.faults) == 0 {
		return nil
	}
	errs := make(Errors, len(c.faults))
	for i, f := range c.faults {
		errs[i] = &SyntaxError{Msg: f.path + ": " + f.msg, Hint: f.hint}
	}
	return &errs
}

// checker returns an empty checker with the limits of the scenario.
func (s *Scenario) checker() checker {
	if s.Force {
		return checker{limits: forced}
	}
	return checker{limits: caps, hint: forceHint}
}

// scenario checks everything but the plan as a whole.
func (c *checker) scenario(s *Scenario) {
	c.target(s)
	if len(s.Load) > maxShapes {
		c.add("load", "", "%d shapes are more than %d", len(s.Load), maxShapes)
	}
	if len(s.Load) == 0 && s.Search.Of == "" && c.sound("load", "search", "search.of") {
		c.add("load", "write load: and a list of shapes, such as - burst: {count: 1000}", "there is none")
	}
	for i := range s.Load {
		c.shape(shapePath(i, s.Load[i].Kind), &s.Load[i])
	}
	c.search(&s.Search)
	c.hold(&s.Hold)
	c.afterwards(s)
	c.timeouts(&s.Timeouts)
	c.monitors(s)
	c.length("max_duration", s.MaxDuration)
}

func shapePath(i int, k ShapeKind) string { return fmt.Sprintf("load[%d].%s", i, k) }

func (c *checker) target(s *Scenario) {
	t := &s.Target
	c.urls(t)
	if len(t.Practice) > 0 && t.URL != Practice && c.sound("target.url", "target.urls") {
		c.add("target.practice", "", "settings of the practice server need url: %s", Practice)
	}
	c.way(t)
	c.tls(t)
	c.headers(t)
	c.subprotocols(t)
	c.extensions(t.Extensions)
	c.templates(s)
}

func (c *checker) sources(addrs []netip.Addr) {
	if len(addrs) > maxList {
		c.add("target.source_addresses", "", "%d addresses are more than %d", len(addrs), maxList)
	}
	seen := map[netip.Addr]bool{}
	for i, a := range addrs {
		path := fmt.Sprintf("target.source_addresses[%d]", i)
		switch {
		case !a.IsValid() || a.IsUnspecified() || a.IsMulticast():
			c.add(path, "", "%s is no address a connection can come from", a)
		case seen[a]:
			c.add(path, "", "%s is there twice", a)
		}
		seen[a] = true
	}
}

func (c *checker) hold(h *Hold) {
	c.length("hold.for", h.For)
	c.length("hold.ping_every", h.PingEvery)
	if h.Close > Reset {
		c.add("hold.close", "", "close is clean or reset")
	}
	if h.PingEvery > 0 && h.PingEvery < time.Millisecond {
		c.add("hold.ping_every", "", "%s is below the least, 1ms", h.PingEvery)
	}
}

func (c *checker) timeouts(t *Timeouts) {
	c.length("timeouts.connect", t.Connect)
	c.length("timeouts.tls", t.TLS)
	c.length("timeouts.total", t.Total)
}

// length checks a duration that may be zero.
func (c *checker) length(path string, d time.Duration) {
	switch {
	case d < 0:
		c.add(path, "", "%s is negative, and the least is 0s", d)
	case d > c.limits.duration:
		c.add(path, c.hint, "%s is above the most, %s", d, c.limits.duration)
	}
}

// positive checks a duration that must not be zero.
func (c *checker) positive(path string, d time.Duration, hint string) {
	if d == 0 {
		c.add(path, hint, "0s is too short: it must be more than nothing")
		return
	}
	c.length(path, d)
}

func (c *checker) rate(path string, r Rate) {
	switch {
	case r < 0:
		c.add(path, "", "%s is negative, and the least is 0/s", r)
	case r > c.limits.rate:
		c.add(path, c.hint, "%s is above the most, %s", r, c.limits.rate)
	}
}

// count checks a number that must be at least one.
func (c *checker) count(path string, n, most int64) {
	switch {
	case n < 1:
		c.add(path, "", "%d is below the least, 1", n)
	case n > most:
		c.add(path, c.hint, "%d is above the most, %d", n, most)
	}
}

// plan checks the load as a whole. It expects shapes that passed on their own.
func (c *checker) plan(s *Scenario) {
	if len(c.faults) > 0 {
		return
	}
	total, end := int64(0), time.Duration(0)
	for i, start := range s.starts() {
		_, n := s.Load[i].law()
		if s.Load[i].Kind == KindBurst {
			n *= s.Load[i].repeats()
		}
		total += n
		end = max(end, start+s.Load[i].length())
		if total > c.limits.plan {
			c.add("load", c.hint, "plans more than %d handshakes", c.limits.plan)
			return
		}
	}
	switch {
	case len(s.Load) == 0 && s.Search.Of != "":
	case total == 0:
		c.add("load", "", "plans 0 handshakes")
	case end > c.limits.duration:
		c.add("load", c.hint, "takes %s, and the most is %s", end, c.limits.duration)
	case s.MaxDuration > 0 && end+s.Hold.For > s.MaxDuration:
		c.add("max_duration", "", "the plan takes %s (load %s, hold %s) and max_duration is %s", end+s.Hold.For, end, s.Hold.For, s.MaxDuration)
	}
}
