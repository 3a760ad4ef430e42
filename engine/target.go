package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"stampede/engine/handshake"
	"stampede/scenario"
)

// Target is where handshakes go and what they carry: one URL of a scenario,
// its name resolved once, before the run, so that no attempt waits for a
// resolver and no resolver is hammered.
type Target struct {
	Request   *handshake.Request
	TLS       *tls.Config      // of a wss:// URL; nil for ws://
	Addresses []netip.AddrPort // in the resolver's order; empty for a Unix socket, and if Err is set
	Socket    string           // path of a Unix socket, instead of Addresses
	Asked     string           // host:port that the proxy at Addresses is asked for; "": dialled directly
	Tunnel    []byte           // request that makes it connect there (RFC 9110 §9.3.6); nil likewise
	Preamble  uint8            // version of the PROXY protocol's preamble sent first; 0: none
	Err       error            // the name has no address: every attempt ends as resolve
}

// Names are the target's addresses as a result lists them.
func (t *Target) Names() []string {
	if t.Socket != "" {
		return []string{"unix:" + t.Socket}
	}
	names := make([]string, len(t.Addresses))
	for i, a := range t.Addresses {
		names[i] = a.String()
	}
	return names
}

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Found is what looking up the name of a URL came to. Both fields are empty
// for a Unix socket.
type Found struct {
	Addresses []netip.AddrPort // in the resolver's order; of the proxy, if there is one
	Proxy     string           // http://[user:password@]host:port that is asked to CONNECT; "" for none
	Fault     string           // why there is no address
}

// Resolve looks up the names of a valid scenario's URLs, or that of its
// connect_to, in the order of Target.URLs. A name without an address is no
// error but a Fault.
func Resolve(ctx context.Context, r Resolver, s *scenario.Scenario) ([]Found, error) {
	all := make([]Found, len(s.Target.URLs))
	for i, u := range s.Target.URLs {
		if _, _, ok := scenario.SplitUnixURL(u.URL); ok {
			continue
		}
		e, err := endpointOf(u.URL)
		if err != nil {
			return nil, err
		}
		host, port, err := e.dialed(&s.Target)
		if err != nil {
			return nil, err
		}
		if all[i].Proxy, err = proxyOf(&s.Target, e); err != nil {
			return nil, err
		}
		if all[i].Proxy != "" {
			if host, port, err = proxyAddress(all[i].Proxy); err != nil {
				return nil, err
			}
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return nil, fmt.Errorf("reading target: port %q is not in 1..65535", port)
		}
		if all[i].Addresses, err = lookup(ctx, r, host, uint16(number), s.Target.Family); err != nil {
			all[i].Fault = err.Error()
		}
	}
	return all, nil
}

