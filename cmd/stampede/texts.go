package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"stampede/scenario"
)

func schemaCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON Schema of scenario files, for editors",
		UsageText: "stampede schema\n\n   stampede schema > stampede.schema.json",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("schema takes no argument, got %q", c.Args().First())
			}
			_, err := s.out.Write(scenario.Schema())
			return err
		},
	}
}

func initCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented starter scenario",
		UsageText: "stampede init [FILE]\n\n   stampede init scenario.yaml",
		Action: func(c *cli.Context) error {
			switch path := c.Args().First(); {
			case c.NArg() > 1:
				return fmt.Errorf("init wants one file name, got %d", c.NArg())
			case path == "", path == "-":
				_, err := s.out.Write(scenario.Starter())
				return err
			default:
				return writeStarter(s, path)
			}
		},
	}
}

// writeStarter never overwrites.
func writeStarter(s streams, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already; name another file", path)
	}
	if err != nil {
		return fmt.Errorf("writing the starter scenario: %w", err)
	}
	_, err = f.Write(scenario.Starter())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the starter scenario: %w", err)
	}
	fmt.Fprintf(s.err, "wrote %s; try: stampede run %s\n", path, path)
	return nil
}
