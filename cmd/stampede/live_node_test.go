//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"stampede/internal/missing"
)

const serversDir = "testdata/servers"

// nodeSettings are those of server.js; zero leaves its default.
type nodeSettings struct {
	Host          string `json:"host,omitempty"`
	MaxHeaderSize int    `json:"maxHeaderSize,omitempty"` // bytes
	StallMs       int    `json:"stallMs,omitempty"`
	CloseCode     int    `json:"closeCode,omitempty"`
	Cert          string `json:"cert,omitempty"` // PEM files; with them it speaks TLS
	Key           string `json:"key,omitempty"`
}

// nodeCounts is what server.js, and the other servers in its manner, say they
// saw.
type nodeCounts struct {
	Upgrades     int64            `json:"upgrades"`
	Established  int64            `json:"established"`
	Closed       map[string]int64 `json:"closed"` // by close code
	Open         int64            `json:"open"`
	LongestValue int              `json:"longest_value"`
}

// nodeServer is Node's ws on a port of the kernel's choosing.
type nodeServer struct{ *liveServer }

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
	return &nodeServer{startLiveServer(t, c, settings.Host)}
}

// needNodeWS returns the path of Node.js, beside which the tests' servers need ws.
func needNodeWS(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing.Part(t, "Node.js: %v", err)
	}
	if _, err := os.Stat(serversDir + "/node_modules/ws/package.json"); err != nil {
		missing.Part(t, "ws from npm: %v", err)
	}
	return node
}
