package results

import (
	"math/rand/v2"
	"strconv"
)

// Side is one of the two configurations compared.
type Side uint8

// The sides. A is the baseline.
const (
	SideA Side = iota
	SideB
)

// String returns "a" or "b".
func (s Side) String() string {
	if s == SideB {
		return "b"
	}
	return "a"
}

// Pair is a trial of each side, run back to back with the same arrivals.
type Pair struct {
	A, B   Reading
	BFirst bool
}

// PairsOptions says how pairs are planned. The zero value is ten pairs after a
// discarded one, each redone at most twice.
type PairsOptions struct {
	Seed    uint64 // decides the order within pairs, and their arrivals
	Pairs   int    // pairs that count; 0: 10
	Redo    int    // how often a pair is run again when a trial of it is invalid; 0: 2
	Restart bool   // servers are restarted between blocks
	Warm    bool   // what is run warms up by itself: no pair goes ahead
}

// defaultPairs is how many pairs a comparison takes.
const defaultPairs = 10

// Turn is one trial to run.
type Turn struct {
	Pair      int // from 1; 0 is the pair run first and not counted
	Side      Side
	Seed      uint64 // of the arrivals; both sides of a pair have one
	Repeat    int    // how often this pair was begun before
	Discarded bool   // a trial of pair 0
	Restart   bool   // restart both servers before it
}

// Pairs is the plan of a comparison as a state machine: Next says what to
// run, Add takes what came of it. Its state is a function of the options and
// of the trials added, so that adding stored trials in their order resumes a
// comparison that was interrupted.
//
// Pairs come in blocks of two, ABBA or BAAB by the toss of a seeded coin, so
// that whoever drifts in time helps or harms both sides alike (Abedi & Brecht,
// ICPE 2017). One pair goes ahead to warm up and is not counted. A pair with
// an invalid trial is begun anew at once; when that has been done as often as
// allowed the plan gives up, because pairs left out where the generator could
// not keep up would be a choice of pairs by their outcome.
type Pairs struct {
	options PairsOptions
	done    []Pair
	warm    bool     // pair 0 is done, or not wanted
	first   *Reading // of the pair being run; nil: it has not begun
	repeat  int
	redone  int
	gaveUp  string
	limited bool
}

// NewPairs begins a plan.
func NewPairs(o PairsOptions) *Pairs {
	if o.Pairs <= 0 {
		o.Pairs = defaultPairs
	}
	if o.Redo <= 0 {
		o.Redo = 2
	}
	return &Pairs{options: o, warm: o.Warm}
}

// Extend asks for so many pairs in all; fewer than before change nothing.
func (p *Pairs) Extend(pairs int) { p.options.Pairs = max(p.options.Pairs, pairs) }

// Next returns the trial to run now; ok is false when all pairs are done, or
// the plan gave up.
func (p *Pairs) Next() (t Turn, ok bool) {
	if p.gaveUp != "" || len(p.done) == p.options.Pairs {
		return Turn{}, false
	}
	n := p.number()
	t = Turn{Pair: n, Side: SideA, Seed: p.random(0, n).Uint64(), Repeat: p.repeat, Discarded: n == 0}
	if p.bFirst(n) != (p.first != nil) {
		t.Side = SideB
	}
	t.Restart = p.options.Restart && n%2 == 1 && p.first == nil && p.repeat == 0 && !(n == 1 && p.options.Warm)
	return t, true
}

// number is the pair being run.
func (p *Pairs) number() int {
	if !p.warm {
		return 0
	}
	return len(p.done) + 1
}

// bFirst tosses the coin of n's block; the block's second pair is turned round.
func (p *Pairs) bFirst(n int) bool {
	toss := p.random(1, (n+1)/2).Uint64()&1 == 1
	return toss == (n%2 == 1)
}

// random draws for one purpose and number, whatever was drawn before.
func (p *Pairs) random(purpose uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(p.options.Seed, purpose<<32|uint64(n)))
}

// Add takes the trial that Next asked for. A trial of the discarded pair is
// as good invalid as valid, unless it did not finish.
func (p *Pairs) Add(t Reading) {
	n := p.number()
	switch {
	case t.Invalid != "" && !(t.Limited && n == 0):
		p.again(t)
	case p.first == nil:
		p.first = &t
	case n == 0:
		p.warm, p.first, p.repeat = true, nil, 0
	default:
		pair := Pair{A: *p.first, B: t, BFirst: p.bFirst(n)}
		if pair.BFirst {
			pair.A, pair.B = pair.B, pair.A
		}
		p.done, p.first, p.repeat = append(p.done, pair), nil, 0
	}
}

// again begins the pair anew, or gives up.
func (p *Pairs) again(t Reading) {
	p.first = nil
	if p.repeat == p.options.Redo {
		p.gaveUp = "pair " + strconv.Itoa(p.number()) + " was begun " + strconv.Itoa(p.repeat+1) + " times: " + t.Invalid
		p.limited = t.Limited
		return
	}
	p.repeat++
	p.redone++
}

// Done returns the pairs that count, in order.
func (p *Pairs) Done() []Pair { return p.done }

// Redone is how often a pair had to be begun anew.
func (p *Pairs) Redone() int { return p.redone }

// GiveUp ends the plan, unless it has ended, for a reason that no trial shows.
func (p *Pairs) GiveUp(why string) {
	if p.gaveUp == "" {
		p.gaveUp = why
	}
}

// GaveUp says why the plan ended before all pairs were done, and whether that
// was the generator; "" if it did not.
func (p *Pairs) GaveUp() (why string, limited bool) { return p.gaveUp, p.limited }
