package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"

	"stampede/results"
	"stampede/scenario"
)

// connectProxy is a forward proxy that knows CONNECT; user:secret may use it.
// It answers with status in place of 200 where that is not zero.
func connectProxy(t *testing.T, status int) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) {
		status := status // each connection's own
		r := bufio.NewReader(c)
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		switch {
		case request.Method != "CONNECT" || request.Header.Get("Proxy-Authorization") != "Basic dXNlcjpzZWNyZXQ=":
			status = http.StatusProxyAuthRequired
		case status == 0:
			back, err := net.Dial("tcp", request.RequestURI)
			if err != nil {
				status = http.StatusBadGateway
				break
			}
			defer back.Close()
			_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
			go func() { _, _ = io.Copy(back, r) }()
			_, _ = io.Copy(c, back)
			return
		}
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d no\r\nContent-Length: 0\r\n\r\n", status)
	})
}

// serve handles connections on loopback until the test ends.
func serve(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, l, handle)
	return netip.MustParseAddrPort(l.Addr().String())
}

// serveOn handles the connections of a listener until the test ends: that
// closes them all and waits for their handlers.
func serveOn(t *testing.T, l net.Listener, handle func(net.Conn)) {
	var serving sync.WaitGroup
	serving.Go(func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(t.Context(), func() { c.Close() })
			serving.Go(func() { // ends with its connection
				defer stop()
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
}

// relay passes what from has read on to the server, and back what it answers.
func relay(c net.Conn, from io.Reader, server netip.AddrPort) {
	back, err := net.Dial("tcp", server.String())
	if err != nil {
		return
	}
	defer back.Close()
	go func() { // ends with c
		_, _ = io.Copy(back, from)
		_ = back.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(c, back)
}

// aimed runs a scenario against what its names resolve to.
func aimed(t *testing.T, s *scenario.Scenario) *results.Result {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	found, err := Resolve(t.Context(), net.DefaultResolver, s)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Aim(s, found)
	if err != nil {
		t.Fatal(err)
	}
	o := results.RecorderOptions{Planned: s.Schedule().Len()}
	for _, target := range targets {
		o.Addresses = append(o.Addresses, target.Names()...)
	}
	recorder := results.NewRecorder(o)
	if _, err := Run(t.Context(), Config{Schedule: s.Schedule(), Targets: targets, Pick: s.Target.Pick, Timeouts: s.Timeouts, Hold: s.Hold, Recorder: recorder}); err != nil {
		t.Fatal(err)
	}
	return recorder.Result(results.Run{})
}

func wantOutcome(t *testing.T, r *results.Result, want results.Outcome, count int64) {
	t.Helper()
	if len(r.Outcomes) != 1 || r.Outcomes[0].Outcome() != want || r.Outcomes[0].Count != count {
		t.Errorf("outcomes %+v, want %d × %s", r.Outcomes, count, want.Name())
	}
}

func TestTunnel(t *testing.T) {
	server := startServer(t).address
	established := results.Outcome{Kind: results.Established}
	for name, c := range map[string]struct {
		proxy netip.AddrPort
		to    string
		user  string
		want  results.Outcome
	}{
		"connects":      {connectProxy(t, 0), server.String(), "user:secret@", established},
		"wants a user":  {connectProxy(t, 0), server.String(), "", results.Outcome{Kind: results.Status, Phase: results.PhaseConnect, Status: 407}},
		"refuses":       {connectProxy(t, 403), server.String(), "user:secret@", results.Outcome{Kind: results.Status, Phase: results.PhaseConnect, Status: 403}},
		"target is off": {connectProxy(t, 0), closedPort(t).String(), "user:secret@", results.Outcome{Kind: results.Status, Phase: results.PhaseConnect, Status: 502}},
		"upgrades":      {connectProxy(t, 101), server.String(), "user:secret@", results.Outcome{Kind: results.Protocol, Phase: results.PhaseConnect, Reason: results.MissingUpgrade}},
		"hangs up":      {serve(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }), server.String(), "user:secret@", results.Outcome{Kind: results.Closed, Phase: results.PhaseConnect}},
		"says nothing":  {serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), server.String(), "user:secret@", results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scenario.Scenario{Load: burst(20), Hold: scenario.Hold{For: 50 * time.Millisecond}, Timeouts: scenario.Timeouts{Connect: 500 * time.Millisecond},
				Target: scenario.Target{URL: "ws://" + c.to + "/", Proxy: "http://" + c.user + c.proxy.String()}}
			wantOutcome(t, aimed(t, s), c.want, 20)
		})
	}
}

// What comes with a proxy's 200 is the target's word, and is not lost: nobody
// would send it again.
func TestTunnelKeepsWhatCameWithIt(t *testing.T) {
	const early = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
	const alert = "\x15\x03\x03\x00\x02\x02\x28" // handshake_failure
	for name, c := range map[string]struct {
		scheme, said string
		release      scenario.Release
		want         results.Outcome
	}{
		"an early reply":            {"ws", early, scenario.Connect, results.Outcome{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 408}},
		"one before the release":    {"ws", early, scenario.Upgrade, results.Outcome{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 408}},
		"an alert":                  {"wss", alert, scenario.Connect, results.Outcome{Kind: results.TLS, Phase: results.PhaseTLS, Reason: "handshake_failure"}},
		"what is no word of theirs": {"ws", "220 mail\r\n", scenario.Connect, results.Outcome{Kind: results.Protocol, Phase: results.PhaseUpgrade, Reason: results.BadStatusLine}},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := serve(t, func(front net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(front)); err == nil {
					_, _ = io.WriteString(front, "HTTP/1.1 200 Connection established\r\n\r\n"+c.said)
					_, _ = io.Copy(io.Discard, front)
				}
			})
			shapes := burst(10)
			shapes[0].Release = c.release
			wantOutcome(t, aimed(t, &scenario.Scenario{Load: shapes, Timeouts: scenario.Timeouts{Total: 2 * time.Second},
				Target: scenario.Target{URL: c.scheme + "://target.test/", Proxy: "http://" + proxy.String()}}), c.want, 10)
		})
	}
}

