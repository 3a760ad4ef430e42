package scenario

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseData(t *testing.T) {
	d, err := ParseData("users", "users.csv", []byte("\xef\xbb\xbfid, name ,\"x,y\"\r\n"))
	var e *SyntaxError
	if !errors.As(err, &e) || e.File != "users.csv" || e.Line != 1 || e.Column != 4 || d.Rows() != 0 {
		t.Errorf("a name with blanks gives %v", err)
	}
	d, err = ParseData("users", "users.csv", []byte("\xef\xbb\xbfid,name,\"x,y\"\r\n\r\n1,\"a \"\"b\"\"\",\n\n2,ü;=,\"c,d\""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"id", "name", "x,y"}, d.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	var cells []string
	for row := range d.Rows() {
		for column := range d.Columns() {
			cells = append(cells, d.cell(row, column))
		}
	}
	if diff := cmp.Diff([]string{"1", `a "b"`, "", "2", "ü;=", "c,d"}, cells); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func TestParseDataRefused(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"carriage return", "a,b\n1,\"2\r3\"\n", "d.csv:2:3: b has a control character or a line break"},
		{"line feed", "a\n1\n\"2\n3\"\n", "d.csv:3:1: a has a control character or a line break"},
		{"NUL", "a\n1\x00\n", "d.csv:2:1: a has a control character or a line break"},
		{"delete", "a\n\x7f\n", "d.csv:2:1: a has a control character or a line break"},
		{"nameless column", "a,\n1,2\n", "d.csv:1:3: a column has no name; the first line names the columns"},
		{"quote never closed", "a\n\"1\n2\n", "a quote stands where none can (RFC 4180 §2)"},
		{"too many rows", "a\n" + strings.Repeat("1\n", maxRows+1), "d.csv:1000002:1: more than 1000000 rows"},
		{"too many columns", strings.Repeat("a,", maxColumns) + "b\n", "d.csv:1:1: 1001 columns are more than 1000"},
		{"too large", strings.Repeat("a", MaxFile+1), "d.csv:1:1: the file is larger than 64 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseData("d", "d.csv", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, want %s…", err, tt.want)
			}
		})
	}
}

func TestParseDataMillionRows(t *testing.T) {
	d, err := ParseData("d", "d.csv", []byte("a\n"+strings.Repeat("1\n", maxRows)))
	if err != nil || d.Rows() != maxRows || d.cell(maxRows-1, 0) != "1" {
		t.Errorf("%d rows, %v", d.Rows(), err)
	}
}

func TestFilesAreBounded(t *testing.T) {
	o := testOptions
	o.ReadFile = func(string) ([]byte, error) { return make([]byte, MaxFile+1), nil }
	_, err := Parse([]byte("target: {url: wss://h/, tls: {ca: a}}\ndata: {d: b}\nload: [{replay: {file: c}}]\n"), o)
	for _, want := range []string{"x.yaml:1:35: target.tls.ca: a is larger than 64 MiB", "x.yaml:2:11: data.d: b is larger", "x.yaml:3:24: load[0].replay.file: c is larger"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s…", err, want)
		}
	}
}

// FuzzParseData looks for a file that panics, is refused without a place, or
// is accepted with a cell that a header can't have.
func FuzzParseData(f *testing.F) {
	for _, name := range []string{"users.csv", "blank.csv", "control.csv", "quote.csv", "ragged.csv", "utf16.csv"} {
		content, err := testFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := ParseData("d", "d.csv", content)
		var e *SyntaxError
		switch {
		case err != nil && (!errors.As(err, &e) || e.File != "d.csv" || e.Line < 1 || e.Column < 1):
			t.Fatalf("an error without its place: %v", err)
		case err != nil:
			return
		case d.Rows() < 1:
			t.Fatal("accepted without a row")
		}
		for i := range d.Rows() * int64(len(d.columns)) {
			cell := d.cell(i/int64(len(d.columns)), int(i)%len(d.columns))
			if strings.ContainsAny(cell, "\r\n\x00") || strings.Trim(cell, " ") != cell {
				t.Fatalf("cell %d is %q", i, cell)
			}
		}
	})
}
