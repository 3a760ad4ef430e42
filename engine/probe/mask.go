package probe

import (
	"slices"
	"strings"

	"stampede/engine/handshake"
	"stampede/internal/secret"
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
	for _, value := range secret.Parameters(query) {
		m.keep(value)
	}
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

// keep notes a secret, and what becomes of it where a reply quotes it in a URL,
// in a page or in JSON.
func (m *masker) keep(value string) {
	if len(value) < minSecret {
		return
	}
	for _, form := range secret.Forms(value) {
		if form = oneLine(form); !slices.Contains(m.secrets, form) {
			m.secrets = append(m.secrets, form)
		}
	}
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
