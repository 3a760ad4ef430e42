package engine

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
	"stampede/scenario"
)

// authority is a certificate authority made for one test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.cert = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	return a
}

func (a *authority) issue(c *x509.Certificate, by *authority) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	parent, parentKey := c, key
	if by != nil {
		parent, parentKey = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, cert
}

// pair is a certificate for localhost and 127.0.0.1, changed by edit.
func (a *authority) pair(edit func(*x509.Certificate)) tls.Certificate {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if edit != nil {
		edit(c)
	}
	key, cert := a.issue(c, a)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// tlsFront ends TLS in front of a server that has none.
func tlsFront(t *testing.T, c *tls.Config, behind netip.AddrPort) netip.AddrPort {
	t.Helper()
	return serve(t, func(raw net.Conn) { pipe(tls.Server(raw, c), behind) })
}

func pipe(front *tls.Conn, behind netip.AddrPort) {
	defer front.Close()
	if front.Handshake() != nil {
		return
	}
	relay(front, front, behind)
}

func secureTarget(address netip.AddrPort, c *tls.Config) *Target {
	target := at(address)
	c.NextProtos = []string{"http/1.1"}
	if c.ServerName == "" {
		c.ServerName = "localhost"
	}
	target.TLS = c
	return target
}

// slowHello makes every TLS handshake hold its turn before its first byte.
type slowHello struct{ takes time.Duration }

func (s slowHello) Get(string) (*tls.ClientSessionState, bool) {
	time.Sleep(s.takes) // the fault
	return nil, false
}
func (slowHello) Put(string, *tls.ClientSessionState) {}

// What a handshake waits for its first turn to compute is this host's own
// delay, and never the server's.
func TestSecureTurnsAreOurs(t *testing.T) {
	const rounds, takes = 10, 20 * time.Millisecond
	n := rounds * runtime.GOMAXPROCS(0)
	ca := newAuthority(t)
	front := tlsFront(t, &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}, startServer(t).address)
	o := load{target: secureTarget(front, &tls.Config{RootCAs: ca.pool(), ClientSessionCache: slowHello{takes}}), shapes: burst(int64(n)),
		timeouts: scenario.Timeouts{Total: 20 * time.Second, TLS: 10 * time.Second}}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": int64(n)})
	var most time.Duration
	for i := range o.attempts {
		a := &o.attempts[i]
		if d, _ := a.TLS(); a.TLSLag <= 0 || a.TLSLag > d {
			t.Errorf("arrival %d: tls_lag %v of a tls phase of %v", a.N, a.TLSLag, d)
		}
		most = max(most, a.TLSLag)
	}
	if least := (rounds - 1) * takes; most < least {
		t.Errorf("the longest wait is %v; the last turn can't come before %v", most, least)
	}
	if m := &o.result.Metrics; m.TLSLag.Count != int64(n) || *m.Handshake.Max-*m.HandshakeLow.Max < int64(most/4) {
		t.Errorf("%d lags, handshake at most %d and %d without our own; want %d, and the wait left out", m.TLSLag.Count, *m.Handshake.Max, *m.HandshakeLow.Max, n)
	}
}

