package scenario

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stampede/results"
)

const wantsURL = "write ws://host:port/path or practice"

// unixScheme begins the URL of a Unix socket.
const unixScheme = "ws+unix:"

// maxSocketPath is what sockaddr_un has room for on Linux, its NUL left out.
const maxSocketPath = 107

// SplitUnixURL takes ws+unix:/run/app.sock:/path?query apart, at the first
// ":/" behind the socket. Where no path is written it is "/". ok is false for
// the URL of anything but a Unix socket.
func SplitUnixURL(text string) (socket, path string, ok bool) {
	rest, ok := strings.CutPrefix(text, unixScheme)
	if !ok {
		return "", "", false
	}
	socket, path, cut := strings.Cut(rest, ":/")
	if !cut {
		return rest, "/", true
	}
	return socket, "/" + path, true
}

// requestTarget is the path and query of a URL as they are sent: as they are
// written, and a slash where there is no path (RFC 9112 §3.2.1).
func requestTarget(text string) string {
	if _, path, ok := SplitUnixURL(text); ok {
		return path
	}
	_, path := cutAuthority(text)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// cutAuthority takes host and port of a URL from what comes behind them.
func cutAuthority(text string) (authority, path string) {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

// hasScheme reports whether one of the URLs has this scheme.
func (t *Target) hasScheme(scheme string) bool {
	for _, u := range t.URLs {
		if strings.HasPrefix(u.URL, scheme+":") {
			return true
		}
	}
	return false
}

// Secured reports whether handshakes are made over TLS, if only with one of
// several URLs.
func (t *Target) Secured() bool {
	return t.hasScheme("wss") || slices.ContainsFunc(t.Practice, func(s Setting) bool { return s.Key == "tls" && s.Value != "none" })
}

// urls checks all URLs and their weights and then fills in URL and URLs.
func (c *checker) urls(t *Target) {
	c.oneURL = len(t.URLs) == 0 || len(t.URLs) == 1 && t.URLs[0].URL == t.URL && c.sound("target.urls")
	switch {
	case len(t.URLs) > maxURLs:
		c.add("target.urls", "", "%d URLs are more than %d", len(t.URLs), maxURLs)
	case len(t.URLs) > 0 && t.URL != "" && t.URL != t.URLs[0].URL:
		c.add("target.url", "", "a target has url or urls, not both")
	}
	for i, u := range t.URLs {
		if u.Weight < 0 || u.Weight > maxWeight {
			c.add(fmt.Sprintf("target.urls[%d].weight", i), "", "%d is not within 1 to %d", u.Weight, maxWeight)
		}
		if u.URL == Practice && len(t.URLs) > 1 {
			c.add(c.urlPath(i), "write url: practice", "practice stands alone")
		}
	}
	t.fillURLs()
	if !c.sound("target.urls") {
		return
	}
	for i, u := range t.URLs {
		if path := c.urlPath(i); c.sound(path) {
			c.url(path, u.URL)
		}
	}
}

// url checks a URL by RFC 6455 §3: ws or wss, a host, no fragment; and keeps
// out what would not be sent as it is written.
func (c *checker) url(path, text string) {
	scheme, rest, _ := strings.Cut(text, "://")
	switch {
	case text == "":
		c.add(path, wantsURL, "the value is empty")
	case text == Practice:
	case len(text) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(text), maxHeader)
	case scheme == "http" || scheme == "https":
		c.add(path, "did you mean ws"+scheme[len("http"):]+"://"+rest+"?", "%s:// is not the scheme of a WebSocket", scheme)
	case strings.HasPrefix(text, unixScheme):
		c.unixURL(path, text)
	case scheme != "ws" && scheme != "wss" || rest == "":
		c.urlWithoutScheme(path, text)
	default:
		c.webSocketURL(path, text)
	}
}

func (c *checker) urlWithoutScheme(path, text string) {
	hint := wantsURL
	if results.Nearest(text, []string{Practice}) != "" {
		hint = "did you mean practice?"
	} else if url := MeantURL(text); url != "" {
		hint = "did you mean " + url + "?"
	}
	c.add(path, hint, "%q is no WebSocket URL", text)
}

var (
	looseURL  = regexp.MustCompile(`^(?i:(ws|http)(s?)):/*([^/\s]\S*)$`)
	looseHost = regexp.MustCompile(`^(localhost|[\w.-]+:\d+|\[[0-9a-fA-F:]+\]|(\d+\.){3}\d+)(:\d+)?(/\S*)?$`)
)

// MeantURL is the WebSocket URL that a text nearly is: one in capitals, in
// quotes or among blanks, of a web page, with too few slashes, or a host with a
// port or an address alone. It is "" for any other text, and for a URL as it
// should be.
func MeantURL(text string) string {
	bare := strings.Trim(text, " \t\r\n\"'<>“”‘’")
	url := ""
	if m := looseURL.FindStringSubmatch(bare); m != nil {
		url = "ws" + strings.ToLower(m[2]) + "://" + m[3]
	} else if looseHost.MatchString(bare) {
		url = "ws://" + bare
	}
	if url == text {
		return ""
	}
	return url
}

// references blanks the {{…}} of a text, which are looked at as templates.
func references(text string) string {
	for {
		before, rest, found := strings.Cut(text, "{{")
		inside, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			return text
		}
		text = before + strings.Repeat("x", len("{{")+len(inside)+len("}}")) + after
	}
}

