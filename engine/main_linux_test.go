package engine

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"stampede/internal/practice"
	"stampede/results"
	"stampede/scenario"
)

// serveEnv turns the test binary into a practice server with the settings it
// holds, so that server and generator are two processes as in real runs.
const serveEnv = "STAMPEDE_TEST_PRACTICE"

func TestMain(m *testing.M) {
	if settings, ok := os.LookupEnv(serveEnv); ok {
		os.Exit(servePractice(settings))
	}
	if os.Getenv(workerEnv) != "" {
		os.Exit(work())
	}
	if l, err := net.Listen("tcp4", "127.0.0.1:0"); err == nil {
		l.Close() // the runtime's own descriptors are there before we count
	}
	fds, goroutines := openDescriptors(), runtime.NumGoroutine()
	code := m.Run()
	if fuzzing := flag.Lookup("test.fuzz"); code == 0 && fuzzing.Value.String() == "" { // a fuzz run leaves a goroutine of its own
		code = leaks(fds, goroutines)
	}
	os.Exit(code)
}

// leaks says which descriptors and goroutines the tests left behind; it gives
// those that are ending a moment.
func leaks(fds, goroutines int) int {
	for range 100 {
		if openDescriptors() <= fds && runtime.NumGoroutine() <= goroutines {
			return 0
		}
		runtime.GC() // lets go of the pipes that io.Copy keeps for splice(2)
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Fprintf(os.Stderr, "left behind: %d descriptors (were %d), %d goroutines (were %d)\n",
		openDescriptors(), fds, runtime.NumGoroutine(), goroutines)
	return 1
}

func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func servePractice(settings string) int {
	var c practice.Config
	for s := range strings.FieldsFuncSeq(settings, func(r rune) bool { return r == '\n' }) {
		key, value, _ := strings.Cut(s, "=")
		err := c.Set(key, value)
		if key == "log" { // no setting, since a scenario must not name files
			c.Log, err = os.Create(value)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	s, err := practice.Listen(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.Addr())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	_ = s.Serve(ctx)
	return 0
}

// server is a practice server in a process of its own.
type server struct {
	address netip.AddrPort
	process *os.Process
	stop    func() // and wait for its end; the test's own end does it too
}

// startServer starts one with settings such as "capacity=10" and "log=FILE".
func startServer(t *testing.T, settings ...string) server {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), serveEnv+"="+strings.Join(settings, "\n"))
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = stdin.Close()
		slow := time.AfterFunc(5*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		slow.Stop()
	})
	t.Cleanup(stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("practice server said no address: %v", err)
	}
	return server{netip.MustParseAddrPort(strings.TrimSpace(line)), c.Process, stop}
}

// load is one run of the engine.
type load struct {
	target       *Target
	shapes       []scenario.Shape
	hold         scenario.Hold
	timeouts     scenario.Timeouts // zero fields: 5s, 5s, 10s
	sources      []netip.Addr
	path         string
	seed         uint64
	ready        scenario.Ready
	closeWithin  time.Duration // early_close: fail within
	extensions   []string
	subprotocols []string
	headers      []scenario.Header
	shards       int
	noEvidence   bool
	tick         func(Live)
	peers        []Peer // workers to lead; none: this process makes the load
}

// outcome is what a run came to.
type outcome struct {
	report   Report
	result   *results.Result
	attempts []results.Attempt
}

// Attempt implements Observer.
func (o *outcome) Attempt(a *results.Attempt) { o.attempts = append(o.attempts, *a) }

type observer struct {
	*outcome
	tick func(Live)
}

func (o observer) Tick(l Live) {
	if o.tick != nil {
		o.tick(l)
	}
}

func at(addresses ...netip.AddrPort) *Target {
	return &Target{Addresses: addresses}
}

func burst(n int64) []scenario.Shape { return []scenario.Shape{{Kind: scenario.KindBurst, Count: n}} }

func rate(perSecond float64, d time.Duration) []scenario.Shape {
	return []scenario.Shape{{Kind: scenario.KindSteady, Rate: scenario.Rate(math.Round(perSecond * float64(scenario.PerSecond))), For: d}}
}

