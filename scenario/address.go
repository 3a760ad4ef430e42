package scenario

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"stampede/results"
)

// hostPort checks an address to dial: a name or an IP address, and a port.
func (c *checker) hostPort(path, text string) {
	host, port, ok := splitHostPort(text)
	switch {
	case strings.Contains(text, "{{"):
		c.add(path, "for several addresses use urls", "{{…}} stands in paths and headers only")
	case !ok || host == "":
		c.add(path, "write host:port, and an IPv6 address as [::1]:8443", "%q is no address to dial", text)
	case !goodPort(port, text):
		c.add(path, "", "the port must be 1 to 65535")
	}
}

// splitHostPort cuts host:port or [IPv6]:port in two.
func splitHostPort(text string) (host, port string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("/?#@", r) }) {
		return "", "", false
	}
	host, port = text[:i], text[i+1:]
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return inner, port, found && err == nil && addr.Is6()
	}
	return host, port, !strings.ContainsAny(host, ":[]")
}

// hostName checks a name that is sent and never dialled.
func (c *checker) hostName(path, text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`/?#@"\<>,{}`, r) }) {
		c.add(path, "write a name in its xn-- form", "%q is no host (RFC 9110 §7.2)", text)
	}
}

// way checks what lies between stampede and the target, and what does not go
// together there.
func (c *checker) way(t *Target) {
	if t.ConnectTo != "" {
		c.hostPort("target.connect_to", t.ConnectTo)
	}
	c.sources(t.SourceAddresses)
	c.family(t)
	c.proxy(t.Proxy)
	if t.ProxyProtocol > 2 {
		c.add("target.proxy_protocol", "", "the PROXY preamble has version 1 or 2")
	}
	if !t.hasScheme("ws+unix") {
		return
	}
	for _, f := range []struct {
		key  string
		used bool
	}{
		{"connect_to", t.ConnectTo != ""}, {"source_addresses", len(t.SourceAddresses) > 0},
		{"family", t.Family != 0}, {"proxy", t.Proxy != ""},
	} {
		if f.used {
			c.add("target."+f.key, "", "has no meaning with a Unix socket")
		}
	}
}

// family checks that every address written out is of the family asked for.
func (c *checker) family(t *Target) {
	const path = "target.family"
	if t.Family == 0 {
		return
	}
	if t.Family != 4 && t.Family != 6 {
		c.add(path, "", "the family is 4 or 6")
		return
	}
	others := func(a netip.Addr) bool { return a.IsValid() && a.Unmap().Is4() != (t.Family == 4) }
	for _, u := range t.URLs {
		if a, ok := addressOf(u.URL); ok && t.ConnectTo == "" && others(a) {
			c.add(path, "", "%s is no address of IPv%d", a, t.Family)
		}
	}
	if host, _, ok := splitHostPort(t.ConnectTo); ok {
		if a, err := netip.ParseAddr(host); err == nil && others(a) {
			c.add(path, "", "%s in connect_to is no address of IPv%d", a, t.Family)
		}
	}
	for i, a := range t.SourceAddresses {
		if others(a) {
			c.add(fmt.Sprintf("target.source_addresses[%d]", i), "", "%s is no address of IPv%d, the family asked for", a, t.Family)
		}
	}
}

// proxy checks the URL of an HTTP proxy. It is never part of a message, since
// it may hold a password.
func (c *checker) proxy(text string) {
	const path, hint = "target.proxy", "write http://host:port, or " + ProxyFromEnvironment
	if text == "" || text == ProxyFromEnvironment {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		c.add(path, hint+"; percent-encode a password", "is no URL")
	case u.Scheme != "http" && strings.Contains(text, "://"):
		c.add(path, hint, "%s:// is no proxy that can be used", u.Scheme)
	case u.Scheme != "http" || u.Hostname() == "":
		near := hint
		if results.Nearest(text, []string{ProxyFromEnvironment}) != "" {
			near = "did you mean " + ProxyFromEnvironment + "?"
		}
		c.add(path, near, "is no URL of a proxy")
	case u.Port() == "" || !goodPort(u.Port(), u.Host):
		c.add(path, hint, "a proxy's URL has a port, 1 to 65535")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || strings.Contains(text, "#"):
		c.add(path, hint, "a proxy's URL has nothing behind the port")
	}
}