// Aim makes the targets of a valid scenario, found being what Resolve found.
func Aim(s *scenario.Scenario, found []Found) ([]*Target, error) {
	if len(found) != len(s.Target.URLs) {
		return nil, fmt.Errorf("aiming: %d names looked up for %d URLs", len(found), len(s.Target.URLs))
	}
	var targets []*Target
	for i, u := range s.Target.URLs {
		t := &Target{Addresses: found[i].Addresses, Preamble: s.Target.ProxyProtocol}
		if found[i].Fault != "" {
			t.Err = errors.New(found[i].Fault)
		}
		var e endpoint
		var err error
		if socket, _, ok := scenario.SplitUnixURL(u.URL); ok {
			t.Socket, e.authority = socket, "localhost"
		} else if e, err = endpointOf(u.URL); err != nil {
			return nil, err
		}
		if t.Socket == "" && t.Err == nil && len(t.Addresses) == 0 {
			return nil, fmt.Errorf("aiming at %s: no address", s.Masked(u.URL))
		}
		if t.Request, err = requestOf(s, i, e.authority); err != nil {
			return nil, err
		}
		if found[i].Proxy != "" {
			host, port, err := e.dialed(&s.Target)
			if err != nil {
				return nil, err
			}
			t.Asked = net.JoinHostPort(host, port)
			if t.Tunnel, err = tunnelRequest(found[i].Proxy, t.Asked); err != nil {
				return nil, err
			}
		}
		if e.secure {
			if t.TLS, err = tlsConfig(&s.Target, e.host); err != nil {
				return nil, err
			}
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// requestOf compiles the request for URL i.
func requestOf(s *scenario.Scenario, i int, authority string) (*handshake.Request, error) {
	o := handshake.RequestOptions{
		Host: authority, Subprotocols: s.Target.Subprotocols, SubprotocolRequired: s.Target.SubprotocolRequired,
		Extensions: strings.Join(s.Target.Extensions, ", "),
	}
	if path := s.Path(i); path.Static() {
		o.Target = path.String()
	} else {
		o.FillTarget = path
	}
	for k, h := range s.Target.Headers {
		if strings.EqualFold(h.Name, "Host") {
			o.Host = h.Value
			continue
		}
		header := handshake.Header{Name: h.Name, Value: h.Value}
		if value := s.HeaderValue(k); !value.Static() {
			header.Value, header.Fill = "", value
		}
		o.Headers = append(o.Headers, header)
	}
	if s.Target.Host != "" {
		o.Host = s.Target.Host
	}
	return handshake.NewRequest(o)
}

// endpoint is a ws:// or wss:// URL taken apart.
type endpoint struct {
	host, port string // to dial
	authority  string // as the Host field carries it: without the scheme's own port (RFC 9110 §7.2)
	secure     bool
}

// endpointOf reads the scheme and authority of a URL; its path may hold
// anything.
func endpointOf(text string) (e endpoint, err error) {
	scheme, rest, _ := strings.Cut(text, "://")
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	standard := map[string]string{"ws": "80", "wss": "443"}[scheme]
	u, err := url.Parse(scheme + "://" + authority)
	if err != nil || standard == "" || u.Hostname() == "" {
		return e, fmt.Errorf("reading target %q: want ws://host[:port]/path or wss://…", scheme+"://"+authority)
	}
	e = endpoint{host: u.Hostname(), port: u.Port(), authority: handshake.HostField(u.Host), secure: scheme == "wss"}
	if e.port == "" || e.port == standard {
		e.port, e.authority = standard, handshake.HostField(hostOnly(e.host))
	}
	return e, nil
}

// dialed is the host and port a connection is to reach, through whatever proxy.
func (e endpoint) dialed(t *scenario.Target) (host, port string, err error) {
	if t.ConnectTo == "" {
		return e.host, e.port, nil
	}
	if host, port, err = net.SplitHostPort(t.ConnectTo); err != nil {
		return "", "", fmt.Errorf("reading connect_to %q: %w", t.ConnectTo, err)
	}
	return host, port, nil
}

// hostOnly puts the brackets back that URL.Hostname took off an IPv6 address.
func hostOnly(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

func lookup(ctx context.Context, r Resolver, host string, port uint16, family scenario.Family) ([]netip.AddrPort, error) {
	found := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		found = append(found, a)
	} else if found, err = r.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, fmt.Errorf("resolving %s: %w", host, err)
	}
	var addresses []netip.AddrPort
	seen := map[netip.Addr]bool{}
	for _, a := range found {
		a = a.Unmap()
		if seen[a] || family == 4 && !a.Is4() || family == 6 && a.Is4() {
			continue
		}
		seen[a] = true
		addresses = append(addresses, netip.AddrPortFrom(a, port))
	}
	switch {
	case len(addresses) > 0:
		return addresses, nil
	case len(found) > 0:
		return nil, fmt.Errorf("resolving %s: no IPv%d address", host, family)
	}
	return nil, fmt.Errorf("resolving %s: no address", host)
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

// sessions bounds the sessions kept for resumption.
const sessions = 1 << 14

// tlsConfig is the TLS of a target as the scenario wants it: verified, full
// handshakes, and http/1.1 as the only protocol unless it says otherwise. An
// SNI is the Host where the scenario sets one, else the URL's host (RFC 6066 §3).
func tlsConfig(t *scenario.Target, host string) (*tls.Config, error) {
	c := &tls.Config{
		ServerName: handshake.ServerName(host), NextProtos: []string{scenario.HTTP1}, InsecureSkipVerify: t.TLS.Insecure,
		MinVersion: t.TLS.MinVersion, MaxVersion: t.TLS.MaxVersion, CurvePreferences: t.TLS.Curves,
	}
	if host := hostOf(t); host != "" {
		c.ServerName = handshake.ServerName(host)
	}
	if t.TLS.ServerName != "" {
		c.ServerName = t.TLS.ServerName
	}
	if t.TLS.ALPN != nil {
		c.NextProtos = t.TLS.ALPN
	}
	if t.TLS.Resumption {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(sessions)
	} else {
		c.SessionTicketsDisabled = true
	}
	if len(t.TLS.CA) > 0 {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(t.TLS.CA) {
			return nil, errors.New("reading tls.ca: no certificate in it")
		}
	}
	if len(t.TLS.Cert) > 0 {
		pair, err := tls.X509KeyPair(t.TLS.Cert, t.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("reading tls.cert and tls.key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// hostOf is the Host the scenario sets for all its URLs; "" for none.
func hostOf(t *scenario.Target) string {
	for _, h := range t.Headers {
		if strings.EqualFold(h.Name, "Host") && t.Host == "" {
			return h.Value
		}
	}
	return t.Host
}
