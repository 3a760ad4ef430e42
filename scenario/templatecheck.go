package scenario

import (
	"fmt"
	"strings"

	"stampede/results"
)

// Path returns the template of the path and query of Target.URLs[i], which
// is never empty (RFC 9112 §3.2.1). It needs a scenario that came out of Parse
// or passed Validate, as HeaderValue does.
func (s *Scenario) Path(i int) *Template { return &s.paths[i] }

// HeaderValue returns the template of the value of Target.Headers[i].
func (s *Scenario) HeaderValue(i int) *Template { return &s.values[i] }

// Templated reports whether a path or a header differs from attempt to
// attempt.
func (s *Scenario) Templated() bool {
	for _, all := range [][]Template{s.paths, s.values} {
		for i := range all {
			if !all[i].Static() {
				return true
			}
		}
	}
	return false
}

// templates reads the paths and the headers. It expects URLs to be filled in.
func (c *checker) templates(s *Scenario) {
	c.dataNames(s.Data)
	s.paths, s.values = make([]Template, len(s.Target.URLs)), make([]Template, len(s.Target.Headers))
	for i, u := range s.Target.URLs {
		s.paths[i] = c.template(s, c.urlPath(i), requestTarget(u.URL))
		s.paths[i].encode = true
		c.fitsRequest(c.urlPath(i), &s.paths[i])
	}
	for i, h := range s.Target.Headers {
		path := "target.headers." + h.Name
		s.values[i] = c.template(s, path, h.Value)
		c.fitsRequest(path, &s.values[i])
	}
}

func (c *checker) template(s *Scenario, path, text string) Template {
	t, err := parseTemplate(text, func(name string) (segment, error) { return c.reference(s.Data, name) })
	if err != nil {
		c.fault(path, err)
	}
	t.seed = s.Seed
	return t
}

// fitsRequest bounds what a template may grow to.
func (c *checker) fitsRequest(path string, t *Template) {
	if n := t.MaxLen(); n > maxHeader && !t.Static() {
		c.add(path, "", "grows to %d bytes with its data, which are more than %d", n, maxHeader)
	}
}

// reference is what stands between {{ and }}.
func (c *checker) reference(data []Data, name string) (segment, error) {
	switch name {
	case "seq":
		return segment{fill: seq}, nil
	case "uuid":
		return segment{fill: uuid}, nil
	}
	table, column, _ := strings.Cut(name, ".")
	if !c.sound("data", "data."+table) {
		return segment{}, nil // its data has a mistake that is reported there
	}
	for i := range data {
		if k := data[i].column(column); data[i].Name == table && k >= 0 {
			return segment{fill: cell, data: &data[i], column: k}, nil
		}
	}
	return segment{}, badValue(referenceHint(data, name), "{{%s}} stands for nothing", name)
}

// referenceHint names the nearest of what is there, or all of it.
func referenceHint(data []Data, name string) string {
	words := []string{"seq", "uuid"}
	for i := range data {
		for _, column := range data[i].columns {
			words = append(words, data[i].Name+"."+column)
		}
	}
	if near := results.Nearest(name, words); near != "" {
		return "did you mean {{" + near + "}}?"
	}
	const enough = 10
	more := ""
	if len(words) > enough {
		words, more = words[:enough], ", …"
	}
	return "known are {{" + strings.Join(words, "}}, {{") + "}}" + more
}

func (c *checker) dataNames(data []Data) {
	if len(data) > maxList {
		c.add("data", "", "%d files are more than %d", len(data), maxList)
	}
	seen := map[string]bool{}
	for i := range data {
		name := data[i].Name
		switch path := "data." + name; {
		case !variableName.MatchString(name):
			c.add(path, "letters, digits and _ are", "%q is no name for data", name)
		case seen[name]:
			c.add(path, "", "%s is there twice", name)
		case data[i].rows == 0 && c.sound(path):
			c.add(path, "make it with ParseData", "%s has no rows", name)
		}
		seen[name] = true
	}
}

// fault adds what a parser of values says.
func (c *checker) fault(path string, err error) {
	if v, ok := err.(*valueError); ok {
		c.add(path, v.Hint, "%s", v.Msg)
		return
	}
	c.add(path, "", "%v", err)
}

// urlPath is the field that URL i stands in.
func (c *checker) urlPath(i int) string {
	if c.oneURL {
		return "target.url"
	}
	return fmt.Sprintf("target.urls[%d].url", i)
}
