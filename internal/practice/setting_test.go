package practice

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameConfig compares configurations, laws included.
var sameConfig = []cmp.Option{cmp.Comparer(func(a, b Law) bool { return a == b }), cmpopts.EquateApprox(0, 1e-12)}

func TestSet(t *testing.T) {
	law := parseLawT(t, "lognormal(20ms, 0.5)")
	tests := []struct {
		name string
		set  []string // key=value
		want Config
	}{
		{"nothing", nil, Config{}},
		{"listen", []string{"listen=[::1]:8080"}, Config{Listen: "[::1]:8080"}},
		{"capacity", []string{"capacity=300"}, Config{Capacity: 300}},
		{"capacity taken back", []string{"capacity=300", "capacity=unlimited"}, Config{}},
		{"service", []string{"service=lognormal(20ms, 0.5)"}, Config{Service: law}},
		{"queue", []string{"queue=5"}, Config{Queue: 5}},
		{"no queue", []string{"queue=none"}, Config{Queue: NoQueue}},
		{"queue taken back", []string{"queue=none", "queue=unlimited"}, Config{}},
		{"flag spelling", []string{"gateway-timeout=1s", "max-open=2000"}, Config{GatewayTimeout: time.Second, MaxOpen: 2000}},
		{"accepting", []string{"backlog=4", "accept_after=1s", "accept_pause=500ms"},
			Config{Backlog: 4, AcceptAfter: time.Second, AcceptPause: 500 * ms}},
		{"rate limit", []string{"rate_limit=100/s burst 300"}, Config{RateLimit: RateLimit{10 * ms, 300}}},
		{"rate limit taken back", []string{"rate_limit=0.5/s burst 3", "rate_limit=none"}, Config{}},
		{"tls", []string{"tls=mutual"}, Config{TLS: MutualTLS}},
		{"tls taken back", []string{"tls=server", "tls=none"}, Config{}},
		{"freeze", []string{"freeze=200ms/10s"}, Config{Freeze: Freeze{200 * ms, 10 * time.Second}}},
		{"seed", []string{"seed=18446744073709551615"}, Config{Seed: 1<<64 - 1}},
		{"faults add", []string{"fault=504=1%", "fault=reset=0.5%,drip=2 %"}, Config{Faults: []Fault{{"504", 0.01}, {"reset", 0.005}, {"drip", 0.02}}}},
		{"a fault set again", []string{"fault=504=1%", "fault=504=3%"}, Config{Faults: []Fault{{"504", 0.03}}}},
		{"faults taken back", []string{"fault=504=1%", "fault=none"}, Config{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Config
			for _, s := range tt.set {
				key, value, _ := strings.Cut(s, "=")
				if err := got.Set(key, value); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.want, got, sameConfig...); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetErrors(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"speed", "1", "capacity, service"},
		{"listen", "8080", "HOST:PORT"},
		{"capacity", "-1", "whole number"},
		{"capacity", "10k", "whole number"},
		{"rate_limit", "100/s", "a rate and a burst"},
		{"rate_limit", "100 burst 5", "a rate and a burst"},
		{"rate_limit", "0/s burst 5", "a rate and a burst"},
		{"rate_limit", "1/s burst 0", "a rate and a burst"},
		{"rate_limit", "1/s burst 2000000", "a rate and a burst"},
		{"tls", "yes", "none, server or mutual"},
		{"capacity", "99999999999999999999", "whole number"},
		{"service", "fast", "lognormal(MEDIAN, SIGMA)"},
		{"queue", "0", "none"},
		{"gateway_timeout", "30", "20ms"},
		{"backlog", "0", "system"},
		{"freeze", "10s/200ms", "FOR less than EVERY"},
		{"freeze", "200ms", "FOR/EVERY"},
		{"fault", "504", "SHARE%"},
		{"fault", "504=0.01", "SHARE%"},
		{"fault", "101=1%", "200 to 999"},
		{"fault", "0504=1%", "200 to 999"},
		{"fault", "reset=1%,explode=1%", "garbage"},
		{"fault", "", "none"},
		{"seed", "-1", "whole number"},
	}
	for _, tt := range tests {
		t.Run(tt.key+" "+tt.value, func(t *testing.T) {
			got := Config{Capacity: 7, Faults: []Fault{{"504", 0.5}}}
			err := got.Set(tt.key, tt.value)
			var bad *SettingError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v, want a SettingError", err)
			}
			if bad.Key != tt.key || bad.Value != tt.value || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q names not %s, %q and %q", err, tt.key, tt.value, tt.want)
			}
			if diff := cmp.Diff(Config{Capacity: 7, Faults: []Fault{{"504", 0.5}}}, got, sameConfig...); diff != "" {
				t.Errorf("the config was changed (-want +got):\n%s", diff)
			}
		})
	}
}

// Setting every key to its default must be the same as setting none.
func TestKeysDefaults(t *testing.T) {
	var c Config
	for _, k := range Keys() {
		if k.Usage == "" {
			t.Errorf("%s has no usage", k.Name)
		}
		if err := c.Set(k.Name, k.Default); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(Config{Listen: "127.0.0.1:0"}, c, sameConfig...); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestListenRefuses(t *testing.T) {
	_, err := Listen(Config{
		Capacity: -1, Queue: -2, MaxOpen: -1, Backlog: -1, GatewayTimeout: -1, AcceptAfter: -1, AcceptPause: -1,
		Freeze: Freeze{For: 2, Every: 1}, RateLimit: RateLimit{Every: 1}, TLS: 9,
		Faults: []Fault{{"504", 0.6}, {"reset", 0.6}, {"explode", -1}},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"capacity", "queue", "max_open", "backlog", "gateway_timeout", "accept_after", "accept_pause",
		"freeze", "rate limit", "tls", `"explode"`, "share -1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %s:\n%v", want, err)
		}
	}
	if _, err := Listen(Config{Faults: []Fault{{"504", 0.6}, {"reset", 0.6}}}); err == nil || !strings.Contains(err.Error(), "120%") {
		t.Errorf("faults of 120%% gave %v", err)
	}
	if _, err := Listen(Config{Listen: "127.0.0.1:none"}); err == nil {
		t.Error("listened on a port that is none")
	}
}

func TestPick(t *testing.T) {
	list := []Fault{{"504", 0.25}, {"reset", 0.5}}
	for _, tt := range []struct {
		u    float64
		want int
	}{{0.001, 0}, {0.249, 0}, {0.251, 1}, {0.749, 1}, {0.751, -1}, {0.999, -1}} {
		if got := pick(list, tt.u); got != tt.want {
			t.Errorf("draw %v picks %d, want %d", tt.u, got, tt.want)
		}
	}
	seen := map[int]int{}
	for n := int64(1); n <= 100_000; n++ {
		seen[pick(list, draw(1, faults, n))]++
	}
	// Four standard deviations of a binomial count are at most 633.
	for i, want := range map[int]int{0: 25_000, 1: 50_000, -1: 25_000} {
		if d := seen[i] - want; d < -633 || d > 633 {
			t.Errorf("fault %d came %d times in 100,000, want about %d", i, seen[i], want)
		}
	}
}
