package probe

import (
	"fmt"
	"strings"

	"stampede/results"
)

// Hint is what something seen means, and what to do about it.
type Hint struct {
	ID    string `json:"id"` // a short stable word
	Means string `json:"means"`
	Do    string `json:"do"`
}

// symptom is a known case: how it is recognised, and what to say to it.
type symptom struct {
	id   string
	seen func(*Probe) bool
	say  func(*Probe) (means, do string)
}

// always says the same whatever was seen.
func always(means, do string) func(*Probe) (string, string) {
	return func(*Probe) (string, string) { return means, do }
}

// Diagnose says what a probe means: first the one likeliest cause of the
// outcome, then whatever else was noticed. It is a pure function of p and does
// not look at p.Hints.
func Diagnose(p *Probe) []Hint {
	hints := []Hint{}
	for _, s := range causes(p) {
		if s.seen(p) {
			hint := s.hint(p)
			if p.Outcome.Kind == results.Status {
				hint.Means += ownReason(p)
			}
			hints = append(hints, hint)
			break
		}
	}
	for _, s := range asides {
		if s.seen(p) {
			hints = append(hints, s.hint(p))
		}
	}
	return hints
}

func (s symptom) hint(p *Probe) Hint {
	means, do := s.say(p)
	return Hint{s.id, means, do}
}

// causes are the cases that end in an outcome, the most telling first.
func causes(p *Probe) []symptom {
	switch o := p.Outcome; {
	case o.Kind == results.Canceled:
		return silences
	case o.Phase == results.PhaseReady:
		return unready
	case p.Proxy != nil && o.Phase == results.PhaseConnect:
		return proxyFailures
	}
	switch p.Outcome.Kind {
	case results.Status:
		return refusals
	case results.Protocol:
		return misreplies
	case results.TLS:
		return tlsFailures
	case results.Established:
		return nil
	}
	return silences
}

// any one matches whatever is left.
func anything(*Probe) bool { return true }

// status matches refusals with one of the codes.
func status(codes ...int) func(*Probe) bool {
	return func(p *Probe) bool {
		for _, c := range codes {
			if int(p.Outcome.Status) == c {
				return true
			}
		}
		return false
	}
}

// reason matches outcomes with one of the reasons.
func reason(words ...results.Reason) func(*Probe) bool {
	return func(p *Probe) bool {
		for _, w := range words {
			if p.Outcome.Reason == w {
				return true
			}
		}
		return false
	}
}

// kind matches outcomes of a kind, and of a phase unless that is PhaseNone.
func kind(k results.Kind, phase results.Phase) func(*Probe) bool {
	return func(p *Probe) bool {
		return p.Outcome.Kind == k && (phase == results.PhaseNone || p.Outcome.Phase == phase)
	}
}

// all matches what each of the conditions does.
func all(conditions ...func(*Probe) bool) func(*Probe) bool {
	return func(p *Probe) bool {
		for _, c := range conditions {
			if !c(p) {
				return false
			}
		}
		return true
	}
}

// inBody matches a refusal that holds one of the texts, in any case, where it
// may give its reason: in the body, in the status line or in a header for it.
func inBody(texts ...string) func(*Probe) bool {
	return func(p *Probe) bool {
		if p.Reply == nil {
			return false
		}
		said := p.Reply.Body + "\n" + p.Reply.phrase()
		for _, h := range reasonHeaders(p.Reply) {
			said += "\n" + h.Value
		}
		said = strings.ToLower(said)
		for _, t := range texts {
			if strings.Contains(said, strings.ToLower(t)) {
				return true
			}
		}
		return false
	}
}

// answeredBy matches replies whose likely author is called so.
func answeredBy(name string) func(*Probe) bool {
	return func(p *Probe) bool { return strings.HasPrefix(p.author().Name, name) }
}

// who names the reply's author in a sentence: "nginx (Server: nginx/1.22)".
func who(p *Probe) string {
	if h := p.author(); h.Name != "" {
		return fmt.Sprintf("%s (judging by %s)", h.Name, h.Evidence)
	}
	return "the server"
}

// whoFirst names the reply's author at the start of a sentence. A program's
// name keeps its first letter.
func whoFirst(p *Probe) string {
	if p.author().Name == "" {
		return "The server"
	}
	return who(p)
}

// asked tells what was asked for: "GET /ws with Host: app.example.test".
func asked(p *Probe) string {
	return fmt.Sprintf("GET %s with Host: %s", atMost(oneLine(p.Request.Target), 200), atMost(oneLine(p.Request.Host), 200))
}

// origin tells which Origin was sent.
func origin(p *Probe) string {
	if p.Request.Origin == "" {
		return "no Origin was sent"
	}
	return "Origin: " + p.Request.Origin + " was sent"
}

// isSecure reports whether the target is wss://.
func isSecure(p *Probe) bool { return strings.HasPrefix(p.URL, "wss:") }

func isPlain(p *Probe) bool { return !isSecure(p) }

// isSocket reports whether the target is a Unix socket.
func isSocket(p *Probe) bool { return strings.HasPrefix(p.URL, "ws+unix:") }
