package engine

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"stampede/results"
	"stampede/scenario"
)

// The hold is long beside the burst, also on a busy host under the race
// detector: the first must not be at its end before the last is established.
func TestBurstIsEstablishedHeldAndClosed(t *testing.T) {
	s := startServer(t)
	o := load{target: at(s.address), shapes: burst(1000), hold: scenario.Hold{For: 5 * time.Second, PingEvery: 50 * time.Millisecond}}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 1000})
	held := o.result.Held
	if held.Peak != 1000 || held.Closed.Clean != 1000 || len(held.ClosedEarly) != 0 {
		t.Errorf("held %+v, want a peak of 1000, all closed clean", held)
	}
	if o.report.Armed != 1000 {
		t.Errorf("%d of 1000 sockets armed before the instant", o.report.Armed)
	}
	for _, a := range o.attempts {
		if a.Dialed < a.Intended {
			t.Fatalf("arrival %d dialed at %v, due at %v", a.N, a.Dialed, a.Intended)
		}
	}
	if b := o.result.Bursts[0]; b.Launched != 1000 || b.LaunchSpan <= 0 {
		t.Errorf("burst %+v, want 1000 launched over some time", b)
	}
}

// Bursts that follow each other closely are armed side by side: what leads a
// run is the one to begin first, not all of them in a row.
func TestLeadIsThatOfTheBurstToBeginFirst(t *testing.T) {
	lead := func(bursts ...scenario.Burst) time.Duration { return (&run{bursts: bursts}).lead() }
	one := lead(scenario.Burst{Count: 200})
	var many []scenario.Burst
	for n := range 10 {
		many = append(many, scenario.Burst{Count: 200, At: time.Duration(n) * 20 * time.Millisecond})
	}
	if got := lead(many...); got != one {
		t.Errorf("ten bursts 20 ms apart lead by %v, the first alone by %v", got, one)
	}
	if got := lead(scenario.Burst{Count: 200}, scenario.Burst{Count: 10_000, At: 50 * time.Millisecond}); got <= one {
		t.Errorf("a large burst after a small one leads by %v, the small one alone by %v", got, one)
	}
	if got := lead(); got <= 0 || got >= one {
		t.Errorf("no burst leads by %v, one by %v", got, one)
	}
	if got := lead(scenario.Burst{Count: 1 << 30}); got != maxLead {
		t.Errorf("a burst without measure leads by %v, want %v", got, maxLead)
	}
}

func TestEveryShard(t *testing.T) {
	s := startServer(t)
	for _, shards := range []int{1, 2, 5} {
		o := load{target: at(s.address), shapes: rate(500, 500*time.Millisecond), shards: shards}.run(t.Context(), t)
		o.want(t, map[string]int64{"established": 250})
	}
}

func TestResetClose(t *testing.T) {
	s := startServer(t)
	o := load{target: at(s.address), shapes: burst(50), hold: scenario.Hold{Close: scenario.Reset}}.run(t.Context(), t)
	if o.result.Held.Closed.Reset != 50 {
		t.Errorf("held %+v, want 50 reset", o.result.Held.Closed)
	}
}

func TestReleaseUpgradeConnectsBeforeTheInstant(t *testing.T) {
	s := startServer(t)
	shapes := burst(300)
	shapes[0].Release = scenario.Upgrade
	o := load{target: at(s.address), shapes: shapes}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 300})
	for _, a := range o.attempts {
		if a.Connected >= a.Intended || a.Started < a.Intended || a.Requested < a.Started {
			t.Fatalf("arrival %d connected at %v, released at %v, requested at %v; due at %v", a.N, a.Connected, a.Started, a.Requested, a.Intended)
		}
	}
}

// A burst laid over a steady load is armed together with the arrivals before
// it, and none of them starts early.
func TestOverlay(t *testing.T) {
	s := startServer(t)
	when := 200 * time.Millisecond
	shapes := append(rate(500, 400*time.Millisecond), scenario.Shape{Kind: scenario.KindBurst, Count: 200, At: &when})
	o := load{target: at(s.address), shapes: shapes}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 400})
}

func TestClosedPort(t *testing.T) {
	o := load{target: at(closedPort(t)), shapes: burst(100)}.run(t.Context(), t)
	o.want(t, map[string]int64{"refused": 100})
	if o.result.ExitCode() != 1 {
		t.Errorf("exit code %d, want 1", o.result.ExitCode())
	}
}

func TestUnknownName(t *testing.T) {
	s := &scenario.Scenario{Target: scenario.Target{URL: "ws://does-not-exist.invalid/x?y"}, Load: burst(1)}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	found, err := Resolve(t.Context(), noNames{}, s)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Aim(s, found)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	o := load{target: targets[0], shapes: rate(1, time.Hour)}.run(t.Context(), t)
	o.want(t, map[string]int64{"resolve": 3600})
	if time.Since(began) > time.Minute {
		t.Error("waited for the schedule although the name is unknown")
	}
}

type noNames struct{}

func (noNames) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("no such host")
}

