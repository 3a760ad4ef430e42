package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
	"stampede/scenario"
)

// workerEnv turns the test binary into a worker.
const workerEnv = "STAMPEDE_TEST_WORKER"

func work() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := Work(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startPeers starts n workers and returns their processes beside them.
func startPeers(t *testing.T, n int) (peers []Peer, processes []*os.Process) {
	t.Helper()
	for range n {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), workerEnv+"=1", "GORACE=atexit_sleep_ms=0")
		c.Stderr = t.Output()
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		peers = append(peers, Peer{Name: "a process", In: in, Out: out, Kill: func() { _ = c.Process.Kill() }, Wait: c.Wait})
		processes = append(processes, c.Process)
	}
	return peers, processes
}

// fate is what must be the same of an arrival whoever made it.
type fate struct {
	N        int64
	Intended time.Duration
	Burst    int32
	Address  uint16
	Outcome  results.Outcome
}

func (o *outcome) fates() []fate {
	list := make([]fate, 0, len(o.attempts))
	for _, a := range o.attempts {
		list = append(list, fate{a.N, a.Intended, a.Burst, a.Address, a.Outcome})
	}
	slices.SortFunc(list, func(a, b fate) int { return int(a.N - b.N) })
	return list
}

// One process and three come to the same: every arrival once, with the same
// instant, burst, address and outcome, and the same counts in the result.
func TestWorkersMakeTheSameRun(t *testing.T) {
	s := startServer(t)
	zero := time.Duration(0)
	l := load{
		target: at(s.address, closedPort(t)), // every second arrival is refused
		shapes: append(rate(250, time.Second),
			scenario.Shape{Kind: scenario.KindBurst, Count: 100, Repeat: 2, Every: 400 * time.Millisecond, At: &zero},
			scenario.Shape{Kind: scenario.KindBurst, Count: 50, Release: scenario.Upgrade}),
		hold: scenario.Hold{For: 200 * time.Millisecond},
	}
	one := l.run(t.Context(), t)
	l.peers, _ = startPeers(t, 3)
	three := l.run(t.Context(), t)
	if diff := cmp.Diff(one.fates(), three.fates()); diff != "" {
		t.Errorf("arrivals (-one process, +three):\n%s", diff)
	}
	three.want(t, map[string]int64{"established": 250, "refused": 250})
	for name, get := range map[string]func(*outcome) any{
		"outcomes": func(o *outcome) any {
			counts := map[string]int64{}
			for _, row := range o.result.Outcomes {
				name := row.Outcome().Name()
				counts[name] = row.Count
			}
			return counts
		},
		"addresses": func(o *outcome) any { return o.result.Target.Addresses },
		"held":      func(o *outcome) any { return o.result.Held.Closed },
		"started":   func(o *outcome) any { return o.result.Started },
		"launched": func(o *outcome) any {
			var n []int64
			for _, b := range o.result.Bursts {
				n = append(n, b.Launched)
			}
			return n
		},
		"samples": func(o *outcome) any { return o.result.Outcomes[1].Samples },
		"armed":   func(o *outcome) any { return o.report.Armed > 0 },
		"checks": func(o *outcome) any {
			var names []string
			for _, c := range o.report.Checks {
				if c.Name != "workers_lost" {
					names = append(names, c.Name)
				}
			}
			return names
		},
	} {
		if diff := cmp.Diff(get(one), get(three)); diff != "" {
			t.Errorf("%s (-one process, +three):\n%s", name, diff)
		}
	}
}

// More workers than arrivals: some have nothing to do and say so.
func TestMoreWorkersThanArrivals(t *testing.T) {
	s := startServer(t)
	l := load{target: at(s.address), shapes: burst(2)}
	l.peers, _ = startPeers(t, 4)
	l.run(t.Context(), t).want(t, map[string]int64{"established": 2})
}

// The live figures are those of all workers.
func TestWorkersLive(t *testing.T) {
	s := startServer(t)
	var held, open int64
	l := load{target: at(s.address), shapes: burst(300), hold: scenario.Hold{For: 600 * time.Millisecond}}
	l.peers, _ = startPeers(t, 2)
	l.tick = func(live Live) { held, open = max(held, live.Held), max(open, live.Open) }
	l.run(t.Context(), t).want(t, map[string]int64{"established": 300})
	if held != 300 || open != 300 {
		t.Errorf("at most %d held and %d open at once were seen, want 300", held, open)
	}
}

