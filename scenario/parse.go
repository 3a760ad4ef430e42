package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Options is what Parse gets from outside the file.
type Options struct {
	File     string                            // name of the file, for messages; empty: scenario
	Env      func(name string) (string, bool)  // a variable of the environment; nil: none is set
	ReadFile func(path string) ([]byte, error) // a file the scenario names, as its path stands there; nil: none can be read
	Practice func(key, value string) error     // checks one setting of target.practice; nil: all pass
	Force    bool                              // lift the caps on counts, rates and lengths
}

// Parse reads a scenario. The error is *Errors with every mistake found, each
// with its place in the file; only a file that is no YAML at all gives just
// its first. Parse never panics and its work is bounded whatever data is.
func Parse(data []byte, o Options) (*Scenario, error) {
	d := &decoder{o: o, at: map[string]token.Position{}, bad: map[string]bool{}}
	if d.o.File == "" {
		d.o.File = "scenario"
	}
	s := &Scenario{Force: o.Force}
	if root := d.read(data); root != nil {
		d.mapping("", root, d.scenarioFields(s))
		if d.later != nil {
			d.later()
		}
		s.Timeouts.fillDefaults()
		s.fillAfterwards()
		d.check(s)
	}
	s.Secrets = d.vault.sorted()
	if len(d.errs) > 0 {
		d.finish(s)
		return nil, &d.errs
	}
	s.MaskedSource = []byte(s.Masked(d.withoutSecrets()))
	return s, nil
}

// read turns data into the mapping that a scenario is, or reports why not.
func (d *decoder) read(data []byte) ast.Node {
	text, fault := decodeText(data)
	if fault != nil {
		d.errs = append(d.errs, fault)
		return nil
	}
	d.lines = strings.Split(text, "\n")
	tokens, err := tokenize(veilText(text))
	if err == nil && d.plainTokens(tokens) {
		return d.document(tokens)
	}
	if err != nil {
		d.yamlError(err)
	}
	return nil
}

// errParser is what a panic of the YAML library becomes: a file is input from
// outside, and no input may end the program.
var errParser = errors.New("the file is no YAML that can be understood")

func tokenize(text string) (tokens token.Tokens, err error) {
	defer func() {
		if recover() != nil {
			err = errParser
		}
	}()
	return lexer.Tokenize(text), nil
}

func parseTokens(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = errParser
		}
	}()
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// notSupported are the parts of YAML that a scenario does without. They are
// refused by their tokens, before the parser sees them, so that aliases can't
// multiply.
var notSupported = map[token.Type]string{
	token.AnchorType: "anchors", token.AliasType: "aliases", token.MergeKeyType: "merge keys", token.TagType: "tags",
	token.MappingKeyType: "keys with a question mark", token.DirectiveType: "directives",
}

// plainTokens refuses what is not supported and bounds the nesting, since the
// parser recurses.
func (d *decoder) plainTokens(tokens token.Tokens) bool {
	flow, inline, line := 0, 0, 0
	for _, t := range tokens {
		if what, ok := notSupported[t.Type]; ok {
			d.errorAt(*t.Position, "write the value out where it is needed", "YAML %s are not supported", what)
		}
		if t.Position.Line != line {
			line, inline = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingValueType:
			inline++
		}
		if flow > maxNesting || flow == 0 && inline > maxNesting {
			d.errorAt(*t.Position, "", "nested deeper than %d", maxNesting)
			return false
		}
	}
	return len(d.errs) == 0
}

func (d *decoder) document(tokens token.Tokens) ast.Node {
	file, err := parseTokens(tokens)
	if err != nil {
		d.yamlError(err)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, doc := range file.Docs {
		if doc.Body != nil {
			docs = append(docs, doc)
		}
	}
	switch {
	case len(docs) == 0:
		d.errorAt(token.Position{Line: 1, Column: 1}, "stampede init writes one to start from", "the file is empty")
	case len(docs) > 1:
		d.errorAt(position(docs[1].Body), "", "a file holds one scenario, and a second YAML document begins here")
	case docs[0].Body.Type() != ast.MappingType:
		d.errorAt(position(docs[0].Body), "stampede init writes one to start from", "a scenario is keys with values, not %s", describe(docs[0].Body))
	default:
		return docs[0].Body
	}
	return nil
}

// yamlError reports what the YAML library objects to.
func (d *decoder) yamlError(err error) {
	var e interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &e) && e.GetToken() != nil {
		hint := ""
		if strings.Contains(e.GetMessage(), "'\t'") {
			hint = "indent with blanks, which YAML asks for"
		}
		d.errorAt(*e.GetToken().Position, hint, "not valid YAML: %s", unveil(e.GetMessage()))
		return
	}
	d.errorAt(token.Position{Line: 1, Column: 1}, "", "%v", errParser)
}

// check applies the rules of Validate and puts what they find at its place.
func (d *decoder) check(s *Scenario) {
	c := s.checker()
	c.bad = d.bad
	c.scenario(s)
	if len(d.errs) == 0 {
		c.plan(s)
	}
	for _, f := range c.faults {
		if !d.reported(f.path) {
			d.errorAt(d.place(f.path), f.hint, "%s: %s", f.path, f.msg)
		}
	}
}

// reported says whether a field, or one it is part of, has an error already.
func (d *decoder) reported(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.bad[path] {
			return true
		}
	}
	return false
}

// place is where a field stands in the file, or the nearest one around it.
func (d *decoder) place(path string) token.Position {
	for ; path != ""; path = parent(path) {
		if p, ok := d.at[path]; ok {
			return p
		}
	}
	return token.Position{Line: 1, Column: 1}
}

// parent cuts the last key or index off a path.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// errorAt reports a mistake at p.
func (d *decoder) errorAt(p token.Position, hint, format string, args ...any) {
	d.errs = append(d.errs, &SyntaxError{Line: p.Line, Column: p.Column, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// finish puts the mistakes in order, adds their lines and takes the secrets out.
func (d *decoder) finish(s *Scenario) {
	d.errs.sort()
	for _, e := range d.errs {
		e.File, e.Msg, e.Hint = d.o.File, s.Masked(e.Msg), s.Masked(e.Hint)
		if e.Line < 1 || e.Line > len(d.lines) {
			continue
		}
		line := []rune(d.lines[e.Line-1])
		before := string(line[:max(min(e.Column-1, len(line)), 0)])
		e.Source = s.Masked(string(line))
		e.caret = len([]rune(s.Masked(before)))
	}
}
