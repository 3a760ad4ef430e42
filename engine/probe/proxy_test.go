package probe

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// forwardProxy answers CONNECT: with what is given or, if that is "", by
// connecting. Only user:s3cret-word may use it.
func forwardProxy(t *testing.T, answer string) string {
	return serve(t, func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if answer == "" && request.Header.Get("Proxy-Authorization") != "Basic dXNlcjpzM2NyZXQtd29yZA==" {
			answer = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 0\r\n\r\n"
		}
		if answer != "" {
			_, _ = io.WriteString(c, answer)
			return
		}
		back, err := net.Dial("tcp", request.RequestURI)
		if err != nil {
			_, _ = io.WriteString(c, "HTTP/1.1 502 No\r\nContent-Length: 9\r\n\r\nno route\n")
			return
		}
		defer back.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nX-Made: yes\r\n\r\n")
		go func() { // ends with c
			_, _ = io.Copy(back, c)
			_ = back.Close()
		}()
		_, _ = io.Copy(c, back)
	})
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestProxy(t *testing.T) {
	const user = "user:s3cret-word@"
	server := serve(t, answering(accepted))
	tests := []struct {
		name, url, proxy string
		outcome, hints   string
		says             string
	}{
		{"connects", "ws://" + server, user + forwardProxy(t, ""), "established", "no_origin", "< HTTP/1.1 200 Connection established"},
		{"wants a user", "ws://" + server, forwardProxy(t, ""), "407", "proxy_credentials", "was told nothing. It asks for: Basic"},
		{"knows no such user", "ws://" + server, "who:wrong-word@" + forwardProxy(t, ""), "407", "proxy_credentials", "does not accept"},
		{"forbids", "ws://" + server, user + forwardProxy(t, "HTTP/1.1 403 Forbidden\r\n\r\nport not allowed for dXNlcjpzM2NyZXQtd29yZA=="), "403", "proxy_forbids", "port not allowed for ***"},
		{"reaches nobody", "ws://" + closed(t), user + forwardProxy(t, ""), "502", "proxy_unreachable", "no route"},
		{"gives up", "ws://" + server, forwardProxy(t, "HTTP/1.1 504 No\r\n\r\n"), "504", "proxy_timeout", "gave up"},
		{"is a web server", "ws://" + server, forwardProxy(t, "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<html>hello</html>"), "protocol bad_status_line", "not_http", "proxy    http://127"},
		{"knows no CONNECT", "ws://" + server, forwardProxy(t, "HTTP/1.1 501 No\r\n\r\n"), "501", "proxy_no_connect", "reverse proxy"},
		{"says nothing", "ws://" + server, serve(t, silent), "timeout connect", "proxy_silent", "did not answer CONNECT"},
		{"hangs up", "ws://" + server, forwardProxy(t, "HTTP/1.1 2"), "closed connect", "proxy_cut", "10 bytes of an unfinished head"},
		{"is no proxy", "ws://" + server, forwardProxy(t, "SSH-2.0-x\r\n"), "protocol bad_status_line", "proxy_not_http", ""},
		{"is off", "ws://" + server, closed(t), "refused", "refused", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := probed(t, Options{URL: test.url + "/ws", Proxy: "http://" + test.proxy, Timeout: 700 * time.Millisecond})
			var text bytes.Buffer
			_ = p.Write(&text)
			if p.Outcome.Name() != test.outcome || hintIDs(p) != test.hints || !strings.Contains(text.String(), test.says) {
				t.Errorf("%s, hints %q; want %s, %q, and %q in:\n%s", p.Outcome.Name(), hintIDs(p), test.outcome, test.hints, test.says, &text)
			}
			if refused := strings.HasPrefix(test.hints, "proxy_"); refused == p.Request.Sent && test.outcome != "refused" {
				t.Errorf("the request was sent: %v", p.Request.Sent)
			}
			if s := text.String(); strings.Contains(s, "s3cret-word") || strings.Contains(s, "dXNlcjpzM2NyZXQtd29yZA") || strings.Contains(s, "wrong-word") {
				t.Errorf("it shows a secret:\n%s", s)
			}
			checkDrawings(t, p)
		})
	}
}

// TLS goes through the tunnel, further handshakes take one of their own, and
// what a proxy merges with its 200 is not lost.
func TestProxyPassesOn(t *testing.T) {
	ca := newAuthority(t)
	t.Run("tls", func(t *testing.T) {
		server := serve(t, overTLS(&tls.Config{Certificates: []tls.Certificate{*ca.issue(nil)}}, answering(accepted)))
		p := probed(t, Options{URL: "wss://" + server + "/", Proxy: "http://user:s3cret-word@" + forwardProxy(t, ""), Roots: ca.pool, Versions: true})
		if !p.Established() || len(p.Trials) != 3 || p.Trials[0].Outcome.Name() != "established" {
			t.Errorf("%+v, trials %+v", p.Outcome, p.Trials)
		}
	})
	t.Run("an early reply", func(t *testing.T) {
		p := probed(t, Options{URL: "ws://target.test/", Proxy: "http://" + forwardProxy(t, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n")})
		if p.Outcome.Name() != "408" {
			t.Errorf("%+v", p.Outcome)
		}
	})
}

func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatalf("no Unix sockets here: %v", err)
	}
	done := make(chan struct{})
	go func() { // ends with its one connection
		defer close(done)
		if c, err := l.Accept(); err == nil {
			answering(accepted)(c)
			c.Close()
		}
	}()
	p := probed(t, Options{URL: "ws://localhost/room?id=1", Socket: path})
	<-done
	l.Close()
	if !p.Established() || p.URL != "ws+unix:"+path+":/room?id=1" || p.Connects[0].Address != path || len(p.Steps) != 4 {
		t.Errorf("%+v at %s, connects %+v, steps %+v", p.Outcome, p.URL, p.Connects, p.Steps)
	}
	if p := probed(t, Options{URL: "ws://localhost/", Socket: path + "-gone"}); p.Outcome.Name() != "refused" || hintIDs(p) != "no_socket" {
		t.Errorf("%+v, hints %q", p.Outcome, hintIDs(p))
	}
}
