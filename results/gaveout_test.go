package results

import (
	"strings"
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

// That a server did not get over a load is told beside what gave out, with the
// smallest load that it did not get over.
func TestCeilingTellsThatTheServerDidNotRecover(t *testing.T) {
	late := func(load int64) Trial { return Trial{Load: load, Note: NotRecovered} }
	c := &Ceiling{Low: 100, Trials: []Trial{{Load: 50}, {Load: 400}, late(200), late(90), {Load: 95}}}
	list := c.Findings()
	if len(list) != 1 || list[0].Name != "not_recovered" || list[0].Share != 0.4 {
		t.Fatalf("%+v, want that 2 of 5 trials were not waited for", list)
	}
	for _, part := range []string{"2 of 5 trials", "from 200 on"} {
		if !strings.Contains(list[0].Text, part) {
			t.Errorf("%q does not say %q", list[0].Text, part)
		}
	}
	c.Trials = c.Trials[:2]
	if list := c.Findings(); len(list) != 0 {
		t.Errorf("%+v of a server that recovered", list)
	}
}

func TestShortRestSpeaksWhenEveryTrialIsBad(t *testing.T) {
	hurried := func(good, valid bool) Trial { return Trial{Load: 90, Stage: StageShortRest, Good: good, Valid: valid} }
	confirm := Trial{Load: 90, Stage: StageConfirm, Good: true, Valid: true}
	for _, test := range []struct {
		name   string
		trials []Trial
		votes  *Votes
		needs  bool
	}{
		{"none", []Trial{confirm}, nil, false},
		{"good", []Trial{confirm, hurried(true, true)}, &Votes{90, 1, 1}, false},
		{"one may be spoilt", []Trial{confirm, hurried(false, true)}, &Votes{90, 0, 1}, false},
		{"spoilt, then good", []Trial{confirm, hurried(false, true), hurried(true, true)}, &Votes{90, 1, 2}, false},
		{"bad and bad", []Trial{confirm, hurried(false, true), hurried(false, true)}, &Votes{90, 0, 2}, true},
		{"of this host's making", []Trial{confirm, hurried(false, false)}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &Ceiling{Trials: test.trials}
			c.Diagnose()
			if diff := cmp.Diff(test.votes, c.ShortRest); diff != "" || c.NeedsRest() != test.needs {
				t.Errorf("needs rest %v, want %v; votes (-want +got):\n%s", c.NeedsRest(), test.needs, diff)
			}
			if n := len(c.Valid()); n != 1 {
				t.Errorf("%d trials count, want the confirming one", n)
			}
		})
	}
}