// A server on one family only is reached over it; a dead address of the same
// family is a failure that is shown.
func TestFamilies(t *testing.T) {
	s := startServer(t)
	v6 := netip.AddrPortFrom(netip.IPv6Loopback(), s.address.Port())
	t.Run("other family", func(t *testing.T) {
		o := load{target: at(v6, s.address), shapes: burst(100)}.run(t.Context(), t)
		o.want(t, map[string]int64{"established": 100})
		if n := o.result.Target.Addresses[s.address.String()]; n != 100 {
			t.Errorf("%d attempts over IPv4, want 100", n)
		}
	})
	t.Run("same family", func(t *testing.T) {
		dead := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), s.address.Port())
		o := load{target: at(s.address, dead), shapes: burst(100)}.run(t.Context(), t)
		o.want(t, map[string]int64{"established": 50, "refused": 50})
	})
	t.Run("both dead", func(t *testing.T) {
		p := closedPort(t)
		o := load{target: at(netip.AddrPortFrom(netip.IPv6Loopback(), p.Port()), p), shapes: burst(10)}.run(t.Context(), t)
		o.want(t, map[string]int64{"refused": 10})
	})
}

func TestIPv6(t *testing.T) {
	s := startServer(t, "listen=[::1]:0")
	o := load{target: at(s.address), shapes: burst(100)}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 100})
}

func TestSourceAddresses(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	froms := make(chan string, 100)
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			froms <- host
			c.Close()
		}
	}()
	target := netip.MustParseAddrPort(l.Addr().String())
	o := load{target: at(target), shapes: burst(40), sources: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}}.run(t.Context(), t)
	if o.result.Started != 40 {
		t.Errorf("%d started, want 40", o.result.Started)
	}
	count := map[string]int{}
	for range 40 {
		count[<-froms]++
	}
	if count["127.0.0.2"] != 20 || count["127.0.0.3"] != 20 {
		t.Errorf("connections by source: %v, want 20 from each", count)
	}
}

// More arrivals than descriptors: the rest are the generator's own failures,
// and no less counted.
func TestDescriptorLimit(t *testing.T) {
	s := startServer(t)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = uint64(openDescriptors() + spareDescriptors + 2 + 100)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
	}()
	o := load{target: at(s.address), shapes: burst(300), hold: scenario.Hold{For: time.Second}, shards: 1}.run(t.Context(), t)
	var established, local int64
	for _, row := range o.result.Outcomes {
		switch row.Outcome().Name() {
		case "established":
			established = row.Count
		case "local too_many_open_files":
			local = row.Count
		}
	}
	if established+local != 300 || established < 90 || established > 110 {
		t.Errorf("%d established and %d without a descriptor, want about 100 and all 300", established, local)
	}
}

func TestInterrupt(t *testing.T) {
	s := startServer(t, "service=mix(1ms, 30s, 50%)")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := load{target: at(s.address), shapes: rate(200, time.Minute), hold: scenario.Hold{For: time.Minute}}
	l.tick = func(live Live) {
		if live.Elapsed > 500*time.Millisecond {
			cancel()
		}
	}
	o := l.run(ctx, t)
	if !o.report.Interrupted || o.result.ExitCode() != 3 {
		t.Errorf("interrupted %v, exit code %d; want true and 3", o.report.Interrupted, o.result.ExitCode())
	}
	counts := map[results.Kind]int64{}
	for _, row := range o.result.Outcomes {
		counts[row.Kind] += row.Count
	}
	if counts[results.Canceled] == 0 || counts[results.Established] == 0 || len(counts) != 2 {
		t.Errorf("outcomes %v, want some established, some canceled, nothing else", counts)
	}
	if held := o.result.Held; held.Opened != held.Closed.Clean {
		t.Errorf("held %+v, want all that were opened closed clean", held)
	}
	if took := o.report.EndedAt.Sub(o.report.StartedAt) - o.report.StoppedAt; took > closeTimeout+time.Second {
		t.Errorf("took %v to end", took)
	}
}

// The limit of a shard's memory and of its handshakes is not the number of
// arrivals: each handshake allocates nothing once the buffers are there.
func TestNoAllocationPerHandshake(t *testing.T) {
	s := startServer(t)
	mallocs := func(perSecond float64) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		loadQuietly(t, s.address, perSecond)
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs - before.Mallocs)
	}
	mallocs(2500)
	few, many := mallocs(500), mallocs(2500) // over the same time, so that what a second costs cancels out
	if perHandshake := (many - few) / 4000; perHandshake > 0.2 {
		t.Errorf("%.3f allocations a handshake (%v for 1,000, %v for 5,000), want none but what the recorder grows by", perHandshake, few, many)
	}
}

// loadQuietly makes handshakes for two seconds without the test's own bookkeeping.
func loadQuietly(t *testing.T, address netip.AddrPort, perSecond float64) {
	t.Helper()
	s := &scenario.Scenario{Target: scenario.Target{URL: "ws://test/"}, Load: rate(perSecond, 2*time.Second)}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	targets, err := Aim(s, []Found{{Addresses: []netip.AddrPort{address}}})
	if err != nil {
		t.Fatal(err)
	}
	schedule := s.Schedule()
	recorder := results.NewRecorder(results.RecorderOptions{Planned: schedule.Len()})
	if _, err := Run(t.Context(), Config{Schedule: schedule, Targets: targets, Timeouts: s.Timeouts, Hold: s.Hold, Recorder: recorder}); err != nil {
		t.Fatal(err)
	}
	if n := recorder.Snapshot(2 * time.Second).Established; n != schedule.Len() {
		t.Fatalf("%d of %d established", n, schedule.Len())
	}
}

// closedPort is a loopback address nobody listens on.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

// A held ws:// connection costs its record and nothing else.
func TestConnectionRecordIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(conn{}); size > 256 {
		t.Errorf("a connection's record takes %d bytes, want at most 256", size)
	} else {
		t.Logf("%d bytes", size)
	}
}
