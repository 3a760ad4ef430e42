package probe

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// maxSaid bounds how much of a refusal's own words is quoted.
const maxSaid = 200

// ownReason quotes what a refusal says of its own reason, as a sentence with a blank
// before it: a header that names an error, and a body that is a few words or
// JSON; of a page, its title. It is "" where none says more than the status does.
func ownReason(p *Probe) string {
	if p.Reply == nil {
		return ""
	}
	var text string
	for _, h := range p.Reply.Headers {
		if strings.Contains(strings.ToLower(h.Name), "error") && h.Value != "" {
			text = fmt.Sprintf(" %s: %s.", atMost(h.Name, 60), atMost(h.Value, maxSaid))
			break
		}
	}
	if words := ownWords(p.Reply.Body); words != "" && !repeats(words, int(p.Outcome.Status)) {
		if words = atMost(words, maxSaid); !strings.HasPrefix(words, "{") {
			words = `"` + words + `"`
		}
		text += " It says: " + words + "."
	}
	return text
}

var pageTitle = regexp.MustCompile(`(?i)<(?:title|h1)[^>]*>([^<]+)<`)

// ownWords are a body's words in one line: all of a short text, the title of a
// page; "" for what is neither.
func ownWords(body string) string {
	body = strings.TrimSpace(body)
	if strings.HasPrefix(body, "<") {
		title := pageTitle.FindStringSubmatch(body)
		if title == nil {
			return ""
		}
		body = title[1]
	}
	if len(body) > 2*maxSaid || strings.HasPrefix(body, "binary, ") {
		return ""
	}
	return strings.TrimRight(strings.Join(strings.Fields(body), " "), ".")
}

// repeats reports whether words say no more than the status does: few of them,
// with its code or its name.
func repeats(words string, status int) bool {
	name := strings.ToLower(http.StatusText(status))
	lower := strings.ToLower(words)
	return len(strings.Fields(words)) <= 5 && !strings.HasPrefix(words, "{") &&
		(strings.Contains(lower, strconv.Itoa(status)) || name != "" && strings.Contains(lower, name))
}
