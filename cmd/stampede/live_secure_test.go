//go:build linux

package main

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// secureEcho is a WebSocket server over TLS, with the certificate that
// writeCertificate left in dir; it returns its URL.
func secureEcho(t *testing.T, dir string) string {
	t.Helper()
	writeCertificate(t, dir)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer c.Close()
		for err == nil { // until the client closes
			var text []byte
			var op ws.OpCode
			if text, op, err = wsutil.ReadClientData(c); err == nil {
				err = wsutil.WriteServerMessage(c, op, text)
			}
		}
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the clients that refuse the certificate
	s.StartTLS()
	t.Cleanup(s.Close)
	return "wss://" + s.Listener.Addr().(*net.TCPAddr).String() + "/"
}

// TestExampleWSS runs examples/wss.yaml as its comment says, and with flags
// what the README shows of wss://.
func TestExampleWSS(t *testing.T) {
	dir := t.TempDir()
	url := secureEcho(t, dir)
	t.Setenv("TARGET", url)
	t.Setenv("CA", filepath.Join(dir, "cert.pem"))
	text, err := os.ReadFile("../../examples/wss.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := runLive(t, string(text))
	checkEstablished(t, r, 800)
	if r.TLS == nil || r.TLS.Full != 800 || r.TLS.Resumed != 0 || r.TLS.Unverified {
		t.Errorf("%+v, want 800 full and verified", r.TLS)
	}
	if closed := r.Held.Closed; closed.Clean != 800 {
		t.Errorf("closed %+v, want 800 clean", closed)
	}
	for _, code := range []struct {
		name string
		args []string
		want int
	}{
		{"trusted", []string{"--ca", filepath.Join(dir, "cert.pem")}, exitPass},
		{"unverified", []string{"--insecure"}, exitPass},
		{"refused", nil, exitFail},
		{"ready", []string{"--insecure", "--ready-send", "hello", "--ready-expect", "hello"}, exitPass},
	} {
		t.Run(code.name, func(t *testing.T) {
			args := append([]string{"stampede", "run", url, "--burst", "5", "--quiet", "--out", t.TempDir() + "/r"}, code.args...)
			if got := run(t.Context(), args, nil, io.Discard, os.Stderr); got != code.want {
				t.Errorf("exit code %d, want %d", got, code.want)
			}
		})
	}
}
