package practice

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"testing"

	"github.com/gobwas/ws"
)

// dialSecure is dial over TLS, by somebody who trusts the server's authority.
func dialSecure(t *testing.T, s *Server, config *tls.Config) (*client, error) {
	t.Helper()
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(s.Authority()) {
		t.Fatal("the authority is no certificate")
	}
	config.ServerName = "127.0.0.1"
	plain := dial(t, s)
	c := tls.Client(plain.Conn, config)
	return &client{t, c, bufio.NewReader(c)}, c.Handshake()
}

func TestSecuredServerUpgradesAndTalks(t *testing.T) {
	s, stop := start(t, Config{TLS: ServerTLS})
	c, err := dialSecure(t, s, &tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.upgraded()
	c.sendFrame(ws.NewPingFrame([]byte("still there?")))
	if got := string(c.frame(ws.OpPong)); got != "still there?" {
		t.Errorf("pong %q", got)
	}
	c.sendFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	if code := c.closeCode(); code != ws.StatusNormalClosure { // with an orderly end of TLS, or reading it would fail
		t.Errorf("closed with %v", code)
	}
	if counts := stop(); counts.Upgraded != 1 || counts.PeerClosed != 1 {
		t.Errorf("%+v", counts)
	}
}

// Every version and key exchange a client may be told to offer is taken, so
// that what it costs can be measured.
func TestSecuredServerTakesWhatTheClientOffers(t *testing.T) {
	s, _ := start(t, Config{TLS: ServerTLS})
	for version := uint16(tls.VersionTLS10); version <= tls.VersionTLS13; version++ {
		c, err := dialSecure(t, s, &tls.Config{MinVersion: version, MaxVersion: version})
		if err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
			continue
		}
		c.upgraded()
	}
	for _, curve := range []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521, tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024} {
		c, err := dialSecure(t, s, &tls.Config{CurvePreferences: []tls.CurveID{curve}})
		if err != nil {
			t.Errorf("%v: %v", curve, err)
			continue
		}
		c.upgraded()
	}
}

func TestSecuredServerResumesSessions(t *testing.T) {
	s, _ := start(t, Config{TLS: ServerTLS})
	cache := tls.NewLRUClientSessionCache(1)
	for n := range 2 {
		c, err := dialSecure(t, s, &tls.Config{ClientSessionCache: cache})
		if err != nil {
			t.Fatal(err)
		}
		c.upgraded() // reads the ticket that comes before it
		if resumed := c.Conn.(*tls.Conn).ConnectionState().DidResume; resumed != (n == 1) {
			t.Errorf("connection %d: resumed %v", n+1, resumed)
		}
	}
}

func TestMutualTLSAsksForACertificateAndTakesAny(t *testing.T) {
	for _, mode := range []TLSMode{ServerTLS, MutualTLS} {
		for _, shown := range []bool{true, false} {
			s, _ := start(t, Config{TLS: mode})
			asked := false
			c, err := dialSecure(t, s, &tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				asked = true
				if !shown {
					return &tls.Certificate{}, nil
				}
				pair, _, err := throwAway("", nil)
				return &pair, err
			}})
			if err != nil {
				t.Fatal(err)
			}
			c.upgraded()
			if asked != (mode == MutualTLS) {
				t.Errorf("%s: asked for a certificate: %v", tlsModeNames[mode], asked)
			}
		}
	}
}

// A peer that speaks no TLS, or trusts nobody, is gone before its request.
func TestSecuredServerSurvivesWhoFailsTheHandshake(t *testing.T) {
	s, stop := start(t, Config{TLS: ServerTLS})
	plain := dial(t, s)
	plain.send(head())
	stranger := tls.Client(dial(t, s).Conn, &tls.Config{ServerName: "127.0.0.1", RootCAs: x509.NewCertPool()})
	if err := stranger.Handshake(); err == nil {
		t.Error("a certificate of an unknown authority was believed")
	}
	eventually(t, s, "rid of both", func(c Counts) bool { return c.Gone == 2 })
	c, err := dialSecure(t, s, &tls.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.upgraded()
	if counts := stop(); counts.Requests != 1 || counts.BadRequests != 0 {
		t.Errorf("%+v", counts)
	}
}

func TestCertificateIsForTheNameListenedOn(t *testing.T) {
	names, addresses := certifiedNames("app.example.test:8443", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8443})
	if !slices.Contains(names, "app.example.test") || !slices.ContainsFunc(addresses, net.IPv4(10, 0, 0, 1).Equal) {
		t.Errorf("%q and %v", names, addresses)
	}
	if names, _ := certifiedNames("10.0.0.1:8443", nil); !slices.Equal(names, []string{"localhost"}) {
		t.Errorf("%q: an address is no name", names)
	}
}

func TestPlainServerHasNoAuthority(t *testing.T) {
	if s, _ := start(t, Config{}); s.Authority() != nil {
		t.Error("an authority without TLS")
	}
}
