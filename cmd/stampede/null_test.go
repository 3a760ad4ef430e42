//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stampede/results"
	"stampede/scenario"
)

func TestClimbFindsTheLargestLoadThatPasses(t *testing.T) {
	for _, test := range []struct {
		name    string
		edge    int64 // the largest that passes
		most    int64
		tried   []int64
		largest int64
		failed  bool
	}{
		{"twice until one fails, then half way", 1300, 100_000, []int64{200, 400, 800, 1600, 1200}, 1200, true},
		{"half way is too much", 900, 100_000, []int64{200, 400, 800, 1600, 1200}, 800, true},
		{"all there is", 5000, 1000, []int64{200, 400, 800, 1000}, 1000, false},
		{"less there is than the first", 5000, 90, []int64{90}, 90, false},
		{"the first fails", 60, 100_000, []int64{200, 100, 50, 75}, 50, true},
		{"nothing passes", 0, 100_000, []int64{200, 100, 50, 25, 12}, 0, true},
		{"there is room for nothing", 5000, 0, nil, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tried []int64
			largest, failed, err := climb(nullFrom, nullLeast, test.most, func(load int64) (bool, error) {
				tried = append(tried, load)
				return load <= test.edge, nil
			})
			if err != nil || largest != test.largest || failed != test.failed || !slices.Equal(tried, test.tried) {
				t.Errorf("%d, failed %v, error %v after %d; want %d, %v after %d", largest, failed, err, tried, test.largest, test.failed, test.tried)
			}
		})
	}
}

func TestClimbEndsWithAFault(t *testing.T) {
	fault := errors.New("no room")
	for n := range 3 { // going up, failing, half way
		tries := 0
		_, _, err := climb(200, 12, 400, func(load int64) (bool, error) {
			if tries++; tries > n {
				return false, fault
			}
			return load < 400, nil
		})
		if !errors.Is(err, fault) || tries != n+1 {
			t.Errorf("fault at try %d: %v after %d", n+1, err, tries)
		}
	}
}

