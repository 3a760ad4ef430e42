package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

// announceFlags are where a result is told beside standard output, in the
// languages of CI.
func announceFlags() []cli.Flag {
	const category = "For CI"
	return []cli.Flag{
		&cli.StringFlag{Name: "junit", Usage: "write JUnit XML to this file, a test case a threshold or check", Category: category, Action: canWrite("junit")},
		&cli.StringFlag{Name: "summary", Usage: "append a summary in Markdown to this file", EnvVars: []string{"GITHUB_STEP_SUMMARY"}, Category: category},
		&cli.StringFlag{Name: "history", Usage: "append a JSON line to this file, a line a run", Category: category, Action: canWrite("history")},
		&cli.BoolFlag{Name: "annotations", Usage: "print what failed as GitHub's ::error lines, to standard error", EnvVars: []string{"GITHUB_ACTIONS"}, Category: category},
	}
}

// canWrite refuses a file that could not be written once the load is over,
// before anything is sent. It leaves nothing behind.
func canWrite(flag string) func(*cli.Context, string) error {
	return func(_ *cli.Context, path string) error {
		if path == "" || path == "-" {
			return fmt.Errorf("--%s %q: want the name of a file; standard output is taken", flag, path)
		}
		if err := tryFile(path); err != nil {
			if at := new(fs.PathError); errors.As(err, &at) {
				err = at.Err
			}
			return fmt.Errorf("--%s %s: %w; name a file in a folder that is there and can be written", flag, path, err)
		}
		return nil
	}
}

func tryFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.CreateTemp(filepath.Dir(path), ".stampede-*")
		if err != nil {
			return err
		}
		return errors.Join(f.Close(), os.Remove(f.Name()))
	case err != nil:
		return err
	case info.Mode().IsRegular(), info.IsDir():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return f.Close()
	default: // a pipe or a device: its other end would notice
		return nil
	}
}

// announce tells a result wherever the flags ask for it. A file that can't be
// written is an error, but no reason to lose the verdict.
func announce(c *cli.Context, s streams, r *results.Result) {
	var errs []error
	if path := c.String("junit"); path != "" {
		errs = append(errs, drawTo(path, os.O_TRUNC, r, report.JUnit))
	}
	if path := c.String("summary"); path != "" {
		errs = append(errs, drawTo(path, os.O_APPEND, r, report.Markdown))
	}
	if path := c.String("history"); path != "" {
		errs = append(errs, drawTo(path, os.O_APPEND, r, report.History))
	}
	if c.Bool("annotations") {
		errs = append(errs, report.Annotations(s.err, r))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(s.err, "stampede:", err)
	}
}

// drawTo writes a result to a file, from its start or at its end. It is one
// write, so that what several processes append does not mingle.
func drawTo(path string, mode int, r *results.Result, draw func(io.Writer, *results.Result) error) error {
	var text bytes.Buffer
	if err := draw(&text, r); err != nil {
		return fmt.Errorf("drawing %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o644)
	if err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	_, err = f.Write(text.Bytes())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
