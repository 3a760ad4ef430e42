package scenario

import (
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand fills the variables of text in: ${NAME}, ${NAME:-default}, and $$
// for a dollar sign; a dollar sign before anything else stands for itself.
// What a variable holds is not looked at again. from lists the values that
// came from env.
func expand(text string, env func(string) (string, bool)) (out string, from []string, err error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 {
			b.WriteString(text)
			return b.String(), from, nil
		}
		b.WriteString(text[:i])
		text = text[i+1:]
		switch {
		case strings.HasPrefix(text, "$"):
			b.WriteByte('$')
			text = text[1:]
		case strings.HasPrefix(text, "{"):
			inner, rest, closed := strings.Cut(text[1:], "}")
			if !closed {
				return "", nil, badValue("write $$ for a dollar sign", "${ is never closed")
			}
			value, fromEnv, err := variable(inner, env)
			if err != nil {
				return "", nil, err
			}
			if fromEnv {
				from = append(from, value)
			}
			b.WriteString(value)
			text = rest
		default:
			b.WriteByte('$')
		}
	}
}

// variable is the value of what stands between the braces of ${…}.
func variable(inner string, env func(string) (string, bool)) (value string, fromEnv bool, err error) {
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	if !variableName.MatchString(name) {
		return "", false, badValue("write ${NAME} or ${NAME:-default}, and $$ for a dollar sign", "${%s} names no variable", inner)
	}
	set := false
	if env != nil {
		value, set = env(name)
	}
	switch {
	case set && (value != "" || !hasFallback):
		return value, value != "", nil
	case hasFallback:
		return fallback, false, nil
	}
	return "", false, badValue("export it, or write ${"+name+":-default}", "the variable %s is not set", name)
}
