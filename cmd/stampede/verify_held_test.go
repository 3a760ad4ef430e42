//go:build linux && verify

package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stampede/engine"
	"stampede/internal/missing"
	"stampede/results"
	"stampede/scenario"
)

const (
	manyHeld      = 100_000
	openingRate   = 4000     // a second
	memoryPerPair = 20 << 10 // bytes of a connection with both its ends on this host, from above
	spareFiles    = 200      // descriptors a server needs for itself, and to have room
)

// As many connections as issue and plan ask for are held at once on one host:
// by worker processes from eight source addresses, against as many servers as
// their own descriptors take. None is lost, by the word of either end.
func TestVerifyHundredThousandHeld(t *testing.T) {
	perServer := descriptorLimit(t) - spareFiles
	count := affordable(t)
	s := &scenario.Scenario{
		Target: scenario.Target{URL: "ws://target/"},
		Load:   []scenario.Shape{{Kind: scenario.KindSteady, Rate: openingRate * scenario.PerSecond, For: time.Duration(count) * time.Second / openingRate}},
		Hold:   scenario.Hold{For: time.Duration(count)*time.Second/openingRate + 5*time.Second, Close: scenario.Reset},
	}
	for i := range 8 {
		s.Target.SourceAddresses = append(s.Target.SourceAddresses, netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)}))
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	schedule := s.Schedule()
	servers := startTargets(t, (count+perServer-1)/perServer)
	run := &heldRun{servers: servers, resident: map[int]int{}}
	r := run.lead(t, s, schedule)
	r.print(count, len(servers))

	if n := r.result.Count(results.Selector{Kind: results.Established}); n != int64(count) || r.result.Arrivals != n {
		t.Errorf("%d of %d arrivals established, want all %d", n, r.result.Arrivals, count)
	}
	held := r.result.Held
	if held.Peak != int64(count) || held.Closed.Reset != int64(count) || len(held.ClosedEarly) != 0 {
		t.Errorf("held %d at most, closed %+v, early %+v; want %d, all reset by us", held.Peak, held.Closed, held.ClosedEarly, count)
	}
	if r.open != count {
		t.Errorf("the servers had %d open at once, want %d", r.open, count)
	}
	for _, c := range r.report.Checks {
		if c.Name == "workers_lost" && !c.OK {
			t.Errorf("check %+v", c)
		}
	}
}

// descriptorLimit is how many descriptors a process may have.
func descriptorLimit(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(min(limit.Max, 20480)) // the servers' table ends there
}

// affordable is how many connections this host has memory and files for, at
// most manyHeld; it says when that is less.
func affordable(t *testing.T) int {
	t.Helper()
	count := manyHeld
	cut := func(what string, room int) {
		if room < count {
			fmt.Printf("CUT from %d to %d connections: this host has no more %s\n", manyHeld, room, what)
			count = room
		}
	}
	var free, total int
	read := func(path, format string, into ...any) {
		text, err := os.ReadFile(path)
		if err == nil {
			_, err = fmt.Sscanf(string(text), format, into...)
		}
		if err != nil {
			t.Fatalf("reading %s: %v", path, err)
		}
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(meminfo), "MemAvailable:")
	if _, err := fmt.Sscan(rest, &free); err != nil {
		t.Fatalf("reading /proc/meminfo: %v", err)
	}
	cut("memory", free<<10/2/memoryPerPair)
	var used, unused int
	read("/proc/sys/fs/file-nr", "%d %d %d", &used, &unused, &total)
	cut("files (fs.file-max)", (total-used)/3)
	cut("processes' worth of descriptors", 60*(descriptorLimit(t)-spareFiles))
	return count
}

// targetServer is a process of target.c.
type targetServer struct {
	address netip.AddrPort
	stats   string // file with its counters
}

