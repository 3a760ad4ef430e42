package main

import (
	"strings"
	"testing"

	"stampede/engine"
	"stampede/engine/handshake"
	"stampede/scenario"
)

func TestAsked(t *testing.T) {
	tests := []struct{ name, target, want string }{
		{"a path", `{url: "ws://app.example.test:8080/ws?room=1"}`, "GET /ws?room=1 with Host: app.example.test:8080, no Origin"},
		{"the scheme's own port", `{url: "wss://app.example.test:443/"}`, "Host: app.example.test, no Origin"},
		{"a zone", `{url: "ws://[fe80::1%25eth0]:8080/"}`, "Host: [fe80::1]:8080, no Origin"},
		{"no path", `{url: "ws://app.example.test"}`, "GET / with Host: app.example.test, no Origin"},
		{"a Host of its own", `{url: "ws://127.0.0.1/", host: app.example.test}`, "Host: app.example.test, "},
		{"a Host among headers", `{url: "ws://127.0.0.1/", headers: {Host: app.example.test}}`, "Host: app.example.test, "},
		{"an Origin", `{url: "ws://127.0.0.1/", headers: {Origin: "https://app.example.test"}}`, "Origin: https://app.example.test and"},
		{"a Unix socket", `{url: "ws+unix:/run/app.sock:/ws"}`, "GET /ws with Host: localhost, "},
		{"a secret that is written out", `{url: "ws://127.0.0.1/?token=s3cr3t-of-the-house"}`, "GET /?token=*** with"},
		{"a secret in the query", `{url: "ws://127.0.0.1/?token=${TOKEN}"}`, "GET /?token=*** with"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := func(string) (string, bool) { return "s3cr3t|of^the|house", true }
			s, err := scenario.Parse([]byte("target: "+test.target+"\nload: [burst: {count: 1}]\n"), scenario.Options{Env: env})
			if err != nil {
				t.Fatal(err)
			}
			request, err := handshake.NewRequest(handshake.RequestOptions{Host: "127.0.0.1", Target: "/"})
			if err != nil {
				t.Fatal(err)
			}
			got := asked(s, []*engine.Target{{Request: request}})
			if !strings.Contains(got, test.want) || strings.Contains(got, "s3cr3t") {
				t.Errorf("%q lacks %q", got, test.want)
			}
		})
	}
}
