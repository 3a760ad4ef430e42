package probe

import (
	"encoding/json"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// The parts of an HTTP Archive 1.2 that a handshake fills. Times are in
// milliseconds; -1 stands for what does not apply.
type (
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harEntry struct {
		Started  string      `json:"startedDateTime"`
		Time     float64     `json:"time"`
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Address  string      `json:"serverIPAddress,omitempty"`
		Port     string      `json:"connection,omitempty"`
		Type     string      `json:"_resourceType"`
		Comment  string      `json:"comment,omitempty"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
		Error       string     `json:"_error,omitempty"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
	}
	harTimings struct {
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"` // with TLS, as the format has it
		TLS     float64 `json:"ssl"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// WriteHAR writes p as an HTTP Archive 1.2 with one entry, which the network
// tab of a browser imports. It holds no cookies: they are secrets.
func (p *Probe) WriteHAR(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]harLog{"log": {"1.2", harCreator{"stampede probe", "1"}, []harEntry{p.harEntry()}}})
}

func (p *Probe) harEntry() harEntry {
	e := harEntry{Started: p.StartedAt.Format("2006-01-02T15:04:05.000Z07:00"), Type: "websocket",
		Request: p.harRequest(), Response: p.harResponse(), Timings: p.harTimings(), Comment: "outcome: " + p.Outcome.Name()}
	t := e.Timings
	for _, part := range []float64{t.DNS, t.Connect, t.Send, t.Wait, t.Receive} { // connect holds ssl
		e.Time += max(part, 0)
	}
	for _, c := range p.Connects {
		if c.Used {
			e.Address, e.Port, _ = net.SplitHostPort(c.Address)
		}
	}
	return e
}

func (p *Probe) harRequest() harRequest {
	r := harRequest{Method: "GET", URL: p.URL, HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Headers: harPairs(p.Request.Headers),
		Query: []harPair{}, HeadersSize: p.Request.Size, BodySize: 0}
	if u, err := url.Parse(p.URL); err == nil {
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name != "" {
				r.Query = append(r.Query, harPair{unescaped(name), unescaped(value)})
			}
		}
	}
	return r
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return oneLine(plain)
	}
	return text
}

func (p *Probe) harResponse() harResponse {
	h := harResponse{Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1, Content: harContent{MimeType: "x-unknown"}}
	if !p.Established() {
		h.Error = strings.TrimSpace(p.Outcome.Name() + " " + p.Outcome.Detail)
	}
	r := p.Reply
	if r == nil || !r.Whole {
		return h
	}
	head := r.Head
	if i := strings.LastIndex(strings.TrimRight(head, "\n"), "\n\n"); i >= 0 {
		head = head[i+2:] // behind the interim replies
	}
	line, _, _ := strings.Cut(head, "\n")
	version, rest, _ := strings.Cut(line, " ")
	_, text, _ := strings.Cut(rest, " ")
	h.Status, h.StatusText, h.HTTPVersion = r.Status, text, version
	h.Headers, h.HeadersSize, h.BodySize = harPairs(r.Headers), r.HeadSize, r.BodySize
	h.RedirectURL = r.value("location")
	h.Content.Size, h.Content.Text = r.BodySize, r.Body
	if mime := r.value("content-type"); mime != "" {
		h.Content.MimeType = mime
	}
	return h
}

func (p *Probe) harTimings() harTimings {
	ms := func(name string, absent float64) float64 {
		took, ok := p.took(name)
		if !ok {
			return absent
		}
		return float64(took) / float64(time.Millisecond)
	}
	t := harTimings{Blocked: -1, DNS: ms(StepResolve, -1), Connect: ms(StepConnect, -1), TLS: ms(StepTLS, -1),
		Send: ms(StepSend, 0), Wait: ms(StepWait, 0), Receive: ms(StepReceive, 0)}
	t.Connect += ms(StepProxy, 0)
	if t.TLS >= 0 {
		t.Connect += t.TLS
	}
	return t
}

func harPairs(headers []Header) []harPair {
	pairs := make([]harPair, len(headers))
	for i, h := range headers {
		pairs[i] = harPair(h)
	}
	return pairs
}
