package scenario

import (
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"stampede/internal/secret"
)

// mask stands for a secret.
const mask = "***"

// The lengths from which a text is looked for wherever it may occur; a shorter
// one is found in too much that is no secret.
const (
	minSecret = 4
	minPart   = 6 // of the value of a parameter or a cookie, which may be a word
)

// Masked returns text with every secret of the scenario replaced by ***.
// Secrets are what came from ${…} in a header, a subprotocol, the ready check,
// the proxy, or a URL's path and query, the whole values of Authorization,
// Proxy-Authorization and Cookie, the values of cookies, those of parameters of
// a query with names like token, and the users of the proxy and of monitors. Data may be
// millions of values and is not looked for: a templated text is shown as it is
// written, and never filled in. Secrets shorter than four bytes, six for cookies
// and parameters, are found in MaskedHeaders only.
func (s *Scenario) Masked(text string) string { return hide(s.Secrets, text) }

// MaskedFor is Masked for a text that answered arrival n, of which the end may
// be cut off: a server may repeat what it was sent, as it is or quoted. The cells of data that were
// filled in for that arrival are replaced, too, and so is the beginning of a
// secret that the text ends in.
func (s *Scenario) MaskedFor(n int64, text string) string {
	v := vault{texts: slices.Clone(s.Secrets)}
	if i := s.Target.Pick(n); i < len(s.paths) {
		v.keep(s.paths[i].cells(n)...)
	}
	for i := range s.values {
		v.keep(s.values[i].cells(n)...)
	}
	for _, text := range v.texts {
		v.keep(secret.Forms(text)...)
	}
	secrets := v.sorted()
	return hideCut(secrets, hide(secrets, text))
}

// hide replaces secrets, of which none comes before a longer one.
func hide(secrets []string, text string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, mask)
	}
	return text
}

// hideCut replaces as much as there is of a secret at the text's end.
func hideCut(secrets []string, text string) string {
	most := 0
	for _, secret := range secrets {
		for n := min(len(secret)-1, len(text)); n >= max(minSecret, most+1); n-- {
			if strings.HasSuffix(text, secret[:n]) {
				most = n
			}
		}
	}
	if most == 0 {
		return text
	}
	return text[:len(text)-most] + mask
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
	v := vault{texts: slices.Clone(s.Secrets)}
	for _, h := range s.Target.Headers {
		if isSecret(h.Name) {
			v.keepCredentials(h.Value)
		}
	}
	v.keepParameters(s.Target.URL)
	for _, u := range s.Target.URLs {
		v.keepParameters(u.URL)
	}
	v.keepUser(s.Target.Proxy)
	for i := range s.Monitors {
		v.keepUser(authorityOf(s.Monitors[i].URL))
		v.keepParameters(s.Monitors[i].URL)
	}
	s.Secrets = v.sorted()
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
// the like, and each cookie's. What a template fills in is no fixed text.
func (v *vault) keepCredentials(value string) {
	if !strings.Contains(value, "{{") {
		v.keep(value)
		_, rest, _ := strings.Cut(value, " ")
		v.keep(strings.TrimSpace(rest))
	}
	for pair := range strings.SplitSeq(value, ";") {
		_, part, _ := strings.Cut(pair, "=")
		if part = strings.TrimSpace(part); len(part) >= minPart && !strings.Contains(part, "{{") {
			v.keep(part)
		}
	}
}

// keepParameters keeps the values of a URL's parameters that are called
// secrets, unless its host is called so, too: a report must say where the load
// went.
func (v *vault) keepParameters(target string) {
	authority, _ := cutAuthority(target)
	_, query, _ := strings.Cut(target, "?")
	for _, value := range secret.Parameters(query) {
		if len(value) >= minPart && !strings.Contains(value, "{{") && !strings.Contains(authority, value) {
			v.keep(value)
		}
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
func (v *vault) keepURL(value, target string) {
	_, rest, _ := strings.Cut(target, "://")
	i := strings.IndexAny(rest, "/?")
	if i < 0 {
		return
	}
	authority, path := rest[:i], rest[i:]
	switch {
	case strings.Contains(value, authority):
		v.keepEncoded(value[strings.Index(value, authority)+len(authority):])
	case strings.Contains(path, value):
		v.keepEncoded(value)
	}
}

// keepEncoded keeps a piece of a URL, as it is written and as it is meant.
func (v *vault) keepEncoded(text string) {
	v.keep(text)
	if meant, err := url.PathUnescape(text); err == nil {
		v.keep(meant)
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
