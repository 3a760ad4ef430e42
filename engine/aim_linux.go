package engine

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// aim is a target with its part of the run's addresses.
type aim struct {
	*Target
	preferred, other []uint16 // indexes into run.dials, by family; other is what a failed connect falls back to
}

// dialAddress is one address of a target, ready for the kernel.
type dialAddress struct {
	name   string
	port   netip.AddrPort // zero for a Unix socket
	family int
	raw    rawAddr
}

// aimAt lists all targets' addresses one after another, as Names does.
func (r *run) aimAt(targets []*Target) {
	for _, t := range targets {
		a := aim{Target: t}
		base := uint16(len(r.dials))
		if t.Socket != "" {
			r.dials = append(r.dials, dialAddress{name: t.Names()[0], family: unix.AF_UNIX, raw: rawSocketAddress(t.Socket)})
			a.preferred = []uint16{base}
		} else if len(t.Addresses) > 0 {
			for i, name := range t.Names() {
				raw := rawAddress(t.Addresses[i])
				r.dials = append(r.dials, dialAddress{name, t.Addresses[i], raw.family, raw})
			}
			a.preferred, a.other = families(t.Addresses)
			shift(a.preferred, base)
			shift(a.other, base)
		}
		r.aims = append(r.aims, a)
		r.pairs += len(a.preferred)
	}
	r.pairs *= max(1, len(r.sources))
}

func shift(list []uint16, by uint16) {
	for i := range list {
		list[i] += by
	}
}

// aimOf is the target of arrival n.
func (r *run) aimOf(n int64) uint8 {
	if r.config.Pick == nil {
		return 0
	}
	return uint8(r.config.Pick(n))
}

// addressFor gives arrival n one of its target's addresses of the preferred
// family in turn. With several targets the turn moves on once a round of all
// of them, so that no pattern of theirs leaves an address out.
func (r *run) addressFor(a *aim, n int64) uint16 {
	return a.preferred[n/int64(len(r.aims))%int64(len(a.preferred))]
}

// fallbackFor is the address of the other family arrival n may fall back to.
func (r *run) fallbackFor(a *aim, n int64) (address uint16, ok bool) {
	if len(a.other) == 0 {
		return 0, false
	}
	return a.other[n%int64(len(a.other))], true
}

// sourceFor is the source address of arrival n, nil to let the kernel choose.
// All combinations with the targets' addresses come up.
func (r *run) sourceFor(n int64, family int) *rawAddr {
	if len(r.sources) == 0 {
		return nil
	}
	a := r.sources[n/int64(len(r.dials))%int64(len(r.sources))]
	if a.family != family {
		return nil
	}
	return a
}

// secure reports whether any target is wss://.
func (r *run) secure() bool {
	for i := range r.aims {
		if r.aims[i].TLS != nil {
			return true
		}
	}
	return false
}

// largestRequest is the size of the largest request, in bytes.
func (r *run) largestRequest() (most int) {
	for i := range r.aims {
		most = max(most, r.aims[i].Request.Len())
	}
	return most
}

// fault is why no target at all has an address; nil if one has.
func (r *run) fault() error {
	for i := range r.aims {
		if r.aims[i].Err == nil {
			return nil
		}
	}
	return r.aims[0].Err
}

// rawSocketAddress is a Unix socket's address in the kernel's layout.
func rawSocketAddress(path string) rawAddr {
	a := rawAddr{family: unix.AF_UNIX, length: uintptr(2 + len(path) + 1)}
	putFamily(&a)
	copy(a.bytes[2:], path)
	return a
}

// talksFirst reports whether anything is sent ahead of the request or TLS.
func (r *run) talksFirst() bool {
	for i := range r.aims {
		if r.aims[i].Tunnel != nil || r.aims[i].Preamble > 0 {
			return true
		}
	}
	return false
}
