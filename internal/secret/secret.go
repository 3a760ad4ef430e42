// Package secret knows what of a request is a secret, and how it may be quoted.
package secret

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Parameters returns the values of a query's parameters whose names tell
// that they are secrets: browsers can give a WebSocket no headers, so tokens go
// there. Each comes as it is written and, if that differs, as it is meant.
func Parameters(query string) (values []string) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !isSecretParameter(strings.ToLower(name)) {
			continue
		}
		values = append(values, value)
		if meant, err := url.QueryUnescape(value); err == nil && meant != value {
			values = append(values, meant)
		}
	}
	return values
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

// Forms are the ways in which a secret is written where a reply quotes
// it: as it is, in a URL, in a page, in JSON.
func Forms(text string) []string {
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
