package probe

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"stampede/engine/handshake"
	"stampede/results"
)

const (
	bodyWait  = 500 * time.Millisecond // for a refusal's body
	frameWait = 100 * time.Millisecond // for what follows a 101 at once
	maxDetail = 1000                   // bytes
)

// run is a probe under way.
type run struct {
	*plan
	*Probe
	survey  *survey
	network string // tcp or unix
	address string // the one in use; "" until one is
}

// Run makes one handshake as o says, and a few more where o.Versions or a
// refusal that may be about Origin ask for it; it also opens, and closes, a TCP
// connection to every other address of the name. It returns within o.Timeout.
// The error is for options that can't be used; nothing was sent then. What
// becomes of the handshake is never an error but the Probe's Outcome.
func Run(ctx context.Context, o Options) (*Probe, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	p, err := o.plan(handshake.NewKey(random))
	if err != nil {
		return nil, err
	}
	r := &run{plan: p, Probe: &Probe{Schema: Schema, URL: p.shown(), StartedAt: time.Now(), Timeout: p.Timeout}}
	r.Request = p.describeRequest()
	ctx, cancel := context.WithDeadline(ctx, r.StartedAt.Add(p.Timeout))
	defer cancel()
	r.handshake(ctx)
	r.tryOthers(ctx)
	if r.survey != nil {
		r.survey.finish(silence)
		r.Connects = r.survey.rows
	}
	r.Hints = Diagnose(r.Probe)
	return r.Probe, nil
}

// since is the time since the probe began.
func (r *run) since() time.Duration { return time.Since(r.StartedAt) }

// step notes a step that began at an instant and ends now.
func (r *run) step(name string, start time.Duration) {
	r.Steps = append(r.Steps, Step{name, start, r.since() - start})
}

// handshake goes through all phases, as far as they go.
func (r *run) handshake(ctx context.Context) {
	addresses := r.addresses(ctx)
	if len(addresses) == 0 {
		return
	}
	start := r.since()
	r.survey = begin(ctx, r.network, addresses)
	i := r.survey.choose(ctx)
	r.step(StepConnect, start)
	if i < 0 {
		r.Outcome = r.survey.failure(ctx)
		return
	}
	r.Steps[len(r.Steps)-1].Took = r.survey.rows[i].Took
	r.address = addresses[i]
	conn := r.survey.take(i)
	defer conn.Close()
	defer guard(ctx, conn)()
	if r.proxy != nil {
		if conn = r.throughProxy(ctx, conn); conn == nil {
			return
		}
	}
	if r.secure {
		start = r.since()
		c, t, err := r.handshakeTLS(ctx, conn)
		r.step(StepTLS, start)
		if r.TLS = t; err != nil {
			r.fail(ctx, classifyTLS(err), err)
			return
		}
		conn = c
	}
	r.upgrade(ctx, conn)
}

// guard gives conn the context's deadline, and ends its reads and writes when
// ctx is done. release undoes the latter.
func guard(ctx context.Context, conn net.Conn) (release func()) {
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// fail notes a failure; one that came from the probe being stopped is that.
func (r *run) fail(ctx context.Context, o results.Outcome, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		r.Probe.Outcome = Outcome{Kind: results.Canceled}
		return
	}
	r.Probe.Outcome = outcomeOf(o, atMost(r.masks.text(oneLine(err.Error())), maxDetail))
}

// addresses are what may be dialled: a Unix socket, or what a name resolves to.
func (r *run) addresses(ctx context.Context) (list []string) {
	if r.Socket != "" {
		r.network = "unix"
		return []string{r.Socket}
	}
	r.network = "tcp"
	for _, a := range r.resolve(ctx) {
		list = append(list, a.String())
	}
	return list
}

