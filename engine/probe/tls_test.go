package probe

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

func serverConfig(c *tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*c}}
}

// TestTLS probes servers that are right or wrong in one way.
func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := ca.issue(nil)
	shortKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*tls.Config)) *tls.Config {
		c := serverConfig(good)
		change(c)
		return c
	}
	mutual := with(func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool })
	tests := []struct {
		name    string
		o       Options
		server  func(net.Conn)
		outcome string
		hints   string
	}{
		{"good", Options{}, overTLS(serverConfig(good), answering(accepted)), "established", "no_origin"},
		{"good by name", Options{ServerName: "good.test"}, overTLS(serverConfig(good), answering(accepted)), "established", "no_origin"},
		{"TLS 1.2", Options{}, overTLS(with(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), answering(accepted)), "established", "no_origin"},
		{"TLS 1.1", Options{}, overTLS(with(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), silent), "tls protocol_version", "tls_version"},
		{"expired", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), silent), "tls expired", "expired"},
		{"not yet valid", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })), silent), "tls not_yet_valid", "not_yet_valid"},
		{"expires soon", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(49 * time.Hour) })), answering(accepted)), "established", "expires_soon no_origin"},
		{"wrong name", Options{ServerName: "bad.test"}, overTLS(serverConfig(good), silent), "tls wrong_host", "wrong_host"},
		{"wrong address", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.IPAddresses = nil })), silent), "tls wrong_host", "wrong_host"},
		{"no names", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil })), silent), "tls wrong_host", "wrong_host"},
		{"not for servers", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })), silent), "tls unfit_certificate", "unfit_certificate"},
		{"wrong name, and unknown", Options{Roots: other.pool, ServerName: "bad.test"}, overTLS(serverConfig(good), silent), "tls wrong_host", "wrong_host further_faults"},
		{"expired, and wrong name", Options{ServerName: "bad.test"}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), silent), "tls expired", "expired further_faults"},
		{"unknown authority", Options{Roots: other.pool}, overTLS(serverConfig(good), silent), "tls unknown_authority", "chain_incomplete"},
		{"unknown authority, whole chain", Options{Roots: other.pool}, overTLS(with(func(c *tls.Config) {
			c.Certificates[0].Certificate = append(c.Certificates[0].Certificate[:1:1], ca.cert.Raw)
		}), silent), "tls unknown_authority", "unknown_authority"},
		{"signed with SHA-1", Options{}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })), silent), "tls unknown_authority", "weak_signature"},
		{"short key", Options{}, overTLS(serverConfig(ca.issueFor(shortKey, nil)), answering(accepted)), "established", "weak_key no_origin"},
		{"self-signed", Options{}, overTLS(serverConfig(selfSigned(t)), silent), "tls unknown_authority", "self_signed"},
		{"insecure", Options{Insecure: true}, overTLS(serverConfig(selfSigned(t)), answering(accepted)), "established", "unverified no_origin"},
		{"insecure, and good", Options{Insecure: true}, overTLS(serverConfig(good), answering(accepted)), "established", "no_origin"},
		{"another protocol by ALPN", Options{}, overTLS(with(func(c *tls.Config) { c.NextProtos = []string{"mqtt"} }), silent), "tls no_application_protocol", "alpn_h2_only"},
		{"http/1.1 among others", Options{}, overTLS(with(func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }), answering(accepted)), "established", "no_origin"},
		{"HTTP/2 inside", Options{}, overTLS(serverConfig(good), said("\x00\x00\x12\x04\x00\x00\x00\x00\x00...")), "protocol bad_status_line", "h2_frames"},
		{"unrecognized name", Options{ServerName: "who.test"}, rejecting(t), "tls unrecognized_name", "unrecognized_name"},
		{"no certificate for the name", Options{ServerName: "who.test"}, overTLS(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, fmt.Errorf("none")
		}}, silent), "tls internal_error", "server_tls_error"},
		{"client certificate wanted", Options{}, overTLS(mutual, answering(accepted)), "tls certificate_required", "client_certificate"},
		{"client certificate given", Options{Certificate: good}, overTLS(mutual, answering(accepted)), "established", "no_origin"},
		{"client certificate of another", Options{Certificate: other.issue(nil)}, overTLS(mutual, answering(accepted)), "tls unknown_ca", "client_certificate"},
		{"client certificate wanted in TLS 1.2", Options{}, overTLS(with(func(c *tls.Config) {
			c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, ca.pool, tls.VersionTLS12
		}), answering(accepted)), "tls handshake_failure", "client_certificate"},
		{"clear text", Options{}, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}, "tls not_tls", "clear_port"},
		{"another protocol", Options{}, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\x1b[2J\r\n"); silent(c) }, "tls not_tls", "not_tls"},
		{"clear text behind the handshake", Options{}, behindTLS(serverConfig(good), "HTTP/1.1 502 Bad Gateway\r\n\r\n"), "tls bad_record", "clear_text_inside"},
		{"a record of no session", Options{}, behindTLS(serverConfig(good), "\x17\x03\x03\x00\x14not encrypted at all"), "tls bad_record", "bad_record"},
		{"default certificate of an ingress", Options{ServerName: "app.test"}, overTLS(serverConfig(ca.issue(func(c *x509.Certificate) {
			c.Subject.CommonName, c.DNSNames = "Kubernetes Ingress Controller Fake Certificate", []string{"ingress.local"}
		})), silent), "tls wrong_host", "known_certificate"},
		{"silent", Options{Timeout: 300 * time.Millisecond}, silent, "timeout tls", "tls_silent"},
		{"closed", Options{}, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, "closed tls", "tls_cut"},
		{"reset", Options{}, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)); reset(c) }, "reset tls", "tls_cut"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := test.o
			o.URL = "wss://" + serve(t, test.server) + "/ws"
			if o.Roots == nil {
				o.Roots = ca.pool
			}
			p := probed(t, o)
			if got := p.Outcome.Name(); got != test.outcome || hintIDs(p) != test.hints {
				t.Errorf("%s (%s), hints %q; want %s, %q", got, p.Outcome.Detail, hintIDs(p), test.outcome, test.hints)
			}
		})
	}
}