// A worker killed on the way: what it had not told is counted as ours, what
// it held counts as closed, and the run says so.
func TestWorkerLost(t *testing.T) {
	s := startServer(t)
	l := load{target: at(s.address), shapes: rate(300, 2*time.Second), hold: scenario.Hold{For: 2 * time.Second, Close: scenario.Reset}}
	peers, processes := startPeers(t, 3)
	l.peers = peers
	l.tick = func(live Live) {
		if live.Elapsed > 700*time.Millisecond && processes != nil {
			_ = processes[1].Kill()
			processes = nil
		}
	}
	o := l.run(t.Context(), t)
	counts := map[string]int64{}
	for _, row := range o.result.Outcomes {
		name := row.Outcome().Name()
		counts[name] = row.Count
	}
	lost := counts["local other"]
	if lost < 100 || lost >= 200 || counts["established"] != 600-lost || o.result.Started != 600-lost {
		t.Errorf("outcomes %v, %d started; want 600, a part of one worker's 200 local", counts, o.result.Started)
	}
	for _, a := range o.attempts {
		if a.Outcome.Kind == results.Local && a.N%3 != 1 {
			t.Errorf("arrival %d was not the lost worker's", a.N)
		}
	}
	if held := o.result.Held; held.Opened != held.Closed.Reset+held.Closed.Forced || held.Closed.Reset != 400 {
		t.Errorf("held %+v, want all accounted for and 400 closed by the two that were left", held)
	}
	last := o.report.Checks[len(o.report.Checks)-1]
	if last.Name != "workers_lost" || last.Value != 1 || last.OK || last.Warn {
		t.Errorf("the last check is %+v, want one worker lost", last)
	}
	want := fmt.Sprintf("%d arrivals it had not reported count as local other", lost)
	if notes := strings.Join(o.result.Notes, "\n"); !strings.Contains(notes, want) || !strings.Contains(notes, "signal: killed") {
		t.Errorf("notes %q, want %q and why", notes, want)
	}
}

func TestWorkersInterrupted(t *testing.T) {
	for name, interrupt := range map[string]func(cancel func(), workers []*os.Process){
		"leader":     func(cancel func(), _ []*os.Process) { cancel() },
		"one worker": func(_ func(), workers []*os.Process) { _ = workers[2].Signal(syscall.SIGTERM) },
		"one killed before": func(cancel func(), workers []*os.Process) {
			_ = workers[0].Kill()
			time.AfterFunc(300*time.Millisecond, cancel)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, "service=mix(1ms, 30s, 50%)")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l := load{target: at(s.address), shapes: rate(200, time.Minute), hold: scenario.Hold{For: time.Minute}}
			peers, workers := startPeers(t, 3)
			l.peers = peers
			done := false
			l.tick = func(live Live) {
				if live.Elapsed > 500*time.Millisecond && !done {
					done = true
					interrupt(cancel, workers)
				}
			}
			o := l.run(ctx, t)
			if !o.report.Interrupted || o.result.ExitCode() != 3 {
				t.Errorf("interrupted %v, exit code %d; want true and 3", o.report.Interrupted, o.result.ExitCode())
			}
			for _, row := range o.result.Outcomes {
				if k := row.Kind; k != results.Canceled && k != results.Established && (k != results.Local || name != "one killed before") {
					t.Errorf("outcome %s %d times", row.Outcome().Name(), row.Count)
				}
			}
			for _, a := range o.attempts {
				if a.Intended > o.report.StoppedAt+time.Second {
					t.Fatalf("arrival %d was due at %v, after the stop at %v", a.N, a.Intended, o.report.StoppedAt)
				}
			}
			if held := o.result.Held; held.Opened != held.Closed.Clean+held.Closed.Forced {
				t.Errorf("held %+v, want all that were opened closed", held)
			}
		})
	}
}

// imposter is a worker that is none: it says what it is told to, before and
// after it is told to start.
func imposter(before, after func(out *newsWriter, raw io.Writer)) Peer {
	in, commands := io.Pipe()
	news, out := io.Pipe()
	ended := make(chan struct{})
	go func() { // ends with what it says, for which Wait waits
		defer close(ended)
		defer in.Close()
		defer out.Close()
		w, lines := newNewsWriter(out), newCommandReader(in, maxCommand)
		_ = lines.read(new(Assignment))
		before(w, out)
		if after != nil && lines.read(new(Command)) == nil {
			after(w, out)
		}
	}()
	kill := func() { _ = in.Close(); _ = out.Close() }
	return Peer{Name: "an imposter", In: commands, Out: news, Kill: kill, Wait: func() error { <-ended; return nil }}
}