// What a handshake of the target costs is kept, and whom it trusts, or is
// known by, is not: the null server is another.
func TestNullTargetIsSecuredAsTheTargetIs(t *testing.T) {
	for _, test := range []struct {
		name   string
		target scenario.Target
		want   scenario.Target
	}{
		{"plain", scenario.Target{URL: "ws://h/", Headers: []scenario.Header{{Name: "A", Value: "b"}}}, scenario.Target{URL: "practice"}},
		{"from addresses of both families", scenario.Target{URL: "ws://h/", SourceAddresses: []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 2})}},
			scenario.Target{URL: "practice", SourceAddresses: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 2})}}},
		{"secured", scenario.Target{URL: "wss://h/", TLS: scenario.TLS{CA: []byte("ca"), CAFile: "ca.pem", ServerName: "h", Resumption: true, MinVersion: 3, MaxVersion: 4}},
			scenario.Target{URL: "practice", Practice: []scenario.Setting{{Key: "tls", Value: "server"}}, TLS: scenario.TLS{Resumption: true, MinVersion: 3, MaxVersion: 4}}},
		{"mutual", scenario.Target{URL: "wss://h/", TLS: scenario.TLS{Cert: []byte("cert"), Key: []byte("key"), Insecure: true}},
			scenario.Target{URL: "practice", Practice: []scenario.Setting{{Key: "tls", Value: "mutual"}}, TLS: scenario.TLS{Cert: []byte("cert"), Key: []byte("key"), Insecure: true}}},
		{"the practice server", scenario.Target{URL: "practice", Practice: []scenario.Setting{{Key: "capacity", Value: "3"}, {Key: "tls", Value: "server"}}},
			scenario.Target{URL: "practice", Practice: []scenario.Setting{{Key: "tls", Value: "server"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.target.URL != scenario.Practice {
				test.target.URLs = []scenario.WeightedURL{{URL: test.target.URL}} // as Validate leaves it
			}
			if diff := cmp.Diff(test.want, nullTarget(&test.target), cmp.AllowUnexported(scenario.Target{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// nullSearch is a search for bursts on a target.
func nullSearch(t *testing.T, target scenario.Target) *scenario.Scenario {
	t.Helper()
	sc := &scenario.Scenario{Target: target, Search: scenario.Search{Of: results.LoadBurst}}
	giveGoals(sc)
	if err := sc.Validate(); err != nil {
		t.Fatal(err)
	}
	return sc
}

// asProgram makes children that this test starts the program and no tests.
func asProgram(t *testing.T) {
	name := os.Args[0]
	os.Args[0] = "stampede"
	t.Cleanup(func() { os.Args[0] = name })
}

// measured asks for a null ceiling, again if this host was too busy for it.
func measured(t *testing.T, nulls *nullCeilings, sc *scenario.Scenario, most int64, say func(string, ...any)) nullCeiling {
	t.Helper()
	for range 4 {
		n, err := nulls.of(t.Context(), sc, 1, most, say)
		if err != nil {
			t.Fatal(err)
		}
		if n.largest >= most {
			return n
		}
		t.Logf("at most %d: %s", n.largest, n.why)
		*nulls = nullCeilings{}
	}
	t.Fatal("this host is too busy")
	return nullCeiling{}
}

// One run measures each shape over each kind of TLS once, whoever asks.
func TestNullCeilingIsMeasuredOnceARunAndKindOfTLS(t *testing.T) {
	var nulls nullCeilings
	null := func(host string, tls scenario.TLS, release scenario.Release) *scenario.Scenario {
		sc := nullSearch(t, scenario.Target{URL: host, TLS: tls})
		sc.Search.Release = release
		return nullScenario(sc)
	}
	nulls.measured = []nullMeasurement{
		{null("ws://192.0.2.1/", scenario.TLS{}, scenario.Connect), 1, nullCeiling{largest: 20, more: true}},
		{null("wss://192.0.2.1/", scenario.TLS{Insecure: true}, scenario.Connect), 1, nullCeiling{largest: 10}},
	}
	for _, test := range []struct {
		name    string
		url     string
		tls     scenario.TLS
		release scenario.Release
		shards  int
		most    int64
		largest int64 // 0: it has to be measured
	}{
		{"another server", "ws://192.0.2.2/", scenario.TLS{}, scenario.Connect, 1, 20, 20},
		{"a part of what is known", "ws://192.0.2.2/", scenario.TLS{}, scenario.Connect, 1, 15, 20},
		{"more than was asked for then", "ws://192.0.2.2/", scenario.TLS{}, scenario.Connect, 1, 25, 0},
		{"all there is", "ws://192.0.2.2/", scenario.TLS{}, scenario.Connect, 1, 0, 0},
		{"another shape", "ws://192.0.2.2/", scenario.TLS{}, scenario.Upgrade, 1, 15, 0},
		{"another generator", "ws://192.0.2.2/", scenario.TLS{}, scenario.Connect, 2, 15, 0},
		{"over TLS, more than this host makes", "wss://192.0.2.2/", scenario.TLS{Insecure: true}, scenario.Connect, 1, 0, 10},
		{"over TLS otherwise", "wss://192.0.2.2/", scenario.TLS{Insecure: true, Resumption: true}, scenario.Connect, 1, 5, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, ok := nulls.known(null(test.url, test.tls, test.release), test.shards, test.most)
			if ok != (test.largest > 0) || n.largest != test.largest {
				t.Errorf("%+v, known %v; want %d", n, ok, test.largest)
			}
		})
	}
}

// What a null ceiling is of, over TLS: every handshake of it was made over
// TLS, with the version, key exchange and resumption that were asked for. It
// is measured when it is first asked for.
func TestNullCeilingOverTLS(t *testing.T) {
	asProgram(t)
	client := newCertificate(t, t.TempDir())
	read := func(path string) []byte {
		t.Helper()
		data, err := readFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const most = 20
	for _, test := range []struct {
		name    string
		tls     scenario.TLS
		session results.SessionRow // the most frequent
	}{
		{"another authority and name, and a client's certificate",
			scenario.TLS{CA: read(client.cert), ServerName: "app.example.test", Cert: read(client.cert), Key: read(client.key)},
			results.SessionRow{Version: "TLS 1.3", KeyExchange: "X25519MLKEM768"}},
		{"TLS 1.2 with P-256", scenario.TLS{MaxVersion: tls.VersionTLS12, Curves: []tls.CurveID{tls.CurveP256}},
			results.SessionRow{Version: "TLS 1.2", KeyExchange: "CurveP256"}},
		{"resumed and unverified", scenario.TLS{Resumption: true, Insecure: true},
			results.SessionRow{Version: "TLS 1.3", KeyExchange: "X25519MLKEM768", Resumed: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var nulls nullCeilings
			said := 0
			say := func(string, ...any) { said++ }
			sc := nullSearch(t, scenario.Target{URL: "wss://192.0.2.1/", TLS: test.tls})
			n := measured(t, &nulls, sc, most, say)
			if n.tls == nil || len(n.tls.Sessions) == 0 {
				t.Fatalf("%+v was measured without TLS", n)
			}
			if planned := int64(most * 10); n.largest != most || n.tls.Full+n.tls.Resumed != planned || n.tls.Unverified != test.tls.Insecure {
				t.Errorf("%d, %+v: want %d, shown by %d handshakes over TLS", n.largest, n.tls, most, planned)
			}
			got := n.tls.Sessions[0]
			got.Cipher, got.Count = "", 0
			if got != test.session {
				t.Errorf("%+v, want %+v first", n.tls.Sessions, test.session)
			}
			before := said
			if again := measured(t, &nulls, sc, most, say); again.largest != n.largest || said != before {
				t.Errorf("asked again it was measured again: %d", again.largest)
			}
		})
	}
}
