package main

import (
	"testing"

	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

// searchOf is the scenario of a search, read from YAML.
func searchOf(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse([]byte("target: {url: practice}\n"+text), scenario.Options{File: "search.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestResumeRefusesOtherTerms(t *testing.T) {
	tests := []struct {
		name, recorded, now string
		term                string // "": it goes on
	}{
		{"the same", "search: {of: burst}", "search: {of: burst}", ""},
		{"waits and bounds are no terms", "search: {of: burst}", "search: {of: burst, quiet: 5s, budget: 1h}", ""},
		{"a default written out", "search: {of: held}", "search: {of: held, hold: 1m, ramp: 200/s}", ""},
		{"kind", "search: {of: burst}", "search: {of: rate}", "load"},
		{"release", "search: {of: burst}", "search: {of: burst, release: upgrade}", "release"},
		{"hold of a burst", "search: {of: burst}", "search: {of: burst}\nhold: {for: 3s}", "hold"},
		{"hold", "search: {of: held}", "search: {of: held, hold: 5s}", "hold"},
		{"ramp", "search: {of: held}", "search: {of: held, ramp: 100/s}", "ramp"},
		{"measure", "search: {of: rate}", "search: {of: rate, measure: 20s}", "measure"},
		{"warm-up", "search: {of: rate}", "search: {of: rate, warm_up: 1s}", "warm_up"},
		{"strict", "search: {of: burst}", "search: {of: burst, strict: true}", "strict"},
		{"timeout", "search: {of: burst}", "search: {of: burst}\ntimeouts: {total: 3s}", "timeout"},
		{"thresholds", "search: {of: burst}", "search: {of: burst}\nthresholds: [504 rate < 1%]", "thresholds"},
		{"the range as recorded", "search: {of: burst, from: 20, to: 5000}", "search: {of: burst}", ""},
		{"the range as asked for", "search: {of: burst, from: 20, to: 5000}", "search: {of: burst, from: 20, to: 5000}", ""},
		{"the range as it was found", "search: {of: burst}", "search: {of: burst, from: 10, to: 900}", ""},
		{"from", "search: {of: burst, from: 20}", "search: {of: burst, from: 30}", "from"},
		{"to", "search: {of: burst}", "search: {of: burst, to: 800}", "to"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := &results.Ceiling{From: 10, To: 900, Terms: ceiling.Terms(searchOf(t, test.recorded))}
			name, was, is, same := compareTerms(record, ceiling.Terms(searchOf(t, test.now)))
			if name != test.term || same != (test.term == "") || !same && was == is {
				t.Errorf("%q differs (%q, %q), want %q", name, was, is, test.term)
			}
		})
	}
}

func TestResumeRefusesAnotherPracticeServer(t *testing.T) {
	sc := searchOf(t, "search: {of: burst}")
	record := &results.Ceiling{Terms: ceiling.Terms(sc)}
	sc.Target.Practice = []scenario.Setting{{Key: "capacity", Value: "300"}}
	if name, _, is, _ := compareTerms(record, ceiling.Terms(sc)); name != "target" || is != "practice capacity=300" {
		t.Errorf("%s %q differs, want the target", name, is)
	}
}
