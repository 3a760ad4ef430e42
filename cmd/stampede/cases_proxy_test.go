//go:build linux

package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"stampede/engine/probe"
	"stampede/results"
)

// The cases of kind 1 that need a proxy: a handshake that fails behind one, or
// is odd. Those of recorded bytes are in engine/handshake and engine/probe.

// aim is the beginning of a scenario for a port of the network.
func aim(port int) string { return target(fmt.Sprintf("127.0.0.1:%d", port)) }

// aimAt is aim at a path, given without its slash.
func aimAt(port int, path string) string {
	return fmt.Sprintf("target: {url: \"ws://127.0.0.1:%d/%s\"}\n", port, path)
}

// few is a burst that is no load for anybody.
const few = "load: [burst: {count: 10}]\n"

// checkRefused holds a run of few to end in one status, shown with texts.
func checkRefused(t *testing.T, r liveRun, status string, texts ...string) {
	t.Helper()
	checkOutcomes(t, r, 10, map[string]int64{status: 10})
	if r.code != exitFail {
		t.Errorf("exit code %d, want %d", r.code, exitFail)
	}
	checkShown(t, r, status, texts...)
}

// checkShown holds the first sample of an outcome to have the texts.
func checkShown(t *testing.T, r liveRun, outcome string, texts ...string) {
	t.Helper()
	o := r.row(outcome)
	for _, text := range texts {
		if o == nil || len(o.Samples) == 0 || !strings.Contains(o.Samples[0], text) {
			t.Errorf("the sample of %s lacks %q: %+v", outcome, text, o)
		}
	}
}

// row is an outcome's row; nil if nothing ended so.
func (r liveRun) row(name string) *results.OutcomeRow {
	for i := range r.Outcomes {
		if r.Outcomes[i].Outcome().Name() == name {
			return &r.Outcomes[i]
		}
	}
	return nil
}

// checkHint holds a probe to its first hint, which has the words.
func checkHint(t *testing.T, p *probe.Probe, id string, words ...string) {
	t.Helper()
	if len(p.Hints) == 0 || p.Hints[0].ID != id {
		t.Fatalf("hints %+v, want %s", p.Hints, id)
	}
	for _, w := range words {
		if text := p.Hints[0].Means + " " + p.Hints[0].Do; !strings.Contains(text, w) {
			t.Errorf("%q lacks %q", text, w)
		}
	}
}

// checkAges holds all attempts to have ended at an age between two.
func checkAges(t *testing.T, attempts []attemptRow, from, to time.Duration) {
	t.Helper()
	for _, a := range attempts {
		if age := a.ended - a.dialed; age < from || age > to {
			t.Errorf("arrival %d ended after %v, want %v to %v", a.n, age, from, to)
		}
	}
}

// checkFinding holds a result to say what happened, by its name and with the words.
func checkFinding(t *testing.T, r liveRun, name string, words ...string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Name != name {
			continue
		}
		for _, w := range words {
			if !strings.Contains(f.Text+" "+f.Next, w) {
				t.Errorf("%s: %q lacks %q", name, f.Text, w)
			}
		}
		return
	}
	t.Errorf("findings %+v lack %s", r.Findings, name)
}

// checkNoted holds a result to have noted what was asked for, with the words.
func checkNoted(t *testing.T, r liveRun, words string) {
	t.Helper()
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, words) {
		t.Errorf("notes %q lack %q", notes, words)
	}
}

func checkNoFinding(t *testing.T, r liveRun, name string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Name == name {
			t.Errorf("says %s: %s", name, f.Text)
		}
	}
}

func TestCaseP03MeaningsOf503(t *testing.T) {
	t.Parallel() // it waits
	n := newNetwork(t)
	n.haproxy(t)
	n.replies(t)
	t.Run("no server", func(t *testing.T) {
		r := runLive(t, aim(8106)+few, n.wrap()...)
		checkRefused(t, r, "503", "No server is available")
		checkAges(t, r.attempts(t), 0, 900*time.Millisecond)
		checkHint(t, n.probe(t, "ws://127.0.0.1:8106/"), "no_backend")
	})
	t.Run("refused after retries", func(t *testing.T) {
		r := runLive(t, aim(8103)+few, n.wrap()...)
		checkRefused(t, r, "503", "No server is available")
		checkAges(t, r.attempts(t), 2900*time.Millisecond, 4*time.Second)
		checkFinding(t, r, "fixed_age", "503", "3s old")
		checkNoFinding(t, r, "syn_resent")
		if r.TCP.SYNAttempts != 0 || r.Metrics.Connect.Max == nil || *r.Metrics.Connect.Max > int64(900*time.Millisecond) {
			t.Errorf("%d SYNs sent again, connects %+v", r.TCP.SYNAttempts, r.Metrics.Connect)
		}
	})
	t.Run("HTTP 1.0", func(t *testing.T) {
		checkRefused(t, runLive(t, replyOf("P03a")+few, n.wrap()...), "503", "HTTP/1.0 503")
	})
	t.Run("Retry-After is shown and not slept on", func(t *testing.T) {
		r := runLive(t, replyOf("P03b")+few, n.wrap()...)
		checkRefused(t, r, "503", "Retry-After: ")
		checkAges(t, r.attempts(t), 0, 900*time.Millisecond)
	})
}

