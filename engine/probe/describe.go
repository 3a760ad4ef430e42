package probe

import (
	"strings"

	"stampede/engine/handshake"
	"stampede/results"
)

// describeRequest is the request as it may be shown.
func (p *plan) describeRequest() Request {
	text := p.request.AppendTo(nil, &p.key, 0)
	d := Request{Target: p.masks.text(p.url.RequestURI()), Host: p.host, Subprotocols: p.Subprotocols, Size: len(text),
		Head: p.masks.head(handshake.Escape(text))}
	for _, h := range readHead(text) {
		if strings.EqualFold(h.Name, "origin") {
			d.Origin = h.Value
		}
		d.Headers = append(d.Headers, p.masks.header(h))
	}
	return d
}

// keep notes what was received; v is nil if there is no verdict.
func (r *run) keep(got *reading, v *handshake.Verdict) {
	r.Reply = r.replyOf(got, v)
	if r.Reply == nil || !r.Reply.Whole {
		return
	}
	if r.Reply.Status == 101 {
		r.Checks = r.checks(&got.parser)
	}
	r.Hops = hopsOf(r.Reply)
}

// replyOf describes what was received; nil if nothing was.
func (r *run) replyOf(got *reading, v *handshake.Verdict) *Reply {
	if len(got.raw) == 0 {
		return nil
	}
	reply := &Reply{Head: r.masks.head(handshake.Escape(got.raw)), HeadSize: len(got.raw)}
	if v == nil {
		return reply
	}
	reply.Interim = v.Interim
	if w := v.Warnings.String(); w != "" {
		reply.Warnings = strings.Split(w, ", ")
	}
	reply.Status, reply.Whole = statusOf(got, v)
	if !reply.Whole {
		return reply
	}
	headers := readHead(got.parser.Head())
	for _, h := range headers {
		reply.Headers = append(reply.Headers, r.masks.header(h))
	}
	switch {
	case reply.Status == 101:
		reply.Behind = len(got.rest)
		after := follow(got.rest, v.Extended)
		reply.BehindIs, reply.CloseCode = after.is, after.code
		reply.CloseReason = atMost(r.masks.text(oneLine(after.reason)), maxDetail)
		if o := classify(got.ended, results.PhaseUpgrade); got.ended != nil && (o.Kind == results.Closed || o.Kind == results.Reset) {
			reply.Ended = o.Kind.String()
		}
	default:
		body := got.body(headers)
		reply.Body, reply.BodySize = r.masks.text(handshake.Sample(nil, body)), len(body)
	}
	return reply
}

// statusOf is the status of a whole head; whole is false for a broken one.
func statusOf(got *reading, v *handshake.Verdict) (status int, whole bool) {
	switch {
	case v.Outcome.Kind == results.Status:
		return int(v.Outcome.Status), true
	case got.parser.Checks(new(handshake.Key)) != nil:
		return 101, true
	}
	return 0, false
}

// ruleNames tell where each rule of a 101 is written down.
var ruleNames = map[string]string{
	"Upgrade":                  "Upgrade names websocket (RFC 6455 §4.1, check 2)",
	"Connection":               "Connection holds upgrade (check 3)",
	"Sec-WebSocket-Accept":     "Sec-WebSocket-Accept answers the key (check 4)",
	"Sec-WebSocket-Extensions": "Sec-WebSocket-Extensions are among the offered (check 5)",
	"Sec-WebSocket-Protocol":   "Sec-WebSocket-Protocol is among the offered (check 6)",
}

// checks draws the rules of a 101, its status line first.
func (r *run) checks(p *handshake.Parser) []Check {
	list := []Check{{Rule: "the status line says 101 in HTTP/1.1 (check 1)", OK: true, Want: "want HTTP/1.1 101", Received: firstLine(p.Head())}}
	for _, c := range p.Checks(&r.key) {
		list = append(list, Check{ruleNames[c.Field], c.Fault == "",
			atMost(r.masks.text(oneLine(strings.Join(c.Received, ", "))), maxDetail), oneLine(c.Want), c.Fault, c.Slip})
	}
	return list
}

func firstLine(head []byte) string {
	line, _, _ := strings.Cut(string(head), "\n")
	return oneLine(strings.TrimSuffix(line, "\r"))
}
