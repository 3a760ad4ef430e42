//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stampede/internal/missing"
)

// liveServer is a WebSocket server of testdata/servers, on a port of the
// kernel's choosing.
type liveServer struct {
	*child
	address string // host:port
	version string // of the library it is made with
}

// startLiveServer starts one that listens at host, and reads its first line: the
// port and its library's version.
func startLiveServer(t *testing.T, c *exec.Cmd, host string) *liveServer {
	t.Helper()
	s := &liveServer{child: startChild(t, c)}
	slow := time.AfterFunc(serverStart, s.kill)
	defer slow.Stop()
	var ready struct {
		Port    int    `json:"port"`
		Version string `json:"version"`
	}
	line, err := s.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("%v did not say its port: %v", c.Args, err)
	}
	s.address, s.version = net.JoinHostPort(host, strconv.Itoa(ready.Port)), ready.Version
	return s
}

// counts stops the server and returns what it counted.
func (s *liveServer) counts(t *testing.T) nodeCounts {
	t.Helper()
	var c nodeCounts
	if rest := s.stop(t); json.Unmarshal(rest, &c) != nil {
		t.Fatalf("the counts of %v are %q", s.command.Args, rest)
	}
	return c
}

// serverKinds are the servers people run. start starts one, over TLS if it
// gets a certificate.
var serverKinds = []struct {
	name  string
	start func(*testing.T, *certificate) *liveServer
}{
	{"Node ws", func(t *testing.T, c *certificate) *liveServer {
		if c == nil {
			return startNode(t, nodeSettings{}).liveServer
		}
		return startNode(t, nodeSettings{Cert: c.cert, Key: c.key}).liveServer
	}},
	{"gorilla/websocket", goServer("gorilla")},
	{"coder/websocket", goServer("coder")},
	{"gobwas/ws", goServer("gobwas")},
	{"lxzan/gws", goServer("gws")},
	{"Python websockets", pythonServer("websockets")},
	{"aiohttp", pythonServer("aiohttp")},
	{"Tomcat", startTomcat},
}

// goServer starts the program in testdata/servers/go with one of its libraries.
func goServer(library string) func(*testing.T, *certificate) *liveServer {
	return func(t *testing.T, c *certificate) *liveServer {
		t.Helper()
		path, err := buildGoServer()
		if err != nil {
			missing.Part(t, "%v", err)
		}
		args := []string{"-server", library}
		if c != nil {
			args = append(args, "-cert", c.cert, "-key", c.key)
		}
		return startLiveServer(t, exec.Command(path, args...), "127.0.0.1")
	}
}

// buildGoServer builds once, beside the test's own binary. The program has a
// module of its own, so that its libraries are none of stampede's.
var buildGoServer = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "go-servers.test")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join(serversDir, "go")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the Go servers: %w\n%s", err, out)
	}
	return path, nil
})

// pythonServer starts the program for one of Python's modules.
func pythonServer(module string) func(*testing.T, *certificate) *liveServer {
	return func(t *testing.T, c *certificate) *liveServer {
		t.Helper()
		args := append([]string{filepath.Join(serversDir, "python_"+module+".py")}, c.files()...)
		return startLiveServer(t, exec.Command(findPython(t, module), args...), "127.0.0.1")
	}
}

// findPython finds an interpreter that has the module. Debian's own is the
// one that has Debian's modules; another may come before it in the path.
func findPython(t *testing.T, module string) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import "+module).Run() == nil {
			return name
		}
	}
	missing.Part(t, "no python3 has the module %s", module)
	return ""
}

// startTomcat compiles and starts TomcatServer.java: java does both.
func startTomcat(t *testing.T, c *certificate) *liveServer {
	t.Helper()
	jars, err := filepath.Glob("/usr/share/java/tomcat10-*.jar")
	if err != nil || len(jars) == 0 {
		missing.Part(t, "Tomcat's jars are not in /usr/share/java")
	}
	if _, err := exec.LookPath("javac"); err != nil {
		missing.Part(t, "a Java Development Kit: %v", err)
	}
	args := append([]string{"-cp", strings.Join(jars, ":"), filepath.Join(serversDir, "TomcatServer.java"), t.TempDir()}, c.files()...)
	return startLiveServer(t, exec.Command("java", args...), "127.0.0.1")
}

// files are the certificate's as arguments; none for no certificate.
func (c *certificate) files() []string {
	if c == nil {
		return nil
	}
	return []string{c.cert, c.key}
}
