package results

import (
	"net/url"
	"slices"
	"strings"
)

// SecretParameters returns the values of a query's parameters whose names tell
// that they are secrets: browsers can give a WebSocket no headers, so tokens go
// there. Each comes as it is written and, if that differs, as it is meant.
func SecretParameters(query string) (values []string) {
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
