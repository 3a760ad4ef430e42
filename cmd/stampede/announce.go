package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

// announceFlags are where a result is told beside standard output, in the
// languages of CI.
func announceFlags() []cli.Flag {
	const category = "For CI"
	return []cli.Flag{
		&cli.StringFlag{Name: "junit", Usage: "write JUnit XML to this file, a test case a threshold or check", Category: category},
		&cli.StringFlag{Name: "summary", Usage: "append a summary in Markdown to this file", EnvVars: []string{"GITHUB_STEP_SUMMARY"}, Category: category},
		&cli.StringFlag{Name: "history", Usage: "append a JSON line to this file, a line a run", Category: category},
		&cli.BoolFlag{Name: "annotations", Usage: "print what failed as GitHub's ::error lines, to standard error", EnvVars: []string{"GITHUB_ACTIONS"}, Category: category},
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
