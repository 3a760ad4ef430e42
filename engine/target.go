package engine

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
)

// Target is where handshakes go: names resolved once, before the run, so
// that no attempt waits for a resolver and no resolver is hammered.
type Target struct {
	URL       string           // as the scenario names it
	Path      string           // request target: path and query, never empty
	Host      string           // host and, unless the scheme's default, port, as the Host field carries it
	TLS       *tls.Config      // of a wss:// URL; nil for ws://
	Addresses []netip.AddrPort // in the resolver's order; empty if Err is set
	Err       error            // the name has no address: every attempt ends as resolve
}

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolve finds the addresses of a ws:// or wss:// URL, or of connectTo ("host:port")
// where that is not empty: then the URL only gives the path and Host. A name
// without address is no error of Resolve but Target.Err; the error is for a
// URL that can't be used at all.
func Resolve(ctx context.Context, r Resolver, rawURL, connectTo string) (*Target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("reading target: %w", err)
	}
	standard, ok := map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	if !ok || u.Hostname() == "" {
		return nil, fmt.Errorf("reading target %q: want ws://host[:port]/path or wss://…", rawURL)
	}
	t := &Target{URL: rawURL, Path: u.RequestURI(), Host: u.Host}
	if u.Scheme == "wss" {
		t.TLS = secureConfig(u.Hostname())
	}
	host, port := u.Hostname(), u.Port()
	if port == "" || port == standard {
		port = standard
		t.Host = hostOnly(u.Hostname())
	}
	if connectTo != "" {
		if host, port, err = net.SplitHostPort(connectTo); err != nil {
			return nil, fmt.Errorf("reading connect_to %q: %w", connectTo, err)
		}
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, fmt.Errorf("reading target: port %q is not in 1..65535", port)
	}
	t.Addresses, t.Err = lookup(ctx, r, host, uint16(number))
	return t, nil
}

// secureConfig is the TLS configuration of a wss:// target. HTTP/1.1 is the
// protocol an upgrade needs (RFC 7301, RFC 6455 §1.3).
func secureConfig(serverName string) *tls.Config {
	return &tls.Config{ServerName: serverName, NextProtos: []string{"http/1.1"}}
}

// hostOnly puts the brackets back that URL.Hostname took off an IPv6 address.
func hostOnly(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

func lookup(ctx context.Context, r Resolver, host string, port uint16) ([]netip.AddrPort, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), port)}, nil
	}
	found, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", host, err)
	}
	var addresses []netip.AddrPort
	seen := map[netip.Addr]bool{}
	for _, a := range found {
		if a = a.Unmap(); !seen[a] {
			seen[a] = true
			addresses = append(addresses, netip.AddrPortFrom(a, port))
		}
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("resolving %s: no address", host)
	}
	return addresses, nil
}

// families splits indexes into addresses by IP version; the family of the
// first address, which the resolver prefers (RFC 6724), comes first.
func families(addresses []netip.AddrPort) (preferred, other []uint16) {
	for i, a := range addresses {
		if a.Addr().Is4() == addresses[0].Addr().Is4() {
			preferred = append(preferred, uint16(i))
		} else {
			other = append(other, uint16(i))
		}
	}
	return preferred, other
}
