//go:build linux

package main

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

const (
	nginxConnections = 12_000 // 5,000 clients, their upstreams and room
	nginxDescriptors = nginxConnections + 200
)

// nginxSettings fill in nginx.conf.tmpl.
type nginxSettings struct {
	Upstream    string // host:port
	ReadTimeout string // proxy_read_timeout
	Listen      string
	Connections int // worker_connections; 0: nginxConnections
	Descriptors int
	Root        bool
}

// nginxServer is nginx on a port of the kernel's choosing.
type nginxServer struct {
	*child
	address string // host:port
	dir     string
}

func startNginx(t *testing.T, settings nginxSettings) *nginxServer {
	t.Helper()
	path := findServer(t, "nginx")
	needDescriptors(t, nginxDescriptors)
	socket := listenLocally(t)
	s := &nginxServer{address: socket.Addr().String(), dir: t.TempDir()}
	settings.Listen, settings.Root = s.address, os.Geteuid() == 0
	settings.Connections, settings.Descriptors = cmp.Or(settings.Connections, nginxConnections), nginxDescriptors
	s.configure(t, settings)
	// nginx can't ask for any free port, and a port that is free now may not be
	// so when nginx wants it: it gets a socket, named as nginx does to a newer
	// binary.
	c := exec.Command("sh", "-c", proxyScript, "QUIT", path, "-p", s.dir, "-e", "error.log", "-c", "nginx.conf")
	c.Env = append(os.Environ(), "NGINX=3;")
	s.child = startWithSockets(t, c, []*net.TCPListener{socket})
	s.awaitReady(t)
	return s
}

func (s *nginxServer) configure(t *testing.T, settings nginxSettings) {
	t.Helper()
	tmpl, err := template.ParseFiles(filepath.Join(serversDir, "nginx.conf.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(s.dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := tmpl.Execute(f, settings); err != nil {
		t.Fatal(err)
	}
}

// awaitReady waits for an answer: the socket takes connections before nginx does.
func (s *nginxServer) awaitReady(t *testing.T) {
	t.Helper()
	client := http.Client{Timeout: serverStart, Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Get("http://" + s.address + "/ready")
	if err != nil {
		t.Fatalf("nginx is not ready: %v\n%s", err, s.errors())
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusNoContent {
		t.Fatalf("nginx is not ready: %s", reply.Status)
	}
}

// statuses stops nginx and returns its access log as counts by status. nginx
// logs a connection when it has ended, so all are there only then.
func (s *nginxServer) statuses(t *testing.T) map[string]int64 {
	t.Helper()
	s.stop(t)
	text, err := os.ReadFile(filepath.Join(s.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for status := range strings.FieldsSeq(string(text)) {
		counts[status]++
	}
	return counts
}

// errors is the end of nginx's error log.
func (s *nginxServer) errors() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "error.log"))
	if err != nil {
		return fmt.Sprintf("error.log: %v\n", err)
	}
	return string(text[max(0, len(text)-4096):])
}
