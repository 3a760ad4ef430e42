//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
)

const (
	nginxConnections = 12_000 // 5,000 clients, their upstreams and room
	nginxDescriptors = nginxConnections + 200
)

// nginxScript ends nginx gracefully when standard input ends. Descriptor 3 is
// the listening socket, for nginx alone.
const nginxScript = `"$@" & exec 3<&-; cat >/dev/null; kill -QUIT $!; wait $!`

// nginxSettings fill in nginx.conf.tmpl.
type nginxSettings struct {
	Upstream    string // host:port
	ReadTimeout string // proxy_read_timeout
	Listen      string
	Connections int
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
	path := findNginx(t)
	needDescriptors(t, nginxDescriptors)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nginxServer{address: l.Addr().String(), dir: t.TempDir()}
	settings.Listen, settings.Root = s.address, os.Geteuid() == 0
	settings.Connections, settings.Descriptors = nginxConnections, nginxDescriptors
	s.configure(t, settings)
	c := exec.Command("sh", "-c", nginxScript, "sh", path, "-p", s.dir, "-e", "error.log", "-c", "nginx.conf")
	s.child = s.startWith(t, c, l.(*net.TCPListener))
	s.awaitReady(t)
	return s
}

func findNginx(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} { // Debian users have no sbin in their path
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	unavailable(t, "nginx is neither in the path nor in /usr/sbin")
	return ""
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

// startWith starts nginx with our listening socket, named in NGINX as nginx
// hands its sockets to a newer binary. nginx can't ask for any free port, and
// a port that is free now may not be so when nginx wants it. Nobody else keeps
// the socket, so that it goes with nginx.
func (s *nginxServer) startWith(t *testing.T, c *exec.Cmd, l *net.TCPListener) *child {
	t.Helper()
	defer l.Close()
	socket, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	c.ExtraFiles = []*os.File{socket} // becomes descriptor 3
	c.Env = append(os.Environ(), "NGINX=3;")
	started := startChild(t, c)
	// os/exec may have made the socket blocking, for all who share it, and
	// nginx takes it as it comes.
	if err := syscall.SetNonblock(int(socket.Fd()), true); err != nil {
		t.Fatal(err)
	}
	return started
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
