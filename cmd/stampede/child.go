package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"stampede/internal/practice"
	"stampede/scenario"
)

const (
	childStart = 10 * time.Second // for the practice server to say its address
	childEnd   = 5 * time.Second  // for it to end by itself
)

// practiceChild is a practice server in a process of its own, so that it has
// its own descriptors and the generator's figures stay the generator's.
type practiceChild struct {
	address   string
	authority []byte // that its certificate is verified by, as PEM; empty: no TLS
	command   *exec.Cmd
	stdin     io.Closer // closed to end it; the kernel closes it if we are killed
	stdout    *bufio.Reader
	stderr    bytes.Buffer
	ended     sync.Once
}

// ownCommand is this program with other arguments, as a child of its own
// process group.
func ownCommand(args ...string) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(exe, args...)
	c.Args[0] = os.Args[0]
	detach(c)
	return c, nil
}

// startPractice starts the practice server on a port of the kernel's choosing.
func startPractice(settings []scenario.Setting) (*practiceChild, error) {
	args := []string{"practice", "--json", "--until-stdin-closes"}
	for _, s := range settings {
		args = append(args, "--"+flagName(s.Key), s.Value)
	}
	command, err := ownCommand(args...)
	if err != nil {
		return nil, fmt.Errorf("starting the practice server: %w", err)
	}
	p := &practiceChild{command: command}
	p.command.Stderr = &p.stderr
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the practice server: %w", err)
	}
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the practice server: %w", err)
	}
	p.stdin, p.stdout = stdin, bufio.NewReader(stdout)
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the practice server: %w", err)
	}
	if err := p.awaitAddress(); err != nil {
		p.stop()
		return nil, fmt.Errorf("starting the practice server: %w: %s", err, bytes.TrimSpace(p.stderr.Bytes()))
	}
	return p, nil
}

func (p *practiceChild) awaitAddress() error {
	slow := time.AfterFunc(childStart, func() { _ = p.command.Process.Kill() })
	defer slow.Stop()
	line, err := p.stdout.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it ended without an address")
	}
	var ready practiceReady
	if err := json.Unmarshal(line, &ready); err != nil {
		return fmt.Errorf("reading its address: %w", err)
	}
	p.address, p.authority = ready.Address, []byte(ready.Authority)
	return nil
}

// stop ends the server and returns what it counted; ok is false if it did
// not live to say. It may be called again.
func (p *practiceChild) stop() (counts practice.Counts, ok bool) {
	p.ended.Do(func() {
		_ = p.stdin.Close()
		slow := time.AfterFunc(childEnd, func() { _ = p.command.Process.Kill() })
		defer slow.Stop()
		ok = json.NewDecoder(p.stdout).Decode(&counts) == nil
		_ = p.command.Wait()
	})
	return counts, ok
}