func TestWorkerSpeaksNonsense(t *testing.T) {
	s := startServer(t)
	own := func(n int64) results.Attempt {
		return results.Attempt{N: n, Intended: time.Duration(n) * 10 * time.Millisecond, Ended: 1, Outcome: results.Outcome{Kind: results.Refused}}
	}
	for name, test := range map[string]struct {
		say  func(out *newsWriter, raw io.Writer)
		want map[string]int64
	}{
		"garbage": {func(_ *newsWriter, raw io.Writer) { fmt.Fprint(raw, "HTTP/1.1 200 OK\r\n\r\n") },
			map[string]int64{"established": 10, "local other": 10}},
		"the same twice": {func(out *newsWriter, _ io.Writer) {
			_ = out.write(&News{Attempts: []results.Attempt{own(1), own(3), own(1)}})
		},
			map[string]int64{"established": 10, "refused": 2, "local other": 8}},
		"not planned": {func(out *newsWriter, _ io.Writer) {
			_ = out.write(&News{Attempts: []results.Attempt{own(20), own(-1)}})
		},
			map[string]int64{"established": 10, "local other": 10}},
	} {
		t.Run(name, func(t *testing.T) {
			l := load{target: at(s.address), shapes: rate(100, 200*time.Millisecond)}
			l.peers, _ = startPeers(t, 1)
			l.peers = append(l.peers, imposter(func(out *newsWriter, _ io.Writer) {
				_ = out.write(&News{Lead: time.Millisecond})
			}, test.say))
			l.run(t.Context(), t).want(t, test.want)
		})
	}
}

// A worker that has stopped to speak is ended, but not while it speaks.
func TestWorkerSilent(t *testing.T) {
	killed := false
	w := &crewWorker{Peer: Peer{Kill: func() { killed = true }}}
	c := &crew{workers: []*crewWorker{w}}
	for range silenceLimit - 1 {
		c.listenForSilence()
	}
	c.take(workerNews{worker: w, news: &News{}})
	for range silenceLimit - 1 {
		c.listenForSilence()
	}
	if killed {
		t.Error("killed although it spoke")
	}
	c.listenForSilence()
	if !killed || !strings.Contains(w.ending().Error(), "nothing was heard of it for 30s") {
		t.Errorf("killed %v for %v; want true, for 30s of silence", killed, w.cause)
	}
}

// Where one can't begin, nothing is sent and all end.
func TestWorkersThatCanNotBegin(t *testing.T) {
	assignment := Assignment{
		Load: burst(10), Target: scenario.Target{URL: "ws://test/"}, Found: []Found{{Addresses: at(closedPort(t)).Addresses}},
	}
	for name, test := range map[string]struct {
		spoil func(a *Assignment)
		say   func(out *newsWriter, raw io.Writer)
		want  string
	}{
		"no plan":    {func(a *Assignment) { a.Load = nil }, nil, "load"},
		"no address": {func(a *Assignment) { a.Found[0].Addresses = nil }, nil, "no address"},
		"ends":       {nil, func(*newsWriter, io.Writer) {}, "an imposter: it ended"},
		"can't":      {nil, func(out *newsWriter, _ io.Writer) { _ = out.write(&News{Fault: "no epoll"}) }, "an imposter: no epoll"},
	} {
		t.Run(name, func(t *testing.T) {
			a := assignment
			a.Found = slices.Clone(a.Found)
			if test.spoil != nil {
				test.spoil(&a)
			}
			peers, _ := startPeers(t, 2)
			if test.say != nil {
				peers = append(peers, imposter(test.say, nil))
			}
			recorder := results.NewRecorder(results.RecorderOptions{})
			_, err := Lead(t.Context(), a, peers, recorder, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if n := recorder.Snapshot(0).Arrivals; n != 0 {
				t.Errorf("%d arrivals of a run that did not begin", n)
			}
		})
	}
}

// A worker says what is wrong with its assignment and ends by itself.
func TestWorkRefuses(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"nothing":         {"", "EOF"},
		"no JSON":         {"hello\n", "invalid character"},
		"another version": {`{"Protocol": 99}` + "\n", "version 99"},
		"no plan":         {`{"Protocol": 1, "Target": {"URL": "ws://h/"}}` + "\n", "load"},
		"a slice of none": {`{"Protocol": 1, "Addresses": ["127.0.0.1:9"], "First": -1}` + "\n", "slice"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := Work(t.Context(), strings.NewReader(test.line), &out)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			n, err := newNewsReader(&out).read()
			if err != nil || !strings.Contains(n.Fault, test.want) {
				t.Errorf("news %+v (%v), want the fault %q", n, err, test.want)
			}
		})
	}
}
