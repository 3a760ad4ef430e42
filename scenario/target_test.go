package scenario

import (
	"crypto/tls"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plainFields compares what is exported of a scenario.
var plainFields = cmp.Options{cmpopts.IgnoreUnexported(Scenario{}, Target{}, Data{}), cmpopts.IgnoreFields(Scenario{}, "MaskedSource"),
	cmpopts.EquateComparable(netip.Addr{}), cmpopts.IgnoreFields(TLS{}, "CA", "Cert", "Key")}

func TestSecured(t *testing.T) {
	for _, test := range []struct {
		name   string
		target Target
		want   bool
	}{
		{"ws", Target{URL: "ws://h/"}, false},
		{"wss", Target{URL: "wss://h/"}, true},
		{"one of two", Target{URLs: []WeightedURL{{URL: "ws://h/"}, {URL: "wss://h/"}}}, true},
		{"the practice server", Target{URL: Practice}, false},
		{"the practice server over TLS", Target{URL: Practice, Practice: []Setting{{"tls", "server"}}, TLS: TLS{Resumption: true}}, true},
		{"the practice server without", Target{URL: Practice, Practice: []Setting{{"tls", "none"}}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Scenario{Target: test.target, Load: []Shape{{Kind: KindBurst, Count: 1}}}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			if got := s.Target.Secured(); got != test.want {
				t.Errorf("secured: %v, want %v", got, test.want)
			}
		})
	}
}

// everyKey has every key of a target and of what follows the 101.
const everyKey = `
target:
  urls:
    - wss://a.example.test/chat
    - {url: "wss://b.example.test/{{users.id}}", weight: 3}
    - {url: ws://c.example.test/, weight: "2"}
  host: app.example.test
  subprotocols: [chat]
  subprotocol_required: true
  extensions: [permessage-deflate; client_max_window_bits, "permessage-deflate; server_max_window_bits=10; client_no_context_takeover"]
  connect_to: gate.example.test:8443
  source_addresses: [127.0.0.2]
  family: 4
  proxy: http://joe:pass%20word@proxy.example.test:3128
  proxy_protocol: 2
  tls:
    ca: ca.pem
    cert: ca.pem
    key: key.pem
    server_name: app.example.test
    resumption: true
    min_version: 1.2
    max_version: "1.3"
    curves: [X25519, P-256, X25519MLKEM768]
    alpn: [http/1.1]
data: {users: users.csv}
load: [{burst: {count: 1}}]
hold: {for: 10s}
ready: {send: '{"type":"connection_init"}', expect: connection_ack, within: 2s}
early_close: fail
early_close_within: 500ms
`

func TestParseEveryKey(t *testing.T) {
	s := mustParse(t, everyKey)
	want := &Scenario{
		Target: Target{
			URL: "wss://a.example.test/chat",
			URLs: []WeightedURL{
				{"wss://a.example.test/chat", 1}, {"wss://b.example.test/{{users.id}}", 3}, {"ws://c.example.test/", 2},
			},
			Host:                "app.example.test",
			Subprotocols:        []string{"chat"},
			SubprotocolRequired: true,
			Extensions: []string{"permessage-deflate; client_max_window_bits",
				"permessage-deflate; server_max_window_bits=10; client_no_context_takeover"},
			ConnectTo:       "gate.example.test:8443",
			SourceAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2")},
			Family:          4,
			Proxy:           "http://joe:pass%20word@proxy.example.test:3128",
			ProxyProtocol:   2,
			TLS: TLS{
				CAFile: "ca.pem", CertFile: "ca.pem", KeyFile: "key.pem", ServerName: "app.example.test", Resumption: true,
				MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13,
				Curves: []tls.CurveID{tls.X25519, tls.CurveP256, tls.X25519MLKEM768}, ALPN: []string{"http/1.1"},
			},
		},
		Data:             []Data{{Name: "users", File: "users.csv"}},
		Load:             []Shape{{Kind: KindBurst, Count: 1}},
		Hold:             Hold{For: 10 * time.Second},
		Ready:            Ready{Send: `{"type":"connection_init"}`, Expect: "connection_ack", Within: 2 * time.Second},
		EarlyClose:       FailEarlyClose,
		EarlyCloseWithin: time.Second / 2,
		Timeouts:         Timeouts{Connect: 5 * time.Second, TLS: 5 * time.Second, Total: 10 * time.Second},
		Secrets:          []string{"joe:pass%20word", "pass%20word"},
	}
	if diff := cmp.Diff(want, s, plainFields); diff != "" {
		t.Errorf("scenario (-want +got):\n%s", diff)
	}
	files := testFiles()
	if got := s.Target.TLS; string(got.CA) != files["ca.pem"] || string(got.Cert) != files["ca.pem"] || string(got.Key) != files["key.pem"] {
		t.Error("the PEM texts are not those of the files named")
	}
	if err := validate(t, compiledSchema(t), []byte(everyKey)); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
}

// TestAccepted lists spellings that are right, to the schema as well.
func TestAccepted(t *testing.T) {
	schema := compiledSchema(t)
	for _, text := range []string{
		"{url: wss://example.test}", "{url: 'wss://[::1]:8443/x?y', tls: {}}", "{url: 'wss://example.test/', tls: {insecure: true, alpn: []}}",
		"{url: 'ws+unix:/run/app.sock'}", "{url: 'ws+unix:/run/app.sock:/x?y={{seq}}'}", "{url: 'ws://h/{{seq}}?a={{uuid}}&b'}",
		"{urls: [ws://example.test/]}", "{urls: [practice]}", "{urls: [{url: ws://example.test/, weight: 1000}]}",
		"{url: ws://h/, proxy: environment}", "{url: ws://h/, proxy: 'http://[::1]:3128/'}", "{url: ws://h/, family: 6, proxy_protocol: 1}",
		"{url: wss://h/, tls: {insecure: '${BOOLEAN:-true}'}}", "{url: ws://h/, extensions: [permessage-deflate]}",
		"{url: ws://h/, tls: {insecure: false, resumption: false}}",
		"{url: ws://h/, headers: {X-A: '{{seq}} of {{uuid}}'}}",
	} {
		t.Run(text, func(t *testing.T) {
			file := "target: " + text + "\nload: [{burst: {count: 1}}]\n"
			mustParse(t, file)
			if err := validate(t, schema, []byte(file)); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
		})
	}
}

func TestDefaultsAfterwards(t *testing.T) {
	tests := []struct {
		name, text    string
		ready, within time.Duration
	}{
		{"nothing", "", 0, 0},
		{"ready", "ready: {}", 5 * time.Second, 0},
		{"ready within", "ready: {within: 2s}", 2 * time.Second, 0},
		{"long hold", "hold: {for: 20s}\nearly_close: fail", 0, time.Second},
		{"short hold", "hold: {for: 300ms}\nearly_close: fail", 0, 300 * time.Millisecond},
		{"counted", "hold: {for: 20s}\nearly_close: count", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustParse(t, small+tt.text+"\n")
			if s.Ready.Within != tt.ready || s.EarlyCloseWithin != tt.within {
				t.Errorf("ready within %s, early close within %s; want %s and %s", s.Ready.Within, s.EarlyCloseWithin, tt.ready, tt.within)
			}
		})
	}
}

