//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"stampede/engine/probe"
	"stampede/results"
)

// runLimit ends a run that does not end by itself: every run here takes a
// few seconds, and its attempts 20 at the most.
const runLimit = 50 * time.Second

// program returns the path of stampede as it ships: without the race
// detector, which would make it a slow generator.
func program(t *testing.T) string {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// buildProgram builds once, beside the test's own binary: go test removes
// that folder at its end.
var buildProgram = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "stampede-live.test")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building stampede: %w\n%s", err, out)
	}
	return path, nil
})

// liveRun is one run of the program against a real server.
type liveRun struct {
	*results.Result
	code int    // the program's exit code
	dir  string // with result.json and attempts.csv
}

// runLive runs a scenario, under the command wrap if there is one, and reads
// its result. The program must end by itself, with the exit code its result
// asks for.
func runLive(t *testing.T, scenario string, wrap ...string) liveRun {
	t.Helper()
	return commandLive(t, []string{"run", "--csv"}, scenario, runLimit, wrap...)
}

// commandLive is runLive with another command than run.
func commandLive(t *testing.T, command []string, scenario string, limit time.Duration, wrap ...string) liveRun {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "scenario.yaml"), filepath.Join(dir, "result")
	if err := os.WriteFile(file, []byte(scenario), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	args := slices.Concat(wrap, []string{program(t)}, command, []string{file, "--out", out, "--quiet"})
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	said, err := c.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) || ctx.Err() != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, said)
	}
	r, err := readResult(out)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	code := c.ProcessState.ExitCode()
	if code != r.ExitCode() {
		t.Errorf("exit code %d, the result asks for %d", code, r.ExitCode())
	}
	t.Logf("%s", bytes.TrimSpace(said))
	return liveRun{Result: r, code: code, dir: out}
}

// probeLive explains one handshake, under the command wrap if there is one.
// The program's exit code must fit the outcome.
func probeLive(t *testing.T, wrap []string, args ...string) *probe.Probe {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()
	args = slices.Concat(wrap, []string{program(t), "probe", "--output", "json"}, args)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	text, err := c.Output() // it exits with 1 where there is something to explain
	var p probe.Probe
	if json.Unmarshal(text, &p) != nil {
		t.Fatalf("%v: %v: %q", c.Args, err, text)
	}
	want := exitPass
	if !p.Established() {
		want = exitFail
	}
	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("probe ended with %d for %s, want %d", got, p.Outcome.Name(), want)
	}
	return &p
}
