package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"stampede/results"
	"stampede/results/report"
)

func reportCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "draw a recorded result again, without new load",
		UsageText: "stampede report RESULT [--format text|html|json|hlog]\n\n   stampede report stampede-results/quickstart-20260101-120000",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "text", Usage: "text; html: a page that needs nothing else; json; or hlog: a HdrHistogram log for other tools"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("want one result, a directory or result.json, got %d arguments", c.NArg())
			}
			format := c.String("format")
			if formats[format] == nil && format != "text" && format != "json" {
				return fmt.Errorf("--format %q: want text, html, json or hlog", format)
			}
			r, err := readResult(c.Args().First())
			if err != nil {
				return err
			}
			if write := formats[format]; write != nil {
				return write(s.out, r)
			}
			return tell(s, r, format, false)
		},
	}
}

// formats are those that only a recorded result is drawn in.
var formats = map[string]func(io.Writer, *results.Result) error{"hlog": report.HLog, "html": report.HTML}

// readResult reads a result directory or the file in it.
func readResult(path string) (*results.Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "result.json")
	}
	f, err := os.Open(path)
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
