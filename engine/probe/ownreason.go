package probe

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxSaid bounds how much of a refusal's own words is quoted.
const maxSaid = 200

// ownReason quotes what a refusal says of its own reason, as a sentence with a blank
// before it: a header that names an error, words of its own in the status line,
// and a body that is a few words or JSON; of a page, what it says first. It is ""
// where none says more than the status does.
func ownReason(p *Probe) string {
	if p.Reply == nil {
		return ""
	}
	var text string
	if headers := reasonHeaders(p.Reply); len(headers) > 0 {
		text = fmt.Sprintf(" %s: %s.", atMost(headers[0].Name, 60), atMost(headers[0].Value, maxSaid))
	}
	phrase := p.Reply.phrase()
	if len(strings.Fields(phrase)) > 1 && !isUsualPhrase(phrase) && !repeats(phrase, int(p.Outcome.Status)) {
		text += ` Its status line says: "` + atMost(phrase, maxSaid) + `".`
	}
	if words := ownWords(p.Reply.Body, int(p.Outcome.Status)); words != "" && words != phrase {
		if words = atMost(words, maxSaid); !strings.HasPrefix(words, "{") {
			words = `"` + words + `"`
		}
		text += " It says: " + words + "."
	}
	return text
}

// reasonHeaders are the fields by whose name a reply gives the reason of a
// refusal (Proxy-Status: RFC 9209).
func reasonHeaders(r *Reply) (found []Header) {
	for _, h := range r.Headers {
		name := strings.ToLower(h.Name)
		isNamed := slices.ContainsFunc([]string{"error", "reason", "reject"}, func(part string) bool { return strings.Contains(name, part) })
		if h.Value != "" && (isNamed || name == "proxy-status" && strings.Contains(h.Value, "error=")) {
			found = append(found, h)
		}
	}
	return found
}

// phrase is the reason phrase of a reply's final status line, escaped.
func (r *Reply) phrase() string {
	head := "\n" + r.Head
	line, _, _ := strings.Cut(head[strings.LastIndex(head, "\nHTTP/")+1:], "\n")
	if parts := strings.SplitN(line, " ", 3); len(parts) == 3 {
		return strings.TrimSpace(parts[2])
	}
	return ""
}

// usualPhrases are reason phrases that programs write in place of those of
// today's RFC 9110, and that say no more.
var usualPhrases = []string{"request entity too large", "payload too large", "content too large", "request-uri too large", "request-uri too long",
	"request time-out", "gateway time-out", "service temporarily unavailable", "server too busy", "proxy error", "moved temporarily",
	"object moved", "http version not supported", "version not supported", "request header too large", "unused"}

func isUsualPhrase(phrase string) bool {
	return slices.Contains(usualPhrases, strings.ToLower(phrase))
}

// pageText matches the elements of a page that may hold its message.
var pageText = regexp.MustCompile(`(?is)<(title|h1|h2|h3|pre|p)(?:\s[^>]*)?>(.*?)(?:</(?:title|h1|h2|h3|pre|p|body)>|<br|$)`)

var tag = regexp.MustCompile(`<[^>]*>`)

// ownWords are a body's words in one line: all of a short text; of a page, the
// first words that say more than the status; "" for what is neither.
func ownWords(body string, status int) string {
	body = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(body), `\ufeff`)) // a byte-order mark, escaped
	if strings.HasPrefix(body, "<") {
		return pageWords(body, status)
	}
	if len(body) > 2*maxSaid || strings.HasPrefix(body, "binary, ") {
		return ""
	}
	if words := oneSentence(body); !repeats(words, status) {
		return words
	}
	return ""
}

// pageWords are the first words of a page that say more than the status. One
// word alone, as "Error", counts only where nothing else is said.
func pageWords(page string, status int) (words string) {
	for _, m := range pageText.FindAllStringSubmatch(page, 20) {
		text := oneSentence(oneLine(html.UnescapeString(tag.ReplaceAllString(m[2], " "))))
		switch {
		case text == "" || repeats(text, status) || strings.HasPrefix(text, "Type "): // Tomcat's kind of page
		case strings.Contains(text, " "):
			return strings.TrimPrefix(text, "Message ") // Tomcat's label
		case words == "" && strings.EqualFold(m[1], "title"):
			words = text
		}
	}
	return words
}

// oneSentence is text in one line, without the full stop at its end.
func oneSentence(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")
}

// repeats reports whether words say no more than the status does: few of them,
// with its code or its name, or a few more with both.
func repeats(words string, status int) bool {
	name := strings.ToLower(http.StatusText(status))
	lower := strings.ToLower(words)
	hasCode := strings.Contains(lower, strconv.Itoa(status))
	hasName := name != "" && strings.Contains(lower, name) || isUsualPhrase(words)
	switch n := len(strings.Fields(words)); {
	case strings.HasPrefix(words, "{"):
		return false
	case n <= 5:
		return hasCode || hasName
	}
	return len(words) < 40 && hasCode && hasName
}
