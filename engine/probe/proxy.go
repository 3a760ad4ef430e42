package probe

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"strconv"

	"stampede/engine/handshake"
	"stampede/results"
)

// Proxy is the forward proxy that was asked for the target.
type Proxy struct {
	URL     string `json:"url"`             // without user and password
	Asked   string `json:"asked"`           // host:port that it was to connect to
	Request string `json:"request"`         // as sent, its secret part masked
	Reply   *Reply `json:"reply,omitempty"` // nil if not a byte came
}

// readProxy takes the proxy's URL apart: it is what will be dialled. No error
// quotes the URL, which may hold a password.
func (p *plan) readProxy() error {
	if p.Proxy == "" {
		return nil
	}
	u, err := url.Parse(p.Proxy)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return &OptionError{"Proxy", "want http://host:port"}
	}
	if p.Socket != "" {
		return &OptionError{"Proxy", "does not go with a Unix socket"}
	}
	p.proxy, p.dialHost, p.dialPort = u, u.Hostname(), 80
	if u.Port() != "" {
		p.dialPort, err = parsePort(u.Port())
	}
	if err != nil {
		return &OptionError{"Proxy", err.Error()}
	}
	return nil
}

// target is the host and port that a connection is to reach, by whatever way.
func (p *plan) target() string {
	return net.JoinHostPort(p.targetHost, strconv.Itoa(int(p.targetPort)))
}

// secretHeaders are the header fields with secrets in them, those for the
// proxy among them.
func (p *plan) secretHeaders() []handshake.Header {
	if p.proxy == nil {
		return p.headers
	}
	list := append([]handshake.Header{}, p.headers...)
	for _, h := range readHead(handshake.TunnelRequest(p.proxy, p.target())) {
		list = append(list, handshake.Header{Name: h.Name, Value: h.Value})
	}
	if password, ok := p.proxy.User.Password(); ok {
		list = append(list, handshake.Header{Name: "Proxy-Authorization", Value: password})
	}
	return list
}

// tunneled is a connection that a proxy has made: what came with its answer is
// read first.
type tunneled struct {
	net.Conn
	from io.Reader
}

func (t *tunneled) Read(p []byte) (int, error) { return t.from.Read(p) }

// tunnel asks the proxy at the other end of conn for the target. The
// connection is nil unless the proxy made one.
func (r *run) tunnel(conn net.Conn) (net.Conn, *reading) {
	_, _ = conn.Write(handshake.TunnelRequest(r.proxy, r.target())) // the reading tells
	got := readHeads(conn, nil, r.since)
	if !got.done || !agreed(tunnelOutcome(got)) {
		return nil, got
	}
	return &tunneled{conn, io.MultiReader(bytes.NewReader(got.rest), conn)}, got
}

// tunnelOutcome names what a proxy's answer comes to; all of it belongs to the
// connect phase.
func tunnelOutcome(got *reading) results.Outcome {
	if !got.done {
		return classify(got.err, results.PhaseConnect)
	}
	o := got.parser.Verdict(new(handshake.Key)).Outcome
	o.Phase = results.PhaseConnect
	return o
}

func agreed(o results.Outcome) bool { return o.Kind == results.Status && o.Status/100 == 2 }

// throughProxy is tunnel, told in the Probe; nil if there is no way through.
func (r *run) throughProxy(ctx context.Context, conn net.Conn) net.Conn {
	start := r.since()
	r.Probe.Proxy = &Proxy{URL: oneLine(r.proxy.Scheme + "://" + r.proxy.Host), Asked: oneLine(r.target()),
		Request: r.masks.head(handshake.Escape(handshake.TunnelRequest(r.proxy, r.target())))}
	through, got := r.tunnel(conn)
	r.step(StepProxy, start)
	o, detail := tunnelOutcome(got), "the proxy's answer: received "+got.parser.Unfinished()
	var v *handshake.Verdict
	if got.done {
		verdict := got.parser.Verdict(new(handshake.Key))
		v, detail = &verdict, verdict.Detail
		if o.Kind == results.Status && !agreed(o) {
			shorten(conn, min(bodyWait, r.Timeout/4))
			got.readBody(conn, readHead(got.parser.Head()))
		}
	}
	r.Probe.Proxy.Reply = r.replyOf(got, v)
	if through == nil {
		r.Probe.Outcome = outcomeOf(o, atMost(r.masks.text(oneLine(detail)), maxDetail))
		if ctx.Err() == context.Canceled {
			r.Probe.Outcome = Outcome{Kind: results.Canceled}
		}
	}
	return through
}
