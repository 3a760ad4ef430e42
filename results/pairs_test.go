package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	valid   = Reading{Samples: map[Measure]Sample{}}
	limited = Reading{Limited: true, Invalid: "generator-limited"}
)

// sides runs a plan on valid trials and writes which sides it asked for, a
// restart as "|".
func sides(p *Pairs) string {
	var b strings.Builder
	for turn, ok := p.Next(); ok; turn, ok = p.Next() {
		if turn.Restart {
			b.WriteByte('|')
		}
		b.WriteString(turn.Side.String())
		p.Add(valid)
	}
	return b.String()
}

func TestPairsAreBalancedInBlocks(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(50) {
		text := sides(NewPairs(PairsOptions{Seed: seed, Restart: true}))
		blocks := strings.Split(text, "|")
		if len(blocks) != 6 || (blocks[0] != "ab" && blocks[0] != "ba") {
			t.Fatalf("seed %d: %s, want a discarded pair and five blocks", seed, text)
		}
		for _, b := range blocks[1:] {
			kinds[b]++
		}
	}
	if len(kinds) != 2 || kinds["abba"] < 90 || kinds["baab"] < 90 {
		t.Errorf("blocks %v, want about as many abba as baab", kinds)
	}
}

func TestPairsHaveTheSameArrivals(t *testing.T) {
	p, seeds := NewPairs(PairsOptions{Seed: 7}), map[uint64]int{}
	for turn, ok := p.Next(); ok; turn, ok = p.Next() {
		if turn.Discarded != (turn.Pair == 0) {
			t.Errorf("pair %d: discarded is %v", turn.Pair, turn.Discarded)
		}
		if turn.Restart {
			t.Error("a restart that nobody asked for")
		}
		seeds[turn.Seed]++
		p.Add(valid)
	}
	if len(seeds) != 11 {
		t.Errorf("%d seeds for eleven pairs", len(seeds))
	}
	for seed, n := range seeds {
		if n != 2 {
			t.Errorf("seed %d was used %d times, want 2", seed, n)
		}
	}
}

func TestInvalidPairsAreRedone(t *testing.T) {
	p := NewPairs(PairsOptions{Pairs: 2})
	for _, trial := range []Reading{limited, valid, // the discarded pair may be anything
		valid, limited, // pair 1: its second trial
		limited,      // its first
		valid, valid, // done
		valid, valid} {
		if _, ok := p.Next(); !ok {
			t.Fatal("the plan ended early")
		}
		p.Add(trial)
	}
	if _, ok := p.Next(); ok || len(p.Done()) != 2 || p.Redone() != 2 {
		t.Errorf("goes on: %v, %d pairs done, %d redone; want 2 and 2", ok, len(p.Done()), p.Redone())
	}
}

// What warms up by itself has no pair ahead, and servers that were just started
// are not started anew.
func TestWarmPairs(t *testing.T) {
	p := NewPairs(PairsOptions{Pairs: 4, Warm: true, Restart: true})
	if got := strings.ReplaceAll(sides(p), "b", "a"); got != "aaaa|aaaa" {
		t.Errorf("turns %q, want four pairs and one restart between the blocks", got)
	}
	if c := ComparePlan(p, CompareOptions{}); c.Discarded != 0 || c.WithinOneServerLife {
		t.Errorf("%d discarded, within one server life %v", c.Discarded, c.WithinOneServerLife)
	}
}

// A server that is gone ends a plan, whose pairs stand.
func TestPairsAreGivenUp(t *testing.T) {
	p := NewPairs(PairsOptions{Pairs: 4})
	for range 6 {
		p.Add(valid)
	}
	p.GiveUp("the server is gone")
	p.GiveUp("so is the other")
	if _, ok := p.Next(); ok {
		t.Error("the plan goes on")
	}
	if c := ComparePlan(p, CompareOptions{}); c.Pairs != 2 || c.Withheld != "the server is gone" || c.ExitCode() != 3 {
		t.Errorf("%d pairs, withheld %q, exit code %d", c.Pairs, c.Withheld, c.ExitCode())
	}
}

func TestPairsGiveUp(t *testing.T) {
	p := NewPairs(PairsOptions{Redo: 1})
	for _, trial := range []Reading{valid, valid, valid, valid, limited, valid, limited} {
		p.Add(trial)
	}
	why, ours := p.GaveUp()
	if _, ok := p.Next(); ok || why != "pair 2 was begun 2 times: generator-limited" || !ours {
		t.Errorf("goes on: %v, because %q, the generator's: %v", ok, why, ours)
	}
	c := ComparePlan(p, CompareOptions{})
	if c.Outcome != Undecided || c.ExitCode() != 4 || c.Withheld != why {
		t.Errorf("%s, exit %d, withheld %q", c.Outcome, c.ExitCode(), c.Withheld)
	}
}

// Whoever adds the same trials gets the same turns: an interrupted comparison
// goes on where it stopped.
func TestPairsResume(t *testing.T) {
	trials := []Reading{valid, valid, valid, limited, valid, valid, valid}
	run := func(p *Pairs, trials []Reading) (turns []Turn) {
		for _, trial := range trials {
			turn, _ := p.Next()
			turns = append(turns, turn)
			p.Add(trial)
		}
		return turns
	}
	whole := run(NewPairs(PairsOptions{Seed: 3}), trials)
	resumed := NewPairs(PairsOptions{Seed: 3})
	run(resumed, trials[:4])
	if diff := cmp.Diff(whole[4:], run(resumed, trials[4:])); diff != "" {
		t.Errorf("resumed (-whole +resumed):\n%s", diff)
	}
	if c := ComparePlan(resumed, CompareOptions{}); c.ExitCode() != 3 || !strings.Contains(c.Withheld, "9 of 10 pairs are missing") {
		t.Errorf("exit %d, withheld %q", c.ExitCode(), c.Withheld)
	}
}

func TestPairsExtend(t *testing.T) {
	p := NewPairs(PairsOptions{Seed: 5})
	first := sides(p)
	p.Extend(4) // fewer change nothing
	p.Extend(15)
	if got, want := first+sides(p), sides(NewPairs(PairsOptions{Seed: 5, Pairs: 15})); got != want {
		t.Errorf("extended: %s, planned so: %s", got, want)
	}
}
