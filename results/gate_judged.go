package results

import (
	"cmp"

	"stampede/results/stats"
)

// GateJudged makes a gate of the goals of one judged run: what its thresholds
// came to is what the gate comes to. One run is one look; a fail or a pass of
// it is as sure as the threshold's own proof, and knows nothing of how runs
// differ.
func GateJudged(r *Result) Gate {
	gate := Gate{Checks: []GateCheck{}, Warnings: []string{}}
	t := NewReading(r, nil)
	gate.GeneratorLimited = t.Limited
	if !r.unfinished() && r.NoneEstablished() {
		gate.Checks = append(gate.Checks, nothingEstablished(1))
	}
	for i := range r.Thresholds {
		check := r.Thresholds[i].gateCheck()
		if t.Invalid != "" {
			check.Verdict, check.Note = Inconclusive, t.Invalid
		}
		gate.Checks = append(gate.Checks, check)
	}
	gate.settle()
	return gate
}

// gateCheck is the judgement as a gate has it: for what is a proportion, the
// bad share.
func (j *Judgement) gateCheck() GateCheck {
	c := GateCheck{Text: j.Text, Kind: Goal, Verdict: j.Verdict, Looked: 1, Clumping: j.Clumping, Note: j.Note}
	t, err := ParseThreshold(j.Text)
	if err != nil || !t.proportion() || j.Of <= 0 {
		c.Note = cmp.Or(c.Note, "of one run")
		return c
	}
	share := float64(j.Bad) / float64(j.Of)
	low, high := stats.ClopperPearsonClumped(j.Bad, j.Of, max(j.Clumping, 1), 2*confidence-1)
	c.Unit, c.Limit, c.Value, c.Low, c.High = Share, t.allowed(), &share, &low, &high
	return c
}

// nothingEstablished is the check that fails whatever the goals are.
func nothingEstablished(trials int) GateCheck {
	return GateCheck{Text: "anything is established", Kind: Goal, Verdict: Fail, Unit: Share,
		Value: ptr(0.0), Looked: trials, Note: "a trial in which nothing was established"}
}
