package scenario

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// mask stands for a secret.
const mask = "***"

// minSecret is the length from which a text is looked for wherever it may
// occur; a shorter one is found in too much that is no secret.
const minSecret = 4

// Masked returns text with every secret of the scenario replaced by ***.
// Secrets are what came from ${…} in a header, a subprotocol, the ready check,
// the proxy, or a URL's path and query, the whole values of Authorization,
// Proxy-Authorization and Cookie, and the users of the proxy and of monitors. Data may be
// millions of values and is not looked for: a templated text is shown as it is
// written, and never filled in. Secrets shorter than four bytes are found in MaskedHeaders only.
func (s *Scenario) Masked(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, mask)
	}
	return text
}

// MaskedHeaders are the target's headers as a report may show them.
func (s *Scenario) MaskedHeaders() []Header {
	masked := make([]Header, len(s.Target.Headers))
	for i, h := range s.Target.Headers {
		masked[i] = Header{h.Name, s.Masked(h.Value)}
		if isSecret(h.Name) {
			masked[i].Value = mask
		}
	}
	return masked
}

// keepSecrets adds the values of secret headers to what Masked hides.
func (s *Scenario) keepSecrets() {
	v := vault{texts: slices.Clone(s.secrets)}
	for _, h := range s.Target.Headers {
		if isSecret(h.Name) {
			v.keepCredentials(h.Value)
		}
	}
	v.keepUser(s.Target.Proxy)
	for i := range s.Monitors {
		v.keepUser(authorityOf(s.Monitors[i].URL))
	}
	s.secrets = v.sorted()
}

// isSecret reports whether a header's value is a secret whatever it is.
func isSecret(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie":
		return true
	}
	return false
}

// vault collects secrets while a file is read.
type vault struct {
	texts []string
	nodes []ast.Node // values to blank in the source
}

func (v *vault) keep(texts ...string) {
	for _, t := range texts {
		if len(t) >= minSecret {
			v.texts = append(v.texts, t)
		}
	}
}

// keepCredentials keeps a header's value, and without its scheme, Bearer or
// the like. A template is not kept: what it fills in is no fixed text.
func (v *vault) keepCredentials(value string) {
	if strings.Contains(value, "{{") {
		return
	}
	v.keep(value)
	if _, rest, ok := strings.Cut(value, " "); ok {
		v.keep(strings.TrimSpace(rest))
	}
}

// keepUser keeps the user and password of a proxy's URL; false if it has none.
func (v *vault) keepUser(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	i := strings.LastIndexByte(rest, '@')
	if i < 0 {
		return false
	}
	v.keep(rest[:i])
	if _, password, ok := strings.Cut(rest[:i], ":"); ok {
		v.keep(password)
	}
	return true
}

// keepURL keeps what a variable gave to the URL, but for its scheme, host
// and port: a report must say where the load went.
func (v *vault) keepURL(value, url string) {
	_, rest, _ := strings.Cut(url, "://")
	i := strings.IndexAny(rest, "/?")
	if i < 0 {
		return
	}
	authority, path := rest[:i], rest[i:]
	switch {
	case strings.Contains(value, authority):
		v.keep(value[strings.Index(value, authority)+len(authority):])
	case strings.Contains(path, value):
		v.keep(value)
	}
}

// sorted is every secret once, the longest first, so that none is spoilt by
// masking a part of it.
func (v *vault) sorted() []string {
	slices.SortFunc(v.texts, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(v.texts)
}

// withoutSecrets is the source with the values of secret headers blanked,
// however they are quoted or folded: from where a value begins to the token
// after it.
func (d *decoder) withoutSecrets() string {
	lines := slices.Clone(d.lines)
	for _, n := range slices.Backward(d.vault.nodes) {
		start := n.GetToken()
		line, column := start.Position.Line-1, start.Position.Column-1
		endLine, endColumn := len(lines), 0
		if next := afterValue(n); next != nil {
			endLine, endColumn = next.line-1, next.column-1
		}
		runes := []rune(lines[line])
		tail := ""
		if endLine == line {
			for endColumn > column && runes[endColumn-1] == ' ' {
				endColumn-- // the blank before a comment stays
			}
			tail = string(runes[endColumn:])
		}
		lines[line] = string(runes[:column]) + mask + tail
		for k := line + 1; k < min(endLine, len(lines)); k++ {
			lines[k] = "\x00"
		}
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "\x00" }), "\n")
}

type place struct{ line, column int }

// afterValue is where the first token after a value is; nil at the end.
func afterValue(n ast.Node) *place {
	t := n.GetToken()
	if l, ok := n.(*ast.LiteralNode); ok {
		t = l.Value.GetToken()
	}
	if t.Next == nil {
		return nil
	}
	return &place{t.Next.Position.Line, t.Next.Position.Column}
}
