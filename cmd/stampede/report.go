package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
	"stampede/results/report/openmetrics"
)

func reportCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:        "report",
		Usage:       "draw a recorded result again, without new load",
		UsageText:   "stampede report RESULT... [--format FORMAT] [--out DIR]\n\n   stampede report stampede-results/quickstart-20260101-120000\n   stampede report stampede-results/quickstart-20260101-120000 --format html,hlog,openmetrics --out drawn\n   stampede report from-host-a from-host-b --format html --out together",
		Description: "Several results of one target are drawn as one: their counts and histograms are added, so that every\nquantile is that of the whole.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "format", DefaultText: "text", Usage: "one of " + formatNames() + "; several with commas or by repeating the flag"},
			&cli.StringFlag{Name: "out", Usage: "directory for the files; without it one format goes to standard output"},
		},
		Action: func(c *cli.Context) error { return reportResult(c, s) },
	}
}

func reportResult(c *cli.Context, s streams) error {
	if c.NArg() == 0 {
		return errors.New("want a result, a directory or result.json, or several to draw as one")
	}
	chosen, err := formatsOf(c.StringSlice("format"))
	if err != nil {
		return err
	}
	out := c.String("out")
	if len(chosen) > 1 && out == "" {
		return fmt.Errorf("--format: %d formats need --out, a directory for their files", len(chosen))
	}
	r, err := readStored(c.Args().Slice())
	if err != nil {
		return err
	}
	if out == "" {
		return chosen[0].write(s.out, r)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	for _, f := range chosen {
		path := filepath.Join(out, f.file)
		if err := replaceFile(path, func(w io.Writer) error { return f.write(w, r) }); err != nil {
			return err
		}
		fmt.Fprintln(s.err, "wrote", path)
	}
	return nil
}

// format is a way to draw a stored result.
type format struct {
	name, file string // file: what it is called in a directory
	write      func(io.Writer, *stored) error
}

// formats are all there are, text first.
var formats = []format{
	{"text", "report.txt", drawn(writeText)},
	{"html", "report.html", drawn(report.HTML)},
	{"md", "report.md", drawn(report.Markdown)},
	{"junit", "junit.xml", drawn(report.JUnit)},
	{"json", "result.json", drawn(func(w io.Writer, r *results.Result) error { return r.Write(w) })},
	{"csv", "attempts.csv", copyAttempts},
	{"hlog", "histograms.hlog", writeHLog},
	{"openmetrics", "metrics.txt", drawn(openmetrics.Write)},
}

func drawn(write func(io.Writer, *results.Result) error) func(io.Writer, *stored) error {
	return func(w io.Writer, r *stored) error { return write(w, r.Result) }
}

func formatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// formatsOf reads what a repeated flag says, each a name or several with
// commas; a name said twice counts once, and nothing said is text.
func formatsOf(lists []string) ([]format, error) {
	if len(lists) == 0 {
		return formats[:1], nil
	}
	var chosen []format
	for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
		if i < 0 {
			return nil, fmt.Errorf("--format %q: want %s", name, formatNames())
		}
		if !slices.ContainsFunc(chosen, func(f format) bool { return f.name == name }) {
			chosen = append(chosen, formats[i])
		}
	}
	return chosen, nil
}

// stored is a result and where it lies.
type stored struct {
	*results.Result
	file string // its result.json; "" if it is put together from several
}

// readStored reads the result at the only path, or adds up those at several.
func readStored(paths []string) (*stored, error) {
	var all []*results.Result
	for _, path := range paths {
		r, err := readResult(path)
		if err != nil {
			return nil, err
		}
		if len(paths) == 1 {
			return &stored{r, resultFile(path)}, nil
		}
		if err := addsUp(path, r, all); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	merged, err := results.Merge(all...)
	if err != nil {
		return nil, err
	}
	merged.Findings = results.Explain(merged, thisKernel())
	return &stored{merged, ""}, nil
}

// addsUp refuses a result that can't be added to others: an answer of many
// runs, or a run that is among them.
func addsUp(path string, r *results.Result, others []*results.Result) error {
	if err := wantsRun(path, r); err != nil {
		return err
	}
	if r.Gate != nil {
		return fmt.Errorf("%s is the result of a gate, and no run: those it made are in its trials", path)
	}
	if slices.ContainsFunc(others, r.IsAlso) {
		return fmt.Errorf("%s is a run that was given before: its arrivals would count twice", path)
	}
	return nil
}

// attempts opens the attempts.csv beside the result; an error that is
// fs.ErrNotExist says that the run kept none, or that there were several runs.
func (s *stored) attempts() (*os.File, error) {
	if s.file == "" {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(filepath.Join(filepath.Dir(s.file), "attempts.csv"))
	if err != nil {
		return nil, fmt.Errorf("reading attempts: %w", err)
	}
	return f, nil
}

// readResult reads a result directory or the file in it.
func readResult(path string) (*results.Result, error) {
	path = resultFile(path)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no result at %s: give a directory that stampede wrote, or the result.json in one", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	defer f.Close()
	r, err := results.ReadResult(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// resultFile is the result.json that path, a result directory or the file
// itself, means.
func resultFile(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "result.json")
	}
	return path
}

// writeHLog writes a line for each second where the run kept its attempts, else
// one for all of it.
func writeHLog(w io.Writer, r *stored) error {
	f, err := r.attempts()
	if errors.Is(err, fs.ErrNotExist) {
		return report.HLog(w, r.Result)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return report.HLogBySecond(w, r.Result, bufio.NewReaderSize(f, 1<<16))
}

// copyAttempts writes the attempts that the run kept: a result alone has them
// only added up.
func copyAttempts(w io.Writer, r *stored) error {
	if r.file == "" {
		return errors.New("--format csv: want one result; each run kept its attempts in an attempts.csv of its own")
	}
	f, err := r.attempts()
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("--format csv: this run kept no attempts.csv; stampede run --csv writes one, a row an attempt")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("copying attempts: %w", err)
	}
	return nil
}
