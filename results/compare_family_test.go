package results

import "testing"

// One comparison at p = 0.03 is a difference; one of three is not.
func TestCorrectFamily(t *testing.T) {
	weak := func() *Comparison {
		pairs := tenPairs(0.1, 0.02, 0, 0)
		return Compare(pairs[:6], CompareOptions{}) // all point one way: p = 2·2⁻⁶
	}
	if c := weak(); c.Outcome != Slower || *c.Effects[0].P > 0.05 {
		t.Fatalf("alone it is %v, p=%v", c.Outcome, *c.Effects[0].P)
	}
	family := []*Comparison{weak(), Compare(tenPairs(0.1, 0.02, 0, 0), CompareOptions{}), weak()}
	CorrectFamily(family, CompareOptions{})
	for i, want := range []Change{Undecided, Slower, Undecided} {
		if c := family[i]; c.Outcome != want || *c.Effects[0].AdjustedP < *c.Effects[0].P {
			t.Errorf("%d is %v, p=%v corrected to %v; want %v", i, c.Outcome, *c.Effects[0].P, *c.Effects[0].AdjustedP, want)
		}
	}
	withheld := weak()
	withheld.withhold("interrupted")
	CorrectFamily([]*Comparison{withheld}, CompareOptions{})
	if withheld.Outcome != Undecided {
		t.Errorf("what was withheld is %v", withheld.Outcome)
	}
}
