//go:build linux

package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what tests compare with")

const compatibilityPath = "../../docs/compatibility.md"

// document is docs/compatibility.md. Between <!-- NAME --> and <!-- end -->
// stand the rows of a table that the test makes; all else is people's.
type document struct {
	text string
	rows map[string][]string // by table
}

func openDocument(t *testing.T) *document {
	t.Helper()
	text, err := os.ReadFile(compatibilityPath)
	if err != nil {
		t.Fatal(err)
	}
	return &document{string(text), map[string][]string{}}
}

// add adds a row, unless its test failed, and holds it to the document. The
// version, second in the tables that have one, may be another on another
// machine: which it was is told by the document's writer.
func (d *document) add(t *testing.T, table string, cells ...any) {
	t.Helper()
	if t.Failed() {
		return
	}
	row := "|"
	for _, c := range cells {
		row += fmt.Sprintf(" %v |", c)
	}
	d.rows[table] = append(d.rows[table], row)
	if *update {
		return
	}
	for _, line := range d.lines(t, table) {
		if sameBut(line, row, versionCell[table]) {
			return
		}
	}
	t.Errorf("%s has no such row in %s; -update rewrites it:\n%s", compatibilityPath, table, row)
}

// versionCell is the index of the cell that isn't compared; 0 for none.
var versionCell = map[string]int{"servers": 2, "proxies": 2}

// sameBut compares two rows except for one cell.
func sameBut(a, b string, but int) bool {
	x, y := strings.Split(a, "|"), strings.Split(b, "|")
	if but > 0 && len(x) > but && len(y) > but {
		x[but], y[but] = "", ""
	}
	return strings.Join(x, "|") == strings.Join(y, "|")
}

// lines are a table's rows in the document.
func (d *document) lines(t *testing.T, table string) []string {
	t.Helper()
	before, rest, ok := strings.Cut(d.text, "<!-- "+table+" -->\n")
	rows, _, end := strings.Cut(rest, "<!-- end -->")
	if !ok || !end || before == "" {
		t.Fatalf("%s has no place for %s", compatibilityPath, table)
	}
	lines := strings.Split(strings.TrimSpace(rows), "\n")
	return lines[min(2, len(lines)):] // after the table's head
}

// close holds the document to n rows a table: none is left of what is no
// longer tried. With -update it writes the tables, if all their rows are there.
func (d *document) close(t *testing.T, n map[string]int) {
	t.Helper()
	for table, want := range n {
		old := d.lines(t, table)
		if !*update {
			if len(old) != want {
				t.Errorf("%s has %d rows in %s, want %d", compatibilityPath, len(old), table, want)
			}
			continue
		}
		if rows := d.rows[table]; len(rows) != want {
			t.Errorf("%d of %d rows in %s: %s stays as it was", len(rows), want, table, compatibilityPath)
		} else {
			d.replace(table, rows)
		}
	}
	if !*update || t.Failed() {
		return
	}
	if err := os.WriteFile(compatibilityPath, []byte(d.text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replace puts rows in place of a table's own, which has a place.
func (d *document) replace(table string, rows []string) {
	before, rest, _ := strings.Cut(d.text, "<!-- "+table+" -->\n")
	old, after, _ := strings.Cut(rest, "<!-- end -->")
	head := strings.SplitAfterN(old, "\n", 3)[:2]
	d.text = before + "<!-- " + table + " -->\n" + strings.Join(head, "") + strings.Join(rows, "\n") + "\n<!-- end -->" + after
}
