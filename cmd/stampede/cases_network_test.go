//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stampede/engine/probe"
	"stampede/internal/missing"
)

const casesDir = "testdata/cases"

// network is a network namespace with nothing but a loopback. Servers in it
// have the ports their configurations name, whatever else this machine does.
type network struct {
	*child
	dir string // for the servers' files
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	c := exec.Command("unshare", "--user", "--map-root-user", "--net", "sh", "-ec", "ip link set lo up; echo up; cat >/dev/null")
	if out, err := exec.Command("unshare", "--user", "--map-root-user", "--net", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		missing.Part(t, "no network namespace: %v: %s", err, out)
	}
	n := &network{child: startChild(t, c), dir: t.TempDir()}
	if line, err := n.stdout.ReadString('\n'); line != "up\n" {
		t.Fatalf("the network said %q: %v", line, err)
	}
	return n
}

// wrap is a command to run another under, in the network, as its root.
func (n *network) wrap() []string {
	return []string{"nsenter", "--user", "--net", "--preserve-credentials", "--target", fmt.Sprint(n.command.Process.Pid), "--"}
}

// shell runs a script in the network, as its root.
func (n *network) shell(t *testing.T, script string) {
	t.Helper()
	args := slices.Concat(n.wrap(), []string{"sh", "-ec", script})
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		missing.Part(t, "%s: %v: %s", script, err, out)
	}
}

// asNobody is wrap for servers that give up root if they have it, which
// nobody can in a user namespace of one user.
func (n *network) asNobody() []string {
	return slices.Concat(n.wrap(), []string{"unshare", "--user", "--map-user=1000", "--map-group=1000"})
}

// daemonScript ends a server when standard input ends.
const daemonScript = `"$@" & cat >/dev/null; kill -TERM $!; wait $! || true`

// serve starts a server that does not heed its standard input, and waits
// until it listens at the ports.
func (n *network) serve(t *testing.T, ports []int, command ...string) *child {
	t.Helper()
	args := slices.Concat(n.asNobody(), []string{"sh", "-c", daemonScript, "sh", findServer(t, command[0])}, command[1:])
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), "HOME="+n.dir) // Caddy keeps things there
	s := startChild(t, c)
	n.awaitListening(t, s, ports)
	return s
}

// findCommand looks in /usr/sbin too, which Debian users have not in their path.
func findCommand(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return path, nil
}

func (n *network) awaitListening(t *testing.T, s *child, ports []int) {
	t.Helper()
	for deadline := time.Now().Add(serverStart); ; time.Sleep(5 * time.Millisecond) {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", n.command.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		missing := slices.DeleteFunc(slices.Clone(ports), func(p int) bool { return listens(string(table), p) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.kill()
			s.stop(t) // which tells what it said
			t.Fatalf("no listener at %v\n%s", missing, n.errors())
		}
	}
}

// listens reports whether /proc/net/tcp has a listener at the port.
func listens(table string, port int) bool {
	return strings.Contains(table, fmt.Sprintf(":%04X 00000000:0000 0A ", port))
}

// errors are the ends of the servers' logs.
func (n *network) errors() string {
	var b strings.Builder
	names, _ := filepath.Glob(filepath.Join(n.dir, "*.log"))
	for _, name := range names {
		text, _ := os.ReadFile(name)
		fmt.Fprintf(&b, "%s:\n%s\n", filepath.Base(name), text[max(0, len(text)-2048):])
	}
	return b.String()
}

