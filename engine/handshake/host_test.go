package handshake

import "testing"

func TestHostField(t *testing.T) {
	for host, want := range map[string]string{
		"app.example.test": "app.example.test", "app.example.test:8443": "app.example.test:8443", "127.0.0.1:80": "127.0.0.1:80",
		"[::1]": "[::1]", "[fe80::1%eth0]": "[fe80::1]", "[fe80::1%eth0]:8443": "[fe80::1]:8443", "odd%zone": "odd%zone",
	} {
		if got := HostField(host); got != want {
			t.Errorf("HostField(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestServerName(t *testing.T) {
	for host, want := range map[string]string{
		"app.example.test": "app.example.test", "app.example.test:8443": "app.example.test", "127.0.0.1": "127.0.0.1",
		"::1": "::1", "[::1]": "::1", "[::1]:8443": "::1", "fe80::1%eth0": "fe80::1", "[fe80::1%eth0]:8443": "fe80::1",
	} {
		if got := ServerName(host); got != want {
			t.Errorf("ServerName(%q) = %q, want %q", host, got, want)
		}
	}
}
