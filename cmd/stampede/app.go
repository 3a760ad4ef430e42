package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/results"
	"stampede/scenario"
)

// The exit codes, a contract with scripts and CI.
const (
	exitPass             = 0 // every threshold held
	exitFail             = 1 // a threshold failed, or no handshake at all was established
	exitUsage            = 2 // usage or scenario error; nothing was sent
	exitInconclusive     = 3 // too few samples, no data, interrupted
	exitGeneratorLimited = 4 // the run measured this host, not the server
)

// streams are a command's connections to the world, so that a test can hold
// their other ends.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exitError carries an exit code up to run. A nil cause has been told already.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// exit is an error that ends the program with code, quietly.
func exit(code int) error {
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

// kept is exit for a result that was told; failed is why it could not be
// written, nil if it was, and untold why it could not be printed. One that is
// not there for others to read has passed nothing; but a reader may leave.
func kept(code int, failed, untold error) error {
	if untold != nil && !errors.Is(untold, syscall.EPIPE) {
		failed = cmp.Or(failed, fmt.Errorf("printing the result: %w", untold))
	}
	if failed == nil {
		return exit(code)
	}
	return &exitError{cmp.Or(code, exitInconclusive), failed}
}

// afterLoad is an error that came once load had begun. Something was sent, so
// it is no usage error, and there is no verdict either.
func afterLoad(err error) error {
	var coded *exitError
	if err == nil || errors.As(err, &coded) || errors.Is(err, engine.ErrUnsupported) {
		return err
	}
	return &exitError{exitInconclusive, err}
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := streams{in: stdin, out: stdout, err: stderr}
	app := newApp(s)
	err := app.RunContext(ctx, permute(app, args))
	if err == nil {
		return exitPass
	}
	code, cause := exitUsage, err
	var e *exitError
	if errors.As(err, &e) {
		code, cause = e.code, e.cause
	}
	var mistakes *scenario.Errors
	switch {
	case errors.As(cause, &mistakes):
		fmt.Fprintln(stderr, cause) // each line starts with file:line:column, which editors jump to
	case cause != nil:
		fmt.Fprintln(stderr, "stampede:", cause)
	}
	return code
}

func newApp(s streams) *cli.App {
	var unknown error // what help was asked of and there is not
	app := &cli.App{
		Name:      "stampede",
		Usage:     "open thousands of WebSocket connections at once and say truthfully how the server took it",
		UsageText: "stampede COMMAND [flags]",
		Description: "A first run, on a server that comes with it: stampede run practice --burst 500\n" +
			"Every command has examples: stampede run --help\n\n" +
			"Exit codes: 0 pass; 1 a threshold failed or nothing was established; 2 usage or scenario\n" +
			"error, nothing sent; 3 inconclusive or interrupted; 4 generator-limited.",
		Reader: s.in, Writer: s.out, ErrWriter: s.err,
		HideVersion:               true,
		UseShortOptionHandling:    true,
		DisableSliceFlagSeparator: true, // a comma is part of a law, a header, a threshold
		// Errors go to run, which knows the exit codes; the library must not exit itself.
		ExitErrHandler:  func(*cli.Context, error) {},
		CommandNotFound: func(c *cli.Context, name string) { unknown = noCommand(c.App, name) },
		After:           func(*cli.Context) error { return unknown },
		OnUsageError:    usageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noCommand(c.App, c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			runCommand(s), ceilingCommand(s), compareCommand(s), gateCommand(s), calibrateCommand(s), probeCommand(s), checkCommand(s),
			reportCommand(s), practiceCommand(s), schemaCommand(s), initCommand(s), completionCommand(s), manCommand(s),
			completeCommand(s), workerCommand(s),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		dressHelp(c)
	}
	return app
}

func noCommand(app *cli.App, name string) error {
	var names []string
	for _, c := range app.VisibleCommands() {
		names = append(names, c.Name)
	}
	return fmt.Errorf("there is no command %q; %ssee stampede --help", name, didYouMean(results.Nearest(name, names)))
}

// usageError keeps the library from printing its whole help over a wrong flag.
func usageError(c *cli.Context, err error, _ bool) error {
	name, flags := "stampede", c.App.VisibleFlags()
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != "stampede" {
		name, flags = name+" "+c.Command.Name, c.Command.VisibleFlags()
	}
	meant := ""
	if _, unknown, found := strings.Cut(err.Error(), "not defined: -"); found {
		var names []string
		for _, f := range flags {
			names = append(names, f.Names()...)
		}
		if meant = results.Nearest(strings.TrimPrefix(unknown, "-"), names); meant != "" {
			meant = "--" + meant
		}
	}
	return fmt.Errorf("%w; %ssee %s --help", err, didYouMean(meant), name)
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "did you mean " + word + "? "
}
