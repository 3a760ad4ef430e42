//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"stampede/results"
)

// checkJSON holds the value at a path of a file against what is wanted.
func checkJSON(ts *testscript.TestScript, args []string) error {
	document, err := readDocument(ts, args[0])
	if err != nil {
		return err
	}
	if got := valueAt(document, args[1]); !fits(got, args[2]) {
		return fmt.Errorf("%s %s is %s, want %s", args[0], args[1], got, args[2])
	}
	return nil
}

// fits reports whether a value is what is wanted: equal, or on the right
// side of a number.
func fits(got, want string) bool {
	if len(want) < 2 || (want[:2] != ">=" && want[:2] != "<=") {
		return got == want
	}
	value, err := strconv.ParseFloat(got, 64)
	limit, wrong := strconv.ParseFloat(want[2:], 64)
	if err != nil || wrong != nil {
		return false
	}
	return value == limit || (value > limit) == (want[0] == '>')
}

// readDocument reads a file that holds one JSON document and nothing else.
func readDocument(ts *testscript.TestScript, pattern string) (document any, err error) {
	data, err := readOne(ts, pattern)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", pattern)
	}
	return document, nil
}

// readOne reads the one file that fits pattern.
func readOne(ts *testscript.TestScript, pattern string) ([]byte, error) {
	files, err := filepath.Glob(ts.MkAbs(pattern))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%d files fit %s, want one", len(files), pattern)
	}
	return os.ReadFile(files[0])
}

// valueAt follows a path, as scriptCommands describes it.
func valueAt(v any, path string) string {
	for step := range strings.SplitSeq(path, "/") {
		switch at := v.(type) {
		case map[string]any:
			found, ok := at[step]
			if !ok {
				return "absent"
			}
			v = found
		case []any:
			if step == "len" {
				return strconv.Itoa(len(at))
			}
			if v = element(at, step); v == nil {
				return "absent"
			}
		default:
			return "absent"
		}
	}
	return fmt.Sprint(v)
}

// element finds a list's element by its index or by what it has.
func element(list []any, step string) any {
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return list[i]
	}
	for _, e := range list {
		object, _ := e.(map[string]any)
		fits := object != nil
		for pair := range strings.SplitSeq(step, ",") {
			key, value, ok := strings.Cut(pair, "=")
			fits = fits && ok && fmt.Sprint(object[key]) == value
		}
		if fits {
			return e
		}
	}
	return nil
}

func balanced(ts *testscript.TestScript, args []string) {
	data, err := readOne(ts, args[0])
	ts.Check(err)
	var r results.Result
	ts.Check(json.Unmarshal(data, &r))
	var sum int64
	for _, o := range r.Outcomes {
		sum += o.Count
	}
	if sum != r.Arrivals || sum == 0 {
		ts.Fatalf("%d arrivals, outcomes add up to %d", r.Arrivals, sum)
	}
	if !r.Partial && !r.Interrupted && sum != r.Planned {
		ts.Fatalf("%d arrivals were planned, outcomes add up to %d", r.Planned, sum)
	}
}

// TestValueAt holds the scripts' own yardstick to what it promises.
func TestValueAt(t *testing.T) {
	var document any
	d := json.NewDecoder(strings.NewReader(`{"a": {"b.c:1": 7}, "list": [{"k": "x", "n": 1}, {"k": "x", "n": 2}], "none": null}`))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path, want string
		fits       bool
	}{
		{"a/b.c:1", "7", true},
		{"a/b.c:1", "70", false},
		{"a/b.c:1", ">=7", true},
		{"a/b.c:1", ">=8", false},
		{"a/b.c:1", "<=7", true},
		{"a/b.c:1", "<=6", false},
		{"list/len", "2", true},
		{"list/1/n", "2", true},
		{"list/2/n", "absent", true},
		{"list/k=x/n", "1", true},
		{"list/k=x,n=2/n", "2", true},
		{"list/k=y/n", "absent", true},
		{"list/k=y/n", ">=0", false},
		{"a/missing", "absent", true},
		{"none", "absent", false},
		{"none/deeper", "absent", true},
	}
	for _, test := range tests {
		t.Run(test.path+" "+test.want, func(t *testing.T) {
			if got := valueAt(document, test.path); fits(got, test.want) != test.fits {
				t.Errorf("value %q fits %q: %v, want %v", got, test.want, !test.fits, test.fits)
			}
		})
	}
}
