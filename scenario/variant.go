package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxVariants bounds what one scenario compares.
const maxVariants = 16

// Variant is one of several targets of the same load, to be compared. Commands
// are argument lists: no shell reads them.
type Variant struct {
	Name    string
	Target  Target   // the scenario's, with what the variant says instead
	Start   []string // the server, in the foreground; with Stop a command that ends once the server runs; none: somebody else's
	Stop    []string // ends what Start started; none: Start is ended by a signal
	Restart []string // makes the server start anew; none: Stop and Start do

	secrets []string // what ${…} gave to the commands, the longest first
}

// Masked returns what a command of the variant said without what ${…} gave to
// the commands. It is for that alone: much of it, as a port, is no secret where
// a report says it.
func (v *Variant) Masked(text string) string { return hide(v.secrets, text) }

// Restarts reports whether the variant's server can be started anew.
func (v *Variant) Restarts() bool { return len(v.Start) > 0 || len(v.Restart) > 0 }

// Of returns the scenario with the target of one of its variants, and none
// besides. The error is of Validate.
func (s *Scenario) Of(v *Variant) (*Scenario, error) {
	at := *s
	at.Target, at.Variants = v.Target, nil
	return &at, at.Validate()
}

// variants reads the list once the target is known that they vary.
func (d *decoder) variants(path string, n ast.Node, s *Scenario) {
	for _, e := range d.items(path, n) {
		v, secrets := Variant{Target: s.Target}, vault{}
		d.mapping(e.path, e.value, []field{
			{name: "name", set: d.string(&v.Name), required: "write name: and what tells it from the others"},
			{name: "target", set: func(p string, n ast.Node) { d.override(p, n, &v.Target) }},
			{name: "start", set: d.command(&v.Start, &secrets)},
			{name: "stop", set: d.command(&v.Stop, &secrets)},
			{name: "restart", set: d.command(&v.Restart, &secrets)},
		})
		v.secrets = secrets.sorted()
		s.Variants = append(s.Variants, v)
	}
	if len(s.Variants) == 1 {
		d.fail(path, n, "", "one variant is compared with nothing; write two or more")
	}
}

// command is the setter of an argument list, which keeps what variables gave to
// it.
func (d *decoder) command(into *[]string, secrets *vault) setter {
	return func(path string, n ast.Node) {
		if text, ok := scalar(n); ok {
			quoted := strings.Join(strings.Fields(unveil(text)), ", ")
			d.fail(path, n, "did you mean ["+quoted+"]?", "wants a list, the program and its arguments, which no shell reads")
			return
		}
		for _, e := range d.items(path, n) {
			text, from, ok := d.maybeEmpty(e.path, e.value)
			secrets.keep(from...)
			if ok && text == "" {
				d.fail(e.path, e.value, "", "the value is empty")
			}
			*into = append(*into, text)
		}
		if len(*into) == 0 && !d.bad[path] {
			d.fail(path, n, "", "lists no program")
		}
	}
}

// override reads the keys of a target that a variant has instead of the
// scenario's: each replaces the whole of what the scenario says under it.
func (d *decoder) override(path string, n ast.Node, t *Target) {
	var o Target
	d.mapping(path, n, d.targetFields(&o, ""))
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return
	}
	for _, kv := range m.Values {
		t.take(&o, unveil(kv.Key.GetToken().Value))
	}
}

// take replaces what the target has under a key by what o has under it.
func (t *Target) take(o *Target, key string) {
	switch key {
	case "url", "urls":
		t.URL, t.URLs = o.URL, o.URLs
		if o.URL != Practice {
			t.Practice = nil
		}
	case "practice":
		t.Practice = o.Practice
	case "host":
		t.Host = o.Host
	case "headers":
		t.Headers = o.Headers
	case "subprotocols":
		t.Subprotocols = o.Subprotocols
	case "subprotocol_required":
		t.SubprotocolRequired = o.SubprotocolRequired
	case "extensions":
		t.Extensions = o.Extensions
	case "connect_to":
		t.ConnectTo = o.ConnectTo
	case "source_addresses":
		t.SourceAddresses = o.SourceAddresses
	case "family":
		t.Family = o.Family
	case "proxy":
		t.Proxy = o.Proxy
	case "proxy_protocol":
		t.ProxyProtocol = o.ProxyProtocol
	case "tls":
		t.TLS = o.TLS
	}
}

// variants checks what variants add to the scenario, by the rules of the
// scenario itself.
func (c *checker) variants(s *Scenario) {
	if len(s.Variants) > maxVariants {
		c.add("variants", "", "%d are more than %d", len(s.Variants), maxVariants)
		return
	}
	names := map[string]bool{}
	for i := range s.Variants {
		v, path := &s.Variants[i], fmt.Sprintf("variants[%d]", i)
		if names[v.Name] && v.Name != "" {
			c.add(path+".name", "", "%q is there twice", v.Name)
		}
		names[v.Name] = true
		if len(v.Stop) > 0 && len(v.Start) == 0 {
			c.add(path+".stop", "", "stops what nothing started: start is missing")
		}
		c.variantTarget(s, v, path)
	}
}

// variantTarget reports the mistakes of a variant's target that the
// scenario's own does not have.
func (c *checker) variantTarget(s *Scenario, v *Variant, path string) {
	at := *s
	at.Target = v.Target
	at.Target.fillURLs()
	own := checker{limits: c.limits, hint: c.hint, bad: map[string]bool{}}
	for p := range c.bad {
		if rest, ok := strings.CutPrefix(p, path+"."); ok {
			own.bad[rest] = true
		}
	}
	own.target(&at)
	for _, f := range own.faults {
		if !slices.Contains(c.faults, f) {
			c.add(path+"."+f.path, f.hint, "%s", f.msg)
		}
	}
}