// resolve looks the name up, and notes the addresses of both kinds.
func (r *run) resolve(ctx context.Context) (usable []netip.AddrPort) {
	r.Resolution.Name = oneLine(r.dialHost)
	start := r.since()
	found, err := []netip.Addr(nil), error(nil)
	if a, parseErr := netip.ParseAddr(r.dialHost); parseErr == nil {
		found = []netip.Addr{a}
	} else {
		found, err = r.Resolver.LookupNetIP(ctx, "ip", r.dialHost)
		r.step(StepResolve, start)
	}
	seen := map[netip.Addr]bool{}
	for _, a := range found {
		if a = a.Unmap(); seen[a] {
			continue
		}
		seen[a] = true
		if a.Is4() {
			r.Resolution.IPv4 = append(r.Resolution.IPv4, a.String())
		} else {
			r.Resolution.IPv6 = append(r.Resolution.IPv6, a.String())
		}
		if r.Family.fits(a) {
			usable = append(usable, netip.AddrPortFrom(a, r.dialPort))
		}
	}
	if len(usable) == 0 {
		r.noAddress(ctx, err)
	}
	return usable
}

// noAddress notes why no address is usable.
func (r *run) noAddress(ctx context.Context, err error) {
	var dns *net.DNSError
	switch {
	case err == nil:
		err, r.Resolution.NotFound = errors.New("no address of the kind asked for"), true
	case errors.As(err, &dns):
		r.Resolution.NotFound = dns.IsNotFound
	}
	r.Resolution.Error = oneLine(err.Error())
	r.fail(ctx, results.Outcome{Kind: results.Resolve}, err)
}

// upgrade sends the request and reads the reply.
func (r *run) upgrade(ctx context.Context, conn net.Conn) {
	start := r.since()
	r.Request.Sent = true
	_, writeErr := conn.Write(r.request.AppendTo(nil, &r.key, 0)) // a server may refuse before it has read all
	r.step(StepSend, start)
	sent := r.since()
	got := readHeads(conn, r.request, r.since)
	first := got.first
	if first == 0 {
		first = got.last
	}
	r.Steps = append(r.Steps, Step{StepWait, sent, first - sent})
	if got.first > 0 {
		r.Steps = append(r.Steps, Step{StepReceive, first, got.last - first})
	}
	r.readBehind(conn, got)
	if isAny(got.err, io.EOF) && len(got.raw) == 0 && writeErr != nil {
		got.err = writeErr // says more
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		got.err = context.Canceled
	}
	r.conclude(got)
	if r.Established() {
		if r.plan.Ready.Within > 0 {
			r.checkReady(ctx, conn, got.rest)
		}
		_ = conn.SetDeadline(time.Now().Add(frameWait))
		sendClose(conn)
	}
}

// readBehind reads what is worth reading behind the head.
func (r *run) readBehind(conn net.Conn, got *reading) {
	switch got.parser.Verdict(&r.key).Outcome.Kind {
	case results.Established:
		if r.plan.Ready.Within > 0 {
			return // the check reads it
		}
		shorten(conn, frameWait)
		got.readBody(conn, nil)
	case results.Status:
		shorten(conn, min(bodyWait, r.Timeout/4))
		got.readBody(conn, readHead(got.parser.Head()))
	}
}

// conclude notes what a reading comes to.
func (r *run) conclude(got *reading) {
	if got.done {
		v := got.parser.Verdict(&r.key)
		r.Probe.Outcome = outcomeOf(v.Outcome, atMost(r.masks.text(oneLine(v.Detail)), maxDetail))
		r.keep(got, &v)
		return
	}
	r.keep(got, nil)
	o := classifySession(got.err, results.PhaseUpgrade)
	r.Probe.Outcome = outcomeOf(o, oneLine(got.err.Error()))
	var record tls.RecordHeaderError
	if r.TLS != nil && errors.As(got.err, &record) {
		r.TLS.FirstBytes = oneLine(record.RecordHeader[:])
	}
	switch o.Kind {
	case results.Timeout, results.Closed, results.Reset:
		r.Probe.Outcome.Detail = "received " + got.parser.Unfinished()
	case results.Canceled:
		r.Probe.Outcome.Detail = ""
	}
}

// shorten lets reads take this much longer at most.
func shorten(conn net.Conn, wait time.Duration) { _ = conn.SetReadDeadline(time.Now().Add(wait)) }
