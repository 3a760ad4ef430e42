//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secureNginx starts nginx with nginx.conf and a certificate that signs itself.
func (n *network) secureNginx(t *testing.T) {
	t.Helper()
	writeCertificate(t, n.dir)
	n.nginx(t, "nginx.conf", 8001, 8011)
}

// secureAim is the beginning of a scenario for a port with TLS.
func secureAim(port int, settings string) string {
	return fmt.Sprintf("target: {url: \"wss://127.0.0.1:%d/\", tls: {%s}}\n", port, settings)
}

// writeCertificate writes cert.pem and key.pem for 127.0.0.1.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "staging"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCaseS11SessionsResumed(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.secureNginx(t)
	const load = "load: [steady: {rate: 100/s, for: 1s}]\n"
	t.Run("full by default", func(t *testing.T) {
		r := runLive(t, secureAim(8008, "insecure: true")+load, n.wrap()...)
		checkEstablished(t, r, 100)
		if r.TLS == nil || r.TLS.Full != 100 || r.TLS.Resumed != 0 {
			t.Errorf("%+v, want 100 full and none resumed", r.TLS)
		}
	})
	t.Run("resumed by choice", func(t *testing.T) {
		r := runLive(t, secureAim(8008, "insecure: true, resumption: true")+load, n.wrap()...)
		checkEstablished(t, r, 100)
		if r.TLS == nil || r.TLS.Full+r.TLS.Resumed != 100 || r.TLS.Resumed < 50 {
			t.Errorf("%+v, want 100 in all and most resumed", r.TLS)
		}
	})
}

func TestCaseT19SelfSignedCertificate(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.secureNginx(t)
	t.Run("verified by default", func(t *testing.T) {
		r := runLive(t, secureAim(8008, "")+few, n.wrap()...)
		checkOutcomes(t, r, 10, map[string]int64{"tls unknown_authority": 10})
		if r.code != exitFail {
			t.Errorf("exit code %d, want %d", r.code, exitFail)
		}
		checkHint(t, n.probe(t, "wss://127.0.0.1:8008/"), "self_signed", "--ca", "--insecure")
	})
	t.Run("unverified by choice", func(t *testing.T) {
		r := runLive(t, secureAim(8008, "insecure: true")+few, n.wrap()...)
		checkEstablished(t, r, 10)
		if r.TLS == nil || !r.TLS.Unverified {
			t.Errorf("%+v does not say that nobody looked at the certificates", r.TLS)
		}
		if text := printed(t, r); !strings.Contains(strings.ToLower(text), "not verified") {
			t.Errorf("the report does not say so:\n%s", text)
		}
	})
	t.Run("trusted by choice", func(t *testing.T) {
		r := runLive(t, secureAim(8008, fmt.Sprintf("ca: %q", filepath.Join(n.dir, "cert.pem")))+few, n.wrap()...)
		checkEstablished(t, r, 10)
		if r.TLS == nil || r.TLS.Unverified {
			t.Errorf("%+v, want verified", r.TLS)
		}
	})
}

// printed is what stampede report prints of a run.
func printed(t *testing.T, r liveRun) string {
	t.Helper()
	text, err := exec.Command(program(t), "report", r.dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