// behindTLS makes a TLS handshake and then sends text past it.
func behindTLS(config *tls.Config, text string) func(net.Conn) {
	return func(c net.Conn) {
		secure := tls.Server(c, config)
		if _, ok := requestHead(secure); ok {
			_, _ = io.WriteString(c, text)
			silent(c)
		}
	}
}

// probed runs a probe, draws it, and returns it.
func probed(t testing.TB, o Options) *Probe {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	p, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkDrawings(t, p)
	return p
}

// rejecting answers any hello with the alert unrecognized_name, as nginx does
// with ssl_reject_handshake.
func rejecting(t *testing.T) func(net.Conn) {
	t.Helper()
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 112})
		silent(c)
	}
}

// TestTLSFacts holds what is told of a good handshake.
func TestTLSFacts(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.issue(nil)
	cert.Certificate = append(cert.Certificate, ca.cert.Raw)
	config := serverConfig(cert)
	config.NextProtos = []string{"http/1.1"}
	p := probed(t, Options{URL: "wss://" + serve(t, overTLS(config, answering(accepted))) + "/", ServerName: "good.test", Roots: ca.pool})
	got := p.TLS
	if got == nil || len(got.Chain) != 2 {
		t.Fatalf("TLS %+v", got)
	}
	if got.Version != "TLS 1.3" || got.ALPN != "http/1.1" || got.Exchange != "X25519MLKEM768" || !strings.HasPrefix(got.Cipher, "TLS_") ||
		!got.Verified || !got.NameFits || got.ServerName != "good.test" || got.ClientAsked {
		t.Errorf("TLS %+v", got)
	}
	c := got.Chain[0]
	if c.Subject != "CN=good.test" || c.Issuer != "CN=Test Authority" || c.DaysLeft != 90 || c.SelfSigned || strings.Join(c.Names, " ") != "good.test 127.0.0.1" {
		t.Errorf("certificate %+v", c)
	}
	for _, step := range []string{StepConnect, StepTLS, StepSend, StepWait, StepReceive} {
		if _, ok := p.took(step); !ok {
			t.Errorf("no step %s", step)
		}
	}
}

// TestKeyExchange holds the group to be told in TLS 1.2 too, where it is
// settled only after the certificate.
func TestKeyExchange(t *testing.T) {
	ca := newAuthority(t)
	config := serverConfig(ca.issue(nil))
	config.MaxVersion, config.CurvePreferences = tls.VersionTLS12, []tls.CurveID{tls.CurveP256}
	p := probed(t, Options{URL: "wss://" + serve(t, overTLS(config, answering(accepted))) + "/", Roots: ca.pool})
	if p.TLS.Version != "TLS 1.2" || p.TLS.Exchange != "CurveP256" {
		t.Errorf("TLS %+v", p.TLS)
	}
}

// TestLargeCertificate meets a chain longer, and a certificate with more
// names, than is shown.
func TestLargeCertificate(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.issue(func(c *x509.Certificate) {
		for i := range 2000 {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("h%d.test", i))
		}
		c.Subject.CommonName = "evil\x1b[2J"
	})
	for range 30 {
		cert.Certificate = append(cert.Certificate, ca.cert.Raw)
	}
	p := probed(t, Options{URL: "wss://" + serve(t, overTLS(serverConfig(cert), answering(accepted))) + "/", Roots: ca.pool})
	if p.Outcome.Kind != results.Established {
		t.Fatalf("%s: %s", p.Outcome.Name(), p.Outcome.Detail)
	}
	leaf := p.TLS.Chain[0]
	if len(leaf.Names) != 50 || leaf.MoreNames != 1952 || len(p.TLS.Chain) != 20 || p.TLS.MoreCerts != 11 {
		t.Errorf("%d names and %d more, %d certificates and %d more", len(leaf.Names), leaf.MoreNames, len(p.TLS.Chain), p.TLS.MoreCerts)
	}
}
