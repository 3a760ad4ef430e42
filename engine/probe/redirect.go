package probe

import (
	"net/url"
	"strings"
)

func isRedirect(p *Probe) bool { return status(300, 301, 302, 303, 307, 308)(p) }

// redirectTarget is where a redirect leads, as a WebSocket URL; "" if it does
// not say, or says nothing that can be used.
func redirectTarget(p *Probe) string {
	location := p.Reply.value("location")
	base, err := url.Parse(p.URL)
	if location == "" || err != nil {
		return ""
	}
	target, err := base.Parse(location)
	if err != nil || target.Host == "" {
		return ""
	}
	target.Scheme = socketScheme(strings.ToLower(target.Scheme))
	target.Fragment, target.RawFragment, target.User = "", "", nil
	if target.Scheme != "ws" && target.Scheme != "wss" {
		return ""
	}
	if target.Port() == defaultPort(target.Scheme) {
		target.Host = bracketed(target.Hostname())
	}
	return atMost(oneLine(target.String()), 500)
}

// looksLikeLogin reports whether a URL is one that asks people who they are.
func looksLikeLogin(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	path := strings.ToLower(u.Path)
	for _, word := range []string{"login", "signin", "sign-in", "sign_in", "oauth", "/sso", "saml", "authorize", "/auth"} {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}

// withScheme is the target's URL with another scheme.
func withScheme(p *Probe, scheme string) string { return scheme + "://" + afterScheme(p.URL) }

func afterScheme(target string) string {
	_, rest, _ := strings.Cut(target, "://")
	return rest
}
