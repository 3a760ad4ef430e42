//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stampede/results"
)

// comparedRun is what a comparison or a gate came to, and its exit code.
type comparedRun struct {
	*results.Result
	code int
}

// runInPairs runs compare or gate with its result as JSON.
func runInPairs(t *testing.T, args ...string) comparedRun {
	t.Helper()
	c := exec.Command(program(t), append(args, "--output", "json", "--quiet", "--out", filepath.Join(t.TempDir(), "out"))...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r results.Result
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v: no result: %v\n%s", args, err, stderr.Bytes())
	}
	return comparedRun{&r, c.ProcessState.ExitCode()}
}

// shortTrials is a load of short trials, judged so that this host's own
// unrest is borne.
var shortTrials = []string{"--rate", "1000/s", "--for", "400ms", "--threshold", "handshake p99 < 9s"}

// A server that takes a fifth longer is found to.
func TestLiveCompareFindsAFifth(t *testing.T) {
	a, b := startPracticeServer(t, "--service", "20ms"), startPracticeServer(t, "--service", "24ms")
	defer a.stop(t)
	defer b.stop(t)
	url := func(p *practiceServer) string { return "ws://" + p.address + "/" }
	args := append([]string{"--primary", "handshake p50"}, shortTrials...)
	slower := runInPairs(t, append([]string{"compare", url(a), url(b)}, args...)...)
	if slower.code != exitPass || slower.Compare.Outcome != results.Slower {
		t.Errorf("24 ms beside 20 ms is %v, exit code %d: %+v", slower.Compare.Outcome, slower.code, slower.Compare.Effects[0])
	}
}

// compareScenario copies examples/compare, with free ports for its own and
// port for the server behind, and returns the folder.
func compareScenario(t *testing.T, behind string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/compare")); err != nil {
		t.Fatal(err)
	}
	ports := map[string]string{"9000": behind}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		text := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllStringFunc(readText(t, file), func(address string) string {
			port := strings.TrimPrefix(address, "127.0.0.1:")
			if ports[port] == "" {
				if ports[port], err = unusedPort(); err != nil {
					t.Fatal(err)
				}
			}
			return "127.0.0.1:" + ports[port]
		})
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shorten replaces the load of an example, so that trials fit into a test.
func shorten(t *testing.T, file, load string) {
	t.Helper()
	text := regexp.MustCompile(`(?m)^load:\n(  .*\n)+`).ReplaceAllString(readText(t, file), "load:\n  - "+load+"\n")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The examples of comparisons run as they are, but for ports and length.
func TestLiveCompareExamples(t *testing.T) {
	for _, example := range []struct {
		file, load string
		full       bool // the last variant takes everyone in
	}{
		{"nginx-haproxy.yaml", "steady: {rate: 400/s, for: 1s}", true},
		{"nginx-settings.yaml", "burst: {count: 400}", false}, // a short backlog
	} {
		t.Run(example.file, func(t *testing.T) {
			findServer(t, "nginx")
			findServer(t, "haproxy")
			node := startNode(t, nodeSettings{})
			defer node.stop(t)
			dir := compareScenario(t, strings.TrimPrefix(node.address, "127.0.0.1:"))
			file := filepath.Join(dir, example.file)
			shorten(t, file, example.load)
			r := runInPairs(t, "compare", file, "--pairs", "2", "--seed", "1")
			if r.code != exitInconclusive { // two pairs show nothing
				t.Fatalf("exit code %d: %+v", r.code, r.Compare)
			}
			if r.Compare.Pairs != 2 || r.Compare.WithinOneServerLife {
				t.Errorf("%d pairs, within one server life: %v", r.Compare.Pairs, r.Compare.WithinOneServerLife)
			}
			if r.Planned != 400 || r.Arrivals != 400 || r.Started != 400 {
				t.Errorf("planned %d, arrivals %d, started %d of the last trial, want 400", r.Planned, r.Arrivals, r.Started)
			}
			if n := r.Count(results.Selector{Kind: results.Established}); n == 0 || n < 400 && example.full {
				t.Errorf("%d of 400 established: %+v", n, r.Outcomes)
			}
		})
	}
}

// The same configuration against itself is the same, or inconclusive.
func TestLiveCompareSameConfiguration(t *testing.T) {
	findServer(t, "nginx")
	node := startNode(t, nodeSettings{})
	defer node.stop(t)
	dir := compareScenario(t, strings.TrimPrefix(node.address, "127.0.0.1:"))
	file := filepath.Join(dir, "nginx-settings.yaml")
	shorten(t, file, "steady: {rate: 400/s, for: 1s}")
	// The keepalive variant without its line is the first one over again.
	alike := strings.Replace(readText(t, filepath.Join(dir, "nginx-keepalive.conf")), "keepalive 64;", "", 1)
	two := regexp.MustCompile(`(?s)  - name: short backlog.*?\n\n`).ReplaceAllString(readText(t, file), "")
	err := errors.Join(os.WriteFile(file, []byte(two), 0o644), os.WriteFile(filepath.Join(dir, "nginx-keepalive.conf"), []byte(alike), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	r := runInPairs(t, "compare", file, "--pairs", "6", "--seed", "1")
	if r.Compare.Outcome != results.Same && r.Compare.Outcome != results.Undecided {
		t.Errorf("the same configuration is %v: %+v", r.Compare.Outcome, r.Compare.Effects[0])
	}
}

// A gate whose generator may hardly run says so, and judges nothing.
func TestLiveGateStarved(t *testing.T) {
	p := startPracticeServer(t)
	defer p.stop(t)
	args := []string{"gate", "ws://" + p.address + "/", "--rate", "500/s", "--for", "1s", "--threshold", "handshake p99 < 250ms", "--quiet", "--out", filepath.Join(t.TempDir(), "out")}
	wrap := shell(`"$@" & while kill -STOP $!; do sleep 0.25; kill -CONT $!; sleep 0.3; done; wait $!`)(t)
	c := exec.Command(wrap[0], append(append(wrap[1:], program(t)), args...)...)
	out, _ := c.CombinedOutput() // its exit code is what is asserted
	if code := c.ProcessState.ExitCode(); code != exitGeneratorLimited {
		t.Errorf("exit code %d, want %d: %s", code, exitGeneratorLimited, out)
	}
}
