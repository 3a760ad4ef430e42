package scenario

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxFile is the most bytes of a file that a scenario names.
const MaxFile = 64 << 20

const (
	maxRows    = 1_000_000
	maxColumns = 1000
)

// Data is a table whose rows attempts use in turn: arrival n has row n mod
// Rows. All cells lie in one text, so that a million rows cost the garbage
// collector nothing. The zero value has no rows.
type Data struct {
	Name string // as {{Name.column}} calls it
	File string // where it came from, for messages

	columns []string
	widths  []width  // of each column
	rows    int64    // at least 1 after ParseData
	text    string   // all cells, row by row
	ends    []uint32 // where each cell ends in text
}

// width is the most bytes a cell of a column has, plain and percent-encoded.
type width struct{ plain, encoded int }

// Rows returns how many rows there are.
func (d *Data) Rows() int64 { return d.rows }

// Columns returns the names in the file's first line.
func (d *Data) Columns() []string { return slices.Clone(d.columns) }

// column is the index of a column by name; −1 if there is none.
func (d *Data) column(name string) int { return slices.Index(d.columns, name) }

func (d *Data) cell(row int64, column int) string {
	i := row*int64(len(d.columns)) + int64(column)
	start := uint32(0)
	if i > 0 {
		start = d.ends[i-1]
	}
	return d.text[start:d.ends[i]]
}

func (d *Data) widest(column int, encoded bool) int {
	if encoded {
		return d.widths[column].encoded
	}
	return d.widths[column].plain
}

// ParseData reads a CSV file (RFC 4180) whose first line names the columns.
// Cells that could not be sent in a header are refused: those with control
// characters, line breaks among them, and those that begin or end with a
// blank. No cell is ever part of a message. The error is *SyntaxError.
func ParseData(name, file string, content []byte) (Data, error) {
	p := dataParser{d: Data{Name: name, File: file}}
	if err := p.parse(content); err != nil {
		return Data{}, err
	}
	return p.d, nil
}

type dataParser struct {
	d    Data
	csv  *csv.Reader
	text strings.Builder
}

func (p *dataParser) fail(line, column int, hint, format string, args ...any) error {
	return &SyntaxError{File: p.d.File, Line: line, Column: column, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *dataParser) parse(content []byte) error {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	switch {
	case len(content) > MaxFile:
		return p.fail(1, 1, "", "the file is larger than %d MiB", MaxFile>>20)
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		return p.fail(1, 1, "save as UTF-8", "the file is UTF-16")
	}
	p.csv = csv.NewReader(bytes.NewReader(content))
	p.csv.ReuseRecord = true
	if err := p.header(); err != nil {
		return err
	}
	for {
		record, err := p.csv.Read()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = p.row(record)
		}
		if err != nil {
			return p.syntax(err)
		}
	}
	if p.d.rows == 0 {
		return p.fail(1, 1, "put a line of values under the names", "the file has no rows")
	}
	p.d.text = p.text.String()
	return nil
}

// header reads the names of the columns.
func (p *dataParser) header() error {
	names, err := p.csv.Read()
	if err == io.EOF {
		return p.fail(1, 1, "the first line names the columns", "the file is empty")
	}
	if err != nil {
		return p.syntax(err)
	}
	if len(names) > maxColumns {
		return p.fail(1, 1, "", "%d columns are more than %d", len(names), maxColumns)
	}
	for i, name := range names {
		line, column := p.csv.FieldPos(i)
		switch {
		case name == "":
			return p.fail(line, column, "the first line names the columns", "a column has no name")
		case unsendable(name) != "" || strings.Contains(name, "}}"):
			return p.fail(line, column, "", "%q is no name for a column", name)
		case slices.Contains(names[:i], name):
			return p.fail(line, column, "", "the column %s is there twice", name)
		case len(names) == 1 && strings.ContainsAny(name, ";|"):
			return p.fail(line, column, "put commas between columns", "the file has one column, %q", name)
		}
	}
	p.d.columns, p.d.widths = slices.Clone(names), make([]width, len(names))
	return nil
}

func (p *dataParser) row(record []string) error {
	if p.d.rows++; p.d.rows > maxRows {
		line, _ := p.csv.FieldPos(0)
		return p.fail(line, 1, "", "more than %d rows", maxRows)
	}
	for i, value := range record {
		if fault := unsendable(value); fault != "" {
			line, column := p.csv.FieldPos(i)
			return p.fail(line, column, "", "%s has %s", p.d.columns[i], fault)
		}
		w := &p.d.widths[i]
		w.plain, w.encoded = max(w.plain, len(value)), max(w.encoded, encodedLen(value))
		p.text.WriteString(value)
		p.d.ends = append(p.d.ends, uint32(p.text.Len()))
	}
	return nil
}

// unsendable says why a header can't have the value (RFC 9110 §5.5); "" if
// it can.
func unsendable(value string) string {
	switch {
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "a control character or a line break"
	case strings.Trim(value, " ") != value:
		return "a blank at its beginning or end, which a server would drop"
	}
	return ""
}

func encodedLen(value string) int {
	n := 0
	for i := range len(value) {
		n += 3
		if isUnreserved(value[i]) {
			n -= 2
		}
	}
	return n
}

// syntax puts what the CSV reader says at its place.
func (p *dataParser) syntax(err error) error {
	var e *csv.ParseError
	switch {
	case !errors.As(err, &e):
		return err
	case errors.Is(e.Err, csv.ErrFieldCount):
		return p.fail(e.Line, e.Column, "put quotes around a value with a comma", "the line has more or fewer columns than the first, which has %d", len(p.d.columns))
	case errors.Is(e.Err, csv.ErrQuote), errors.Is(e.Err, csv.ErrBareQuote):
		return p.fail(e.Line, e.Column, `inside quotes write "" for a quote`, "a quote stands where none can (RFC 4180 §2)")
	}
	return p.fail(e.Line, e.Column, "", "%v", e.Err)
}

// dataJSON is Data on its way to another process: as the CSV file it was.
type dataJSON struct{ Name, File, CSV string }

// MarshalJSON writes the table as CSV.
func (d Data) MarshalJSON() ([]byte, error) {
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write(d.columns) // w keeps the first error for Flush
	row := make([]string, len(d.columns))
	for i := range d.rows {
		for c := range row {
			row[c] = d.cell(i, c)
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, err
	}
	return json.Marshal(dataJSON{d.Name, d.File, text.String()})
}

// UnmarshalJSON reads what MarshalJSON wrote, by the rules of ParseData.
func (d *Data) UnmarshalJSON(text []byte) error {
	var j dataJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	parsed, err := ParseData(j.Name, j.File, []byte(j.CSV))
	if err == nil {
		*d = parsed
	}
	return err
}
