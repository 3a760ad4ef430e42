//go:build linux

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/internal/missing"
)

// A name with addresses of both families reaches a server that listens at
// one of them, whichever it is, and the result says where the load went.
func TestLiveLocalhost(t *testing.T) {
	const n = 50
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			wrap := underBothFamilies(t)
			node := startNode(t, nodeSettings{Host: host})
			_, port, _ := net.SplitHostPort(node.address)
			r := runLive(t, target("localhost:"+port)+"load:\n  - burst: {count: 50}\n", wrap...)
			checkEstablished(t, r, n)
			checkAddress(t, r, node.address, n)
			checkServed(t, node.counts(t), n, "1000")
		})
	}
	t.Run("literal", func(t *testing.T) {
		node := startNode(t, nodeSettings{Host: "::1"})
		r := runLive(t, target(node.address)+"load:\n  - burst: {count: 50}\n")
		checkEstablished(t, r, n)
		checkAddress(t, r, node.address, n)
		checkServed(t, node.counts(t), n, "1000")
	})
}

// checkAddress holds a run to have made its n attempts at address.
func checkAddress(t *testing.T, r liveRun, address string, n int64) {
	t.Helper()
	got := map[string]int64{}
	for a, count := range r.Target.Addresses {
		if count > 0 {
			got[a] = count
		}
	}
	if diff := cmp.Diff(map[string]int64{address: n}, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

// underBothFamilies is a command to run another under, so that localhost has
// an address of each family: nothing where it has already, else a mount
// namespace with its own /etc/hosts.
func underBothFamilies(t *testing.T) []string {
	t.Helper()
	resolver := net.Resolver{PreferGo: true} // as stampede, which is built without cgo
	addresses, err := resolver.LookupNetIP(t.Context(), "ip", "localhost")
	families := map[bool]bool{}
	for _, a := range addresses {
		families[a.Unmap().Is6()] = true
	}
	if err == nil && len(families) == 2 {
		return nil
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n::1 localhost\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wrap := []string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts}
	if out, err := exec.Command(wrap[0], slices.Concat(wrap[1:], []string{"true"})...).CombinedOutput(); err != nil {
		missing.Part(t, "localhost has addresses %v, and no mount namespace to give it others: %v: %s", addresses, err, out)
	}
	return wrap
}
