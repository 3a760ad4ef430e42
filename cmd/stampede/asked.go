package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"stampede/engine"
	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// noteRequest says what was asked for, where a server refused it by a status
// of 4xx: most of those are about the path, Host, Origin or the size.
func noteRequest(r *results.Result, s *scenario.Scenario, targets []*engine.Target) {
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Kind == results.Status && o.Status/100 == 4 {
			r.Notes = append(r.Notes, asked(s, targets))
			return
		}
	}
}

// asked describes the requests, by the first URL where there are several, as
// the scenario has them: nothing filled in, secrets masked.
func asked(s *scenario.Scenario, targets []*engine.Target) string {
	fields := map[string]string{}
	for _, h := range s.MaskedHeaders() {
		fields[strings.ToLower(h.Name)] = h.Value
	}
	path, host := pathAndHost(s.Masked(s.Target.URL)) // masked first: parsing may write a secret another way
	text := fmt.Sprintf("the requests asked for GET %s with Host: %s, ", path, cmp.Or(s.Target.Host, fields["host"], host))
	if origin := fields["origin"]; origin != "" {
		text += "Origin: " + origin
	} else {
		text += "no Origin"
	}
	text += fmt.Sprintf(" and %s bytes in all", results.FormatCount(int64(targets[0].Request.Len())))
	if n := len(targets) - 1; n > 0 {
		text += fmt.Sprintf("; those for %d more URLs differ", n)
	}
	return text
}

// pathAndHost splits a URL into what GET and Host have of it.
func pathAndHost(target string) (path, host string) {
	if _, path, ok := scenario.SplitUnixURL(target); ok {
		return path, "localhost"
	}
	u, err := url.Parse(target)
	if err != nil {
		return "/", ""
	}
	if port := u.Port(); u.Scheme == "ws" && port == "80" || u.Scheme == "wss" && port == "443" { // left out of Host
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.RequestURI(), handshake.HostField(u.Host)
}
