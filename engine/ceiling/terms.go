package ceiling

import (
	"crypto/tls"
	"strings"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// The terms that say where a search ends rather than what a trial is. Their
// value is empty where the scenario leaves it to the search.
const (
	TermFrom = "from"
	TermTo   = "to"
)

// Terms are what the trials of a search are made with and judged by, in a fixed
// order and with secrets masked. Trials made on other terms don't add up. The
// scenario is valid.
func Terms(sc *scenario.Scenario) []results.Term {
	s := withDefaults(sc.Search)
	list := []results.Term{
		{Name: "load", Value: string(s.Of)},
		{Name: "target", Value: sc.Masked(target(&sc.Target))},
		{Name: "thresholds", Value: goalTexts(sc.Thresholds)},
		{Name: "timeout", Value: sc.Timeouts.Total.String()},
		{Name: "strict", Value: yesNo(s.Strict)},
		{Name: TermFrom, Value: asked(s.From)},
		{Name: TermTo, Value: asked(s.To)},
	}
	add := func(name, value string) { list = append(list, results.Term{Name: name, Value: value}) }
	if sc.Target.Secured() {
		add("tls", tlsMode(&sc.Target.TLS))
	}
	switch s.Of {
	case results.LoadRate:
		add("hold", sc.Hold.For.String())
		add("warm_up", s.WarmUp.String())
		add("measure", measured(s.Measure))
	case results.LoadHeld:
		add("hold", s.Hold.String())
		add("ramp", s.Ramp.String())
	default:
		add("hold", sc.Hold.For.String())
		add("release", s.Release.String())
	}
	return list
}

// target names the URLs, and what the practice server is made to be.
func target(t *scenario.Target) string {
	parts := []string{t.URL}
	for _, u := range t.URLs[min(1, len(t.URLs)):] {
		parts = append(parts, u.URL)
	}
	for _, p := range t.Practice {
		parts = append(parts, p.Key+"="+p.Value)
	}
	return strings.Join(parts, " ")
}

// tlsMode is what of a target's TLS a handshake costs by.
func tlsMode(t *scenario.TLS) string {
	parts := []string{"full handshakes"}
	if t.Resumption {
		parts[0] = "resumption"
	}
	for _, bound := range []struct {
		word    string
		version uint16
	}{{"from", t.MinVersion}, {"up to", t.MaxVersion}} {
		if bound.version != 0 {
			parts = append(parts, bound.word+" "+tls.VersionName(bound.version))
		}
	}
	for _, curve := range t.Curves {
		parts = append(parts, curve.String())
	}
	if len(t.Cert) > 0 {
		parts = append(parts, "client certificate")
	}
	if t.Insecure {
		parts = append(parts, "unverified")
	}
	return strings.Join(parts, ", ")
}

func goalTexts(goals []results.Threshold) string {
	texts := make([]string, len(goals))
	for i, g := range goals {
		texts[i] = g.String()
	}
	return strings.Join(texts, ", ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func asked(load int64) string {
	if load == 0 {
		return ""
	}
	return results.FormatCount(load)
}

func measured(d time.Duration) string {
	if d == 0 {
		return "as long as the rate asks for"
	}
	return d.String()
}
