package practice

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/scenario"
)

const ms = time.Millisecond

// fates admits one handshake at each instant and writes what became of it.
func fates(g *gateway, service time.Duration, at ...time.Duration) []string {
	var got []string
	for _, a := range at {
		d, due := g.admit(a, service)
		got = append(got, fmt.Sprint(d, " ", due))
	}
	return got
}

func TestGatewayAdmit(t *testing.T) {
	tests := []struct {
		name    string
		config  Config
		service time.Duration
		at      []time.Duration
		want    []string
	}{
		{"no limits", Config{}, 10 * ms, []time.Duration{0, 0, 3 * ms},
			[]string{"upgrade 10ms", "upgrade 10ms", "upgrade 13ms"}},
		{"no service time", Config{Capacity: 1}, 0, []time.Duration{0, 0, 1 * ms},
			[]string{"upgrade 0s", "upgrade 0s", "upgrade 1ms"}},
		{"one place", Config{Capacity: 1}, 10 * ms, []time.Duration{0, 1 * ms, 2 * ms, 40 * ms},
			[]string{"upgrade 10ms", "upgrade 20ms", "upgrade 30ms", "upgrade 50ms"}},
		{"a place free at the very instant is idle", Config{Capacity: 1, Queue: NoQueue}, 10 * ms, []time.Duration{0, 10 * ms},
			[]string{"upgrade 10ms", "upgrade 20ms"}},
		{"two places", Config{Capacity: 2}, 10 * ms, []time.Duration{0, 4 * ms, 5 * ms, 6 * ms, 7 * ms},
			[]string{"upgrade 10ms", "upgrade 14ms", "upgrade 20ms", "upgrade 24ms", "upgrade 30ms"}},
		{"no queue", Config{Capacity: 1, Queue: NoQueue}, 10 * ms, []time.Duration{0, 9 * ms, 10 * ms},
			[]string{"upgrade 10ms", "queue_full 9ms", "upgrade 20ms"}},
		{"queue of two", Config{Capacity: 1, Queue: 2}, 10 * ms, []time.Duration{0, 1 * ms, 1 * ms, 1 * ms, 10 * ms, 10 * ms},
			[]string{"upgrade 10ms", "upgrade 20ms", "upgrade 30ms", "queue_full 1ms", "upgrade 40ms", "queue_full 10ms"}},
		{"gateway timeout", Config{Capacity: 1, GatewayTimeout: 15 * ms}, 10 * ms, []time.Duration{0, 0, 0, 4 * ms, 5 * ms},
			[]string{"upgrade 10ms", "upgrade 20ms", "gateway_timeout 15ms", "gateway_timeout 19ms", "upgrade 30ms"}},
		{"those who will time out fill the queue until they do", Config{Capacity: 1, Queue: 1, GatewayTimeout: 5 * ms}, 20 * ms,
			[]time.Duration{0, 1 * ms, 2 * ms, 6 * ms, 12 * ms, 16 * ms},
			[]string{"upgrade 20ms", "gateway_timeout 6ms", "queue_full 2ms", "gateway_timeout 11ms", "gateway_timeout 17ms", "queue_full 16ms"}},
		{"admission of two, the others at once", Config{Capacity: 2, GatewayTimeout: 1}, 10 * ms, []time.Duration{0, 0, 0, 5 * ms, 10 * ms},
			[]string{"upgrade 10ms", "upgrade 10ms", "gateway_timeout 1ns", "gateway_timeout 5.000001ms", "upgrade 20ms"}},
		{"three at once, then one every 10 ms", Config{RateLimit: RateLimit{10 * ms, 3}}, 0,
			[]time.Duration{0, 0, 0, 0, 9 * ms, 10 * ms, 10 * ms, 35 * ms, 35 * ms, 35 * ms},
			[]string{"upgrade 0s", "upgrade 0s", "upgrade 0s", "rate_limited 0s", "rate_limited 9ms", "upgrade 10ms", "rate_limited 10ms",
				"upgrade 35ms", "upgrade 35ms", "rate_limited 35ms"}},
		{"who is let through may find no place", Config{RateLimit: RateLimit{10 * ms, 2}, Capacity: 1, Queue: NoQueue}, 50 * ms,
			[]time.Duration{0, 0, 0}, []string{"upgrade 50ms", "queue_full 0s", "rate_limited 0s"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fates(newGateway(&tt.config), tt.service, tt.at...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fates (-want +got):\n%s", diff)
			}
		})
	}
}

// A burst of n at c places of S each completes k·c by k·S, so a limit L is
// met by c·⌊L/S⌋ of them; 99 % of n are that many up to n = c·⌊L/S⌋/0.99.
func TestGatewayBurstCeiling(t *testing.T) {
	const limit = 255 * ms
	met := func(n int) bool {
		g := newGateway(&Config{Capacity: 10})
		good := 0
		for range n {
			if _, due := g.admit(0, 10*ms); due <= limit {
				good++
			}
		}
		return good*100 >= n*99
	}
	for n := 1; n <= 300; n++ {
		if got, want := met(n), n <= 252; got != want {
			t.Errorf("burst of %d: p99 within %v is %v, want %v", n, limit, got, want)
		}
	}
}