func TestSplitUnixURL(t *testing.T) {
	for text, want := range map[string][3]string{
		"ws+unix:/run/a.sock":          {"/run/a.sock", "/", "true"},
		"ws+unix:/run/a.sock:/x?y=:/z": {"/run/a.sock", "/x?y=:/z", "true"},
		"ws+unix:/run/a:b.sock:/":      {"/run/a:b.sock", "/", "true"},
		"ws://h/":                      {"", "", "false"},
	} {
		socket, path, ok := SplitUnixURL(text)
		if got := [3]string{socket, path, map[bool]string{true: "true", false: "false"}[ok]}; got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestSecretsOfProxyAndReady(t *testing.T) {
	s := mustParse(t, `target:
  url: ws://example.test/
  proxy: http://joe:pw@proxy:3128 # ours
load: [{burst: {count: 1}}]
ready: {send: "hello ${TOKEN}"}
`)
	want := `target:
  url: ws://example.test/
  proxy: *** # ours
load: [{burst: {count: 1}}]
ready: {send: "hello ${TOKEN}"}
`
	if diff := cmp.Diff(want, string(s.MaskedSource)); diff != "" {
		t.Errorf("masked source (-want +got):\n%s", diff)
	}
	if got := s.Masked("joe:pw@proxy s3cret: #1 ${X}"); got != "***@proxy ***" {
		t.Errorf("masked text is %s", got)
	}
}

func TestValidateEveryKey(t *testing.T) {
	users, err := ParseData("users", "users.csv", []byte("id\n1\n2\n"))
	if err != nil {
		t.Fatal(err)
	}
	urls := []WeightedURL{{URL: "wss://a.example.test/{{users.id}}"}, {"ws://b.example.test/", 2}}
	good := Scenario{
		Target: Target{URLs: urls, Proxy: "http://joe:opensesame@proxy:3128", Headers: []Header{{"X-User", "{{users.id}}"}}},
		Data:   []Data{users}, Load: []Shape{{Kind: KindBurst, Count: 1}}, Ready: Ready{Expect: "hello"},
	}
	for range 2 {
		if err := good.Validate(); err != nil {
			t.Fatal(err)
		}
		if good.Target.URL != urls[0].URL || good.Target.URLs[0].Weight != 1 || urls[0].Weight != 0 || good.Ready.Within != 5*time.Second {
			t.Errorf("the scenario is %+v, from URLs %v", good, urls)
		}
		if got := string(good.Path(0).AppendTo(nil, 1)); got != "/2" {
			t.Errorf("arrival 1 asks for %s", got)
		}
		if got := good.Masked("opensesame"); got != mask {
			t.Errorf("the password is shown as %s", got)
		}
	}
	bad := Scenario{
		Target: Target{
			URL: "ws://example.test/", URLs: []WeightedURL{{"ws://b.example.test/", -1}, {"ws+unix:x", 1}}, Family: 5, ProxyProtocol: 3,
			TLS: TLS{CA: []byte("-----BEGIN CERTIFICATE-----\nx"), Curves: []tls.CurveID{1}, MinVersion: 1, ALPN: []string{""}},
		},
		Data: []Data{{Name: "users"}, users, {Name: "1"}}, Load: []Shape{{Kind: KindBurst, Count: 1}},
		Ready: Ready{Send: "\xff", Within: -1}, EarlyClose: 2, EarlyCloseWithin: -1,
	}
	want := `target.url: a target has url or urls, not both
target.urls[0].weight: -1 is not within 1 to 1000
target.urls[1].url: a Unix socket has an absolute path; write ws+unix:/run/app.sock:/path
target.family: the family is 4 or 6
target.proxy_protocol: the PROXY preamble has version 1 or 2
target.family: has no meaning with a Unix socket
target.tls: says how wss:// is secured, and no URL is wss://
target.tls.ca: PEM:1: the block that begins here is damaged
target.tls.min_version: 0x0001 is no version of TLS from 1.0 to 1.3
target.tls.curves[0]: CurveID(1) is not one of X25519, P-256, P-384, P-521, X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024
target.tls.alpn[0]: a protocol's name has 1 to 255 bytes (RFC 7301 §3.1)
data.users: users has no rows; make it with ParseData
data.users: users is there twice
data.1: "1" is no name for data; letters, digits and _ are
ready.within: -1ns is negative, and the least is 0s
ready.send: a text frame is UTF-8 (RFC 6455 §5.6)
early_close_within: -1ns is negative, and the least is 0s
early_close: early_close is count or fail`
	err = bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}
