package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCeilingTellsWhatGaveOut(t *testing.T) {
	trial := func(load int64, good bool, findings ...string) Trial {
		row := Trial{Load: load, Good: good, Valid: true, Stage: StageFine}
		for _, name := range findings {
			row.Findings = append(row.Findings, Finding{Name: name, Text: name + "."})
		}
		return row
	}
	late := trial(130, false, "late")
	late.Valid = false
	warmUp := trial(120, false, "cold")
	warmUp.Stage = StageWarmUp
	tests := []struct {
		name   string
		trials []Trial
		want   []string // texts
	}{
		{"nothing", nil, []string{}},
		{"only above", []Trial{trial(90, true, "lag"), trial(110, false, "lag", "queue")}, []string{"at 110: queue."}},
		{"the nearest first", []Trial{trial(200, false, "files", "queue"), trial(120, false, "queue")}, []string{"at 120: queue.", "at 200: files."}},
		{"spoilt below", []Trial{trial(50, false, "reset"), trial(110, false, "queue")}, []string{"at 110: queue."}},
		{"a good trial above", []Trial{trial(105, true, "lag"), trial(110, false, "lag", "queue")}, []string{"at 110: queue."}},
		{"a matter of degree", []Trial{trial(90, true, "one_by_one"), trial(110, false, "one_by_one")},
			[]string{"at 110: one_by_one. It was so in trials that passed too."}},
		{"not of what does not count", []Trial{warmUp, late, trial(140, false, "queue")}, []string{"at 140: queue."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := []string{}
			for _, f := range (&Ceiling{Low: 100, Trials: test.trials}).GaveOut() {
				got = append(got, f.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
