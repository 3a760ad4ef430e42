package probe

import (
	"net/url"
	"slices"
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

// leadsTo reports whether a redirect leads to another host, one of whose labels
// is among the names.
func leadsTo(p *Probe, names ...string) bool {
	target, err := url.Parse(redirectTarget(p))
	if err != nil {
		return false
	}
	from, err := url.Parse(p.URL)
	if err != nil || from.Hostname() == target.Hostname() {
		return false
	}
	return slices.ContainsFunc(strings.Split(strings.ToLower(target.Hostname()), "."), func(label string) bool {
		return slices.Contains(names, label)
	})
}

// looksLikeLogin reports whether a redirect leads to where people are asked
// who they are.
func looksLikeLogin(p *Probe) bool {
	u, err := url.Parse(redirectTarget(p))
	if err != nil {
		return false
	}
	if leadsTo(p, "auth", "login", "signin", "sso", "accounts", "idp", "cas", "adfs", "keycloak", "okta") {
		return true
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
