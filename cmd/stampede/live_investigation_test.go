//go:build linux

package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const investigation = "../../docs/504.md"

// TestInvestigation goes through docs/504.md from its first command to its
// last, on real nginx and Node, at a port that is free. What is printed must
// be as shown but for its figures. With -update the figures of this run are
// put into the document.
func TestInvestigation(t *testing.T) {
	findServer(t, "nginx")
	nodeModules(t)
	text, err := os.ReadFile(investigation)
	if err != nil {
		t.Fatal(err)
	}
	folder, port := folderWithExamples(t), freePort(t)
	modules, err := filepath.Abs(filepath.Join(serversDir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, command string) string {
		out := runStep(t, strings.ReplaceAll(command, shownPort, port), folder, "PORT="+port, "NODE_PATH="+modules)
		return strings.ReplaceAll(strings.ReplaceAll(out, port, shownPort), folder, "~")
	}
	t.Cleanup(func() { run(t, "sh examples/504/stop") })
	document, done := string(text), 0
	for _, b := range blocks(t, investigation) {
		if b.language != "console" {
			continue
		}
		session := b.text
		for _, s := range steps(b.text) {
			done++
			t.Run(s.command, func(t *testing.T) {
				out := run(t, s.command)
				place, ok := align(normalise(out), normalise(s.output))
				if !ok {
					t.Fatalf("%s shows otherwise (-document +run):\n%s", investigation, cmp.Diff(normalise(s.output), normalise(out)))
				}
				session = strings.Replace(session, s.output, refreshed(s.output, shownLines(out), place), 1)
			})
		}
		document = strings.Replace(document, b.text, session, 1)
	}
	if done < 8 {
		t.Errorf("%d commands found", done)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(investigation, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shownPort is where the document has nginx.
const shownPort = "8504"

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// refreshed is an output as shown with the lines of a run in their places.
func refreshed(shown string, lines []string, place []int) string {
	all := strings.Split(shown, "\n")
	for i, line := range all {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if place[0] >= 0 {
			all[i] = strings.TrimRight(lines[place[0]], " ")
		}
		place = place[1:]
	}
	return strings.Join(all, "\n")
}
