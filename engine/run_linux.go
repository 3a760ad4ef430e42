package engine

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// oneSegment is a request size that surely fits into one TCP segment.
const oneSegment = 1000

// maxLead bounds the time between the call of Run and offset zero.
const maxLead = 5 * time.Second

// run is what the shards of one run share: read-only once they are going,
// but for the stop flag and the channels.
type run struct {
	config   *Config
	start    time.Time // offset zero; in the future while the first burst is armed
	bursts   []scenario.Burst
	aims     []aim
	dials    []dialAddress // of all aims
	sources  []*rawAddr
	pairs    int // pairs of a source and an address, each with source ports of its own
	evidence evidence
	noDelay  bool  // TCP_NODELAY for every socket
	ports    int32 // IP_LOCAL_PORT_RANGE for every socket, 0 for none

	// turns holds a token of every TLS handshake that computes, and has room for
	// one a CPU. More at once would be no faster and leave a shard without a
	// place to run: it cost 5 % more CPU time, in switches between threads.
	turns chan struct{}

	stopped atomic.Bool
	batches chan *batch
	spare   chan *batch
}

// Run makes the load cfg describes and returns when every arrival has its
// outcome and every connection is closed. When ctx ends, nothing more is
// started, attempts in flight end as canceled and held connections are
// closed, within closeTimeout. The error is for a run that could not begin.
func Run(ctx context.Context, cfg Config) (Report, error) {
	r := &run{config: &cfg, bursts: simultaneous(cfg.Schedule.Bursts())}
	for _, a := range cfg.SourceAddresses {
		raw := rawAddress(netip.AddrPortFrom(a, 0))
		r.sources = append(r.sources, &raw)
	}
	r.aimAt(cfg.Targets)
	// One small write needs no TCP_NODELAY. More than one does: Nagle's
	// algorithm would keep the second for the server's delayed ACK, 40 ms.
	r.noDelay = r.secure() || r.talksFirst() || r.largestRequest() > oneSegment
	r.ports = r.crowdedPorts()
	shards, err := r.newShards()
	if err != nil {
		return Report{}, err
	}
	defer func() {
		for _, s := range shards {
			s.closeOwn()
		}
	}()
	if !cfg.NoEvidence {
		var missing []string
		r.evidence, missing = gatherEvidence()
		defer r.evidence.release()
		for _, m := range missing {
			cfg.Recorder.Note(m)
		}
	}
	r.batches = make(chan *batch, 16*len(shards))
	r.spare = make(chan *batch, 16*len(shards))
	r.turns = make(chan struct{}, runtime.GOMAXPROCS(0))
	defer quiet(r.secure(), len(shards))()
	if r.start, err = r.begin(); err != nil {
		return Report{}, err
	}
	if err := r.fault(); err != nil {
		return r.unresolved(err), nil
	}
	return r.drive(ctx, shards), nil
}

// begin is the instant of offset zero.
func (r *run) begin() (time.Time, error) {
	if r.config.Begin != nil {
		return r.config.Begin(r.lead())
	}
	return time.Now().Add(r.lead()), nil
}

// drive runs the shards to their end while the calling goroutine collects.
func (r *run) drive(ctx context.Context, shards []*shard) Report {
	report := Report{StartedAt: r.start}
	host := newWatch(runtime.NumCPU(), sampleHost(r.start))
	var working sync.WaitGroup
	for _, s := range shards {
		working.Go(s.loop)
	}
	done := make(chan struct{})
	go func() { // ends when the shards do
		working.Wait()
		close(done)
	}()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	look := time.NewTicker(watchInterval)
	defer look.Stop()
	var waste garbage
	stop := ctx.Done()
	for {
		select {
		case b := <-r.batches:
			r.collect(b)
		case <-tick.C:
			r.observe(shards)
			if r.secure() {
				waste.adjust()
			}
		case <-look.C:
			host.add(sampleHost(r.start))
		case <-stop:
			stop = nil
			report.Interrupted, report.StoppedAt = true, time.Since(r.start)
			r.stopped.Store(true)
			for _, s := range shards {
				wakeEvent(s.wake)
			}
		case <-done:
			for len(r.batches) > 0 {
				r.collect(<-r.batches)
			}
			r.observe(shards)
			report.EndedAt = time.Now()
			host.add(sampleHost(r.start))
			var most int
			for _, s := range shards {
				report.Armed += s.armed
				most += s.most
			}
			report.Checks, report.Counters = host.checks(r.portShare(most)), host.counters()
			return report
		}
	}
}

// unresolved ends every arrival as resolve, without waiting for its instant:
// the name is looked up once a run, so they all failed already.
func (r *run) unresolved(fault error) Report {
	cursor := r.config.cursor(0, 1)
	for a, ok := cursor.Next(); ok; a, ok = cursor.Next() {
		at := max(a.At, 1)
		attempt := results.Attempt{N: a.N, Intended: a.At, Dialed: at, Started: at, Ended: at, Burst: a.Burst,
			Outcome: results.Outcome{Kind: results.Resolve}}
		r.tell(&attempt)
	}
	r.config.Recorder.Sample(results.Outcome{Kind: results.Resolve}, fault.Error())
	return Report{StartedAt: r.start, EndedAt: time.Now()}
}

