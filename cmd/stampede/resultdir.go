package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"stampede/results"
	"stampede/results/report"
)

// resultDir is the directory a run's files go to.
type resultDir struct {
	path string
	file *os.File // attempts.csv, nil without
	buf  *bufio.Writer
	csv  results.CSV
	row  []byte
}

// newResultDir makes the directory: out, or stampede-results/NAME-TIME.
func newResultDir(out, name string, at time.Time, csv bool) (*resultDir, error) {
	if out == "" {
		base := filepath.Join("stampede-results", fileName(name)+"-"+at.Format("20060102-150405"))
		var err error
		if out, err = fresh(base); err != nil {
			return nil, fmt.Errorf("making the result directory: %w; choose another with --out", err)
		}
	} else if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("making the result directory: %w; choose another with --out", err)
	}
	// What an earlier run left under names of this one would pass for its own.
	for _, name := range []string{"attempts.csv", "report.html", calibrationFile} {
		if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("making the result directory: %w; choose another with --out", err)
		}
	}
	d := &resultDir{path: out}
	if csv {
		f, err := os.Create(filepath.Join(out, "attempts.csv"))
		if err != nil {
			return nil, fmt.Errorf("opening attempts.csv: %w", err)
		}
		d.file, d.buf = f, bufio.NewWriterSize(f, 1<<16)
		_, _ = d.buf.WriteString(results.CSVHeader)
	}
	return d, nil
}

// fresh makes a directory that was not there: base, or base-2, base-3, ….
func fresh(base string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return "", err
	}
	path := base
	for n := 2; ; n++ {
		err := os.Mkdir(path, 0o755)
		if err == nil || !errors.Is(err, fs.ErrExist) || n > 1000 {
			return path, err
		}
		path = fmt.Sprintf("%s-%d", base, n)
	}
}

// fileName makes a scenario's name fit for a directory's.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, name)
	name = strings.Trim(name, "-.")
	if len(name) > 80 {
		name = strings.ToValidUTF8(name[:80], "")
	}
	if name == "" {
		return "run"
	}
	return name
}

// attempt appends a row to attempts.csv, if there is one.
func (d *resultDir) attempt(a *results.Attempt) {
	if d.buf == nil {
		return
	}
	d.row = d.csv.Append(d.row[:0], a)
	_, _ = d.buf.Write(d.row) // the first error is kept by the writer and told by close
}

// write puts r in result.json: whole, or not at all, so that a reader never
// sees half a file and a killed run leaves the one before.
func (d *resultDir) write(r *results.Result) error {
	if err := d.replace("result.json", r.Write); err != nil {
		return err
	}
	if d.buf != nil {
		return d.buf.Flush()
	}
	return nil
}

// draw puts the report of r beside it.
func (d *resultDir) draw(r *results.Result) error {
	return d.replace("report.html", func(w io.Writer) error { return report.HTML(w, r) })
}

// finish writes r, which is the last there will be, and its report.
func (d *resultDir) finish(r *results.Result) error {
	return errors.Join(d.write(r), d.draw(r))
}

// replace writes a file of the directory anew: whole, or not at all.
func (d *resultDir) replace(name string, write func(io.Writer) error) error {
	return replaceFile(filepath.Join(d.path, name), write)
}

// replaceFile writes a file anew: whole, or not at all. What it replaces may
// be read meanwhile.
func replaceFile(path string, write func(io.Writer) error) error {
	part, err := os.Create(path + ".part")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	text := bufio.NewWriterSize(part, 1<<16)
	if err := write(text); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), part.Close(), os.Remove(part.Name()))
	}
	if err := errors.Join(text.Flush(), part.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(part.Name()))
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// close finishes attempts.csv.
func (d *resultDir) close() error {
	if d.file == nil {
		return nil
	}
	if err := errors.Join(d.buf.Flush(), d.file.Close()); err != nil {
		return fmt.Errorf("writing attempts.csv: %w", err)
	}
	return nil
}
