package probe

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"stampede/engine/handshake"
)

// mask stands for a secret.
const mask = "***"

// minSecret is the length from which a secret is looked for wherever it may
// come back; a shorter one would be found in too much that is none.
const minSecret = 6

// masker hides secrets. The zero value hides nothing; newMasker's hides the
// values of secret headers and of secret parameters of a query, by name and
// wherever they come back.
type masker struct {
	on      bool
	secrets []string // the longest first
}

func newMasker(headers []handshake.Header, query string) masker {
	m := masker{on: true}
	m.keepQuery(query)
	for _, h := range headers {
		switch strings.ToLower(h.Name) {
		case "authorization", "proxy-authorization":
			m.keep(h.Value)
			if _, credentials, ok := strings.Cut(h.Value, " "); ok {
				m.keep(strings.TrimSpace(credentials))
			}
		case "cookie":
			m.keep(h.Value)
			for pair := range strings.SplitSeq(h.Value, ";") {
				_, value, _ := strings.Cut(pair, "=")
				m.keep(strings.TrimSpace(value))
			}
		}
	}
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	return m
}

// keepQuery keeps the values of a query's parameters whose names tell that
// they are secrets: browsers can give a WebSocket no headers, so tokens go there.
// Each is kept as it is written and as it is meant.
func (m *masker) keepQuery(query string) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !isSecretParameter(strings.ToLower(name)) {
			continue
		}
		m.keep(value)
		if meant, err := url.QueryUnescape(value); err == nil && meant != value {
			m.keep(meant)
		}
	}
}

// isSecretParameter reports whether a parameter called name, in lower case,
// holds a secret.
func isSecretParameter(name string) bool {
	switch name {
	case "auth", "authorization", "jwt", "key", "pwd", "session", "sid", "sig", "ticket":
		return true
	}
	return slices.ContainsFunc([]string{"token", "secret", "passw", "signature", "apikey", "api_key", "api-key", "credential"}, func(part string) bool {
		return strings.Contains(name, part)
	})
}

// keep notes a secret, and what becomes of it where a reply quotes it in a URL,
// in a page or in JSON.
func (m *masker) keep(secret string) {
	if len(secret) < minSecret {
		return
	}
	for _, form := range formsOf(secret) {
		if form = oneLine(form); !slices.Contains(m.secrets, form) {
			m.secrets = append(m.secrets, form)
		}
	}
}

// formsOf are the ways in which a text is written where it is quoted.
func formsOf(text string) []string {
	inURL, inPath := url.QueryEscape(text), url.PathEscape(text)
	inPage := html.EscapeString(text)
	inJSON := text
	if quoted, err := json.Marshal(text); err == nil {
		inJSON = string(quoted[1 : len(quoted)-1])
	}
	return []string{text,
		inURL, lowerHex(inURL), inPath, lowerHex(inPath), url.QueryEscape(inURL),
		inPage, strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(inPage),
		inJSON, strings.NewReplacer(`"`, `\"`, `/`, `\/`).Replace(text)}
}

var percentHex = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerHex is an escaped URL with its hexadecimal digits in lower case.
func lowerHex(escaped string) string {
	return percentHex.ReplaceAllStringFunc(escaped, strings.ToLower)
}

// text hides the secrets in text.
func (m *masker) text(text string) string {
	for _, s := range m.secrets {
		text = strings.ReplaceAll(text, s, mask)
	}
	return text
}

// header hides h's secret part. Of a cookie that a server sets, the name and
// the attributes stay: they tell which balancer set it.
func (m *masker) header(h Header) Header {
	if !m.on {
		return h
	}
	switch strings.ToLower(h.Name) {
	case "authorization", "proxy-authorization", "cookie":
		h.Value = mask
	case "set-cookie":
		pair, attributes, more := strings.Cut(h.Value, ";")
		name, _, _ := strings.Cut(pair, "=")
		h.Value = name + "=" + mask
		if more {
			h.Value += ";" + attributes
		}
	default:
		h.Value = m.text(h.Value)
	}
	return h
}

// head hides the secrets in the lines of a head, folds included.
func (m *masker) head(text string) string {
	if !m.on {
		return text
	}
	var out strings.Builder
	hidden := false // the header the line continues is hidden
	for line := range strings.Lines(text) {
		if line[0] == ' ' || line[0] == '\t' {
			if !hidden {
				out.WriteString(m.text(line))
			}
			continue
		}
		hidden = false
		name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ":")
		if !ok {
			out.WriteString(m.text(line))
			continue
		}
		h := m.header(Header{name, value})
		if hidden = h.Value != value; hidden {
			line = name + ": " + strings.TrimLeft(h.Value, " \t") + "\n"
		}
		out.WriteString(m.text(line)) // a request line may hold a colon too
	}
	return out.String()
}