// collect feeds a batch to the recorder and gives it back to be filled again.
func (r *run) collect(b *batch) {
	for i := range b.attempts {
		r.tell(&b.attempts[i])
	}
	for _, c := range b.closes {
		r.config.Recorder.Close(c)
	}
	for _, s := range b.samples {
		r.config.Recorder.Sample(s.outcome, s.text)
	}
	for _, w := range b.warnings {
		r.config.Recorder.Warn(w.text, w.count)
	}
	b.reset()
	select {
	case r.spare <- b:
	default:
	}
}

func (r *run) tell(a *results.Attempt) {
	r.config.Recorder.Attempt(a)
	if r.config.Observe != nil {
		r.config.Observe.Attempt(a)
	}
}

func (r *run) observe(shards []*shard) {
	if r.config.Observe == nil {
		return
	}
	l := Live{Elapsed: time.Since(r.start)}
	for _, s := range shards {
		l.InFlight += s.gauges.inFlight.Load()
		l.Held += s.gauges.held.Load()
		l.Open += s.gauges.open.Load()
	}
	r.config.Observe.Tick(l)
}

// newShards makes the shards, or says which resource they lack.
func (r *run) newShards() ([]*shard, error) {
	n := r.config.Shards
	if n <= 0 {
		n = runtime.NumCPU()
	}
	n = int(max(1, min(int64(n), r.config.arrivals())))
	budget := max(1, (DescriptorsFree()-spareDescriptors-2*n)/n)
	var shards []*shard
	for id := range n {
		s, err := r.newShard(id, n, budget)
		if err != nil {
			for _, s := range shards {
				s.closeOwn()
			}
			return nil, fmt.Errorf("starting shard %d of %d: %w", id, n, err)
		}
		shards = append(shards, s)
	}
	return shards, nil
}

func (r *run) newShard(id, of, budget int) (*shard, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	wake, err := newEvent(ep)
	if err != nil {
		closeFD(ep)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails: crypto/rand's promise since Go 1.24
	s := &shard{
		run: r, ep: ep, wake: wake, budget: budget, queues: newQueues(),
		cursor: r.config.cursor(int64(id), int64(of)),
		events: make([]unix.EpollEvent, 512), buf: make([]byte, readBuffer),
		request: make([]byte, 0, max(256, r.largestRequest())),
		random:  rand.NewChaCha8(seed), parser: new(handshake.Parser),
		samples: map[results.Outcome]int{}, batch: newBatch(), gauges: new(gauges),
		armAfter: -maxLead, flushedAt: -maxLead, // the clock is negative until the run's start
	}
	if r.secure() {
		s.securer = newSecurer()
	}
	s.next, s.more = s.cursor.Next()
	return s, nil
}

// closeOwn gives the shard's own descriptors back.
func (s *shard) closeOwn() {
	closeFD(s.wake)
	closeFD(s.ep)
}

// leastLead is what it takes to begin.
const leastLead = 20 * time.Millisecond

// lead is the time from now to offset zero: enough to arm whatever burst has
// to be begun first.
func (r *run) lead() time.Duration {
	var ahead time.Duration
	for i := range r.bursts {
		ahead = max(ahead, -armingStart(&r.bursts[i]))
	}
	return min(ahead+leastLead, maxLead)
}

// simultaneous are the bursts whose arrivals share one instant: the ones that
// are armed.
func simultaneous(all []scenario.Burst) []scenario.Burst {
	var bursts []scenario.Burst
	for _, b := range all {
		if b.Within == 0 || b.Release == scenario.Upgrade {
			bursts = append(bursts, b)
		}
	}
	return bursts
}

// portShare is open connections as a share of the source ports there are for them.
func (r *run) portShare(open int) float64 {
	return portShare(int64(open), r.pairs)
}

// crowdedPorts is the whole source port range, as IP_LOCAL_PORT_RANGE wants
// it, when the plan may fill a fair part of it; else 0. By default connect(2)
// looks at every second port only, and once those are taken each connect
// walks the thousands in use: from 14,000 open connections to one address on,
// that was measured to cost milliseconds a connect. A socket with a range of
// its own, even the same range, has no such habit (Linux 6.3; before, the
// option is refused and nothing changes).
func (r *run) crowdedPorts() int32 {
	low, high, ok := portRange()
	if !ok {
		return 0
	}
	open := r.config.Schedule.Peak(r.config.Timeouts.Total + r.config.Hold.For)
	if open*4 < int64(max(1, r.pairs))*int64(high-low+1) {
		return 0
	}
	return int32(uint32(high)<<16 | uint32(low))
}
