package scenario

import (
	"fmt"
	"slices"
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
		i, err := index(text, words)
		return T(i), err
	})
}

// index finds a word of a closed set; it is 0 beside an error.
func index(text string, words []string) (int, error) {
	if i := slices.Index(words, text); i >= 0 {
		return i, nil
	}
	hint := ""
	if near := results.Nearest(text, words); near != "" {
		hint = "did you mean " + near + "?"
	}
	return 0, badValue(hint, "%q is not one of %s", text, strings.Join(words, ", "))
}

// bool is the setter of true and false, however the versions of YAML differ
// about other words.
func (d *decoder) bool(into *bool) setter {
	return parsed(d, into, func(text string) (bool, error) {
		hint := ""
		switch strings.ToLower(text) {
		case "true", "yes", "on", "y", "1":
			hint = "did you mean true?"
		case "false", "no", "off", "n", "0":
			hint = "did you mean false?"
		}
		if text != "true" && text != "false" {
			return false, badValue(hint, "%q is not one of true, false", text)
		}
		return text == "true", nil
	})
}

// digit is the setter of one of a few numbers.
func digit[T ~uint8](d *decoder, into *T, from ...T) setter {
	return parsed(d, into, func(text string) (T, error) {
		for _, n := range from {
			if text == fmt.Sprint(n) {
				return n, nil
			}
		}
		return 0, badValue("", "%q is not one of %s", text, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(from)), ", "), "[]"))
	})
}

func (d *decoder) scenarioFields(s *Scenario) []field {
	return []field{
		{name: "name", set: d.string(&s.Name)},
		{name: "target", set: func(p string, n ast.Node) { d.target(p, n, &s.Target) }, required: "write target: {url: ws://host:port/path}"},
		{name: "load", set: func(p string, n ast.Node) { d.load(p, n, &s.Load) }},
		{name: "search", set: func(p string, n ast.Node) { d.search(p, n, &s.Search) }},
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
		{name: "data", set: func(p string, n ast.Node) { d.data(p, n, &s.Data) }},
		{name: "ready", set: func(p string, n ast.Node) { d.ready(p, n, &s.Ready) }},
		{name: "monitor", set: func(p string, n ast.Node) { d.monitors(p, n, &s.Monitors) }},
		{name: "early_close", set: oneOf(d, &s.EarlyClose, earlyCloseWords)},
		{name: "early_close_within", set: d.nonZero(&s.EarlyCloseWithin)},
	}
}

func (d *decoder) thresholds(path string, n ast.Node, into *[]results.Threshold) {
	for _, e := range d.items(path, n) {
		var t results.Threshold
		parsed(d, &t, results.ParseThreshold)(e.path, e.value)
		*into = append(*into, t)
	}
}

func (d *decoder) ready(path string, n ast.Node, r *Ready) {
	r.Within = defaultReady
	d.mapping(path, n, []field{
		{name: "send", set: d.secretText(&r.Send)},
		{name: "expect", set: d.secretText(&r.Expect)},
		{name: "within", set: d.nonZero(&r.Within)},
	})
}

// secretText is the setter of a text that hides what variables gave it.
func (d *decoder) secretText(into *string) setter {
	return func(path string, n ast.Node) {
		text, from, _ := d.maybeEmpty(path, n)
		d.vault.keep(from...)
		*into = text
	}
}

func (d *decoder) data(path string, n ast.Node, into *[]Data) {
	for _, e := range d.entries(path, n) {
		file, content, ok := d.file(e.path, e.value)
		if !ok {
			continue
		}
		table, err := ParseData(e.key, file, content)
		if err != nil {
			d.fail(e.path, e.value, "", "%v", err)
			continue
		}
		*into = append(*into, table)
	}
}

// file reads the file whose name is the value.
func (d *decoder) file(path string, n ast.Node) (name string, content []byte, ok bool) {
	name, ok = d.text(path, n)
	if !ok {
		return "", nil, false
	}
	if d.o.ReadFile == nil {
		d.fail(path, n, "", "no file can be read here")
		return name, nil, false
	}
	content, err := d.o.ReadFile(name)
	switch {
	case err != nil:
		d.fail(path, n, "", "%v", err)
	case len(content) > MaxFile:
		d.fail(path, n, "", "%s is larger than %d MiB", name, MaxFile>>20)
	default:
		return name, content, true
	}
	return name, nil, false
}
