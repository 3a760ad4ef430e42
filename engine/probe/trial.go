package probe

import (
	"bytes"
	"context"
	"net"
	"strings"

	"stampede/engine/handshake"
	"stampede/results"
)

// triedVersions are values of Sec-WebSocket-Version other than 13 to ask for:
// those of the last drafts that browsers shipped, and one that nobody speaks,
// to which a server must answer with those it does (RFC 6455 §4.4).
var triedVersions = []string{"7", "8", "255"}

const versionLine = "\r\nSec-WebSocket-Version: 13\r\n"

// tryOthers makes the further handshakes: one with another Origin where the
// server refused in a way that may be about it, and those for versions.
func (r *run) tryOthers(ctx context.Context) {
	if r.Reply == nil {
		return
	}
	if s := r.Reply.Status; s == 401 || s == 403 || s == 404 && isActionCable(r.Probe) || s == 400 && namesOrigin(r.Probe) {
		r.tryOrigin(ctx)
	}
	if r.Versions {
		for _, v := range triedVersions {
			text := r.request.AppendTo(nil, &r.key, 0)
			text = bytes.Replace(text, []byte(versionLine), []byte(strings.Replace(versionLine, "13", v, 1)), 1)
			r.try(ctx, Trial{Change: "Sec-WebSocket-Version: " + v, About: TrialVersion, Value: v}, r.request, text)
		}
	}
}

// tryOrigin leaves the Origin out that was sent, or else sends the one that a
// page of the target's own host would have.
func (r *run) tryOrigin(ctx context.Context) {
	t := Trial{Change: "without Origin", About: TrialOrigin}
	var headers []handshake.Header
	for _, h := range r.headers {
		if !strings.EqualFold(h.Name, "origin") {
			headers = append(headers, h)
		}
	}
	if r.Request.Origin == "" {
		t.Value = ownOrigin(r.secure, r.host)
		t.Change = "with Origin: " + t.Value
		headers = append(headers, handshake.Header{Name: "Origin", Value: t.Value})
	}
	request, err := r.compile(headers)
	if err != nil {
		return // can't be: these headers were good before
	}
	r.try(ctx, t, request, request.AppendTo(nil, &r.key, 0))
}

// ownOrigin is the Origin of a page that came from host (RFC 6454 §6.2).
func ownOrigin(secure bool, host string) string {
	if secure {
		return "https://" + host
	}
	return "http://" + host
}

// try makes one further handshake and notes it.
func (r *run) try(ctx context.Context, t Trial, request *handshake.Request, text []byte) {
	o, detail, headers := r.converse(ctx, request, text)
	t.Outcome = outcomeOf(o, atMost(r.masks.text(oneLine(detail)), maxDetail))
	for _, v := range headerValues(headers, "sec-websocket-version") {
		if len(t.Versions) == 10 {
			break
		}
		t.Versions = append(t.Versions, atMost(v, 100))
	}
	r.Trials = append(r.Trials, t)
}

// converse makes a handshake with the address in use.
func (r *run) converse(ctx context.Context, request *handshake.Request, text []byte) (results.Outcome, string, []Header) {
	conn, err := new(net.Dialer).DialContext(ctx, r.network, r.address)
	if err != nil {
		return classifyDial(err, r.network), err.Error(), nil
	}
	defer conn.Close()
	defer guard(ctx, conn)()
	if r.proxy != nil {
		var got *reading
		if conn, got = r.tunnel(conn); conn == nil {
			return tunnelOutcome(got), "the proxy did not connect again", nil
		}
	}
	if r.secure {
		c, _, err := r.handshakeTLS(ctx, conn)
		if err != nil {
			return classifyTLS(err), err.Error(), nil
		}
		conn = c
	}
	_, _ = conn.Write(text) // the reading tells
	got := readHeads(conn, request, r.since)
	if !got.done {
		return classifySession(got.err, results.PhaseUpgrade), got.parser.Unfinished(), nil
	}
	v := got.parser.Verdict(&r.key)
	if v.Outcome.Kind == results.Established {
		sendClose(conn)
	}
	return v.Outcome, v.Detail, readHead(got.parser.Head())
}