// Workers do the same for wss: the scenario's trust goes with the assignment.
func TestWorkersSecure(t *testing.T) {
	ca := newAuthority(t)
	front := tlsFront(t, &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}, startServer(t).address)
	s := &scenario.Scenario{Load: burst(30), Hold: scenario.Hold{For: 200 * time.Millisecond}, Target: scenario.Target{
		URL: "wss://" + front.String() + "/", TLS: scenario.TLS{CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	found, err := Resolve(t.Context(), net.DefaultResolver, s)
	if err != nil {
		t.Fatal(err)
	}
	peers, _ := startPeers(t, 2)
	recorder := results.NewRecorder(results.RecorderOptions{Planned: 30, Addresses: []string{front.String()}})
	if _, err := Lead(t.Context(), Assign(s, found), peers, recorder, nil); err != nil {
		t.Fatal(err)
	}
	r := recorder.Result(results.Run{})
	wantOutcome(t, r, results.Outcome{Kind: results.Established}, 30)
	if r.Metrics.TLS.Count != 30 || r.Metrics.TLSLag.Count != 30 || r.Held.Closed.Clean != 30 || r.TLS == nil || r.TLS.Full != 30 {
		t.Errorf("%d tls phases, %d lags, held %+v, tls %+v; want 30 of each", r.Metrics.TLS.Count, r.Metrics.TLSLag.Count, r.Held, r.TLS)
	}
}

func TestSecureBurstIsHeldAndClosed(t *testing.T) {
	ca := newAuthority(t)
	front := tlsFront(t, &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}, startServer(t).address)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		l := load{target: secureTarget(front, &tls.Config{RootCAs: ca.pool(), MaxVersion: version}), shapes: burst(100),
			hold: scenario.Hold{For: 500 * time.Millisecond, PingEvery: 100 * time.Millisecond}, timeouts: scenario.Timeouts{Total: 20 * time.Second, TLS: 10 * time.Second}}
		o := l.run(t.Context(), t)
		o.want(t, map[string]int64{"established": 100})
		if o.result.Held.Closed.Clean != 100 {
			t.Errorf("%s: held %+v, want 100 closed clean", tls.VersionName(version), o.result.Held.Closed)
		}
		if n := o.result.Metrics.TLS.Count; n != 100 {
			t.Errorf("%s: %d tls phases, want 100", tls.VersionName(version), n)
		}
	}
}

func TestSecureReleaseUpgrade(t *testing.T) {
	ca := newAuthority(t)
	front := tlsFront(t, &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}, startServer(t).address)
	shapes := burst(50)
	shapes[0].Release = scenario.Upgrade
	o := load{target: secureTarget(front, &tls.Config{RootCAs: ca.pool()}), shapes: shapes}.run(t.Context(), t)
	o.want(t, map[string]int64{"established": 50})
	for _, a := range o.attempts {
		if a.Secured == 0 || a.Secured > a.Started && a.Secured > a.Intended+time.Second {
			t.Fatalf("arrival %d secured at %v, released at %v", a.N, a.Secured, a.Started)
		}
	}
}

func TestSecureFailures(t *testing.T) {
	ca := newAuthority(t)
	behind := startServer(t).address
	good := &tls.Config{Certificates: []tls.Certificate{ca.pair(nil)}}
	silent, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, c := range map[string]struct {
		server *tls.Config
		client *tls.Config
		want   string
	}{
		"unknown authority": {good, &tls.Config{}, "tls unknown_authority"},
		"wrong name":        {good, &tls.Config{RootCAs: ca.pool(), ServerName: "elsewhere.test"}, "tls name_mismatch"},
		"expired": {&tls.Config{Certificates: []tls.Certificate{ca.pair(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		})}}, &tls.Config{RootCAs: ca.pool()}, "tls expired"},
		"not yet valid": {&tls.Config{Certificates: []tls.Certificate{ca.pair(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		})}}, &tls.Config{RootCAs: ca.pool()}, "tls not_yet_valid"},
		"not verified":              {good, &tls.Config{InsecureSkipVerify: true}, "established"},
		"client certificate wanted": {&tls.Config{Certificates: good.Certificates, ClientAuth: tls.RequireAnyClientCert}, &tls.Config{RootCAs: ca.pool()}, "tls certificate_required"},
		"version":                   {&tls.Config{Certificates: good.Certificates, MinVersion: tls.VersionTLS13}, &tls.Config{RootCAs: ca.pool(), MaxVersion: tls.VersionTLS12}, "tls protocol_version"},
	} {
		t.Run(name, func(t *testing.T) {
			front := tlsFront(t, c.server, behind)
			client := c.client.Clone()
			o := load{target: secureTarget(front, client), shapes: burst(10)}.run(t.Context(), t)
			o.want(t, map[string]int64{c.want: 10})
		})
	}
	t.Run("not TLS", func(t *testing.T) {
		o := load{target: secureTarget(clearServer(t), &tls.Config{RootCAs: ca.pool()}), shapes: burst(10)}.run(t.Context(), t)
		o.want(t, map[string]int64{"tls not_tls": 10})
	})
	t.Run("silent", func(t *testing.T) {
		l := load{target: secureTarget(netip.MustParseAddrPort(silent.Addr().String()), &tls.Config{RootCAs: ca.pool()}), shapes: burst(10)}
		l.timeouts.TLS = 300 * time.Millisecond
		l.run(t.Context(), t).want(t, map[string]int64{"timeout tls": 10})
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		o := load{target: secureTarget(netip.MustParseAddrPort(silent.Addr().String()), &tls.Config{RootCAs: ca.pool()}), shapes: burst(10)}.run(ctx, t)
		o.want(t, map[string]int64{results.Canceled.String(): 10})
	})
}

