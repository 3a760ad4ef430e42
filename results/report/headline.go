package report

import (
	"cmp"
	"fmt"
	"slices"

	"stampede/results"
)

// headline returns the verdict's word and the one reason that matters, with
// what is between them, in the order in which results.Result.Judge decides.
// The answer of many runs is the word where there is one.
func headline(r *results.Result) (word, reason string) {
	switch {
	case r.Gate != nil:
		word, reason = GateLine(r.Gate)
	case r.Compare != nil:
		return familyLine(r)
	case r.Ceiling != nil:
		word, reason = ceilingWord(r), CeilingLine(r)
	default:
		word, reason = runLine(r)
	}
	return word, " · " + reason
}

// runLine is the headline of a single run.
func runLine(r *results.Result) (word, reason string) {
	switch {
	case r.Partial:
		return "INCONCLUSIVE", "partial result: the run was still going when this was written, or was killed"
	case r.Interrupted:
		return "INCONCLUSIVE", "interrupted at " + duration(r.InterruptedAt)
	case r.NoneEstablished():
		return "FAIL", "nothing was established: " + mostCommon(r)
	case r.GeneratorLimited():
		return "GENERATOR-LIMITED", "this host was measured, not the server: " + limitedBy(r)
	case r.Verdict == results.Fail:
		return "FAIL", firstJudged(r, results.Fail)
	case r.Verdict == results.Inconclusive:
		return "INCONCLUSIVE", firstJudged(r, results.Inconclusive)
	}
	return "PASS", passed(r)
}

// ceilingWord is the word for how a search ended.
func ceilingWord(r *results.Result) string {
	switch r.ExitCode() {
	case 0:
		return "PASS"
	case 1:
		return "FAIL"
	case 4:
		return "GENERATOR-LIMITED"
	}
	return "INCONCLUSIVE"
}

// VerdictLine returns the first line of Text, without colour or line end.
func VerdictLine(r *results.Result) string {
	word, reason := headline(r)
	return word + reason
}

// mostCommon names the outcome most attempts ended in.
func mostCommon(r *results.Result) string {
	most := slices.MaxFunc(r.Outcomes, func(a, b results.OutcomeRow) int { return cmp.Compare(a.Count, b.Count) })
	return fmt.Sprintf("%s of %s ended in %s", results.FormatCount(most.Count), results.FormatCount(r.Arrivals), escape(most.Outcome().Name()))
}

// limitedBy says what limited the generator: its first broken check, or the
// limit that attempts ended in.
func limitedBy(r *results.Result) string {
	if i := slices.IndexFunc(r.Generator.Checks, results.Check.Broken); i >= 0 {
		return escape(r.Generator.Checks[i].String())
	}
	return mostCommon(r)
}

// firstJudged explains the verdict by the first threshold that has it.
func firstJudged(r *results.Result, v results.Verdict) string {
	n, reason := 0, "no data"
	for i := range r.Thresholds {
		if j := &r.Thresholds[i]; j.Verdict == v {
			if n++; n == 1 {
				reason = because(r, j)
			}
		}
	}
	if n > 1 {
		reason += fmt.Sprintf(" (and %d more)", n-1)
	}
	return reason
}

// because words one judgement: the goal, the value if there is one, the note.
func because(r *results.Result, j *results.Judgement) string {
	reason := escape(j.Text)
	if v := value(r, j); v != none {
		reason += " is " + v
	}
	if j.Note != "" {
		reason += ": " + escape(j.Note)
	}
	return reason
}

func passed(r *results.Result) string {
	established := r.Count(results.Selector{Kind: results.Established})
	text := fmt.Sprintf("%s of %s established", results.FormatCount(established), results.FormatCount(r.Arrivals))
	switch n := len(r.Thresholds); n {
	case 0:
		return text + ", no threshold was set"
	case 1:
		return text + ", the threshold holds"
	default:
		return fmt.Sprintf("%s, all %d thresholds hold", text, n)
	}
}