// run makes the load and checks what is true of every run.
func (l load) run(ctx context.Context, t *testing.T) *outcome {
	t.Helper()
	s := &scenario.Scenario{Load: l.shapes, Hold: l.hold, Timeouts: l.timeouts, Seed: l.seed, Target: scenario.Target{
		URL: "ws://test" + l.path, Extensions: l.extensions, Subprotocols: l.subprotocols, Headers: l.headers, SourceAddresses: l.sources,
	}}
	s.Ready = l.ready
	if l.closeWithin > 0 {
		s.EarlyClose, s.EarlyCloseWithin = scenario.FailEarlyClose, l.closeWithin
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	schedule := s.Schedule()
	o := results.RecorderOptions{Planned: schedule.Len()}
	for _, b := range schedule.Bursts() {
		o.Bursts = append(o.Bursts, results.Burst{At: b.At, Count: b.Count, Within: b.Within})
	}
	for _, a := range l.target.Addresses {
		o.Addresses = append(o.Addresses, a.String())
	}
	out := &outcome{}
	recorder := results.NewRecorder(o)
	out.report = l.make(ctx, t, s, recorder, observer{out, l.tick})
	out.result = recorder.Result(results.Run{Timeout: s.Timeouts.Total, Interrupted: out.report.Interrupted})
	out.result.Judge(nil)
	out.check(t, schedule)
	return out
}

// make runs the engine, in this process or by workers.
func (l load) make(ctx context.Context, t *testing.T, s *scenario.Scenario, sink Sink, observe Observer) (r Report) {
	t.Helper()
	found := []Found{{Addresses: l.target.Addresses}}
	if l.target.Err != nil {
		found[0].Fault = l.target.Err.Error()
	}
	targets, err := Aim(s, found)
	switch {
	case err != nil:
	case l.peers != nil:
		a := Assign(s, found)
		a.Shards, a.NoEvidence = l.shards, l.noEvidence
		r, err = Lead(ctx, a, l.peers, sink, observe)
	default:
		targets[0].TLS = l.target.TLS
		r, err = Run(ctx, Config{
			Schedule: s.Schedule(), Targets: targets, Timeouts: s.Timeouts, Hold: s.Hold, Ready: s.Ready, CloseWithin: s.EarlyCloseWithin,
			SourceAddresses: l.sources, Shards: l.shards, NoEvidence: l.noEvidence, Recorder: sink, Observe: observe,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// check holds what every run must keep: each arrival one outcome, none twice,
// and phases that add up to the service time.
func (o *outcome) check(t *testing.T, schedule *scenario.Schedule) {
	t.Helper()
	var sum int64
	for _, row := range o.result.Outcomes {
		sum += row.Count
		if row.Kind == results.Invalid {
			t.Error("an attempt nobody judged")
		}
	}
	if sum != o.result.Arrivals || !o.report.Interrupted && sum != schedule.Len() {
		t.Errorf("%d outcomes of %d arrivals, %d planned", sum, o.result.Arrivals, schedule.Len())
	}
	seen := make(map[int64]bool, len(o.attempts))
	for i := range o.attempts {
		a := &o.attempts[i]
		if seen[a.N] {
			t.Errorf("arrival %d ended twice", a.N)
		}
		seen[a.N] = true
		if want := schedule.At(a.N); want.At != a.Intended {
			t.Errorf("arrival %d intended at %v, the schedule says %v", a.N, a.Intended, want.At)
		}
		checkPhases(t, a)
	}
}

func checkPhases(t *testing.T, a *results.Attempt) {
	t.Helper()
	service, ok := a.Service()
	if !ok {
		return
	}
	connect, _ := a.Connect()
	secure, ok := a.TLS()
	if !ok {
		secure = 0 // ws://
	}
	upgrade, _ := a.Upgrade()
	if a.Dialed == a.Started && connect+secure+upgrade != service {
		t.Errorf("arrival %d: connect %v + tls %v + upgrade %v are not service %v", a.N, connect, secure, upgrade, service)
	}
	if a.Started < a.Intended {
		t.Errorf("arrival %d started %v before it was due", a.N, a.Intended-a.Started)
	}
}

// want checks the outcomes table: names and counts, all of them.
func (o *outcome) want(t *testing.T, counts map[string]int64) {
	t.Helper()
	got := map[string]int64{}
	for _, row := range o.result.Outcomes {
		got[row.Outcome().Name()] += row.Count
	}
	if fmt.Sprint(got) != fmt.Sprint(counts) {
		t.Errorf("outcomes %v, want %v", got, counts)
	}
}
