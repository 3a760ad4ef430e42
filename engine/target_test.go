package engine

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"stampede/engine/handshake"
	"stampede/scenario"
)

// loopbackNames says that every name is at the loopback address.
type loopbackNames struct{}

func (loopbackNames) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// What a target is called by: in the request, to TLS, and to a proxy.
func TestAim(t *testing.T) {
	tests := []struct {
		name, target     string
		host, sni, asked string
	}{
		{"a name", `{url: "wss://app.example.test/"}`, "app.example.test", "app.example.test", ""},
		{"a port", `{url: "wss://app.example.test:8443/"}`, "app.example.test:8443", "app.example.test", ""},
		{"the scheme's own port", `{url: "wss://app.example.test:443/"}`, "app.example.test", "app.example.test", ""},
		{"a Host", `{url: "wss://127.0.0.1/", host: "app.example.test:8443"}`, "app.example.test:8443", "app.example.test", ""},
		{"an address as Host", `{url: "wss://127.0.0.1/", host: "[::1]:8443"}`, "[::1]:8443", "::1", ""},
		{"a zone", `{url: "wss://[fe80::1%25lo]:8443/"}`, "[fe80::1]:8443", "fe80::1", ""},
		{"a zone without a port", `{url: "wss://[fe80::1%25lo]/"}`, "[fe80::1]", "fe80::1", ""},
		{"a proxy", `{url: "wss://app.example.test/", proxy: "http://proxy.example.test:3128"}`, "app.example.test", "app.example.test", "app.example.test:443"},
		{"a proxy, and another address", `{url: "wss://app.example.test/", connect_to: "[::1]:8443", proxy: "http://proxy.example.test:3128"}`,
			"app.example.test", "app.example.test", "[::1]:8443"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := scenario.Parse([]byte("target: "+test.target+"\nload: [burst: {count: 1}]\n"), scenario.Options{})
			if err != nil {
				t.Fatal(err)
			}
			found, err := Resolve(t.Context(), loopbackNames{}, s)
			if err != nil {
				t.Fatal(err)
			}
			targets, err := Aim(s, found)
			if err != nil {
				t.Fatal(err)
			}
			to := targets[0]
			if head := string(to.Request.AppendTo(nil, new(handshake.Key), 0)); !strings.Contains(head, "\r\nHost: "+test.host+"\r\n") {
				t.Errorf("no Host: %s in %q", test.host, head)
			}
			if to.TLS.ServerName != test.sni || to.Asked != test.asked {
				t.Errorf("TLS asks for %q and the proxy is asked for %q, want %q and %q", to.TLS.ServerName, to.Asked, test.sni, test.asked)
			}
			if strings.HasPrefix(test.name, "a zone") && to.Addresses[0].Addr().Zone() != "lo" {
				t.Errorf("dials %s, without the zone", to.Addresses[0])
			}
		})
	}
}
