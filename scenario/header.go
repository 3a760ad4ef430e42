package scenario

import (
	"fmt"
	"strings"
)

// headers checks names and values by RFC 9110 §5.1 and §5.5, and keeps the
// handshake's own fields out.
func (c *checker) headers(t *Target) {
	headers := t.Headers
	if len(headers) > maxList {
		c.add("target.headers", "", "%d headers are more than %d", len(headers), maxList)
	}
	hosts := 0
	if t.Host != "" {
		c.hostName("target.host", t.Host)
		hosts++
	}
	for _, h := range headers {
		path := "target.headers." + h.Name
		c.headerName(path, h.Name)
		c.headerValue(path, h.Value)
		if strings.EqualFold(h.Name, "Host") {
			hosts++
			if strings.Contains(h.Value, "{{") {
				c.add(path, "for several hosts use urls", "Host is the same for every handshake")
			}
		}
	}
	if hosts > 1 {
		c.add("target.headers.Host", "", "a request has one Host (RFC 9112 §3.2)")
	}
}

// reserved are fields that the handshake writes itself, or that would make
// the request another message.
var reserved = map[string]string{
	"upgrade": "", "connection": "", "sec-websocket-key": "", "sec-websocket-version": "", "sec-websocket-accept": "only servers send it",
	"sec-websocket-protocol": "use target.subprotocols", "sec-websocket-extensions": "use target.extensions",
	"content-length": "a handshake has no body", "transfer-encoding": "a handshake has no body", "te": "", "trailer": "", "expect": "a handshake has no body",
}

func (c *checker) headerName(path, name string) {
	if !isToken(name) {
		c.add(path, "letters, digits and -_. are", "%q is no header name (RFC 9110 §5.1)", name)
		return
	}
	if hint, ok := reserved[strings.ToLower(name)]; ok {
		if hint == "" {
			hint = "leave it out"
		}
		c.add(path, hint, "%s belongs to the handshake", name)
	}
}

func (c *checker) headerValue(path, value string) {
	switch {
	case len(value) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(value), maxHeader)
	case strings.TrimFunc(value, func(r rune) bool { return r == ' ' || r == '\t' }) != value:
		c.add(path, "", "the value begins or ends with a blank, which a server drops (RFC 9110 §5.5)")
	}
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			c.add(path, "", "the value has a control character, %q, at byte %d (RFC 9110 §5.5)", b, i+1)
			return
		}
	}
}

func (c *checker) subprotocols(t *Target) {
	names := t.Subprotocols
	if t.SubprotocolRequired && len(names) == 0 && c.sound("target.subprotocols") {
		c.add("target.subprotocol_required", "add subprotocols", "no subprotocol is offered that could be selected")
	}
	if len(names) > maxList {
		c.add("target.subprotocols", "", "%d subprotocols are more than %d", len(names), maxList)
	}
	seen := map[string]bool{}
	for i, name := range names {
		path := fmt.Sprintf("target.subprotocols[%d]", i)
		switch {
		case !isToken(name):
			c.add(path, "one name an entry", "%q is no subprotocol name (RFC 6455 §4.1)", name)
		case seen[name]:
			c.add(path, "", "%s is there twice (RFC 6455 §4.1)", name)
		}
		seen[name] = true
	}
}

// isToken reports whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
