//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

// What a proxy makes of an odd reply of its backend is the proxy's doing;
// stampede tells what arrived. The versions are Debian's.
func TestCaseRelayedReplies(t *testing.T) {
	t.Parallel()
	const nginx, haproxy, apache, caddy = 8006, 8105, 8204, 8303
	n := newNetwork(t)
	n.replies(t)
	n.secureNginx(t)
	n.haproxy(t)
	n.apache(t)
	n.caddy(t)
	tests := []struct {
		id      string // of the reply, with that of its case for its beginning
		by      string
		port    int
		outcome string
		shown   string // in the sample
	}{
		{"P14a", "nginx, which puts Connection back", nginx, "protocol missing_upgrade", "Connection: upgrade"},
		{"P14b", "nginx, which puts Connection back", nginx, "established", ""},
		{"P14a", "HAProxy", haproxy, "502", "502 Bad Gateway"},
		{"P14a", "Apache", apache, "502", "Proxy Error"},
		{"P14a", "Caddy, without a body", caddy, "200", "Server: Caddy"},
		{"P16", "nginx", nginx, "established", ""},
		{"P16", "HAProxy", haproxy, "established", ""},
		{"P16", "Caddy", caddy, "established", ""},
		{"P24b", "nginx, which takes 103 for the reply", nginx, "closed upgrade", "1 interim reply, then 0 bytes received"},
		{"P24b", "HAProxy", haproxy, "502", "502 Bad Gateway"},
		{"P24b", "Apache", apache, "established", ""},
		{"P24b", "Caddy", caddy, "established", ""},
		{"P31", "Apache, which makes it a page", apache, "200", "SSH-2.0"},
		{"P31", "nginx", nginx, "closed upgrade", "0 bytes received"},
		{"P31", "HAProxy", haproxy, "502", "502 Bad Gateway"},
		{"P31", "Caddy", caddy, "502", "Server: Caddy"},
		{"H04", "Apache", apache, "502", "Proxy Error"},
		{"H04", "Caddy", caddy, "200", "Server: Caddy"},
		{"H05a", "Caddy, which makes it 101 101", caddy, "established", ""},
		{"H07", "nginx, which makes it HTTP/1.1", nginx, "established", ""},
		{"H07", "Apache, which makes it HTTP/1.1", apache, "established", ""},
		{"H07", "HAProxy", haproxy, "protocol bad_version", "HTTP/1.0 101"},
		{"H07", "Caddy", caddy, "protocol bad_version", "HTTP/1.0 101"},
		{"H15b", "nginx", nginx, "502", "502 Bad Gateway"},
		{"H15b", "HAProxy, which unfolds it", haproxy, "established", ""},
		{"H15b", "Apache, which unfolds it", apache, "established", ""},
		{"H15b", "Caddy, which unfolds it", caddy, "established", ""},
	}
	for _, test := range tests {
		t.Run(test.id+" "+test.by, func(t *testing.T) {
			path := strings.Replace(test.id, "P31", "H20a", 1) // another protocol at the backend
			// The server of replies answers no close frame, and need not be waited for.
			r := runLive(t, aimAt(test.port, path)+few+"hold: {close: reset}\n", n.wrap()...)
			checkOutcomes(t, r, 10, map[string]int64{test.outcome: 10})
			if test.shown != "" {
				checkShown(t, r, test.outcome, test.shown)
			}
			if test.outcome == "closed upgrade" {
				checkAges(t, r.attempts(t), 1900*time.Millisecond, 4*time.Second) // after nginx's read timeout of 2 s
			}
		})
	}
}
