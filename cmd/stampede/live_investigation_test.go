//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	needNodeWS(t)
	text, err := os.ReadFile(investigation)
	if err != nil {
		t.Fatal(err)
	}
	folder := folderWithExamples(t)
	modules, err := filepath.Abs(filepath.Join(serversDir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	place := listenAside(t)
	port := strconv.Itoa(place.Addr().(*net.TCPAddr).Port)
	if err := place.Close(); err != nil {
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
		session := b.text + "\n" // as each output ends
		for _, s := range steps(b.text) {
			done++
			t.Run(s.command, func(t *testing.T) {
				out, place := asShown(t, func() string { return run(t, s.command) }, s.output)
				session = strings.Replace(session, s.output, refreshed(s.output, shownLines(out), place), 1)
			})
		}
		document = strings.Replace(document, b.text, strings.TrimSuffix(session, "\n"), 1)
	}
	if done < 8 {
		t.Errorf("%d commands found", done)
	}
	checkPictures(t, document)
	if *update && !t.Failed() {
		takePictures(t, folder)
		if err := os.WriteFile(investigation, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// asShown runs a step until it prints what is shown, and returns where in it
// that stands. It tries again only when the run says itself that this host was
// late: then it shows less of the server.
func asShown(t *testing.T, run func() string, shown string) (out string, place []int) {
	t.Helper()
	want := normalise(shown)
	for range 4 {
		out = run()
		if place, ok := align(normalise(out), want); ok {
			return out, place
		}
		if !strings.Contains(out, "GENERATOR-LIMITED") && !strings.Contains(out, "worth knowing") {
			break
		}
	}
	t.Fatalf("%s shows otherwise (-document +run):\n%s", investigation, cmp.Diff(want, normalise(out)))
	return "", nil
}

// pictures are the reports that the document shows, by the folder of their
// results, and how much of them from the top, in pixels.
var pictures = map[string]int{"burst": 1340, "ceiling-8": 870}

// checkPictures holds the document to show them, and no other.
func checkPictures(t *testing.T, document string) {
	t.Helper()
	for name := range pictures {
		if !strings.Contains(document, "](504/"+name+".png)") {
			t.Errorf("%s does not show %s", investigation, name)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(investigation), "504", name+".png")); err != nil && !*update {
			t.Errorf("%v; make docs takes it", err)
		}
	}
	if n := strings.Count(document, ".png)"); n != len(pictures) {
		t.Errorf("%s shows %d pictures, want %d", investigation, n, len(pictures))
	}
}

// takePictures has a browser draw the reports of this run.
func takePictures(t *testing.T, folder string) {
	t.Helper()
	for name, height := range pictures {
		picture, err := filepath.Abs(filepath.Join(filepath.Dir(investigation), "504", name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		c := exec.Command("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", fmt.Sprintf("--window-size=1000,%d", height),
			"--screenshot="+picture, "file://"+filepath.Join(folder, name, "report.html"))
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("chromium: %v\n%s", err, out)
		}
	}
}

// shownPort is where the document has nginx.
const shownPort = "8504"

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
