package probe

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// book is a resolver that knows one name.
type book []string

func (b book) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	if len(b) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var list []netip.Addr
	for _, a := range b {
		list = append(list, netip.MustParseAddr(a))
	}
	return list, nil
}

type deafResolver struct{}

func (deafResolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
}

func TestAddresses(t *testing.T) {
	address := serve(t, answering(accepted)) // on 127.0.0.1 alone
	_, port, _ := net.SplitHostPort(address)
	tests := []struct {
		name    string
		o       Options
		outcome string
		states  string
		hints   string
	}{
		{"one", Options{Resolver: book{"127.0.0.1"}}, "established", "open", "no_origin"},
		{"the same twice", Options{Resolver: book{"127.0.0.1", "::ffff:127.0.0.1"}}, "established", "open", "no_origin"},
		{"the second refuses", Options{Resolver: book{"127.0.0.1", "127.0.0.9"}}, "established", "open refused", "some_addresses_fail no_origin"},
		{"the first refuses", Options{Resolver: book{"127.0.0.9", "127.0.0.1"}}, "established", "refused open", "some_addresses_fail no_origin"},
		{"all refuse", Options{Resolver: book{"127.0.0.9", "127.0.0.8"}}, "refused", "refused refused", "refused"},
		{"IPv4 asked for", Options{Resolver: book{"::1", "127.0.0.1"}, Family: IPv4}, "established", "open", "no_origin"},
		{"no IPv6", Options{Resolver: book{"127.0.0.1"}, Family: IPv6}, "resolve", "", "no_address_of_family"},
		{"unknown", Options{Resolver: book{}}, "resolve", "", "no_such_name"},
		{"resolver fails", Options{Resolver: deafResolver{}}, "resolve", "", "resolver"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.o.URL = "ws://name.test:" + port + "/"
			p := probed(t, test.o)
			var states []string
			for _, c := range p.Connects {
				states = append(states, string(c.State))
			}
			if s := strings.Join(states, " "); p.Outcome.Name() != test.outcome || s != test.states || hintIDs(p) != test.hints {
				t.Errorf("%s, %q, hints %q; want %s, %q, %q", p.Outcome.Name(), s, hintIDs(p), test.outcome, test.states, test.hints)
			}
		})
	}
	t.Run("more than are tried", func(t *testing.T) {
		many := book{"127.0.0.1"}
		for i := range 30 {
			many = append(many, netip.AddrFrom4([4]byte{127, 0, 1, byte(i)}).String())
		}
		p := probed(t, Options{URL: "ws://name.test:" + port + "/", Resolver: many})
		if n := len(p.Connects); n != 31 || p.Connects[15].State != Refused || p.Connects[16].State != Untried {
			t.Errorf("%d addresses, %+v", n, p.Connects[15:17])
		}
	})
	t.Run("elsewhere", func(t *testing.T) {
		p := probed(t, Options{URL: "ws://name.test/", ConnectTo: address, Resolver: deafResolver{}})
		if !p.Established() || p.Request.Host != "name.test" {
			t.Errorf("%s with Host %s", p.Outcome.Name(), p.Request.Host)
		}
	})
}

// TestFilteredAddress meets a port that never answers: its listen queue is full.
func TestFilteredAddress(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*syscall.SockaddrInet4).Port)).String()
	for range 3 { // the queue takes one more than its backlog
		if c, err := net.DialTimeout("tcp", address, 100*time.Millisecond); err == nil {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	p := probed(t, Options{URL: "ws://" + address + "/", Timeout: 300 * time.Millisecond})
	if p.Outcome.Name() != "timeout connect" || p.Connects[0].State != Filtered || hintIDs(p) != "filtered" {
		t.Errorf("%s, %+v, hints %q", p.Outcome.Name(), p.Connects, hintIDs(p))
	}
}
