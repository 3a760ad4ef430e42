//go:build linux

package main

import (
	"fmt"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stampede/engine/probe"
)

// TestCompatibility asks every server and proxy people run for handshakes, in
// clear and over TLS, and holds both sides to the same counts; and probes
// each proxy with a configuration that breaks WebSockets in the way people
// meet. What came of it is docs/compatibility.md.
func TestCompatibility(t *testing.T) {
	d := openDocument(t)
	for _, k := range serverKinds {
		eachWay(t, k.name, true, func(t *testing.T, secure bool) {
			var cert *certificate
			if secure {
				cert = newCertificate(t, t.TempDir())
			}
			s := k.start(t, cert)
			met := meet(t, s, liveTarget{s.address, cert})
			d.add(t, "servers", k.name, s.version, yesNo(secure), handshakes, met.established, met.differs(""))
		})
	}
	for _, k := range proxyKinds {
		eachWay(t, k.name, !k.noTLS, func(t *testing.T, secure bool) {
			node := startNode(t, nodeSettings{})
			p := startProxy(t, &k, k.config, node.address, statusUpgradeRequired)
			met := meet(t, node.liveServer, p.target(t, secure))
			d.add(t, "proxies", exampleLink(k.config, k.name), versionOf(t, k.command[0], k.version), yesNo(secure), handshakes, met.established, met.differs(k.note))
		})
	}
	for _, k := range proxyKinds {
		t.Run("broken/"+k.name, func(t *testing.T) {
			config := strings.Replace(k.config, ".", ".broken.", 1)
			node := startNode(t, nodeSettings{})
			p := startProxy(t, &k, config, node.address, k.broken.ready)
			probed := probeLive(t, nil, p.target(t, false).url())
			if got := probed.Outcome.Name(); got != k.broken.outcome || len(probed.Hints) == 0 || probed.Hints[0].ID != k.broken.hint {
				t.Fatalf("%s, hints %+v; want %s and %s first", got, probed.Hints, k.broken.outcome, k.broken.hint)
			}
			if c := node.counts(t); c.Established != 0 {
				t.Errorf("the server established %d", c.Established)
			}
			d.add(t, "broken", exampleLink(config, config), k.broken.fault, probed.Outcome.Name(), probed.Hints[0].ID)
		})
	}
	ways := 0 // that proxies were tried in
	for _, k := range proxyKinds {
		ways++
		if !k.noTLS {
			ways++
		}
	}
	d.close(t, map[string]int{"servers": 2 * len(serverKinds), "proxies": ways, "broken": len(proxyKinds)})
}

const (
	handshakes            = 500 // asked of each server and proxy
	statusUpgradeRequired = 426 // how server.js answers a plain request
)

// The arrivals come one by one: a burst would ask how long a listen queue is,
// and the first second of a Java program is slow.
const handshakesLoad = "load:\n  - steady: {rate: 250/s, for: 2s}\nhold: {for: 500ms}\n" +
	"timeouts: {connect: 15s, tls: 15s, total: 20s}\n"

// eachWay runs a test in clear and, if the subject speaks it, over TLS.
func eachWay(t *testing.T, name string, tls bool, test func(t *testing.T, secure bool)) {
	t.Run(name, func(t *testing.T) { test(t, false) })
	if tls {
		t.Run(name+" with TLS", func(t *testing.T) { test(t, true) })
	}
}

// liveTarget is where handshakes go: over TLS if there is a certificate.
type liveTarget struct {
	address string // host:port
	cert    *certificate
}

func (l liveTarget) url() string {
	if l.cert == nil {
		return "ws://" + l.address + "/ws"
	}
	return "wss://" + l.address + "/ws"
}

// target is where the proxy listens, in clear or for TLS.
func (p *liveProxy) target(t *testing.T, secure bool) liveTarget {
	t.Helper()
	if secure {
		p.awaitSecure(t)
		return liveTarget{p.secure, p.cert}
	}
	return liveTarget{p.address, nil}
}

// meet makes one handshake to look at and then all those asked for, through
// whatever stands before the server, and holds both sides to the same counts.
func meet(t *testing.T, s *liveServer, l liveTarget) meeting {
	t.Helper()
	scenario, args := "target:\n  url: "+l.url()+"\n", []string{l.url()}
	if l.cert != nil {
		scenario += fmt.Sprintf("  tls: {ca: %q}\n", l.cert.cert)
		args = append(args, "--ca", l.cert.cert)
	}
	p := probeLive(t, nil, args...)
	if !p.Established() {
		t.Fatalf("the probe ended in %s, hints %+v", p.Outcome.Name(), p.Hints)
	}
	r := runLive(t, scenario+handshakesLoad)
	checkEstablished(t, r, handshakes)
	c := s.counts(t)
	checkBothSides(t, r, c)
	return meeting{p, c.Established - 1}
}

// checkBothSides holds a run to have held every handshake until it closed it,
// and the server to have seen them all and the probe's.
func checkBothSides(t *testing.T, r liveRun, got nodeCounts) {
	t.Helper()
	c := r.Held.Closed
	if r.Held.Opened != handshakes || c.Clean+c.Forced != handshakes || len(r.Held.ClosedEarly) > 0 {
		t.Errorf("held %d, closed %+v, closed early %+v; want %d and none early", r.Held.Opened, c, r.Held.ClosedEarly, handshakes)
	}
	ended := int64(0)
	for _, n := range got.Closed {
		ended += n
	}
	const want = handshakes + 1
	if got.Upgrades != want || got.Established != want || ended != want || got.Open != 0 || got.Closed["1000"] < c.Clean {
		t.Errorf("the server counts %+v, want %d with %d or more closed by 1000", got, want, c.Clean)
	}
}

// meeting is what came of all the handshakes.
type meeting struct {
	probe       *probe.Probe // the one to look at
	established int64        // of the others, as the server counts them
}

// differs is what its 101 has that another one has not, and a note.
func (m meeting) differs(note string) string {
	var all, added []string
	needed := []string{"Upgrade", "Connection", "Sec-Websocket-Accept"}
	for _, h := range m.probe.Reply.Headers {
		if !slices.Contains(needed, textproto.CanonicalMIMEHeaderKey(h.Name)) {
			added = append(added, h.Name)
		}
	}
	slices.Sort(added)
	if len(added) > 0 {
		all = append(all, "adds "+strings.Join(added, ", "))
	}
	if m.probe.TLS != nil && m.probe.TLS.ALPN == "" {
		all = append(all, "no ALPN")
	}
	all = append(all, m.probe.Reply.Warnings...)
	if note != "" {
		all = append(all, note)
	}
	return strings.Join(all, "; ")
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// exampleLink links a configuration from the folder docs.
func exampleLink(config, text string) string {
	return fmt.Sprintf("[%s](%s)", text, filepath.Join("../examples/proxies", config))
}
