package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
)

// workerEnd is how long a worker may take to end after its last word.
const workerEnd = 5 * time.Second

// workerCommand is the program as one of the processes a run is split over.
func workerCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:   "worker",
		Usage:  "make a slice of a run: commands on standard input, news on standard output",
		Hidden: true,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("worker takes no argument, got %q", c.Args().First())
			}
			ctx, release := stopOnSignal(c.Context, s.err)
			defer release()
			if err := engine.Work(ctx, s.in, s.out); err != nil {
				return &exitError{exitInconclusive, err}
			}
			return nil
		},
	}
}

// startWorkers starts n workers, processes of their own with descriptors of
// their own. They end when their standard input does.
func startWorkers(n int) ([]engine.Peer, error) {
	var peers []engine.Peer
	for range n {
		command, err := ownCommand("worker")
		if err == nil {
			var p engine.Peer
			if p, err = startWorker(command); err == nil {
				peers = append(peers, p)
			}
		}
		if err != nil {
			dismiss(peers)
			return nil, fmt.Errorf("starting worker %d of %d: %w", len(peers)+1, n, err)
		}
	}
	return peers, nil
}

// startWorker starts the command of a worker.
func startWorker(c *exec.Cmd) (p engine.Peer, err error) {
	stderr := new(bytes.Buffer)
	c.Stderr = stderr
	if p.In, err = c.StdinPipe(); err != nil {
		return p, err
	}
	if p.Out, err = c.StdoutPipe(); err != nil {
		return p, err
	}
	if err = c.Start(); err != nil {
		return p, err
	}
	p.Name = fmt.Sprintf("process %d", c.Process.Pid)
	p.Kill = func() { _ = c.Process.Kill() }
	p.Wait = func() error {
		slow := time.AfterFunc(workerEnd, p.Kill)
		defer slow.Stop()
		err := c.Wait()
		if said := strings.TrimSpace(stderr.String()); err != nil && said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return err
	}
	return p, nil
}

// dismiss ends workers that got no assignment.
func dismiss(peers []engine.Peer) {
	for _, p := range peers {
		_ = p.In.Close()
		p.Kill()
		_ = p.Wait()
	}
}
