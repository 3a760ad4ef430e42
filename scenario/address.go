package scenario

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// url checks the target's URL by RFC 6455 §3: ws, a host, no fragment; and
// keeps out what would not be sent as it is written.
func (c *checker) url(t *Target) {
	const path = "target.url"
	text := t.URL
	scheme, rest, _ := strings.Cut(text, "://")
	switch {
	case text == "":
		c.add(path, "write ws://host:port/path or practice", "the value is empty")
	case text == Practice:
	case len(text) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(text), maxHeader)
	case strings.Contains(text, "{{"):
		c.add(path, "write the value out or use ${NAME}", "{{…}} is not supported yet, and would be sent as it stands")
	case scheme == "http" || scheme == "https":
		c.add(path, "did you mean ws://"+rest+"?", "%s:// is not the scheme of a WebSocket", scheme)
	case scheme == "wss":
		c.add(path, "", "wss:// is not supported yet")
	case scheme != "ws" || rest == "":
		c.urlWithoutScheme(path, text)
	default:
		c.webSocketURL(path, text)
	}
}

func (c *checker) urlWithoutScheme(path, text string) {
	hint := "write ws://host:port/path or practice"
	if nearest(text, []string{Practice}) != "" {
		hint = "did you mean practice?"
	}
	c.add(path, hint, "%q is no WebSocket URL", text)
}

func (c *checker) webSocketURL(path, text string) {
	if i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }); i >= 0 {
		c.add(path, "percent-encode it; write a host name in its xn-- form", "a URL has printable ASCII only, and %q at byte %d is not", []rune(text[i:])[0], i+1)
		return
	}
	u, err := url.Parse(text)
	if err != nil {
		c.add(path, "", "%q is no URL: %v", text, unwrapURL(err))
		return
	}
	switch {
	case u.User != nil:
		c.add(path, "use headers: {Authorization: …}", "a WebSocket URL carries no user name or password")
	case strings.Contains(text, "#"):
		c.add(path, "write %23 for a # in the path", "a WebSocket URL has no fragment (RFC 6455 §3)")
	case u.Hostname() == "":
		c.add(path, "", "the URL has no host")
	case strings.Count(u.Host, ":") > 1 && u.Host[0] != '[':
		c.add(path, "write [::1]", "an IPv6 address stands in brackets (RFC 3986 §3.2.2)")
	case !goodPort(u.Port(), u.Host):
		c.add(path, "", "the port must be 1 to 65535")
	}
}

// unwrapURL leaves out of a *url.Error the URL, which may hold a secret.
func unwrapURL(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// goodPort allows no port, but not an empty one behind a colon.
func goodPort(port, host string) bool {
	if port == "" {
		return !strings.HasSuffix(host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0'
}

// hostPort checks an address to dial: a name or an IP address, and a port.
func (c *checker) hostPort(path, text string) {
	host, port, ok := splitHostPort(text)
	switch {
	case strings.Contains(text, "{{"):
		c.add(path, "write the value out or use ${NAME}", "{{…}} is not supported yet")
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

// headers checks names and values by RFC 9110 §5.1 and §5.5, and keeps the
// handshake's own fields out.
func (c *checker) headers(headers []Header) {
	if len(headers) > maxList {
		c.add("target.headers", "", "%d headers are more than %d", len(headers), maxList)
	}
	hosts := 0
	for _, h := range headers {
		path := "target.headers." + h.Name
		c.headerName(path, h.Name)
		c.headerValue(path, h.Value)
		if strings.EqualFold(h.Name, "Host") {
			hosts++
		}
	}
	if hosts > 1 {
		c.add("target.headers.Host", "", "a request has one Host (RFC 9112 §3.2)")
	}
}

// reserved are fields that the handshake writes itself, or that would make
// the request another message.
var reserved = map[string]string{
	"upgrade": "", "connection": "", "sec-websocket-key": "", "sec-websocket-version": "", "sec-websocket-accept": "only servers send it",
	"sec-websocket-protocol": "use target.subprotocols", "sec-websocket-extensions": "extensions are not supported yet",
	"content-length": "a handshake has no body", "transfer-encoding": "a handshake has no body", "te": "", "trailer": "", "expect": "a handshake has no body",
}

func (c *checker) headerName(path, name string) {
	if !isToken(name) {
		c.add(path, "letters, digits and -_. are", "%q is no header name (RFC 9110 §5.1)", name)
		return
	}
	if hint, ok := reserved[strings.ToLower(name)]; ok {
		if hint == "" {
			hint = "leave it out"
		}
		c.add(path, hint, "%s belongs to the handshake", name)
	}
}

func (c *checker) headerValue(path, value string) {
	switch {
	case len(value) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(value), maxHeader)
	case strings.Contains(value, "{{"):
		c.add(path, "write the value out or use ${NAME}", "{{…}} is not supported yet, and would be sent as it stands")
	case strings.TrimFunc(value, func(r rune) bool { return r == ' ' || r == '\t' }) != value:
		c.add(path, "", "the value begins or ends with a blank, which a server drops (RFC 9110 §5.5)")
	}
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			c.add(path, "", "the value has a control character, %q, at byte %d (RFC 9110 §5.5)", b, i+1)
			return
		}
	}
}

func (c *checker) subprotocols(names []string) {
	if len(names) > maxList {
		c.add("target.subprotocols", "", "%d subprotocols are more than %d", len(names), maxList)
	}
	seen := map[string]bool{}
	for i, name := range names {
		path := fmt.Sprintf("target.subprotocols[%d]", i)
		switch {
		case !isToken(name):
			c.add(path, "one name an entry", "%q is no subprotocol name (RFC 6455 §4.1)", name)
		case seen[name]:
			c.add(path, "", "%s is there twice (RFC 6455 §4.1)", name)
		}
		seen[name] = true
	}
}

// isToken reports whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