// replyOf is the beginning of a scenario for a recorded reply, nobody between.
func replyOf(id string) string { return aimAt(18080, id) }

func TestCaseP04UpgradeDropped(t *testing.T) {
	n := newNetwork(t)
	node := n.backend(t, backendSettings{})
	n.secureNginx(t)
	t.Run("not forwarded", func(t *testing.T) {
		r := runLive(t, aim(8002)+few, n.wrap()...)
		checkRefused(t, r, "426", "Upgrade Required", "does the proxy forward Upgrade and Connection, with HTTP/1.1?")
		checkHint(t, n.probe(t, "ws://127.0.0.1:8002/"), "no_upgrade", "Upgrade", "Connection", "HTTP/1.1")
	})
	t.Run("HTTP 1.0 to a backend that does not mind", func(t *testing.T) {
		checkEstablished(t, runLive(t, aim(8001)+few, n.wrap()...), 10)
	})
	if got := upgrades(t, node); got != 10 {
		t.Errorf("the backend saw %d upgrades, want 10", got)
	}
}

func TestCaseP05ClearTextToTLS(t *testing.T) {
	n := newNetwork(t)
	n.secureNginx(t)
	r := runLive(t, aim(8008)+few, n.wrap()...)
	checkRefused(t, r, "400", "The plain HTTP request was sent to HTTPS port", "try wss://")
	checkHint(t, n.probe(t, "ws://127.0.0.1:8008/ws"), "tls_port", "wss://127.0.0.1:8008/ws")
}

func TestCaseP07OriginBehindRewrittenHost(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{Port: 9002, OriginFitsHost: true})
	n.secureNginx(t)
	const public, internal = "https://app.example.test", "http://backend.internal"
	withOrigin := func(origin string) string {
		return fmt.Sprintf("target: {url: \"ws://127.0.0.1:8010/\", headers: {Origin: %q}}\n", origin) + few
	}
	t.Run("public name", func(t *testing.T) {
		r := runLive(t, withOrigin(public), n.wrap()...)
		checkRefused(t, r, "401", "401 Unauthorized")
		checkNoted(t, r, "Origin: "+public)
		checkHint(t, n.probe(t, "ws://127.0.0.1:8010/", "-H", "Origin: "+public), "origin", public)
	})
	t.Run("internal name", func(t *testing.T) {
		checkEstablished(t, runLive(t, withOrigin(internal), n.wrap()...), 10)
	})
	t.Run("none, which proves nothing", func(t *testing.T) {
		checkEstablished(t, runLive(t, aim(8010)+few, n.wrap()...), 10)
		checkHint(t, n.probe(t, "ws://127.0.0.1:8010/"), "no_origin", "Origin")
	})
}

func TestCaseP09WrongPath(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	r := runLive(t, "target: {url: \"ws://127.0.0.1:9001/missing\", host: app.example.test}\n"+few, n.wrap()...)
	checkRefused(t, r, "404")
	checkNoted(t, r, "GET /missing with Host: app.example.test, no Origin")
	p := n.probe(t, "ws://127.0.0.1:9001/missing", "-H", "Host: app.example.test")
	checkHint(t, p, "not_found", "GET /missing with Host: app.example.test")
}

func TestCaseP10Redirect(t *testing.T) {
	n := newNetwork(t)
	n.secureNginx(t)
	r := runLive(t, aimAt(8007, "ws")+few, n.wrap()...)
	checkRefused(t, r, "301", "Location: https://127.0.0.1/ws", "not followed")
	p := n.probe(t, "ws://127.0.0.1:8007/ws")
	if p.Outcome.Name() != "301" {
		t.Errorf("the probe followed: %s", p.Outcome.Name())
	}
	checkHint(t, p, "redirect", "wss://127.0.0.1/ws")
}

// TestLiveLongHeader sends 16 KB that the server takes.
func TestCaseP12HeaderTooLarge(t *testing.T) {
	n := newNetwork(t)
	n.haproxy(t)
	filler := strings.Repeat("x", 20<<10)
	r := runLive(t, fmt.Sprintf("target: {url: \"ws://127.0.0.1:8101/\", headers: {X-Filler: %s}}\n", filler)+few, n.wrap()...)
	checkRefused(t, r, "400", "400 Bad request")
	checkNoted(t, r, "20,6") // and so many bytes in all
	p := n.probe(t, "ws://127.0.0.1:8101/", "-H", "X-Filler: "+filler)
	checkHint(t, p, "header_too_large", fmt.Sprint(p.Request.Size))
	if p.Request.Size < 20<<10 {
		t.Errorf("a request of %d bytes", p.Request.Size)
	}
}

