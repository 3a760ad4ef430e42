package results

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCSV(t *testing.T) {
	c := CSV{Addresses: []string{"127.0.0.1:9001", `odd,"one"`}}
	a := established(time.Second, 20)
	a.N, a.Burst, a.Address, a.SYNRetransmits, a.ReadLag, a.TLSLag = 7, 2, 1, 3, 4, 5
	b := &Attempt{N: 8, Intended: 5, Burst: -1, Outcome: noPort}
	d := failed(1, 2, gatewayTimeout)
	text := []byte(CSVHeader)
	for _, attempt := range []*Attempt{a, b, d} {
		text = c.Append(text, attempt)
	}
	got, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		strings.Split(strings.TrimSpace(CSVHeader), ","),
		{"7", "1000000000", "1000000000", "1000000000", "1000000010", "", "1000000010", "1000000020", "20",
			"established", "", "", "", "2", `odd,"one"`, "3", "0", "", "4", "", "5"},
		{"8", "5", "", "", "", "", "", "", "", "local", "", "", "no_source_port", "", "", "0", "0", "", "", "", ""},
		{"0", "1", "2", "2", "", "", "", "3", "", "status", "504", "upgrade", "", "", "127.0.0.1:9001", "0", "0", "", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n := testing.AllocsPerRun(100, func() { text = c.Append(text[:0], a) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

// The document describes every column, in its place.
func TestCSVIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## attempts.csv\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		got = append(got, row[1])
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(CSVHeader), ","), got); diff != "" {
		t.Errorf("columns (-header +document):\n%s", diff)
	}
}
