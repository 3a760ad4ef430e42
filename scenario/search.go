package scenario

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"stampede/results"
)

// Search says which ceiling is looked for: the largest load at which every
// threshold holds. A scenario with one needs no load of its own. The zero
// value looks for none.
type Search struct {
	Of       results.LoadKind
	From, To int64         // the loads to try, in Of.Unit; zero: from 10, to what this host can make
	Release  Release       // burst
	Hold     time.Duration // held: how long all are held; zero: a minute, five if Strict
	Ramp     Rate          // held: how fast connections are opened; zero: 200/s
	Measure  time.Duration // rate: the part of a trial that counts; zero: 10s or 2000 handshakes, whichever is longer, and a minute if Strict
	WarmUp   time.Duration // rate: the part before it that does not; zero: 5s
	Quiet    time.Duration // between trials and between the bursts of one, at least; zero: 2s and 1s
	Budget   time.Duration // of all trials with the waits between them; zero: 15m
	Strict   bool          // longer trials, and a confirmation that is proof
}

var searchWords = []string{string(results.LoadBurst), string(results.LoadRate), string(results.LoadHeld)}

// ParseSearchOf reads the kind of load that a ceiling is looked for of.
func ParseSearchOf(text string) (results.LoadKind, error) {
	i, err := index(text, searchWords)
	return results.LoadKind(searchWords[i]), err
}

// ParseSearchLoad reads one end of the loads to try: a count, or for rates a
// whole number of handshakes a second, such as 200/s.
func ParseSearchLoad(of results.LoadKind, text string) (int64, error) {
	if of != results.LoadRate {
		return ParseCount(text)
	}
	r, err := ParseRate(text)
	if err == nil && r%PerSecond != 0 {
		err = badValue("", "%s is no whole number of handshakes a second", text)
	}
	return int64(r / PerSecond), err
}

func (d *decoder) search(path string, n ast.Node, s *Search) {
	ends := map[*int64]func(){}
	end := func(into *int64) setter { // read once Of is known, wherever it stands
		return func(path string, n ast.Node) {
			ends[into] = func() {
				parsed(d, into, func(text string) (int64, error) {
					load, err := ParseSearchLoad(s.Of, text)
					if err == nil && load < 1 {
						err = badValue("", "%s is below the least, 1", text)
					}
					return load, err
				})(path, n)
			}
		}
	}
	d.mapping(path, n, []field{
		{name: "of", set: parsed(d, &s.Of, ParseSearchOf), required: "write of: burst, of: rate or of: held"},
		{name: "from", set: end(&s.From)},
		{name: "to", set: end(&s.To)},
		{name: "release", set: oneOf(d, &s.Release, releaseWords)},
		{name: "hold", set: d.nonZero(&s.Hold)},
		{name: "ramp", set: d.rate(&s.Ramp)},
		{name: "measure", set: d.nonZero(&s.Measure)},
		{name: "warm_up", set: d.nonZero(&s.WarmUp)},
		{name: "quiet", set: d.nonZero(&s.Quiet)},
		{name: "budget", set: d.nonZero(&s.Budget)},
		{name: "strict", set: d.bool(&s.Strict)},
	})
	if !d.bad[join(path, "of")] {
		for _, into := range []*int64{&s.From, &s.To} {
			if read := ends[into]; read != nil {
				read()
			}
		}
	}
}

// search checks what a ceiling is looked for with: what goes with another kind
// of load is a mistake, since it would do nothing.
func (c *checker) search(s *Search) {
	const path = "search"
	for _, l := range []struct {
		key string
		d   time.Duration
		of  results.LoadKind // "": any
	}{
		{"hold", s.Hold, results.LoadHeld}, {"measure", s.Measure, results.LoadRate}, {"warm_up", s.WarmUp, results.LoadRate},
		{"quiet", s.Quiet, ""}, {"budget", s.Budget, ""},
	} {
		c.length(join(path, l.key), l.d)
		c.goesWith(join(path, l.key), l.d != 0, l.of, s.Of)
	}
	c.rate(join(path, "ramp"), s.Ramp)
	c.goesWith(join(path, "ramp"), s.Ramp != 0, results.LoadHeld, s.Of)
	c.goesWith(join(path, "release"), s.Release != Connect, results.LoadBurst, s.Of)
	if s.Release > Upgrade {
		c.add(join(path, "release"), "", "release is connect or upgrade")
	}
	if s.To != 0 && s.To < s.From && c.sound(join(path, "from"), join(path, "to")) {
		c.add(join(path, "to"), "swap them", "%d is below from, %d", s.To, s.From)
	}
}

func (c *checker) goesWith(path string, set bool, needs, of results.LoadKind) {
	if set && needs != "" && of != "" && needs != of && c.sound("search.of") {
		c.add(path, "", "goes with of: %s, and this is of: %s", needs, of)
	}
}
