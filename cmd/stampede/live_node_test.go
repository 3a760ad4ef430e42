//go:build linux

package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const serversDir = "testdata/servers"

// nodeSettings are those of server.js; zero leaves its default.
type nodeSettings struct {
	Host          string `json:"host,omitempty"`
	MaxHeaderSize int    `json:"maxHeaderSize,omitempty"` // bytes
	StallMs       int    `json:"stallMs,omitempty"`
	CloseCode     int    `json:"closeCode,omitempty"`
}

// nodeCounts is what server.js says it saw.
type nodeCounts struct {
	Upgrades     int64            `json:"upgrades"`
	Established  int64            `json:"established"`
	Closed       map[string]int64 `json:"closed"` // by close code
	Open         int64            `json:"open"`
	LongestValue int              `json:"longest_value"`
}

// nodeServer is Node's ws on a port of the kernel's choosing.
type nodeServer struct {
	*child
	address string // host:port
}

func startNode(t *testing.T, settings nodeSettings) *nodeServer {
	t.Helper()
	node := needNodeWS(t)
	if settings.Host == "" {
		settings.Host = "127.0.0.1"
	}
	argument, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(node, "server.js", string(argument))
	c.Dir = serversDir
	s := &nodeServer{child: startChild(t, c)}
	s.address = net.JoinHostPort(settings.Host, s.awaitPort(t))
	return s
}

// needNodeWS returns the path of Node.js, beside which the tests' servers need ws.
func needNodeWS(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		unavailable(t, "Node.js: %v", err)
	}
	if _, err := os.Stat(serversDir + "/node_modules/ws/package.json"); err != nil {
		unavailable(t, "ws from npm: %v", err)
	}
	return node
}

// awaitPort reads the port the server listens at, its first line.
func (s *nodeServer) awaitPort(t *testing.T) string {
	t.Helper()
	slow := time.AfterFunc(serverStart, s.kill)
	defer slow.Stop()
	var ready struct {
		Port int `json:"port"`
	}
	line, err := s.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("the Node server did not say its port: %v", err)
	}
	return strconv.Itoa(ready.Port)
}

// counts stops the server and returns what it counted.
func (s *nodeServer) counts(t *testing.T) nodeCounts {
	t.Helper()
	var c nodeCounts
	if rest := s.stop(t); json.Unmarshal(rest, &c) != nil {
		t.Fatalf("the Node server's counts are %q", rest)
	}
	return c
}