func TestCaseP20ALPN(t *testing.T) {
	n := newNetwork(t)
	node := n.backend(t, backendSettings{})
	n.secureNginx(t)
	r := runLive(t, secureAim(8009, "insecure: true")+few, n.wrap()...)
	checkEstablished(t, r, 10)
	p := n.probe(t, "wss://127.0.0.1:8009/", "--insecure")
	if p.TLS == nil || p.TLS.ALPN != "http/1.1" || !p.Established() {
		t.Errorf("%s with %+v, want http/1.1 by ALPN", p.Outcome.Name(), p.TLS)
	}
	if got := upgrades(t, node); got != 11 {
		t.Errorf("the backend saw %d upgrades, want 11", got)
	}
}

func TestCaseP23StickySessions(t *testing.T) {
	tests := []struct {
		name, headers string
		want          map[string]int64 // by backend
	}{
		{"no cookie is carried over", "{}", map[string]int64{"a": 10, "b": 10}},
		{"one that is set", "{Cookie: SRV=b}", map[string]int64{"a": 0, "b": 20}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork(t)
			a, b := n.backend(t, backendSettings{}), n.backend(t, backendSettings{Port: 9003})
			n.haproxy(t)
			r := runLive(t, "target: {url: \"ws://127.0.0.1:8108/\", headers: "+test.headers+"}\nload: [burst: {count: 20}]\n", n.wrap()...)
			checkEstablished(t, r, 20)
			got := map[string]int64{"a": upgrades(t, a), "b": upgrades(t, b)}
			if !maps.Equal(got, test.want) {
				t.Errorf("upgrades %v, want %v", got, test.want)
			}
		})
	}
}

func TestCaseP25LimitOfAnAddress(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.secureNginx(t)
	r := runLive(t, aim(8005)+"load: [burst: {count: 12, repeat: 2, every: 3s}]\nhold: {for: 1s}\n", n.wrap()...)
	checkOutcomes(t, r, 24, map[string]int64{"established": 10, "503": 14})
	checkShown(t, r, "503", "503 Service Temporarily Unavailable")
	checkFinding(t, r, "admission_limit", "14 were refused with 503 at once", "each of 2 bursts had about 5 established", "limit_conn")
}

func TestCaseP26FullQueue(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.haproxy(t)
	r := runLive(t, aim(8107)+"load:\n  - burst: {count: 1}\n  - burst: {count: 6, at: 300ms}\nhold: {for: 3s}\n", n.wrap()...)
	checkOutcomes(t, r, 7, map[string]int64{"established": 1, "503": 6})
	checkAges(t, r.attempts(t)[1:], 950*time.Millisecond, 1500*time.Millisecond)
}

func TestCaseP27NamesApart(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.secureNginx(t)
	tests := []struct {
		name, target string
		want         map[string]int64
	}{
		{"dialled apart from the URL's name", "url: wss://app.example.test/, connect_to: 127.0.0.1:8011, tls: {insecure: true}", map[string]int64{"established": 10}},
		{"Host names the server of TLS too", "url: wss://127.0.0.1:8011/, host: app.example.test, tls: {insecure: true}", map[string]int64{"established": 10}},
		{"TLS for one name and Host of another", "url: wss://127.0.0.1:8011/, tls: {insecure: true, server_name: app.example.test}", map[string]int64{"404": 10}},
		{"a name nobody has", "url: wss://other.example.test/, connect_to: 127.0.0.1:8011, tls: {insecure: true}", map[string]int64{"tls unrecognized_name": 10}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkOutcomes(t, runLive(t, "target: {"+test.target+"}\n"+few, n.wrap()...), 10, test.want)
		})
	}
	p := n.probe(t, "wss://other.example.test/", "--connect-to", "127.0.0.1:8011", "--insecure")
	checkHint(t, p, "unrecognized_name", "other.example.test")
}

func TestCaseP29ApacheRules(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.apache(t)
	for port, what := range map[int]string{8201: "no rule for upgrades", 8203: "the general rule first"} {
		t.Run(what, func(t *testing.T) {
			r := runLive(t, aimAt(port, "ws")+few, n.wrap()...)
			checkRefused(t, r, "426", "Server: Apache", "does the proxy forward Upgrade")
			checkHint(t, n.probe(t, fmt.Sprintf("ws://127.0.0.1:%d/ws", port)), "no_upgrade", "Apache")
		})
	}
	t.Run("ws", func(t *testing.T) {
		checkEstablished(t, runLive(t, aim(8202)+few, n.wrap()...), 10)
	})
}
