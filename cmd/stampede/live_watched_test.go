//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// startWatched starts a run of the practice server with windows and returns
// where they are, by name, in the order they were asked for.
func startWatched(t *testing.T, windows int, args ...string) (command *exec.Cmd, at map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	command = exec.CommandContext(ctx, program(t), append([]string{"run", "practice"}, args...)...)
	said, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // an error where the test has waited itself
	})
	at = map[string]string{}
	lines := bufio.NewReader(said)
	for len(at) < windows {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("it ended without saying where its windows are: %s", line)
		}
		if name, url, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(url, "http://") {
			at[name] = url
		}
	}
	go io.Copy(io.Discard, lines) // ends with the program
	return command, at
}

func get(url string, set func(*http.Request)) (status int, body string, err error) {
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return 0, "", err
	}
	if set != nil {
		set(r)
	}
	response, err := (&http.Client{Timeout: runLimit}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	return response.StatusCode, text.String(), err
}

var established = regexp.MustCompile(`(?m)^stampede_handshakes_total\{outcome="established".*\} (\d+)$`)

// While connections are held all handshakes have been counted: what is scraped
// then is what the result says afterwards. With the run the window closes.
func TestLiveMetrics(t *testing.T) {
	for name, workers := range map[string]string{"one process": "1", "two workers": "2"} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			command, at := startWatched(t, 1, "--burst", "200", "--hold", "3s", "--metrics", "127.0.0.1:0", "--workers", workers, "--out", out)
			var page string
			for got := []string(nil); got == nil || got[1] != "200"; got = established.FindStringSubmatch(page) {
				status, body, err := get(at["metrics"], nil)
				if err != nil || status != http.StatusOK {
					t.Fatalf("%d, %v, before all were established; last:\n%s", status, err, page)
				}
				page = body
			}
			if err := command.Wait(); err != nil {
				t.Fatal(err)
			}
			r, err := readResult(out)
			if err != nil {
				t.Fatal(err)
			}
			count := fmt.Sprintf("stampede_handshake_seconds_count %d\n", r.Metrics.Handshake.Count)
			if r.Outcomes[0].Kind != results.Established || r.Outcomes[0].Count != 200 || !strings.Contains(page, count) {
				t.Errorf("the result has %+v; the page:\n%s", r.Outcomes, page)
			}
			if _, _, err := get(at["metrics"], nil); err == nil {
				t.Error("it serves on after the run")
			}
		})
	}
}

// The page's figures come while the run goes, the whole report at its end.
func TestLivePage(t *testing.T) {
	command, at := startWatched(t, 1, "--rate", "200/s", "--for", "3s", "--live", "--out", filepath.Join(t.TempDir(), "out"))
	status, frame, err := get(at["live"], nil)
	if err != nil || status != http.StatusOK || !strings.Contains(frame, `new EventSource("events")`) {
		t.Errorf("%d, %v:\n%s", status, err, frame)
	}
	status, events, err := get(at["live"]+"events", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	if n := strings.Count(events, "event: run\n"); n < 3 || !strings.HasSuffix(events, "event: end\ndata:\n\n") {
		t.Errorf("%d events, ending in %q", n, events[max(0, len(events)-100):])
	}
	if !strings.Contains(events, "<dt>arrivals</dt><dd>600</dd>") {
		t.Error("the last has not all arrivals")
	}
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
}

// A page of the web whose name leads here (DNS rebinding) learns nothing.
func TestLiveWindowsKnowTheirName(t *testing.T) {
	_, at := startWatched(t, 2, "--rate", "20/s", "--for", "20s", "--live", "--metrics", "127.0.0.1:0", "--out", filepath.Join(t.TempDir(), "out"))
	for name, url := range at {
		for host, want := range map[string]int{
			"localhost:1": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:80": http.StatusOK,
			"evil.example": http.StatusForbidden, "127.0.0.1.evil.example:9464": http.StatusForbidden, "192.0.2.1": http.StatusForbidden,
		} {
			if status, body, err := get(url, func(r *http.Request) { r.Host = host }); err != nil || status != want {
				t.Errorf("%s as %s: %d, %v, want %d\n%.200s", name, host, status, err, want, body)
			}
		}
	}
}

// Whatever is wrong with an address is told before anything is sent.
func TestWindowsThatCannotOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct{ flag, want string }{
		{"--metrics=" + taken.Addr().String(), "--metrics: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{"--metrics=9464", `--metrics: "9464": want HOST:PORT`},
		{"--live=0.0.0.0:0", "the page is for this host alone"},
		{"--live=nonsense", `--live: "nonsense": want HOST:PORT`},
	} {
		t.Run(test.flag, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			var stdout, stderr bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			code := run(ctx, []string{"stampede", "run", "ws://" + taken.Addr().String() + "/", "--burst", "1", test.flag, "--out", out}, strings.NewReader(""), &stdout, &stderr)
			if code != exitUsage || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit code %d and %s, want %d and %s", code, &stderr, exitUsage, test.want)
			}
			if files, _ := filepath.Glob(out); files != nil {
				t.Error("it left a result of nothing")
			}
		})
	}
}
