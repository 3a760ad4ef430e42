package results

import "slices"

// Gate is what a release gate comes to, finally or so far.
type Gate struct {
	Verdict          Verdict     `json:"verdict"`
	Checks           []GateCheck `json:"checks"`
	GeneratorLimited bool        `json:"generator_limited"`
	Seed             uint64      `json:"seed,omitempty"` // of the trials' order and arrivals; 0: of a recorded run
	Notes            []string    `json:"notes,omitempty"`
	Warnings         []string    `json:"warnings"`
}

// GateCheck is one question a gate asks. Value, Low and High are in Unit and
// compared with Limit; nil is +∞ or no data. Of a goal they are the pooled
// share on the wrong side of it and Limit is the share allowed; of a measure
// they are B beside A and Limit is the margin. Low and High are the one-sided
// limits that the verdict goes by.
type GateCheck struct {
	Text     string   `json:"text"`
	Kind     GateKind `json:"kind"`
	Verdict  Verdict  `json:"verdict"`
	Advisory bool     `json:"advisory,omitempty"` // it warns, and decides nothing
	Unit     Unit     `json:"unit,omitempty"`     // none of a maximum, a mean and a count
	Value    *float64 `json:"value"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Limit    float64  `json:"limit"`
	Looked   int      `json:"looked"`             // trials, pairs or sittings the verdict rests on
	Clumping float64  `json:"clumping,omitempty"` // φ that failures were divided by; 0: they count in full
	Note     string   `json:"note"`
}

// GateKind says what a check compares with.
type GateKind string

// The kinds.
const (
	Goal       GateKind = "goal"       // a threshold of the scenario, over several trials
	Regression GateKind = "regression" // a baseline that ran in the same sitting
	Stored     GateKind = "stored"     // a recorded baseline
)

// Looks are the numbers of trials or pairs after which a check of this kind
// may be decided; none where there is but one look.
func (k GateKind) Looks() []int {
	switch k {
	case Goal:
		return slices.Clone(goalLooks)
	case Regression:
		return slices.Clone(regressionLooks)
	}
	return nil
}

// JoinGates makes one gate of several. Its verdict is the first of these that
// a check has: fail, inconclusive, pass. Advisory checks have no say, and where
// there is no other check it is inconclusive.
func JoinGates(gates ...Gate) Gate {
	joined := Gate{Checks: []GateCheck{}, Warnings: []string{}}
	for _, g := range gates {
		joined.Checks = append(joined.Checks, g.Checks...)
		joined.Warnings = append(joined.Warnings, g.Warnings...)
		joined.GeneratorLimited = joined.GeneratorLimited || g.GeneratorLimited
	}
	joined.settle()
	return joined
}

func (g *Gate) settle() {
	has := func(v Verdict) bool {
		return slices.ContainsFunc(g.Checks, func(c GateCheck) bool { return !c.Advisory && c.Verdict == v })
	}
	switch {
	case has(Fail):
		g.Verdict = Fail
	case has(Pass) && !has(Inconclusive) && !g.GeneratorLimited:
		g.Verdict = Pass
	default:
		g.Verdict = Inconclusive
	}
}

// ExitCode returns the process's exit code: 0 pass, 1 fail, 4 if the generator
// was the limit, 3 inconclusive. What was shown to fail before the generator
// became the limit has failed.
func (g *Gate) ExitCode() int {
	switch {
	case g.Verdict == Fail:
		return 1
	case g.GeneratorLimited:
		return 4
	case g.Verdict == Pass:
		return 0
	}
	return 3
}

// looks are the numbers of trials or pairs at which a gate may decide. Looking
// more often than planned until a verdict pleases is what makes gates flaky,
// so the error is shared among as many looks as there are.
type looks []int

// at reports whether n is a look.
func (l looks) at(n int) bool { return slices.Contains(l, n) }

// wanted is how many more than n the next look takes; 0 after the last.
func (l looks) wanted(n int) int {
	for _, look := range l {
		if look > n {
			return look - n
		}
	}
	return 0
}

// last is the look after which there is none.
func (l looks) last() int { return l[len(l)-1] }

// each is the confidence of one look if all together may be wrong with a
// probability of alpha.
func (l looks) each(alpha float64) float64 { return 1 - alpha/float64(len(l)) }
