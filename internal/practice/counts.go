package practice

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Counts is what a server has done so far. After Serve, Requests = Upgraded +
// Σ Statuses − BadRequests + Unsent + the Injected faults that are neither a
// status nor a valid 101.
type Counts struct {
	Accepted     int64 `json:"accepted"`      // TCP connections
	AcceptErrors int64 `json:"accept_errors"` // failed accepts, for want of descriptors for instance; the server tries on
	Gone         int64 `json:"gone"`          // connections that ended before a whole request
	BadRequests  int64 `json:"bad_requests"`  // answered with a 4xx of the server's own
	Requests     int64 `json:"requests"`      // valid upgrade requests

	Upgraded        int64 `json:"upgraded"`         // valid 101s sent, dripped and soon closed ones too
	QueueFull       int64 `json:"queue_full"`       // 503 for want of a waiting place
	GatewayTimeouts int64 `json:"gateway_timeouts"` // 504 after the longest wait allowed
	TooManyOpen     int64 `json:"too_many_open"`    // 503 beyond max_open
	RateLimited     int64 `json:"rate_limited"`     // 429 beyond rate_limit

	Unsent int64 `json:"unsent"` // 101s and refusals that found the peer gone, and answers not yet due when the server stopped

	Statuses map[string]int64 `json:"statuses"` // every reply that was no 101, by code, whatever its cause
	Injected map[string]int64 `json:"injected"` // every fault injected, by kind

	Waiting     int64 `json:"waiting"`      // handshakes admitted and not yet answered
	MostQueued  int64 `json:"most_queued"`  // the longest the gateway's queue has been
	Open        int64 `json:"open"`         // connections upgraded and not closed
	MostOpen    int64 `json:"most_open"`    // the most there have been at once
	PeerClosed  int64 `json:"peer_closed"`  // ended by the peer with a Close frame
	PeerLeft    int64 `json:"peer_left"`    // ended by the peer without one, FIN or RST
	CloseFailed int64 `json:"close_failed"` // the peer broke the protocol and was sent a Close frame
	Pings       int64 `json:"pings"`        // answered with a pong
	Messages    int64 `json:"messages"`     // data frames echoed

	MostLate time.Duration `json:"most_late_ns"` // the longest an answer left after it was due
}

// tally is Counts as the server keeps it.
type tally struct {
	accepted, acceptErrors, gone, badRequests, requests atomic.Int64
	upgraded, queueFull, gatewayTimeouts, tooManyOpen   atomic.Int64
	rateLimited                                         atomic.Int64
	unsent, waiting, peerClosed, peerLeft, closeFailed  atomic.Int64
	pings, messages                                     atomic.Int64
	mostLate                                            peak

	mu       sync.Mutex
	statuses map[string]int64
	injected map[string]int64
}

// peak is the largest value seen. The zero value has seen zero.
type peak struct{ atomic.Int64 }

func (p *peak) see(v int64) {
	for {
		old := p.Load()
		if v <= old || p.CompareAndSwap(old, v) {
			return
		}
	}
}

func newTally() *tally {
	return &tally{statuses: map[string]int64{}, injected: map[string]int64{}}
}

func (t *tally) status(code int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statuses[strconv.Itoa(code)]++
}

// refuse counts a refusal of the gateway's own; a fault's status is none.
func (t *tally) refuse(d decision) {
	switch d {
	case queueFull:
		t.queueFull.Add(1)
	case gatewayTimeout:
		t.gatewayTimeouts.Add(1)
	case tooManyOpen:
		t.tooManyOpen.Add(1)
	case rateLimited:
		t.rateLimited.Add(1)
	}
}

func (t *tally) inject(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.injected[kind]++
}

// counts copies the tally; each number is right, and together they are once
// the server is idle.
func (t *tally) counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Counts{
		Accepted:        t.accepted.Load(),
		AcceptErrors:    t.acceptErrors.Load(),
		Gone:            t.gone.Load(),
		BadRequests:     t.badRequests.Load(),
		Requests:        t.requests.Load(),
		Upgraded:        t.upgraded.Load(),
		QueueFull:       t.queueFull.Load(),
		GatewayTimeouts: t.gatewayTimeouts.Load(),
		TooManyOpen:     t.tooManyOpen.Load(),
		RateLimited:     t.rateLimited.Load(),
		Unsent:          t.unsent.Load(),
		Statuses:        maps.Clone(t.statuses),
		Injected:        maps.Clone(t.injected),
		Waiting:         t.waiting.Load(),
		PeerClosed:      t.peerClosed.Load(),
		PeerLeft:        t.peerLeft.Load(),
		CloseFailed:     t.closeFailed.Load(),
		Pings:           t.pings.Load(),
		Messages:        t.messages.Load(),
		MostLate:        time.Duration(t.mostLate.Load()),
	}
}
