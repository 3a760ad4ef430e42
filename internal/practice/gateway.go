package practice

import "time"

// A decision is what the gateway makes of a handshake.
type decision uint8

const (
	upgrade        decision = iota // 101 when its service is over
	queueFull                      // 503 at once: no waiting place
	gatewayTimeout                 // 504: waited longer than the gateway allows
	tooManyOpen                    // 503: as many connections open as may be
	rateLimited                    // 429 at once: no token left
)

var decisionNames = [...]string{"upgrade", "queue_full", "gateway_timeout", "too_many_open", "rate_limited"}

func (d decision) String() string { return decisionNames[d] }

// A gateway is the model of a gateway in front of an upstream that serves
// capacity handshakes at once, first come first served. It has no clock and
// no goroutine: each arrival is told its fate and the instant of its answer.
//
// Let f be the earliest instant at which one of the upstream's places becomes
// free. A handshake arriving at a with service s starts at
//
//	b = max(a, f)
//
// and is answered at b + s. Because b builds on the instant the place was to
// become free and not on when anybody woke up, lateness of timers never adds
// up. A handshake with b − a > timeout is answered 504 at a + timeout; it
// occupies a waiting place until then but no service.
//
// The zero value has no limits: every handshake is answered at a + s.
type gateway struct {
	capacity int           // handshakes served at once; 0: any number
	queue    int           // waiting places; 0: any number, negative: none
	timeout  time.Duration // longest wait for a place; 0: for ever

	bucket  bucket              // of tokens, one for each that is looked at further
	free    heap[time.Duration] // when each place in use so far becomes free; at most capacity of them
	waiting fifo                // when each waiting handshake stops waiting, never decreasing
	most    int                 // the longest the queue has been
}

// newGateway returns the model for c's limits.
func newGateway(c *Config) *gateway {
	g := &gateway{capacity: c.Capacity, queue: c.Queue, timeout: c.GatewayTimeout, bucket: bucket{RateLimit: c.RateLimit}}
	g.free.before = func(a, b time.Duration) bool { return a < b }
	return g
}

// admit decides about a handshake that arrives now and needs the given
// service, and says when its answer is due. Calls must come in order of now.
// It costs O(log capacity).
func (g *gateway) admit(now, service time.Duration) (d decision, due time.Duration) {
	g.waiting.dropUntil(now)
	if !g.bucket.take(now) {
		return rateLimited, now
	}
	start, idle := g.start(now)
	if idle {
		g.occupy(now, now+service)
		return upgrade, now + service
	}
	if g.queue < 0 || g.queue > 0 && g.waiting.len() >= g.queue {
		return queueFull, now
	}
	if g.timeout > 0 && start-now > g.timeout {
		g.wait(now + g.timeout)
		return gatewayTimeout, now + g.timeout
	}
	g.wait(start)
	g.free.replace(start + service)
	return upgrade, start + service
}

// start returns when a handshake arriving now would begin to be served, and
// whether that is at once.
func (g *gateway) start(now time.Duration) (start time.Duration, idle bool) {
	if g.capacity == 0 || len(g.free.items) < g.capacity {
		return now, true
	}
	first := g.free.items[0]
	return max(now, first), first <= now
}

// occupy takes an idle place until the given instant. A place that was in
// use before is preferred, so the heap never grows past the most places used
// at once, however large the capacity.
func (g *gateway) occupy(now, until time.Duration) {
	switch {
	case g.capacity == 0:
	case len(g.free.items) > 0 && g.free.items[0] <= now:
		g.free.replace(until)
	default:
		g.free.push(until)
	}
}

// wait takes a waiting place until the given instant. The instants never
// decrease: neither arrivals nor the earliest free place go back in time, and
// until is the lesser of arrival + timeout and that place.
func (g *gateway) wait(until time.Duration) {
	g.waiting.push(until)
	g.most = max(g.most, g.waiting.len())
}

// fifo is a first-in, first-out queue of instants. The zero value is empty.
type fifo struct {
	items []time.Duration
	head  int // items before head have left
}

func (f *fifo) len() int { return len(f.items) - f.head }

func (f *fifo) push(at time.Duration) { f.items = append(f.items, at) }

// dropUntil removes the leading instants that are not after now, and moves
// the rest to the front once half the slice is spent: O(1) an item in all.
func (f *fifo) dropUntil(now time.Duration) {
	for f.head < len(f.items) && f.items[f.head] <= now {
		f.head++
	}
	if f.head > len(f.items)/2 {
		f.items = f.items[:copy(f.items, f.items[f.head:])]
		f.head = 0
	}
}
