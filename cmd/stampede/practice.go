package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/urfave/cli/v2"

	"stampede/internal/practice"
)

// practiceReady is the first line the practice command prints with --json.
type practiceReady struct {
	Address   string `json:"address"`
	Authority string `json:"authority,omitempty"` // that its certificate is verified by, as PEM; "": no TLS
}

func practiceCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "log", TakesFile: true, Usage: "write a JSON line a handshake, what was really injected, to this file"},
		&cli.BoolFlag{Name: "json", Usage: "print the address and, at the end, the counts as JSON"},
		&cli.BoolFlag{Name: "until-stdin-closes", Usage: "end when standard input does, as a child of a run"},
	}
	for _, k := range practice.Keys() {
		flags = append(flags, &cli.StringSliceFlag{Name: flagName(k.Name), Usage: k.Usage, DefaultText: k.Default})
	}
	return &cli.Command{
		Name:      "practice",
		Usage:     "serve WebSocket handshakes with a known capacity and faults by choice",
		UsageText: "stampede practice [flags]\n\n   stampede practice --listen 127.0.0.1:8080 --capacity 300 --service 20ms --gateway-timeout 400ms\n   stampede practice --fault 504=1% --fault reset=0.5%",
		Flags:     flags,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("practice takes no argument, got %q", c.Args().First())
			}
			return servePractice(c, s)
		},
	}
}

func servePractice(c *cli.Context, s streams) error {
	var config practice.Config
	for _, k := range practice.Keys() {
		for _, v := range c.StringSlice(flagName(k.Name)) {
			if err := config.Set(k.Name, v); err != nil {
				return err
			}
		}
	}
	if path := c.String("log"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("opening the log: %w", err)
		}
		defer f.Close()
		config.Log = f
	}
	ctx, stop := signal.NotifyContext(c.Context, endings()...)
	defer stop()
	if c.Bool("until-stdin-closes") {
		ctx = untilClosed(ctx, s.in)
	}
	server, err := practice.Listen(config)
	if err != nil {
		return err
	}
	if err := tellAddress(c.Bool("json"), s.out, server); err != nil {
		return fmt.Errorf("printing the address: %w", err)
	}
	err = server.Serve(ctx)
	tellCounts(c.Bool("json"), s.out, server.Counts())
	return err
}

// tellAddress prints where the server listens.
func tellAddress(asJSON bool, w io.Writer, server *practice.Server) (err error) {
	address, authority := server.Addr().String(), server.Authority()
	switch {
	case asJSON:
		err = json.NewEncoder(w).Encode(practiceReady{address, string(authority)})
	case authority != nil:
		_, err = fmt.Fprintf(w, "practice server at wss://%s/ with a certificate that nobody knows (--insecure), until interrupted\n", address)
	default:
		_, err = fmt.Fprintf(w, "practice server at ws://%s/, until interrupted\n", address)
	}
	return err
}

// tellCounts prints what the server did. Nobody may be left to read it.
func tellCounts(asJSON bool, w io.Writer, counts practice.Counts) {
	e := json.NewEncoder(w)
	if !asJSON {
		e.SetIndent("", "  ")
	}
	_ = e.Encode(counts)
}

// untilClosed is ctx, ended when r does: a child's way to end with its
// parent, whatever ends the parent.
func untilClosed(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with r, at the latest with the process
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}
