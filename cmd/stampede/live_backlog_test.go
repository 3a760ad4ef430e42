//go:build linux

package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stampede/internal/missing"
	"stampede/results"
)

// A listening socket with a backlog of 4 holds five connections that nobody
// accepts. Of a burst of 12 the other seven have their SYN dropped and sent
// again: on Linux since 6.5 after 1, 2, 3, 4, 5 and 7 s, before, and with
// tcp_syn_linear_timeouts at 0, after 1, 3 and 7 s. The server begins to
// accept shortly before one of these steps, so they connect at that step,
// with as many SYNs sent again as there were steps. The first five are
// connected all the while, and what they wait for is in the upgrade phase.
func TestLiveBacklogOverflow(t *testing.T) {
	for _, test := range []struct {
		name   string
		linear int
		steps  []int // seconds
	}{
		{"linear", 4, []int{1, 2, 3, 4, 5, 7}},
		{"exponential", 0, []int{1, 3, 7}},
	} {
		wrap := ownNetwork(t, fmt.Sprintf("echo %d >/proc/sys/net/ipv4/tcp_syn_linear_timeouts", test.linear),
			"--shards", "1") // two could slip a sixth in: SYNs that arrive in the same instant both find the last place free
		for i, seconds := range test.steps {
			t.Run(fmt.Sprintf("%s/%ds", test.name, seconds), func(t *testing.T) {
				t.Parallel() // they wait, nearly all the time, each in a network of its own
				step := time.Duration(seconds) * time.Second
				// The burst is at least 200 ms after the server's start.
				r := runLive(t, fmt.Sprintf("target: {url: practice, practice: {backlog: 4, accept_after: %v}}\n"+
					"load:\n  - burst: {count: 12}\n%s", step, patient), wrap...)
				checkEstablished(t, r, 12)
				checkFirstWave(t, r.attempts(t), step, i+1)
				checkQueueFinding(t, r, results.SYNSteps(test.linear, time.Second))
			})
		}
	}
}

// checkFirstWave holds the attempts to five at once and seven at step, with
// that many SYNs sent again.
func checkFirstWave(t *testing.T, attempts []attemptRow, step time.Duration, retransmits int) {
	t.Helper()
	const tolerance = 400 * time.Millisecond // of the kernel's timers, and of a busy machine
	first := 0
	for _, a := range attempts {
		connect := a.connected - a.dialed
		if a.retransmits == 0 {
			first++
			if waited := a.ended - a.connected; connect > tolerance || waited < step-800*time.Millisecond {
				t.Errorf("arrival %d of the first wave connected after %v and was answered after another %v, want at once and about %v", a.n, connect, waited, step)
			}
			continue
		}
		if (connect-step).Abs() > tolerance || a.retransmits != retransmits {
			t.Errorf("arrival %d connected after %v with %d SYNs sent again, want %v with %d", a.n, connect, a.retransmits, step, retransmits)
		}
	}
	if first != 5 {
		t.Errorf("a first wave of %d, want 5", first)
	}
}

// checkQueueFinding holds the run's explanation to an accept queue of 4, give
// or take one, and no step of SYNs but these.
func checkQueueFinding(t *testing.T, r liveRun, steps []time.Duration) {
	t.Helper()
	findings := results.Explain(r.Result, results.Kernel{SYNSteps: steps})
	i := slices.IndexFunc(findings, func(f results.Finding) bool { return f.Name == "accept_queue_full" })
	if i < 0 {
		t.Fatalf("nobody says accept_queue_full: %+v", findings)
	}
	if !queueOfFour.MatchString(findings[i].Text) {
		t.Errorf("%q does not match %v", findings[i].Text, queueOfFour)
	}
}

var queueOfFour = regexp.MustCompile(`an accept queue of about [345]\b`)

// ownNetwork is a command to run another under, in a network namespace of its
// own with nothing but a loopback, after setup, a line of shell, was run in
// it, and with flags added to its own.
func ownNetwork(t *testing.T, setup string, flags ...string) []string {
	t.Helper()
	wrap := []string{"unshare", "--user", "--map-root-user", "--net", "sh", "-ec",
		"ip link set lo up; " + setup + `; exec "$@" ` + strings.Join(flags, " "), "sh"}
	if out, err := exec.Command(wrap[0], slices.Concat(wrap[1:], []string{"true"})...).CombinedOutput(); err != nil {
		missing.Part(t, "no network namespace with %q: %v: %s", setup, err, out)
	}
	return wrap
}

// attemptRow is what these tests read of a row of attempts.csv; instants are
// zero where the attempt never got there.
type attemptRow struct {
	n                        int64
	dialed, connected, ended time.Duration
	retransmits              int // of the SYN
}

// attempts reads attempts.csv.
func (r liveRun) attempts(t *testing.T) (list []attemptRow) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "attempts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		number := func(column string) int64 {
			n, _ := strconv.ParseInt(row[slices.Index(rows[0], column)], 10, 64) // an empty cell is none
			return n
		}
		list = append(list, attemptRow{
			n: number("n"), dialed: time.Duration(number("dialed_ns")), connected: time.Duration(number("connected_ns")),
			ended: time.Duration(number("ended_ns")), retransmits: int(number("syn_retransmits")),
		})
	}
	return list
}
