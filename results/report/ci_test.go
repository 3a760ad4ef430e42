package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// hostileName is a name that means something in every language of CI.
const hostileName = "a]]>&<b> | `c` ::error::d%0A\n\x00\x1b[31m\u202e\xff@e"

// languages are the ways CI is told of a result.
var languages = map[string]func(io.Writer, *results.Result) error{
	"junit.xml": JUnit, "summary.md": Markdown, "annotations.txt": Annotations, "history.json": History,
}

// told are results that CI is told of, by the name of their goldens.
var told = map[string]func(t *testing.T) *results.Result{
	"ci-run": func(t *testing.T) *results.Result {
		m := newRun(1000)
		m.about.Name = hostileName
		m.attempts(980, -1, ok, steadily(20*ms))
		m.attempts(20, -1, gatewayTimeout, steadily(20*ms))
		return m.judged(t, "handshake p50 < 250ms", "504 rate < 0.1%", "handshake p99.9 < 5s")
	},
	"ci-gate": func(t *testing.T) *results.Result {
		m := newRun(1000)
		m.attempts(1000, -1, ok, steadily(20*ms))
		r := m.judged(t)
		stored := results.GateStored([]*results.Result{r}, r, []results.Gated{{Measure: p99, Margin: 0.1}})
		gate := results.JoinGates(*gatedPairs(planned(0.3, 0.05, 24).Done()), stored)
		gate.Warnings = append(gate.Warnings, hostileName)
		r.Gate = &gate
		return r
	},
	"ci-compare": func(t *testing.T) *results.Result {
		m := newRun(1000)
		m.attempts(1000, -1, ok, steadily(20*ms))
		r := m.judged(t)
		r.Compare = compared(0.12, 0.05, 0, results.CompareOptions{A: hostileName, B: "b"})
		return r
	},
	"ci-ceiling": func(*testing.T) *results.Result {
		r := searched()
		r.Judge(nil)
		return r
	},
	"ci-limited": func(t *testing.T) *results.Result {
		m := newRun(1000)
		m.about.Generator.Checks[0].OK = false
		m.attempts(1000, -1, ok, steadily(20*ms))
		return m.judged(t, "handshake p99 < 250ms")
	},
}

func TestCI(t *testing.T) {
	for name, make := range told {
		for ending, draw := range languages {
			t.Run(name+"-"+ending, func(t *testing.T) {
				var got strings.Builder
				if err := draw(&got, make(t)); err != nil {
					t.Fatal(err)
				}
				checkGolden(t, name+"-"+ending, got.String())
				if err := draw(brokenPipe{}, make(t)); !errors.Is(err, errPipe) && got.Len() > 0 {
					t.Errorf("a broken pipe gives %v", err)
				}
			})
		}
	}
}

// Whatever names hold, JUnit is one document whose counts are those of its
// elements, and every other language stays on its line.
func TestCIWithHostileText(t *testing.T) {
	for name, make := range told {
		var doc strings.Builder
		if err := JUnit(&doc, make(t)); err != nil {
			t.Fatal(err)
		}
		var suites junitSuites
		d := xml.NewDecoder(strings.NewReader(doc.String()))
		if err := d.Decode(&suites); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		failures, errs, skipped := 0, 0, 0
		for _, c := range suites.Suites[0].Cases {
			failures += strings.Count(c.outcome(), "failure")
			errs += strings.Count(c.outcome(), "error")
			skipped += strings.Count(c.outcome(), "skipped")
		}
		want := [4]int{len(suites.Suites[0].Cases), failures, errs, skipped}
		if got := [4]int{suites.Tests, suites.Failures, suites.Errors, suites.Skipped}; got != want || suites.Tests == 0 {
			t.Errorf("%s: tests, failures, errors and skipped are %v, the cases are %v", name, got, want)
		}
		var lines strings.Builder
		if err := Annotations(&lines, make(t)); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(lines.String()) {
			if !regexp.MustCompile(`^::(error|warning|notice) title=[^:,]*::.+\n$`).MatchString(line) {
				t.Errorf("%s: no annotation: %q", name, line)
			}
		}
	}
}

func (c junitCase) outcome() string {
	switch {
	case c.Failure != nil:
		return "failure"
	case c.Error != nil:
		return "error"
	case c.Skipped != nil:
		return "skipped"
	}
	return ""
}

// A history is a line a run, whose keys are always the same ones.
func TestHistoryIsALineARun(t *testing.T) {
	var file strings.Builder
	for _, make := range told {
		if err := History(&file, make(t)); err != nil {
			t.Fatal(err)
		}
	}
	keys := regexp.MustCompile(`"[a-z0-9_]+":`)
	var first []string
	n := 0
	for line := range strings.Lines(file.String()) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		for k, v := range row {
			if _, nested := v.(map[string]any); nested {
				t.Errorf("%s is nested", k)
			}
		}
		got := keys.FindAllString(line, -1)
		if n++; first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("the keys differ: %s", diff)
		}
	}
	if n != len(told) {
		t.Errorf("%d lines of %d runs", n, len(told))
	}
}
