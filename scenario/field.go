package scenario

import (
	"net/netip"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"stampede/results"
)

// setter puts the value of the node into its place in the scenario.
type setter = func(path string, n ast.Node)

// parsed is the setter of a value with a grammar of its own.
func parsed[T any](d *decoder, into *T, parse func(string) (T, error)) setter {
	return func(path string, n ast.Node) {
		text, ok := d.text(path, n)
		if !ok {
			return
		}
		v, err := parse(text)
		if err != nil {
			d.failValue(path, n, err)
			return
		}
		*into = v
	}
}

func (d *decoder) duration(into *time.Duration) setter { return parsed(d, into, ParseDuration) }
func (d *decoder) rate(into *Rate) setter              { return parsed(d, into, ParseRate) }
func (d *decoder) string(into *string) setter {
	return parsed(d, into, func(s string) (string, error) { return s, nil })
}

// count is the setter of a number that is at least one.
func (d *decoder) count(into *int64) setter {
	return parsed(d, into, func(text string) (int64, error) {
		n, err := ParseCount(text)
		if strings.HasPrefix(text, "-") || err == nil && n == 0 {
			err = badValue("", "%s is below the least, 1", text)
		}
		return n, err
	})
}

// nonZero refuses a zero that is written out where leaving the key out has a
// meaning of its own.
func (d *decoder) nonZero(into *time.Duration) setter {
	return parsed(d, into, func(text string) (time.Duration, error) {
		v, err := ParseDuration(text)
		if err == nil && v == 0 {
			err = badValue("", "%s is too little: it must be more than nothing", text)
		}
		return v, err
	})
}

// oneOf is the setter of a closed set of words.
func oneOf[T ~uint8](d *decoder, into *T, words []string) setter {
	return parsed(d, into, func(text string) (T, error) {
		for i, w := range words {
			if w == text {
				return T(i), nil
			}
		}
		hint := ""
		if near := nearest(text, words); near != "" {
			hint = "did you mean " + near + "?"
		}
		return 0, badValue(hint, "%q is not one of %s", text, strings.Join(words, ", "))
	})
}

func (d *decoder) scenarioFields(s *Scenario) []field {
	return []field{
		{name: "name", set: d.string(&s.Name)},
		{name: "target", set: func(p string, n ast.Node) { d.target(p, n, &s.Target) }, required: "write target: {url: ws://host:port/path}"},
		{name: "load", set: func(p string, n ast.Node) { d.load(p, n, &s.Load) }, required: "write load: and a list of shapes, such as - burst: {count: 1000}"},
		{name: "hold", set: func(p string, n ast.Node) {
			d.mapping(p, n, []field{
				{name: "for", set: d.duration(&s.Hold.For)},
				{name: "ping_every", set: d.nonZero(&s.Hold.PingEvery)},
				{name: "close", set: oneOf(d, &s.Hold.Close, closeWords)},
			})
		}},
		{name: "timeouts", set: func(p string, n ast.Node) {
			d.mapping(p, n, []field{
				{name: "connect", set: d.nonZero(&s.Timeouts.Connect)},
				{name: "tls", set: d.nonZero(&s.Timeouts.TLS)},
				{name: "total", set: d.nonZero(&s.Timeouts.Total)},
			})
		}},
		{name: "thresholds", set: func(p string, n ast.Node) { d.thresholds(p, n, &s.Thresholds) }},
		{name: "seed", set: parsed(d, &s.Seed, func(text string) (uint64, error) {
			n, err := ParseCount(text)
			return uint64(n), err
		})},
		{name: "max_duration", set: d.nonZero(&s.MaxDuration)},
		{name: "data", later: "write the values out, or use ${NAME}"},
	}
}

func (d *decoder) thresholds(path string, n ast.Node, into *[]results.Threshold) {
	for _, e := range d.items(path, n) {
		var t results.Threshold
		parsed(d, &t, results.ParseThreshold)(e.path, e.value)
		*into = append(*into, t)
	}
}

func (d *decoder) target(path string, n ast.Node, t *Target) {
	if text, ok := scalar(n); ok {
		d.fail(path, n, "did you mean target: {url: "+unveil(text)+"}?", "wants keys with values")
		return
	}
	d.mapping(path, n, []field{
		{name: "url", set: func(p string, n ast.Node) { d.url(p, n, t) }, required: "write url: ws://host:port/path, or url: practice"},
		{name: "practice", set: func(p string, n ast.Node) { d.practice(p, n, t) }},
		{name: "headers", set: func(p string, n ast.Node) { d.headers(p, n, t) }},
		{name: "subprotocols", set: func(p string, n ast.Node) { d.subprotocols(p, n, t) }},
		{name: "connect_to", set: d.string(&t.ConnectTo)},
		{name: "source_addresses", set: func(p string, n ast.Node) { d.sources(p, n, t) }},
		{name: "urls", later: "use url, and one run for each"},
		{name: "tls", later: "leave it out"},
	})
}

func (d *decoder) url(path string, n ast.Node, t *Target) {
	text, from, ok := d.maybeEmpty(path, n)
	if ok && text == "" {
		d.fail(path, n, "write ws://host:port/path or practice", "the value is empty")
		return
	}
	t.URL = text
	for _, v := range from {
		d.vault.keepURL(v, text)
	}
}

func (d *decoder) headers(path string, n ast.Node, t *Target) {
	for _, e := range d.entries(path, n) {
		value, from, ok := d.maybeEmpty(e.path, e.value)
		if !ok {
			continue
		}
		d.vault.keep(from...)
		if isSecret(e.key) {
			d.vault.keepCredentials(value)
			d.vault.nodes = append(d.vault.nodes, e.value)
		}
		t.Headers = append(t.Headers, Header{e.key, value})
	}
}

func (d *decoder) subprotocols(path string, n ast.Node, t *Target) {
	for _, e := range d.items(path, n) {
		text, from, ok := d.maybeEmpty(e.path, e.value)
		d.vault.keep(from...)
		if ok && text == "" {
			d.fail(e.path, e.value, "", "the value is empty")
		}
		t.Subprotocols = append(t.Subprotocols, text)
	}
}

func (d *decoder) sources(path string, n ast.Node, t *Target) {
	for _, e := range d.items(path, n) {
		var a netip.Addr
		parsed(d, &a, func(text string) (netip.Addr, error) {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return addr, badValue("write an address such as 127.0.0.2", "%q is no IP address", text)
			}
			return addr, nil
		})(e.path, e.value)
		t.SourceAddresses = append(t.SourceAddresses, a)
	}
}

// practice reads the practice server's settings; what they are is for
// Options.Practice to say. Faults come as one setting each.
func (d *decoder) practice(path string, n ast.Node, t *Target) {
	for _, e := range d.entries(path, n) {
		if e.key != "faults" {
			d.setting(e, e.key, "", t)
			continue
		}
		for _, f := range d.entries(e.path, e.value) {
			d.setting(f, "fault", f.key+"=", t)
		}
	}
}

func (d *decoder) setting(e entry, key, prefix string, t *Target) {
	text, ok := d.text(e.path, e.value)
	if !ok {
		return
	}
	if d.o.Practice != nil {
		if err := d.o.Practice(key, prefix+text); err != nil {
			d.failValue(e.path, e.value, err)
			return
		}
	}
	t.Practice = append(t.Practice, Setting{key, prefix + text})
}
