package practice

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// NoQueue as Config.Queue means that nobody waits: whoever finds every place
// taken is answered 503 at once.
const NoQueue = -1

// Config says what the practice server can do and what goes wrong. The zero
// value listens on a loopback port of the kernel's choosing and upgrades
// everybody at once.
//
// A gateway that admits N handshakes at once and answers the others 504
// straight away is Capacity N with a GatewayTimeout of a nanosecond.
type Config struct {
	Listen string // host:port; empty: 127.0.0.1:0

	Capacity       int           // handshakes served at once; 0: any number
	Service        Law           // how long one is served
	Queue          int           // waiting places, 503 beyond; 0: any number; NoQueue: none
	GatewayTimeout time.Duration // who would wait longer than this for service gets 504 after it; 0: never
	MaxOpen        int           // WebSocket connections open at once, 503 beyond; 0: any number
	RateLimit      RateLimit     // 429 beyond

	Backlog     int           // of listen(2), Linux only; 0: the system's default
	AcceptAfter time.Duration // from Serve to the first accept
	AcceptPause time.Duration // after each accept

	TLS TLSMode // with a certificate of the server's own making, see Server.Authority

	Freeze Freeze
	Faults []Fault // shares add up to at most one
	Seed   uint64  // of delays and faults; the same seed gives handshake n the same of both

	Log io.Writer // gets a JSON line per upgrade request, see Entry; nil: none
}

// validate returns everything that is wrong with c, joined.
func (c *Config) validate() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("practice: "+format, args...))
		}
	}
	wrong(c.Capacity < 0, "capacity %d is negative", c.Capacity)
	wrong(c.Queue < NoQueue, "queue %d is negative", c.Queue)
	wrong(c.MaxOpen < 0, "max_open %d is negative", c.MaxOpen)
	wrong(!c.RateLimit.valid(), "rate limit of one every %v and %d at once: want up to %v, and 1 to %d", c.RateLimit.Every, c.RateLimit.Burst, slowest, maxBurst)
	wrong(int(c.TLS) >= len(tlsModeNames), "tls %d is unknown", c.TLS)
	wrong(c.Backlog < 0, "backlog %d is negative", c.Backlog)
	wrong(c.GatewayTimeout < 0, "gateway_timeout %v is negative", c.GatewayTimeout)
	wrong(c.AcceptAfter < 0, "accept_after %v is negative", c.AcceptAfter)
	wrong(c.AcceptPause < 0, "accept_pause %v is negative", c.AcceptPause)
	wrong(c.Freeze != Freeze{} && (c.Freeze.For <= 0 || c.Freeze.Every <= c.Freeze.For),
		"freeze of %v every %v: the first must be positive and less than the second", c.Freeze.For, c.Freeze.Every)
	var sum float64
	for _, f := range c.Faults {
		wrong(!f.known(), "unknown fault %q", f.Kind)
		wrong(!(f.Share >= 0 && f.Share <= 1), "fault %s: share %v is not between 0 and 1", f.Kind, f.Share)
		sum += f.Share
	}
	// A little over one is the rounding of percentages.
	wrong(sum > 1+1e-9, "faults add up to %s, more than 100%%", formatShare(sum))
	return errors.Join(errs...)
}
