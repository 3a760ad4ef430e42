package engine

import (
	"fmt"
	"runtime"
	"time"

	"stampede/scenario"
)

// closeTimeout is how long a closing handshake may take: RFC 6455 §7.1.1 lets
// the server close TCP first, "a reasonable time" is left to the client. It
// bounds the end of every run.
const closeTimeout = 2 * time.Second

// spareDescriptors are left alone, for the files of the result.
const spareDescriptors = 24

// memoryPerConnection is an estimate from above of what an open connection
// takes: its record here is under 256 bytes, the rest is the kernel's socket.
const memoryPerConnection = 6 << 10

// trackedAfterClose is how long a firewall keeps a closed connection in its
// table: nf_conntrack_tcp_timeout_time_wait, as kernels have it.
const trackedAfterClose = 2 * time.Minute

// Descriptors is the Need that more worker processes can meet.
const Descriptors = "descriptors"

// Need is what a run wants of this host, against what the host has. Both
// come before the run; at run time a limit that is hit is a local outcome.
type Need struct {
	What string // Descriptors, "memory (MB)", "tracked connections", "source ports"
	Want int64
	Have int64
	Hint string // how to raise it
}

// Short reports whether the host can't give what is wanted.
func (n Need) Short() bool { return n.Want > n.Have }

// Split is the need of each of so many processes, which share evenly in it.
func (n Need) Split(processes int) Need {
	n.Want = (n.Want + int64(processes) - 1) / int64(processes)
	return n
}

// String says it in one line: needs N, has M, and how to raise it if short.
func (n Need) String() string {
	text := fmt.Sprintf("%s: needs %d, has %d", n.What, n.Want, n.Have)
	if n.Short() {
		text += "; " + n.Hint
	}
	return text
}

// Needs estimates what the scenario wants at its peak: every arrival keeps a
// descriptor and a source port while it is open, so as many are open as
// arrive in that time. A run that is short of it is warned, not refused.
func Needs(s *scenario.Scenario, schedule *scenario.Schedule, targets []*Target) []Need {
	open := schedule.Peak(openFor(s))
	needs := []Need{{
		What: Descriptors, Want: open + spareDescriptors, Have: int64(DescriptorsFree()),
		Hint: "raise the limit with ulimit -n (and LimitNOFILE= or fs.nr_open), or lower the load or the hold",
	}}
	if available, ok := memoryAvailable(); ok {
		needs = append(needs, Need{
			What: "memory (MB)", Want: open * memoryPerConnection >> 20, Have: available >> 20,
			Hint: "lower the load or the hold",
		})
	}
	if free, ok := trackedFree(); ok {
		needs = append(needs, Need{
			What: "tracked connections", Want: schedule.Peak(openFor(s) + trackedAfterClose), Have: free,
			Hint: "if a firewall here tracks them, raise net.netfilter.nf_conntrack_max: a full table drops SYNs without a word",
		})
	}
	if low, high, ok := portRange(); ok {
		pairs := int64(pairsOf(targets, len(s.Target.SourceAddresses)))
		needs = append(needs, Need{
			What: "source ports", Want: open, Have: pairs * int64(high-low+1),
			Hint: "add source_addresses, or widen net.ipv4.ip_local_port_range (more processes have no more ports)",
		})
	}
	return needs
}

// pairsOf counts the pairs of a source and a preferred address.
func pairsOf(targets []*Target, sources int) (pairs int) {
	for _, t := range targets {
		if len(t.Addresses) > 0 {
			preferred, _ := families(t.Addresses)
			pairs += len(preferred)
		}
	}
	return max(1, pairs) * max(1, sources)
}

// MaxWorkers bounds how many processes a run is split over.
const MaxWorkers = 64

// MaxShards bounds the threads that make load. Each is a thread for good, and
// the Go runtime ends a process that has ten thousand.
const MaxShards = 1024

// Workers is how many processes the run takes so that none needs more
// descriptors than one may have; 1 where that is enough, 64 at most, and no
// more than this process has descriptors to lead. Arrivals are dealt out in
// turn, so each has an equal part of every peak; a twentieth of what it may
// have is left alone.
func Workers(s *scenario.Scenario, schedule *scenario.Schedule) int {
	open, free := schedule.Peak(openFor(s)), int64(DescriptorsFree())
	if open+spareDescriptors <= free {
		return 1
	}
	room := free - spareDescriptors - 2*int64(runtime.NumCPU())
	room = max(1, room-room/20)
	return int(max(1, min((open+room-1)/room, MaxWorkers, (free-spareDescriptors)/descriptorsToLead)))
}

// descriptorsToLead are what a leader needs for each worker: its pipes and
// what starting it takes.
const descriptorsToLead = 6

// usualAnswer is how long a handshake and its close are taken to last when
// what a run needs is estimated.
const usualAnswer = time.Second

// openFor is how long a connection is taken to be open: its hold, and no
// longer than a second for all else. Taking the deadlines for it would ask
// for ten times of what a churn needs whose server answers at once; a server
// that does take so long shows as local outcomes, and the run says so.
func openFor(s *scenario.Scenario) time.Duration {
	return s.Hold.For + min(s.Timeouts.Total, usualAnswer)
}

// portShare is open connections as a share of the source ports there are for
// them: those of this host for each pair of a source and an address.
func portShare(open int64, pairs int) float64 {
	low, high, ok := portRange()
	if !ok {
		return 0
	}
	return float64(open) / float64(max(1, pairs)*(high-low+1))
}
