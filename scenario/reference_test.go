package scenario

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const reference = "../docs/scenario.md"

// TestReferenceIsTheSchema holds the keys in docs/scenario.md, which stand
// between two marks, to what the schema says of them.
func TestReferenceIsTheSchema(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- keys -->\n", "<!-- end -->"
	before, rest, found := strings.Cut(string(text), from)
	old, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no place for the keys", reference)
	}
	keys := referenceKeys(t)
	if old == keys {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the schema says; go test ./scenario -run Reference -update rewrites it (-it +schema):\n%s", reference, cmp.Diff(old, keys))
	}
	if err := os.WriteFile(reference, []byte(before+from+keys+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReferenceScenarios holds the scenarios in docs/scenario.md to be valid.
func TestReferenceScenarios(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```yaml\n")
	if len(parts) < 2 {
		t.Fatal("no scenario found")
	}
	o := testOptions
	o.Env = func(string) (string, bool) { return "a value", true }
	o.ReadFile = func(string) ([]byte, error) { return []byte("id,token\n1,a\n2,b\n"), nil }
	for _, p := range parts[1:] {
		source, _, _ := strings.Cut(p, "```")
		if _, err := Parse([]byte(source), o); err != nil {
			t.Error(err)
		}
	}
}

// readSchema finds the mappings of the schema.
func readSchema(t *testing.T) *schemaReader {
	t.Helper()
	r := &schemaReader{defs: map[string]node{}}
	var root node
	if err := yaml.UnmarshalWithOptions(Schema(), &root, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	for _, d := range child(root, "$defs") {
		r.defs["#/$defs/"+d.Key.(string)] = d.Value.(node)
	}
	r.mapping("", []node{root})
	return r
}

// referenceKeys is a section a mapping, with a table of its keys.
func referenceKeys(t *testing.T) string {
	var b strings.Builder
	for _, s := range readSchema(t).sections {
		if s.path != "" {
			fmt.Fprintf(&b, "\n### %s\n", s.path)
		}
		fmt.Fprintf(&b, "\n%s\n\n| key | value | default | example | |\n|---|---|---|---|---|\n", s.means)
		for _, k := range s.keys {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(k[:], " | "))
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// node is an object of the schema, in its order.
type node = yaml.MapSlice

func at(n node, name string) any {
	for _, item := range n {
		if item.Key == name {
			return item.Value
		}
	}
	return nil
}

func child(n node, name string) node { c, _ := at(n, name).(node); return c }

func text(n node, name string) string { s, _ := at(n, name).(string); return s }

func nodes(n node, name string) (list []node) {
	values, _ := at(n, name).([]any)
	for _, v := range values {
		list = append(list, v.(node))
	}
	return list
}

// section is a mapping and its keys: name, value, default, example, meaning.
type section struct {
	path, means string
	forms       []node
	keys        [][5]string
}

// schemaReader gathers the mappings of a schema, each before those within it.
type schemaReader struct {
	defs     map[string]node
	sections []section
}

// mapping adds a section with the keys of alternative forms of a mapping, and
// those of the mappings within. A list's or a choice's come as alternatives.
func (r *schemaReader) mapping(path string, forms []node) {
	var s section
	var within []func()
	s.path, s.forms = path, forms
	for _, form := range forms {
		if s.means == "" {
			s.means = text(form, "description")
		}
		required, _ := at(form, "required").([]any)
		for _, p := range child(form, "properties") {
			name, n := p.Key.(string), r.resolve(p.Value.(node))
			place := strings.TrimPrefix(path+"."+name, ".")
			inner := r.forms(n)
			value := r.value(n)
			if len(inner) > 0 {
				heading := place
				if at(n, "type") == "array" {
					heading += "[]"
				}
				within = append(within, func() { r.mapping(heading, inner) })
				value += ", [below](#" + anchor(heading) + ")"
			}
			fallback := code(at(n, "default"))
			if slices.Contains(required, any(name)) && len(forms) == 1 {
				fallback = "required"
			}
			s.keys = append(s.keys, [5]string{"`" + name + "`", value, fallback, code(r.example(n)), escape(text(n, "description"))})
		}
	}
	r.sections = append(r.sections, s)
	for _, f := range within {
		f()
	}
}

// resolve is n with what it refers to behind it, so that its own words win.
func (r *schemaReader) resolve(n node) node {
	if ref := text(n, "$ref"); ref != "" {
		return append(slices.Clone(n), r.resolve(r.defs[ref])...)
	}
	return n
}

// choices are the forms n may take, itself if it has one or a title for all;
// what stands for a variable is none of them.
func (r *schemaReader) choices(n node) (list []node) {
	if text(n, "title") != "" {
		return []node{n}
	}
	for _, c := range append(nodes(n, "anyOf"), nodes(n, "oneOf")...) {
		if text(c, "$ref") != "#/$defs/variable" && (at(c, "required") == nil || at(c, "properties") != nil) {
			list = append(list, r.choices(r.resolve(c))...)
		}
	}
	if len(list) == 0 {
		return []node{n}
	}
	return list
}

// forms are the mappings with keys of their own that n may be, or be a list of.
func (r *schemaReader) forms(n node) (list []node) {
	for _, c := range r.choices(n) {
		switch {
		case len(child(c, "properties")) > 0:
			list = append(list, append(slices.Clone(c), yaml.MapItem{Key: "description", Value: text(n, "description")}))
		case at(c, "type") == "array":
			inner := r.forms(r.resolve(child(c, "items")))
			for i := range inner {
				inner[i] = append(node{{Key: "description", Value: text(n, "description")}}, inner[i]...)
			}
			list = append(list, inner...)
		}
	}
	return list
}

// value says in words what n may be.
func (r *schemaReader) value(n node) string {
	if title := text(n, "title"); title != "" {
		return title
	}
	var words []string
	for _, c := range r.choices(n) {
		if w := r.form(c); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " or ")
}

// form is the value of a node without alternatives.
func (r *schemaReader) form(n node) string {
	title := text(n, "title")
	values, _ := at(n, "enum").([]any)
	if only := at(n, "const"); only != nil {
		values = []any{only}
	}
	switch {
	case title != "":
		return title
	case len(values) > 0:
		var words []string
		for _, v := range values {
			if w := fmt.Sprintf("`%v`", v); !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
		return strings.Join(words, ", ")
	case at(n, "type") == "array":
		return "list" + bounds(n) + " of " + r.value(r.resolve(child(n, "items")))
	case len(child(n, "properties")) > 0:
		return "mapping"
	case at(n, "type") == "object":
		return "mapping of names"
	}
	return "text"
}

// bounds is how long a list may be.
func bounds(n node) string {
	least, most := at(n, "minItems"), at(n, "maxItems")
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf(" (%v to %v)", least, most)
	case most != nil:
		return fmt.Sprintf(" (at most %v)", most)
	}
	return ""
}

// example is the first example of n or of what it may be, or the first word it
// may be; nil without either.
func (r *schemaReader) example(n node) any {
	for _, c := range append([]node{n}, r.choices(n)...) {
		for _, word := range []string{"examples", "enum"} {
			if list, _ := at(c, word).([]any); len(list) > 0 {
				return list[0]
			}
		}
	}
	return nil
}

// code is a value as it stands in a scenario; nothing for none.
func code(v any) string {
	if v == nil {
		return ""
	}
	b, _ := yaml.MarshalWithOptions(v, yaml.Flow(true))
	return "`" + escape(strings.TrimSpace(string(b))) + "`"
}

func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// anchor is the name by which a page's heading is linked to.
func anchor(heading string) string {
	return strings.NewReplacer(".", "", "[", "", "]", "").Replace(heading)
}

// filledLater are the keys whose defaults a scenario leaves to those who use it:
// the practice server, TLS, the plan and the search.
var filledLater = []string{"target.practice", "target.tls.alpn", "load[].burst.repeat", "search"}

// TestSchemaDefaults writes every default of the schema into a scenario that
// does without: that it stands there changes nothing.
func TestSchemaDefaults(t *testing.T) {
	tried := 0
	r := readSchema(t)
	for _, s := range r.sections {
		for _, form := range s.forms {
			for _, p := range child(form, "properties") {
				key, without := p.Key.(string), r.required(form)
				value := at(r.resolve(p.Value.(node)), "default")
				if value == nil || slices.Contains(filledLater, s.path) || slices.Contains(filledLater, s.path+"."+key) {
					continue
				}
				tried++
				t.Run(s.path+" "+key, func(t *testing.T) {
					want := mustParse(t, string(document(t, s.path, without)))
					got := mustParse(t, string(document(t, s.path, append(without, yaml.MapItem{Key: key, Value: value}))))
					want.MaskedSource, got.MaskedSource = nil, nil
					if diff := cmp.Diff(want, got, plainFields); diff != "" {
						t.Errorf("%s: %v is not the default (-without +with):\n%s", key, value, diff)
					}
				})
			}
		}
	}
	if tried < 10 {
		t.Errorf("%d defaults found", tried)
	}
}

// TestSchemaExamples holds the examples in the schema to the schema.
func TestSchemaExamples(t *testing.T) {
	compiled := compiledSchema(t)
	r := readSchema(t)
	for _, s := range r.sections {
		for _, form := range s.forms {
			for _, p := range child(form, "properties") {
				e := r.example(r.resolve(p.Value.(node)))
				if e == nil {
					continue
				}
				m := append(r.required(form), yaml.MapItem{Key: p.Key, Value: e})
				if err := validate(t, compiled, document(t, s.path, m)); err != nil {
					t.Errorf("%s %s: %v", s.path, p.Key, err)
				}
			}
		}
	}
}

// required are the keys a mapping can't do without, with their examples.
func (r *schemaReader) required(form node) (m node) {
	names, _ := at(form, "required").([]any)
	for _, name := range names {
		m = append(m, yaml.MapItem{Key: name, Value: r.example(r.resolve(child(child(form, "properties"), name.(string))))})
	}
	return m
}

// document is a scenario with m at a path of its own.
func document(t *testing.T, path string, m node) []byte {
	t.Helper()
	target := map[string]any{"url": "wss://h/"}
	doc := map[string]any{"target": target, "load": []any{map[string]any{"burst": map[string]any{"count": 1}}}}
	into, steps := doc, strings.Split(path, ".")
	for i, step := range steps {
		name, list := strings.CutSuffix(step, "[]")
		if path == "" {
			break
		}
		inner := map[string]any{}
		if old, ok := into[name].(map[string]any); ok && i < len(steps)-1 || ok && path == "target" {
			inner = old
		}
		into[name] = inner
		if list {
			into[name] = []any{inner}
		}
		into = inner
	}
	for _, item := range m {
		if name := item.Key.(string); into[name] == nil || path != "" {
			into[name] = item.Value
		}
	}
	if target["urls"] != nil {
		delete(target, "url")
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
