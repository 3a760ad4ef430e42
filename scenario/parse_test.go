package scenario

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

const small = "target: {url: practice}\nload: [{burst: {count: 1}}]\n"

func mustParse(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse([]byte(text), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	s := mustParse(t, `
name: evening reconnect
target:
  url: ws://staging.example.test/socket?x=1
  headers: {Origin: https://app.example.test, X-Number: 12, X-Empty: ""}
  subprotocols: [graphql-transport-ws, 'chat']
  connect_to: "[::1]:8443"
  source_addresses: [127.0.0.2, 127.0.0.3]
load:
  - ramp: {from: 50/s, to: 800/s, over: 30s}
  - steady: {rate: 12000/min, for: 1m30s, arrivals: poisson}
  - burst: {count: 3000, repeat: 5, every: 10s, jitter: 1.5s}
  - burst: {count: "500", release: upgrade, at: 45s}
  - steps: {from: 0/s, to: 10/s, step: 5/s, each: 2s}
  - wave: {low: 1/s, high: 2.5/s, period: 10s, for: 20s}
  - replay: {file: good.txt}
  - pause: 500ms
hold: {for: 20s, ping_every: 10s, close: reset}
timeouts: {connect: 2s}
thresholds:
  - handshake p99 < 250ms
seed: 7
max_duration: 1h
`)
	p99, err := results.ParseThreshold("handshake p99 < 250ms")
	if err != nil {
		t.Fatal(err)
	}
	want := &Scenario{
		Name: "evening reconnect",
		Target: Target{
			URL:             "ws://staging.example.test/socket?x=1",
			URLs:            []WeightedURL{{"ws://staging.example.test/socket?x=1", 1}},
			Headers:         []Header{{"Origin", "https://app.example.test"}, {"X-Number", "12"}, {"X-Empty", ""}},
			Subprotocols:    []string{"graphql-transport-ws", "chat"},
			ConnectTo:       "[::1]:8443",
			SourceAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")},
		},
		Load: []Shape{
			{Kind: KindRamp, From: 50 * PerSecond, To: 800 * PerSecond, Over: 30 * time.Second},
			{Kind: KindSteady, Rate: 200 * PerSecond, For: 90 * time.Second, Arrivals: Poisson},
			{Kind: KindBurst, Count: 3000, Repeat: 5, Every: 10 * time.Second, Jitter: 1500 * time.Millisecond},
			{Kind: KindBurst, Count: 500, Release: Upgrade, At: instant(45 * time.Second)},
			{Kind: KindSteps, To: 10 * PerSecond, Step: 5 * PerSecond, Each: 2 * time.Second},
			{Kind: KindWave, Low: PerSecond, High: 5 * PerSecond / 2, Period: 10 * time.Second, For: 20 * time.Second},
			{Kind: KindReplay, File: "good.txt", Offsets: []time.Duration{0, time.Second / 2, 62500 * time.Millisecond}},
			{Kind: KindPause, For: time.Second / 2},
		},
		Hold:        Hold{For: 20 * time.Second, PingEvery: 10 * time.Second, Close: Reset},
		Timeouts:    Timeouts{Connect: 2 * time.Second, TLS: 5 * time.Second, Total: 10 * time.Second},
		Thresholds:  []results.Threshold{p99},
		Seed:        7,
		MaxDuration: time.Hour,
	}
	if diff := cmp.Diff(want, s, plainFields); diff != "" {
		t.Errorf("scenario (-want +got):\n%s", diff)
	}
}

func TestParsePracticeSettings(t *testing.T) {
	var asked []Setting
	o := Options{Practice: func(key, value string) error {
		asked = append(asked, Setting{key, value})
		return nil
	}}
	s, err := Parse([]byte("target:\n  url: practice\n  practice:\n    capacity: 300\n    service: lognormal(20ms, 0.5)\n    faults: {504: 1%, reset: 0.5%}\nload: [{burst: {count: 1}}]\n"), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []Setting{{"capacity", "300"}, {"service", "lognormal(20ms, 0.5)"}, {"fault", "504=1%"}, {"fault", "reset=0.5%"}}
	if diff := cmp.Diff(want, s.Target.Practice); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("settings asked about (-want +got):\n%s", diff)
	}
}

func TestParsePracticeRefused(t *testing.T) {
	o := Options{Practice: func(key, _ string) error { return badValue("", "no %s", key) }}
	_, err := Parse([]byte("target: {url: practice, practice: {capacity: 3}}\nload: [{burst: {count: 1}}]\n"), o)
	if err == nil || !strings.HasPrefix(err.Error(), "scenario:1:46: target.practice.capacity: no capacity\n") {
		t.Errorf("the error is %v", err)
	}
}

func TestParseEncodings(t *testing.T) {
	wide := func(text string, big int) []byte {
		b := []byte{0xff, 0xfe}
		if big == 1 {
			b = []byte{0xfe, 0xff}
		}
		for i := range len(text) {
			pair := [2]byte{}
			pair[big] = text[i]
			b = append(b, pair[:]...)
		}
		return b
	}
	tests := []struct {
		name string
		data []byte
		want string // beginning of the error; empty: none
	}{
		{"byte-order mark", []byte("\xef\xbb\xbf" + small), ""},
		{"CRLF", []byte(strings.ReplaceAll(small, "\n", "\r\n")), ""},
		{"CRLF and byte-order mark", []byte("\xef\xbb\xbf" + strings.ReplaceAll(small, "\n", "\r\n")), ""},
		{"UTF-16LE", wide(small, 0), "x.yaml:1:1: the file is UTF-16; save as UTF-8"},
		{"UTF-16BE", wide(small, 1), "x.yaml:1:1: the file is UTF-16; save as UTF-8"},
		{"UTF-16 without a mark", wide(small, 0)[2:], "x.yaml:1:1: the file is UTF-16; save as UTF-8"},
		{"Latin-1", []byte(small + "name: caf\xe9\n"), "x.yaml:3:10: the file is not UTF-8 here"},
		{"NUL", []byte(small + "name: a\x00\n"), "x.yaml:3:8: a control or private-use character"},
		{"too large", []byte(small + strings.Repeat("#", maxSource)), "x.yaml:1:1: the file is larger than 256 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.data, testOptions)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("the error is %v, want %s…", err, tt.want)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"set", "${NAME}", "off"},
		{"inside", `"a-${NAME}-b"`, "a-off-b"},
		{"default unused", "${NAME:-on}", "off"},
		{"default", "${UNSET:-ws://127.0.0.1:1/}", "ws://127.0.0.1:1/"},
		{"default for empty", "${EMPTY:-x}", "x"},
		{"dollar", "$$5 and $6", "$5 and $6"},
		{"escaped", `"$${NAME}"`, "${NAME}"},
		{"never YAML again", "${TOKEN}", "s3cret: #1 ${X}"},
		{"off stays text", "off", "off"},
		{"number stays text", "0123", "0123"},
		{"block text", "|-\n  ${NAME}", "off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustParse(t, small+"name: "+tt.in+"\n").Name; got != tt.want {
				t.Errorf("%s is %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestVariablesInEveryValue(t *testing.T) {
	s := mustParse(t, "target: {url: ${TARGET}, headers: {Authorization: Bearer ${TOKEN}}, connect_to: 127.0.0.1:${PORT}}\n"+
		"load: [{steady: {rate: ${RATE}, for: ${UNSET:-2s}}}]\nthresholds: [handshake p99 < ${UNSET:-1s}]\n")
	if s.Target.URL != "ws://127.0.0.1:9001/chat?key=opensesame" || s.Target.ConnectTo != "127.0.0.1:9001" ||
		s.Target.Headers[0].Value != "Bearer s3cret: #1 ${X}" || s.Schedule().Len() != 40 || len(s.Thresholds) != 1 {
		t.Errorf("the scenario is %+v", s)
	}
}

func TestSecrets(t *testing.T) {
	s := mustParse(t, `target:
  url: ${TARGET}
  headers:
    authorization: >-
      Basic
      YWJjOmRlZg==
    X-Key: ${TOKEN}
    Cookie: "sid=\x61bcd" # mine
    Origin: https://app.example.test
load: [{burst: {count: 1}}] # YWJjOmRlZg==
`)
	want := `target:
  url: ${TARGET}
  headers:
    authorization: ***
    X-Key: ${TOKEN}
    Cookie: *** # mine
    Origin: https://app.example.test
load: [{burst: {count: 1}}] # ***
`
	if diff := cmp.Diff(want, string(s.MaskedSource)); diff != "" {
		t.Errorf("masked source (-want +got):\n%s", diff)
	}
	text := "GET ws://127.0.0.1:9001/chat?key=opensesame Basic YWJjOmRlZg== s3cret: #1 ${X} sid=abcd https://app.example.test"
	if got, want := s.Masked(text), "GET ws://127.0.0.1:9001*** *** *** *** https://app.example.test"; got != want {
		t.Errorf("masked text is %s, want %s", got, want)
	}
	headers := []Header{{"authorization", "***"}, {"X-Key", "***"}, {"Cookie", "***"}, {"Origin", "https://app.example.test"}}
	if diff := cmp.Diff(headers, s.MaskedHeaders()); diff != "" {
		t.Errorf("masked headers (-want +got):\n%s", diff)
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	_, err := Parse([]byte("target: {url: practice, headers: {Authorization: 'opensesame', X-Key: \"${TOKEN} \"}}\nload: [{pause: opensesame}]\n"), testOptions)
	if err == nil || strings.Contains(err.Error(), "opensesame") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error shows a secret:\n%v", err)
	}
}

func TestForceLiftsTheCaps(t *testing.T) {
	text := []byte("target: {url: practice}\nload: [{burst: {count: 2000000}}]\n")
	if _, err := Parse(text, Options{}); err == nil {
		t.Error("two million at once pass without force")
	}
	if _, err := Parse(text, Options{Force: true}); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	good := Scenario{Target: Target{URL: "ws://127.0.0.1:1/"}, Load: []Shape{{Kind: KindBurst, Count: 10}}}
	if err := good.Validate(); err != nil || good.Timeouts.Total != 10*time.Second {
		t.Errorf("error %v, timeouts %+v", err, good.Timeouts)
	}
	forced := Scenario{Target: Target{URL: Practice, Headers: []Header{{"Authorization", "Bearer opensesame"}}}, Load: []Shape{{Kind: KindBurst, Count: 2_000_000}}}
	if err := forced.Validate(); err == nil {
		t.Error("two million at once pass without force")
	}
	forced.Force = true
	if err := forced.Validate(); err != nil {
		t.Error(err)
	}
	if got := forced.Masked("Bearer opensesame, opensesame"); got != "***, ***" {
		t.Errorf("masked text is %s", got)
	}
	bad := Scenario{Target: Target{URL: "ftp://x"}, Load: []Shape{{Kind: KindSteady, Rate: -1, For: -time.Second}, {}}, Hold: Hold{For: -1}}
	want := `target.url: "ftp://x" is no WebSocket URL; write ws://host:port/path or practice
load[0].steady.rate: -0.000001/h is negative, and the least is 0/s
load[0].steady.for: -1s is negative, and the least is 0s
load[1].invalid: is no kind of shape
hold.for: -1ns is negative, and the least is 0s`
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestExamplesAndStarterParse(t *testing.T) {
	for name, text := range examples(t) {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(text, Options{File: name})
			if err != nil {
				t.Fatal(err)
			}
			if end := s.Schedule().End() + s.Hold.For; end > 30*time.Second {
				t.Errorf("it takes %s", end)
			}
		})
	}
}

// TestStarterComments holds each key the starter has in a comment to be valid
// where it stands, of a scenario that is otherwise the starter.
func TestStarterComments(t *testing.T) {
	text := regexp.MustCompile(`(?s)  url: practice\n.*?(  # urls)`).ReplaceAllString(string(Starter()), "  url: wss://staging.example.test/\n$1")
	files := map[string]string{"staging-ca.pem": testFiles()["ca.pem"], "users.csv": "token\nsecret\n", "offsets.txt": "10ms\n"}
	o := Options{
		Env: func(string) (string, bool) { return "a value", true },
		ReadFile: func(name string) ([]byte, error) {
			if content, ok := files[name]; ok {
				return []byte(content), nil
			}
			return nil, fs.ErrNotExist
		},
	}
	comment := regexp.MustCompile(`(?m)^( *)# ((- )?([a-z_]+): .*)$`)
	found := 0
	for _, at := range comment.FindAllStringSubmatchIndex(text, -1) {
		found++
		t.Run(text[at[8]:at[9]], func(t *testing.T) {
			changed := text[:at[2]] + text[at[2]:at[3]] + text[at[4]:at[5]] + text[at[1]:]
			if text[at[8]:at[9]] == "urls" {
				changed = strings.Replace(changed, "  url: wss", "  # url: wss", 1)
			}
			if _, err := Parse([]byte(changed), o); err != nil {
				t.Error(err)
			}
		})
	}
	if found < 15 {
		t.Errorf("%d keys found, want 15 and more", found)
	}
}

// examples are the scenarios of this kind under examples/, and the starter.
func examples(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"starter.yaml": Starter()}
	for _, name := range []string{"quickstart", "burst", "reconnect-wave", "release-gate", "monitor"} {
		text, err := os.ReadFile(filepath.Join("..", "examples", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		all[name+".yaml"] = text
	}
	return all
}