// clearServer answers whatever comes with a refusal in clear text.
func clearServer(t *testing.T) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
	})
}

// pemOf writes a certificate and its key as a scenario's files hold them.
func pemOf(t *testing.T, c tls.Certificate) (cert, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range c.Certificate {
		cert = append(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})...)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// What a scenario says of TLS is what is done: mutual TLS, full handshakes
// unless it asks for resumption, http/1.1 as the only protocol, the curves
// and versions it names, and the name it gives.
func TestSecureAsTheScenarioSays(t *testing.T) {
	ca := newAuthority(t)
	authority, _ := pemOf(t, tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key})
	cert, key := pemOf(t, ca.pair(nil))
	var hello atomic.Pointer[tls.ClientHelloInfo]
	front := tlsFront(t, &tls.Config{
		Certificates: []tls.Certificate{ca.pair(nil)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello.Store(h); return nil, nil },
	}, startServer(t).address)
	scenarioOf := func(c scenario.TLS) *scenario.Scenario {
		c.CA, c.Cert, c.Key = authority, cert, key
		return &scenario.Scenario{Load: rate(50, 400*time.Millisecond), Target: scenario.Target{URL: "wss://localhost:443/", ConnectTo: front.String(), TLS: c}}
	}
	t.Run("full handshakes", func(t *testing.T) {
		r := aimed(t, scenarioOf(scenario.TLS{MaxVersion: tls.VersionTLS12, Curves: []tls.CurveID{tls.X25519}}))
		wantOutcome(t, r, results.Outcome{Kind: results.Established}, 20)
		want := &results.TLSFacts{Full: 20, Sessions: []results.SessionRow{{Version: "TLS 1.2",
			Cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", KeyExchange: "X25519", Count: 20}}}
		if diff := cmp.Diff(want, r.TLS); diff != "" {
			t.Errorf("tls (-want +got):\n%s", diff)
		}
		if h := hello.Load(); h.ServerName != "localhost" || !slices.Equal(h.SupportedProtos, []string{"http/1.1"}) {
			t.Errorf("server name %q, protocols %q", h.ServerName, h.SupportedProtos)
		}
	})
	t.Run("resumed", func(t *testing.T) {
		r := aimed(t, scenarioOf(scenario.TLS{Resumption: true}))
		wantOutcome(t, r, results.Outcome{Kind: results.Established}, 20)
		if r.TLS == nil || r.TLS.Resumed == 0 || r.TLS.Full == 0 || r.TLS.Full+r.TLS.Resumed != 20 {
			t.Errorf("tls %+v, want some resumed and the first full", r.TLS)
		}
	})
	t.Run("no client certificate", func(t *testing.T) {
		s := scenarioOf(scenario.TLS{})
		s.Target.TLS.Cert, s.Target.TLS.Key = nil, nil
		wantOutcome(t, aimed(t, s), results.Outcome{Kind: results.TLS, Phase: results.PhaseUpgrade, Reason: "certificate_required"}, 20)
	})
	t.Run("another name", func(t *testing.T) {
		s := scenarioOf(scenario.TLS{ServerName: "elsewhere.test"})
		wantOutcome(t, aimed(t, s), results.Outcome{Kind: results.TLS, Phase: results.PhaseTLS, Reason: "name_mismatch"}, 20)
		if name := hello.Load().ServerName; name != "elsewhere.test" {
			t.Errorf("server name %q", name)
		}
	})
}
