package main

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"stampede/engine"
)

func TestConfirm(t *testing.T) {
	at := func(addresses ...string) *engine.Target {
		target := &engine.Target{}
		for _, a := range addresses {
			target.Addresses = append(target.Addresses, netip.MustParseAddrPort(a))
		}
		return target
	}
	through := func(asked string) *engine.Target {
		target := at("127.0.0.1:3128")
		target.Asked = asked
		return target
	}
	tests := []struct {
		name   string
		target *engine.Target
		want   string // of what is asked; "" for nothing
	}{
		{"loopback", at("127.0.0.1:80", "[::1]:80"), ""},
		{"private", at("192.168.1.1:80", "[fd00::1]:80", "[fe80::1%1]:80"), ""},
		{"public", at("10.0.0.1:80", "198.51.100.1:80"), "7 connections to 198.51.100.1:80, an address"},
		{"several", at("198.51.100.1:80", "198.51.100.2:80"), "(and 1 more)"},
		{"a Unix socket", &engine.Target{Socket: "/run/app.sock"}, ""},
		{"loopback behind a proxy", through("[::1]:443"), ""},
		{"the proxy's own host", through("localhost:443"), ""},
		{"private behind a proxy", through("10.0.0.1:443"), ""},
		{"public behind a proxy", through("198.51.100.1:443"), "198.51.100.1:443 through a proxy, an address"},
		{"a name behind a proxy", through("app.example.com:443"), "app.example.com:443 through a proxy, a name"},
		{"a name that ends like a reserved one", through("app.mytest:443"), "app.mytest:443 through a proxy, a name"},
		{"a name for tests behind a proxy", through("app.example.test:443"), ""},
		{"a name of a private network", through("App.Corp.Internal.:443"), ""},
		{"a label alone", through("backend:443"), ""},
		{"a home's", through("app.home.arpa:443"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := confirm(streams{in: new(bytes.Buffer)}, false, 7, []*engine.Target{test.target})
			switch {
			case err == nil && test.want == "":
			case err == nil || test.want == "":
				t.Errorf("error %v, want %q", err, test.want)
			case !strings.Contains(err.Error(), test.want):
				t.Errorf("%q does not say %q", err, test.want)
			}
			if err := confirm(streams{}, true, 7, []*engine.Target{test.target}); err != nil {
				t.Errorf("with --yes: %v", err)
			}
		})
	}
}
