package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"stampede/results"
)

// decoder walks the tree of a file. It reports every mistake and goes on.
type decoder struct {
	o     Options
	lines []string                  // of the source
	at    map[string]token.Position // of each field, by path
	bad   map[string]bool           // fields with an error already
	vault vault
	later func() // what is read once the rest is known; nil: nothing
	errs  Errors
}

// field is one key of a mapping.
type field struct {
	name     string
	set      func(path string, n ast.Node)
	required string // why it can't be left out; empty: it can
}

// position is where a node begins: for a mapping, at its first key.
func position(n ast.Node) token.Position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	return *n.GetToken().Position
}

// fail reports a mistake in the field at path, whose value is n.
func (d *decoder) fail(path string, n ast.Node, hint, format string, args ...any) {
	d.bad[path] = true
	d.errorAt(position(n), hint, "%s: %s", path, fmt.Sprintf(format, args...))
}

// entry is one key and value of a mapping, or item of a list.
type entry struct {
	key   string
	path  string
	keyAt ast.Node
	value ast.Node
}

// entries returns the keys of a mapping in order, reporting those that are
// there twice.
func (d *decoder) entries(path string, n ast.Node) []entry {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.fail(path, n, "", "wants keys with values, not %s", describe(n))
		return nil
	}
	lines := map[string]int{}
	all := make([]entry, 0, len(m.Values))
	for _, kv := range m.Values {
		key := unveil(kv.Key.GetToken().Value)
		e := entry{key, join(path, key), kv.Key, kv.Value}
		at := position(kv.Key)
		if first, ok := lines[key]; ok {
			d.errorAt(at, "keep one of them", "%s: the key is there twice, on line %d and line %d", e.path, first, at.Line)
			d.bad[e.path] = true
			continue
		}
		lines[key] = at.Line
		d.at[e.path] = position(kv.Value)
		all = append(all, e)
	}
	return all
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// describe names what a node is for people.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	}
	return "a single value"
}

// mapping reads the mapping at path by its table of fields.
func (d *decoder) mapping(path string, n ast.Node, fields []field) {
	seen := map[string]bool{}
	for _, e := range d.entries(path, n) {
		seen[e.key] = true
		d.set(e, fields)
	}
	if _, ok := n.(*ast.MappingNode); !ok {
		return
	}
	for _, f := range fields {
		if p := join(path, f.name); f.required != "" && !seen[f.name] && !d.bad[p] {
			d.bad[p] = true
			d.errorAt(d.around(path, n), f.required, "%s is missing", p)
		}
	}
}

// around is where to report that a mapping lacks something: at the key it
// belongs to, or its own start.
func (d *decoder) around(path string, n ast.Node) token.Position {
	if p, ok := d.at[path]; ok {
		return p
	}
	return position(n)
}

func (d *decoder) set(e entry, fields []field) {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		if f.name == e.key {
			f.set(e.path, e.value)
			return
		}
		names = append(names, f.name)
	}
	hint := "known are " + strings.Join(names, ", ")
	if near := results.Nearest(e.key, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.bad[e.path] = true
	d.errorAt(position(e.keyAt), hint, "%s: unknown key", e.path)
}

// items returns the entries of the list at path.
func (d *decoder) items(path string, n ast.Node) []entry {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(path, n, "write one entry a line, each behind a dash", "wants a list, not %s", describe(n))
		return nil
	}
	all := make([]entry, len(list.Values))
	for i, v := range list.Values {
		all[i] = entry{path: fmt.Sprintf("%s[%d]", path, i), value: v}
		d.at[all[i].path] = position(v)
	}
	return all
}

// text returns a scalar as it is written, variables filled in. Numbers,
// booleans and the like stay the text they are: off is "off". The value must
// not be empty.
func (d *decoder) text(path string, n ast.Node) (string, bool) {
	text, _, ok := d.maybeEmpty(path, n)
	if ok && text == "" {
		d.fail(path, n, "", "the value is empty")
		return "", false
	}
	return text, ok
}

// maybeEmpty is text that may be empty; from says which parts of it came
// from the environment.
func (d *decoder) maybeEmpty(path string, n ast.Node) (text string, from []string, ok bool) {
	raw, ok := scalar(n)
	if !ok {
		d.fail(path, n, quoteHint(n), "wants a single value, not %s", describe(n))
		return "", nil, false
	}
	text, from, err := expand(unveil(raw), d.o.Env)
	if err != nil {
		d.failValue(path, n, err)
		return "", nil, false
	}
	return text, from, true
}

func quoteHint(n ast.Node) string {
	if _, ok := n.(*ast.NullNode); ok {
		return `write "" if it is meant to be empty`
	}
	return ""
}

func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// failValue reports what a parser of values says.
func (d *decoder) failValue(path string, n ast.Node, err error) {
	var v *valueError
	if errors.As(err, &v) {
		d.fail(path, n, v.Hint, "%s", v.Msg)
		return
	}
	var t *results.ThresholdError
	if errors.As(err, &t) {
		d.fail(path, n, "", "%q: %s", t.Text, t.Msg)
		return
	}
	d.fail(path, n, "", "%v", err)
}