// The preamble says who dials whom, before anything else.
func TestPreamble(t *testing.T) {
	for version := uint8(1); version <= 2; version++ {
		seen := make(chan *proxyproto.Header, 10)
		server := startServer(t).address
		front := serve(t, func(c net.Conn) {
			r := bufio.NewReader(c)
			h, err := proxyproto.Read(r)
			if err != nil {
				return
			}
			seen <- h
			relay(c, r, server)
		})
		s := &scenario.Scenario{Load: burst(10), Target: scenario.Target{URL: "ws://" + front.String() + "/", ProxyProtocol: version}}
		wantOutcome(t, aimed(t, s), results.Outcome{Kind: results.Established}, 10)
		for range 10 {
			h := <-seen
			from, to := h.SourceAddr.(*net.TCPAddr), h.DestinationAddr.(*net.TCPAddr)
			if h.Version != version || !from.IP.IsLoopback() || from.Port == 0 || to.AddrPort() != front {
				t.Errorf("version %d: preamble of version %d from %v to %v, want one to %v", version, h.Version, from, to, front)
			}
		}
	}
}

// Several URLs share the arrivals by weight; one that has no address fails
// alone, at its instants.
func TestSeveralURLs(t *testing.T) {
	a, b := startServer(t).address, startServer(t).address
	s := &scenario.Scenario{Load: burst(400), Target: scenario.Target{URLs: []scenario.WeightedURL{
		{URL: "ws://" + a.String() + "/a", Weight: 2}, {URL: "ws://" + b.String() + "/b"}, {URL: "ws://does-not-exist.invalid/"}}}}
	r := aimed(t, s)
	got := map[string]int64{}
	for _, row := range r.Outcomes {
		got[row.Outcome().Name()] = row.Count
	}
	if got["established"] != 300 || got["resolve"] != 100 || r.Target.Addresses[a.String()] != 200 || r.Target.Addresses[b.String()] != 100 {
		t.Errorf("outcomes %v at %v, want 300 established, 2 to 1, and 100 without an address", got, r.Target.Addresses)
	}
}

// Every attempt carries its own row, number and UUID.
func TestTemplates(t *testing.T) {
	users, err := scenario.ParseData("users", "users.csv", []byte("token\nalpha\nbeta\n"))
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan *http.Request, 20)
	front := serve(t, func(c net.Conn) {
		if request, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			asked <- request
		}
	})
	s := &scenario.Scenario{Load: burst(20), Data: []scenario.Data{users}, Target: scenario.Target{
		URL:     "ws://" + front.String() + "/room/{{seq}}?id={{uuid}}",
		Headers: []scenario.Header{{Name: "Authorization", Value: "Bearer {{users.token}}"}},
	}}
	aimed(t, s)
	paths, ids, tokens := map[string]bool{}, map[string]bool{}, map[string]int{}
	for range 20 {
		r := <-asked
		paths[r.URL.Path], ids[r.URL.Query().Get("id")] = true, true
		tokens[r.Header.Get("Authorization")]++
	}
	if len(paths) != 20 || len(ids) != 20 || tokens["Bearer alpha"] != 10 || tokens["Bearer beta"] != 10 {
		t.Errorf("%d paths, %d ids, tokens %v; want 20, 20, 10 of each", len(paths), len(ids), tokens)
	}
}

func TestUnixSocket(t *testing.T) {
	path := t.TempDir() + "/s"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := startServer(t).address
	serveOn(t, l, func(c net.Conn) { relay(c, c, server) })
	s := &scenario.Scenario{Load: rate(100, 300*time.Millisecond), Target: scenario.Target{URL: "ws+unix:" + path + ":/x"}}
	r := aimed(t, s)
	wantOutcome(t, r, results.Outcome{Kind: results.Established}, 30)
	if r.Target.Addresses["unix:"+path] != 30 {
		t.Errorf("addresses %v", r.Target.Addresses)
	}
	s = &scenario.Scenario{Load: burst(3), Target: scenario.Target{URL: "ws+unix:" + path + "-not-there"}}
	wantOutcome(t, aimed(t, s), results.Outcome{Kind: results.Refused}, 3)
}

// -4 and -6 leave the other family out.
func TestFamily(t *testing.T) {
	s := startServer(t).address
	both := names{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")}
	for family, want := range map[scenario.Family]int{4: 1, 6: 1, 0: 2} {
		sc := &scenario.Scenario{Load: burst(1), Target: scenario.Target{URL: fmt.Sprintf("ws://both.test:%d/", s.Port()), Family: family}}
		if err := sc.Validate(); err != nil {
			t.Fatal(err)
		}
		found, err := Resolve(t.Context(), both, sc)
		if err != nil || len(found[0].Addresses) != want {
			t.Errorf("family %d: %v, %v; want %d addresses", family, found, err, want)
		}
	}
}

// names resolves every name to the same addresses.
type names []netip.Addr

func (n names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return n, nil }