// install copies a configuration to the network's folder.
func (n *network) install(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(casesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(n.dir, name)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// nginx starts nginx with a configuration that listens at the ports.
func (n *network) nginx(t *testing.T, config string, ports ...int) {
	t.Helper()
	n.install(t, config)
	n.serve(t, ports, "nginx", "-p", n.dir, "-e", "error.log", "-c", config)
}

func (n *network) haproxy(t *testing.T) {
	t.Helper()
	n.serve(t, []int{8101, 8108}, "haproxy", "-db", "-f", n.install(t, "haproxy.cfg"))
}

func (n *network) apache(t *testing.T) {
	t.Helper()
	n.serve(t, []int{8201, 8204}, "apache2", "-d", n.dir, "-f", n.install(t, "apache.conf"), "-DFOREGROUND")
}

func (n *network) caddy(t *testing.T) {
	t.Helper()
	n.serve(t, []int{8303}, "caddy", "run", "--adapter", "caddyfile", "--config", n.install(t, "Caddyfile"))
}

// backendSettings are those of backend.js; zero leaves its default.
type backendSettings struct {
	Port           int  `json:"port,omitempty"`
	StallMs        int  `json:"stallMs,omitempty"`
	BusyMs         int  `json:"busyMs,omitempty"`
	OriginFitsHost bool `json:"originFitsHost,omitempty"`
	Descriptors    int  `json:"-"` // ulimit -n; zero leaves it
	RestartAfter   int  `json:"-"` // seconds after which it is ended, and started anew; zero: never
}

// backend starts backend.js.
func (n *network) backend(t *testing.T, settings backendSettings) *child {
	t.Helper()
	if settings.Port == 0 {
		settings.Port = 9001
	}
	argument, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	limit := ":"
	if settings.Descriptors > 0 {
		limit = fmt.Sprintf("ulimit -n %d", settings.Descriptors)
	}
	if settings.RestartAfter > 0 {
		limit = fmt.Sprintf(`timeout %d node "$@" || true; sleep 0.1`, settings.RestartAfter)
	}
	return n.node(t, limit, settings.Port, "backend.js", string(argument))
}

// replies starts the server of recorded replies, at port 18080.
func (n *network) replies(t *testing.T) {
	t.Helper()
	folder, err := filepath.Abs("../../engine/handshake/testdata/replies")
	if err != nil {
		t.Fatal(err)
	}
	n.node(t, ":", 18080, "replies.js", "18080", folder)
}

// node starts a script of ours, after a line of shell.
func (n *network) node(t *testing.T, setup string, port int, args ...string) *child {
	t.Helper()
	needNodeWS(t)
	args = slices.Concat(n.wrap(), []string{"sh", "-ec", setup + `; exec node "$@"`, "sh"}, args)
	c := exec.Command(args[0], args[1:]...)
	c.Dir = casesDir
	s := startChild(t, c)
	n.awaitListening(t, s, []int{port})
	return s
}

// upgrades stops a backend and returns how many upgrades it counted.
func upgrades(t *testing.T, backend *child) int64 {
	t.Helper()
	var c struct {
		Upgrades int64 `json:"upgrades"`
	}
	if rest := backend.stop(t); json.Unmarshal(rest, &c) != nil {
		t.Fatalf("the backend's counts are %q", rest)
	}
	return c.Upgrades
}

// practice starts the practice server in the network, after a line of shell,
// and returns its address.
func (n *network) practice(t *testing.T, setup string, flags ...string) *practiceServer {
	t.Helper()
	args := slices.Concat(n.wrap(), []string{"sh", "-ec", setup + `; exec "$@"`, "sh", program(t), "practice", "--json", "--until-stdin-closes"}, flags)
	s := &practiceServer{child: startChild(t, exec.Command(args[0], args[1:]...))}
	line, err := s.stdout.ReadString('\n')
	var ready practiceReady
	if err != nil || json.Unmarshal([]byte(line), &ready) != nil {
		t.Fatalf("the practice server said %q: %v", line, err)
	}
	s.address = ready.Address
	return s
}

// probe explains one handshake from inside the network.
func (n *network) probe(t *testing.T, args ...string) *probe.Probe {
	t.Helper()
	return probeLive(t, n.wrap(), args...)
}

// check is what stampede check says in the network.
func (n *network) check(t *testing.T, args ...string) string {
	t.Helper()
	args = slices.Concat(n.wrap(), []string{program(t), "check"}, args)
	text, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return string(text)
}
