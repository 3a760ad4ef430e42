package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"stampede/engine/handshake"
)

// DefaultTimeout is the deadline for all of a probe where none is given.
const DefaultTimeout = 10 * time.Second

// Options says what to probe. URL is required; the zero values of the others
// are harmless.
type Options struct {
	URL          string             // ws:// or wss://
	Headers      []handshake.Header // sent in this order; one called Host replaces the URL's
	Subprotocols []string           // offered in this order; empty offers none
	ConnectTo    string             // host:port to reach in place of the URL's; Host and server name stay
	Socket       string             // path of a Unix socket to dial in place of the URL's host; "" for none
	Proxy        string             // http://[user:password@]host:port that is asked to CONNECT; "" for none
	Family       Family             // which addresses to use; zero is both kinds
	Timeout      time.Duration      // for everything together; 0 is DefaultTimeout
	Versions     bool               // also ask for other values of Sec-WebSocket-Version
	ShowSecrets  bool               // mask nothing
	Ready        Ready              // a check behind the 101; zero checks nothing
	Resolver     Resolver           // nil is the system's

	ServerName  string           // for SNI and the certificate; "" is Host without its port
	Roots       *x509.CertPool   // trusted authorities; nil is the system's
	Certificate *tls.Certificate // the client's own; nil for none
	Insecure    bool             // go on with a certificate that can't be verified
}

// Family is a kind of IP address.
type Family int

// The families.
const (
	AnyFamily Family = iota
	IPv4
	IPv6
)

// fits reports whether a is of the family.
func (f Family) fits(a netip.Addr) bool {
	return f == AnyFamily || a.Is4() == (f == IPv4)
}

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// OptionError is a fault of Options other than its request's, which are
// *handshake.OptionError. Nothing was sent.
type OptionError struct {
	Field string // name of the field of Options
	Fault string
}

// Error tells the whole fault in one line.
func (e *OptionError) Error() string { return "probe " + e.Field + ": " + e.Fault }

// plan is checked options, in the form Run needs.
type plan struct {
	Options
	url        *url.URL
	secure     bool
	targetHost string // to reach
	targetPort uint16
	dialHost   string // to look up: the target's, or the proxy's
	dialPort   uint16
	proxy      *url.URL // nil for none
	host       string   // value of Host
	headers    []handshake.Header
	serverName string
	request    *handshake.Request
	key        handshake.Key
	masks      masker
}

// plan checks o. The error joins all faults.
func (o Options) plan(key handshake.Key) (*plan, error) {
	p := &plan{Options: o, key: key}
	if p.Timeout <= 0 {
		p.Timeout = DefaultTimeout
	}
	if p.Resolver == nil {
		p.Resolver = net.DefaultResolver
	}
	if err := p.readURL(); err != nil {
		return nil, err
	}
	for _, h := range o.Headers {
		if strings.EqualFold(h.Name, "host") {
			p.host = h.Value
			continue
		}
		p.headers = append(p.headers, h)
	}
	p.serverName = p.ServerName
	if p.serverName == "" {
		p.serverName = handshake.ServerName(p.host)
	}
	var err error
	p.request, err = p.compile(p.headers)
	if err = errors.Join(p.readConnectTo(), p.readProxy(), p.readReady(), err); err == nil && !o.ShowSecrets {
		p.masks = newMasker(p.secretHeaders(), p.url.RawQuery)
	}
	return p, err
}

// compile makes the request with these headers.
func (p *plan) compile(headers []handshake.Header) (*handshake.Request, error) {
	return handshake.NewRequest(handshake.RequestOptions{
		Target: p.url.RequestURI(), Host: p.host, Headers: headers, Subprotocols: p.Subprotocols,
	})
}

// readURL takes the target apart (RFC 6455 §3).
func (p *plan) readURL() error {
	u, err := url.Parse(p.URL)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // without the URL, which may hold a password
		}
		return &OptionError{"URL", err.Error()}
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme == "http" || u.Scheme == "https":
		return &OptionError{"URL", "a WebSocket URL starts with " + socketScheme(u.Scheme) + "://, not " + u.Scheme + "://"}
	case u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "":
		return &OptionError{"URL", "want ws://host[:port]/path or wss://…"}
	case u.User != nil:
		return &OptionError{"URL", "a name and password don't belong in a WebSocket URL; give the header Authorization"}
	}
	u.Fragment, u.RawFragment = "", ""
	p.url, p.secure, p.targetHost = u, u.Scheme == "wss", u.Hostname()
	port := u.Port()
	if port == "" || port == defaultPort(u.Scheme) {
		port = defaultPort(u.Scheme)
		u.Host = bracketed(u.Hostname())
	}
	p.host = handshake.HostField(u.Host)
	p.targetPort, err = parsePort(port)
	if err != nil {
		return &OptionError{"URL", err.Error()}
	}
	return nil
}

func (p *plan) readConnectTo() error {
	if p.ConnectTo != "" {
		host, port, err := net.SplitHostPort(p.ConnectTo)
		if err != nil || host == "" {
			return &OptionError{"ConnectTo", strconv.Quote(p.ConnectTo) + ": want host:port"}
		}
		if p.Socket != "" {
			return &OptionError{"ConnectTo", "does not go with a Unix socket"}
		}
		p.targetHost = host
		if p.targetPort, err = parsePort(port); err != nil {
			return &OptionError{"ConnectTo", err.Error()}
		}
	}
	p.dialHost, p.dialPort = p.targetHost, p.targetPort
	return nil
}

// shown is the URL as it is drawn: of a Unix socket with its path.
func (p *plan) shown() string {
	if p.Socket != "" {
		return p.masks.text(oneLine("ws+unix:" + p.Socket + ":" + p.url.RequestURI()))
	}
	return p.masks.text(oneLine(p.url.String()))
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("port " + strconv.Quote(text) + " is not in 1..65535")
	}
	return uint16(n), nil
}

func defaultPort(scheme string) string {
	if scheme == "wss" || scheme == "https" {
		return "443"
	}
	return "80"
}

// socketScheme is the WebSocket scheme that goes with an HTTP one.
func socketScheme(scheme string) string {
	switch scheme {
	case "http":
		return "ws"
	case "https":
		return "wss"
	}
	return scheme
}

// bracketed puts brackets around an IPv6 address.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