// startTargets builds target.c and starts n of it.
func startTargets(t *testing.T, n int) (servers []targetServer) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "target")
	if out, err := exec.Command("gcc", "-O2", "-o", binary, "testdata/bench/target.c").CombinedOutput(); err != nil {
		missing.Part(t, "target.c can't be built: %v: %s", err, out)
	}
	for i := range n {
		s := targetServer{stats: filepath.Join(dir, fmt.Sprint("stats", i))}
		// Ports below the range that connections take theirs from, so that none
		// is taken; each server has an address of its own all the same.
		s.address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}), uint16(20000+i))
		c := exec.Command(binary, "-a", s.address.Addr().String(), "-p", fmt.Sprint(s.address.Port()), "-s", s.stats)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		for began := time.Now(); s.counter(ready) == 0; time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > serverStart {
				t.Fatalf("server %d is not ready after %v", i, serverStart)
			}
		}
		servers = append(servers, s)
	}
	return servers
}

// Places of counters in target.c's struct stat_s.
const (
	openNow = 3
	ready   = 13
)

// counter reads one of the server's counters, 0 before there are any.
func (s targetServer) counter(i int) int {
	data, err := os.ReadFile(s.stats)
	if err != nil || len(data) < 8*(i+1) {
		return 0
	}
	return int(binary.NativeEndian.Uint64(data[8*i:]))
}

// heldRun is the run and what was seen of it from outside.
type heldRun struct {
	servers  []targetServer
	pids     []int
	resident map[int]int // most memory of each worker, KB
	open     int         // most connections all servers had at once
	looked   time.Duration

	result *results.Result
	report engine.Report
	took   time.Duration
}

// Attempt implements engine.Observer.
func (*heldRun) Attempt(*results.Attempt) {}

// Tick implements engine.Observer.
func (r *heldRun) Tick(l engine.Live) {
	open := 0
	for _, s := range r.servers {
		open += s.counter(openNow)
	}
	r.open = max(r.open, open)
	if l.Elapsed-r.looked < time.Second {
		return
	}
	r.looked = l.Elapsed
	for _, pid := range r.pids {
		r.resident[pid] = max(r.resident[pid], residentKB(pid))
	}
}

func residentKB(pid int) (kb int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	_, _ = fmt.Sscan(rest, &kb) // a worker may just have ended
	return kb
}

// lead makes the run by as many workers as it takes.
func (r *heldRun) lead(t *testing.T, s *scenario.Scenario, schedule *scenario.Schedule) *heldRun {
	t.Helper()
	var peers []engine.Peer
	for range engine.Workers(s, schedule) {
		c := exec.Command(program(t), "worker")
		p, err := startWorker(c)
		if err != nil {
			dismiss(peers)
			t.Fatal(err)
		}
		peers, r.pids = append(peers, p), append(r.pids, c.Process.Pid)
	}
	var found engine.Found
	o := results.RecorderOptions{Planned: schedule.Len()}
	for _, server := range r.servers {
		found.Addresses = append(found.Addresses, server.address)
		o.Addresses = append(o.Addresses, server.address.String())
	}
	recorder := results.NewRecorder(o)
	began := time.Now()
	var err error
	if r.report, err = engine.Lead(t.Context(), engine.Assign(s, []engine.Found{found}), peers, recorder, r); err != nil {
		t.Fatal(err)
	}
	r.took = time.Since(began)
	r.result = recorder.Result(results.Run{Timeout: s.Timeouts.Total, Generator: results.Generator{Checks: r.report.Checks}})
	return r
}

// print shows the figures, for docs/measurement.md.
func (r *heldRun) print(count, servers int) {
	var sum int
	for _, kb := range r.resident {
		sum += kb
	}
	fmt.Printf("%d held by %d workers on %d servers: peak %d (servers: %d), in %v\n",
		count, len(r.pids), servers, r.result.Held.Peak, r.open, r.took.Round(100*time.Millisecond))
	fmt.Printf("workers' resident memory %d KB in all, %d bytes a connection\n", sum, sum<<10/count)
	fmt.Printf("start_lag p99 %v, handshake p99 %v\n", quantileOf(r.result.Metrics.StartLag), quantileOf(r.result.Metrics.Handshake))
	for _, c := range r.report.Checks {
		fmt.Printf("check %-26s %.4g, limit %.4g, ok %v\n", c.Name, c.Value, c.Limit, c.OK)
	}
	fmt.Println("kernel counters", r.report.Counters)
}

func quantileOf(f results.Figures) time.Duration {
	if f.P99 == nil {
		return -1
	}
	return time.Duration(*f.P99)
}
