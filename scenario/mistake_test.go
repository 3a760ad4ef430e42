package scenario

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// variables is the environment of the tests.
func variables(name string) (string, bool) {
	value, ok := map[string]string{"EMPTY": "", "TARGET": "ws://127.0.0.1:9001/chat?key=opensesame", "TOKEN": "s3cret: #1 ${X}",
		"RATE": "20/s", "PORT": "9001", "NAME": "off"}[name]
	return value, ok
}

var testOptions = Options{File: "x.yaml", Env: variables, ReadFile: testFile}

const mistakesFile = "testdata/mistakes.txt"

// mistake is a scenario with mistakes and what Parse says of it.
type mistake struct {
	name, text, says string
	schema           bool // the schema rejects it, too
}

// mistakes reads the table of scenarios with mistakes: "-- name --", the
// scenario, "-- says --", the message. intro is what stands before the first.
func mistakes(t *testing.T) (intro string, table []mistake) {
	t.Helper()
	data, err := os.ReadFile(mistakesFile)
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`(?m)^-- (.+) --\n`).Split(string(data), -1)
	names := regexp.MustCompile(`(?m)^-- (.+) --\n`).FindAllStringSubmatch(string(data), -1)
	for i := 0; i+1 < len(names); i += 2 {
		name, schema := strings.CutSuffix(names[i][1], " (schema)")
		table = append(table, mistake{name, parts[i+1], parts[i+2], schema})
	}
	return parts[0], table
}

func TestMistakes(t *testing.T) {
	intro, table := mistakes(t)
	for i, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), testOptions)
			var errs *Errors
			if !errors.As(err, &errs) || len(*errs) == 0 {
				t.Fatalf("Parse gives %v, not the mistakes", err)
			}
			var one *SyntaxError
			if !errors.As(err, &one) {
				t.Error("no *SyntaxError can be had of it")
			}
			got := err.Error() + "\n"
			table[i].says = got
			if diff := cmp.Diff(tt.says, got); diff != "" && !*update {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
	if *update {
		writeMistakes(t, intro, table)
	}
}

func writeMistakes(t *testing.T, intro string, table []mistake) {
	t.Helper()
	var b strings.Builder
	b.WriteString(intro)
	for _, m := range table {
		mark := ""
		if m.schema {
			mark = " (schema)"
		}
		fmt.Fprintf(&b, "-- %s%s --\n%s-- says --\n%s", m.name, mark, m.text, m.says)
	}
	if err := os.WriteFile(mistakesFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