// printable refuses what can't stand in a URL (RFC 3986 §2).
func (c *checker) printable(path, text string) bool {
	i := strings.IndexFunc(references(text), func(r rune) bool { return r <= ' ' || r >= 0x7f })
	if i >= 0 {
		c.add(path, "percent-encode it; write a host name in its xn-- form", "a URL has printable ASCII only, and %q at byte %d is not", []rune(text[i:])[0], i+1)
	}
	return i < 0
}

func (c *checker) webSocketURL(path, text string) {
	if !c.printable(path, text) {
		return
	}
	if authority, _ := cutAuthority(text); strings.Contains(authority, "{{") {
		c.add(path, "for several hosts use urls", "{{…}} stands in the path and query only")
		return
	}
	u, err := url.Parse(references(text))
	if err != nil {
		c.add(path, "", "%q is no URL: %v", text, unwrapURL(err))
		return
	}
	switch {
	case u.User != nil:
		c.add(path, "use headers: {Authorization: …}", "a WebSocket URL carries no user name or password")
	case strings.Contains(references(text), "#"):
		c.add(path, "write %23 for a # in the path", "a WebSocket URL has no fragment (RFC 6455 §3)")
	case u.Hostname() == "":
		c.add(path, "", "the URL has no host")
	case strings.Count(u.Host, ":") > 1 && u.Host[0] != '[':
		c.add(path, "write [::1]", "an IPv6 address stands in brackets (RFC 3986 §3.2.2)")
	case !goodPort(u.Port(), u.Host):
		c.add(path, "", "the port must be 1 to 65535")
	}
}

func (c *checker) unixURL(path, text string) {
	if !c.printable(path, text) {
		return
	}
	socket, _, _ := SplitUnixURL(text)
	switch {
	case strings.HasPrefix(socket, "//"):
		c.add(path, "write "+unixScheme+"/"+strings.TrimLeft(text[len(unixScheme):], "/"), "the path of a Unix socket begins with one slash")
	case !strings.HasPrefix(socket, "/") || len(socket) < 2:
		c.add(path, "write "+unixScheme+"/run/app.sock:/path", "a Unix socket has an absolute path")
	case strings.Contains(socket, "{{"):
		c.add(path, "for several sockets use urls", "{{…}} stands in the path behind the socket only")
	case len(socket) > maxSocketPath:
		c.add(path, "", "the socket's path of %d bytes is longer than %d", len(socket), maxSocketPath)
	case strings.Contains(references(text), "#"):
		c.add(path, "write %23 for a # in the path", "a WebSocket URL has no fragment (RFC 6455 §3)")
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

// addressOf is the IP address that a URL names as its host, if it does.
func addressOf(text string) (netip.Addr, bool) {
	authority, _ := cutAuthority(text)
	if host, _, ok := splitHostPort(authority); ok {
		authority = host
	}
	a, err := netip.ParseAddr(strings.Trim(authority, "[]"))
	return a.Unmap(), err == nil
}