// The first look that the README begins with shows 504s, in its bursts alone and
// fewer than its threshold allows, if every arrival is there when it is due.
func TestGatewayOfQuickstart(t *testing.T) {
	text, err := os.ReadFile("../../examples/quickstart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config Config
	plan, err := scenario.Parse(text, scenario.Options{File: "quickstart.yaml", Practice: config.Set})
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(&config)
	schedule := plan.Schedule()
	seen := map[decision]int64{}
	arrivals := schedule.Cursor(0, 1)
	for a, ok := arrivals.Next(); ok; a, ok = arrivals.Next() {
		got, _ := g.admit(a.At, config.Service.delay(a.N+1, draw(config.Seed, delays, a.N+1), 0))
		if seen[got]++; got == gatewayTimeout && a.Burst < 0 {
			t.Fatalf("a 504 at %v, before the bursts", a.At)
		}
	}
	late, all := seen[gatewayTimeout], schedule.Len()
	if late == 0 || 2*late >= all || late+seen[upgrade] != all {
		t.Errorf("of %d arrivals %v", all, seen)
	}
}

// The model must agree with a queue played out step by step.
func TestGatewayAgainstSimulation(t *testing.T) {
	config := Config{Capacity: 3, Queue: 5, GatewayTimeout: 40 * ms}
	law, err := ParseLaw("exponential(20ms)")
	if err != nil {
		t.Fatal(err)
	}
	var places [3]time.Duration // when each becomes free
	var leave []time.Duration   // when each who ever waited stopped waiting
	g := newGateway(&config)
	seen := map[decision]int{}
	var now time.Duration
	for n := int64(1); n <= 5000; n++ {
		now += law.delay(n, draw(7, 100, n), 0) / 4
		service := law.delay(n, draw(7, 101, n), 0)
		queued := 0
		for _, l := range leave {
			if l > now {
				queued++
			}
		}
		first := 0
		for i := range places {
			if places[i] < places[first] {
				first = i
			}
		}
		want, wantDue := upgrade, max(now, places[first])+service
		switch wait := places[first] - now; {
		case wait <= 0:
			places[first] = wantDue
		case queued >= config.Queue:
			want, wantDue = queueFull, now
		case wait > config.GatewayTimeout:
			want, wantDue = gatewayTimeout, now+config.GatewayTimeout
			leave = append(leave, wantDue)
		default:
			leave = append(leave, places[first])
			places[first] = wantDue
		}
		got, due := g.admit(now, service)
		if got != want || due != wantDue {
			t.Fatalf("handshake %d: %v due %v, want %v due %v", n, got, due, want, wantDue)
		}
		seen[got]++
	}
	for d := upgrade; d <= gatewayTimeout; d++ {
		if seen[d] == 0 {
			t.Errorf("the simulation never came to %v: %v", d, seen)
		}
	}
}

func TestGatewayMemory(t *testing.T) {
	g := newGateway(&Config{Capacity: 1 << 20, Queue: 10})
	for n := range 100_000 {
		g.admit(time.Duration(n)*ms, 5*ms)
	}
	if len(g.free.items) > 6 {
		t.Errorf("%d places remembered, never more than 5 in use", len(g.free.items))
	}
	g = newGateway(&Config{Capacity: 1})
	for n := range 100_000 {
		g.admit(time.Duration(n)*10*ms, 10*ms+time.Duration(n%2))
	}
	if cap(g.waiting.items) > 1<<17 || g.most == 0 {
		t.Errorf("%d waits remembered, the longest queue was %d", cap(g.waiting.items), g.most)
	}
}

func TestFreeze(t *testing.T) {
	f := Freeze{For: 200 * ms, Every: 1000 * ms}
	tests := []struct{ at, worked, back time.Duration }{
		{0, 0, 0},
		{500 * ms, 500 * ms, 500 * ms},
		{799 * ms, 799 * ms, 799 * ms},
		{800 * ms, 800 * ms, 1000 * ms},
		{900 * ms, 800 * ms, 1000 * ms},
		{1000 * ms, 800 * ms, 1000 * ms},
		{1300 * ms, 1100 * ms, 1300 * ms},
		{1900 * ms, 1600 * ms, 2000 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.at.String(), func(t *testing.T) {
			if got := f.worked(tt.at); got != tt.worked {
				t.Errorf("worked until %v: %v, want %v", tt.at, got, tt.worked)
			}
			if got := f.instant(tt.worked); got != tt.back {
				t.Errorf("has worked %v at %v, want %v", tt.worked, got, tt.back)
			}
		})
	}
	if at := 900 * ms; (Freeze{}).instant((Freeze{}).worked(at)) != at {
		t.Error("the zero freeze moves instants")
	}
}
