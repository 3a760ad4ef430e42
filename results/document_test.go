package results

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// firstCells are the names in the first column of the tables of a section.
func firstCells(t *testing.T, document, section string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		t.Fatalf("%s has no section %s", document, section)
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	for line := range strings.Lines(body) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// TestDocumentsNameEverything holds the documents to describe each column of
// attempts.csv, each metric and each check of a result, and no other.
func TestDocumentsNameEverything(t *testing.T) {
	checks := slices.DeleteFunc(slices.Clone(ownChecks), func(name string) bool { return name == checkBracket })
	ofEngine := []string{"cpu_share", "cgroup_throttled_periods", "source_ports_in_use", "cpu_steal", "go_scheduler_latency_p99", "gc_pause_max"}
	const measurement, files = "../docs/measurement.md", "../docs/files.md"
	tests := []struct {
		document, section string
		want              []string
	}{
		{files, "attempts.csv", strings.Split(strings.TrimSpace(CSVHeader), ",")},
		{measurement, "Metrics", metricNames[:]},
		{measurement, "When the generator is what was measured", append(checks, ofEngine...)},
	}
	for _, test := range tests {
		t.Run(test.section, func(t *testing.T) {
			got := firstCells(t, test.document, test.section)
			for _, name := range test.want {
				if !slices.Contains(got, name) {
					t.Errorf("no row says what %s is", name)
				}
			}
			for _, name := range got {
				if !slices.Contains(test.want, name) {
					t.Errorf("there is a row for %s, which no result has", name)
				}
			}
		})
	}
}
