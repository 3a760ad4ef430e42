//go:build linux

package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"stampede/internal/missing"
)

const (
	serverStart = 20 * time.Second // for a server to be ready
	serverStop  = 15 * time.Second // for it to end once asked
)

// child is a server a test started. It ends when its standard input does: it
// can't outlive the test, whatever ends the test.
type child struct {
	command *exec.Cmd
	stdin   io.Closer
	stdout  *bufio.Reader
	stderr  bytes.Buffer
	ended   sync.Once
}

// startChild starts c in a process group of its own; the test's end stops it.
func startChild(t *testing.T, c *exec.Cmd) *child {
	t.Helper()
	s := &child{command: c}
	c.Stderr = &s.stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stdin, s.stdout = stdin, bufio.NewReader(stdout)
	if err := c.Start(); err != nil {
		t.Fatalf("starting a server: %v", err)
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop ends the child and returns what it had still to say on its standard
// output, nothing if it was stopped before.
func (s *child) stop(t *testing.T) (rest []byte) {
	t.Helper()
	s.ended.Do(func() {
		_ = s.stdin.Close()
		slow := time.AfterFunc(serverStop, s.kill)
		defer slow.Stop()
		rest, _ = io.ReadAll(s.stdout)
		if err := s.command.Wait(); err != nil {
			t.Errorf("%v: %v\n%s", s.command.Args, err, &s.stderr)
		}
	})
	return rest
}

// kill ends the child and the processes it started, which are its group.
func (s *child) kill() { _ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL) }

// needDescriptors is for servers that hold n connections at once: they raise
// their own soft limit, the hard one is the machine's.
func needDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max < n {
		missing.Part(t, "a server needs %d file descriptors, and the hard limit is %d (ulimit -Hn)", n, limit.Max)
	}
}
