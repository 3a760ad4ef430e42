package practice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTurnedAway(t *testing.T) {
	s, _ := start(t, Config{})
	for status, text := range map[int]string{
		400: "nonsense\r\n\r\n",
		405: strings.Replace(head(), "GET", "POST", 1),
		426: head("Sec-WebSocket-Version: 8"),
		431: head("Cookie: " + strings.Repeat("c", 2*maxHead)),
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			c := dial(t, s)
			c.send(text)
			r := c.reply()
			if r.StatusCode != status || status == 426 && r.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Errorf("answered %s with %v", r.Status, r.Header)
			}
			c.ended()
		})
	}
	dial(t, s).Close()
	eventually(t, s, "counted", func(n Counts) bool { return n.BadRequests == 4 && n.Gone == 1 })
	if n := s.Counts(); n.Requests != 0 || n.Statuses["426"] != 1 {
		t.Errorf("counts %+v", n)
	}
}

// statuses shakes hands n times at once, keeps what is upgraded open and
// returns how often each status came.
func statuses(t *testing.T, s *Server, n int) map[int]int {
	t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = dial(t, s)
	}
	for _, c := range clients {
		c.send(head())
	}
	got := map[int]int{}
	for _, c := range clients {
		got[c.reply().StatusCode]++
	}
	return got
}

func TestLimits(t *testing.T) {
	long := Law{a: 3 * time.Second} // nobody's service ends while the others arrive
	tests := []struct {
		name   string
		config Config
		want   map[int]int
		counts func(Counts) bool
	}{
		{"capacity for all", Config{Capacity: 5}, map[int]int{101: 20}, func(n Counts) bool { return n.Open == 20 && n.MostOpen == 20 }},
		{"admission", Config{Capacity: 5, Service: long, GatewayTimeout: 1}, map[int]int{101: 5, 504: 15},
			func(n Counts) bool { return n.GatewayTimeouts == 15 && n.Statuses["504"] == 15 }},
		{"queue", Config{Capacity: 5, Service: long, Queue: 3, GatewayTimeout: time.Second}, map[int]int{101: 5, 503: 12, 504: 3},
			func(n Counts) bool { return n.QueueFull == 12 && n.GatewayTimeouts == 3 && n.MostQueued == 3 }},
		{"no queue", Config{Capacity: 5, Service: long, Queue: NoQueue}, map[int]int{101: 5, 503: 15},
			func(n Counts) bool { return n.QueueFull == 15 }},
		{"open connections", Config{MaxOpen: 7}, map[int]int{101: 7, 503: 13},
			func(n Counts) bool { return n.TooManyOpen == 13 && n.MostOpen == 7 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, tt.config)
			if diff := cmp.Diff(tt.want, statuses(t, s, 20)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			eventually(t, s, "counted", tt.counts)
		})
	}
}

// The same seed must fail the same handshakes, and the log must say which.
func TestFaultsReproducible(t *testing.T) {
	run := func(seed uint64) (entries []Entry) {
		var log bytes.Buffer
		law := parseLawT(t, "exponential(1ms)")
		s, stop := start(t, Config{Faults: []Fault{{"504", 0.3}, {faultClose, 0.2}}, Service: law, Seed: seed, Log: &log})
		for range 40 {
			c := dial(t, s)
			c.send(head())
			c.in.Peek(1)
			c.Close()
		}
		eventually(t, s, "answered", func(n Counts) bool { return n.Requests == 40 && n.Open == 0 })
		got := stop()
		for lines := json.NewDecoder(&log); lines.More(); {
			var e Entry
			if err := lines.Decode(&e); err != nil {
				t.Fatal(err)
			}
			if e.Due < e.Arrived+e.Delay || e.Answered < e.Due || e.Peer == "" || e.Decision != "upgrade" {
				t.Errorf("entry %+v", e)
			}
			entries = append(entries, Entry{N: e.N, Delay: e.Delay, Fault: e.Fault})
		}
		slices.SortFunc(entries, func(a, b Entry) int { return int(a.N - b.N) })
		injected := map[string]int64{}
		for _, e := range entries {
			if e.Fault != "" {
				injected[e.Fault]++
			}
		}
		if diff := cmp.Diff(got.Injected, injected); diff != "" || len(entries) != 40 {
			t.Errorf("%d entries; faults counted and logged (-counted +logged):\n%s", len(entries), diff)
		}
		return entries
	}
	first := run(1)
	if diff := cmp.Diff(first, run(1)); diff != "" {
		t.Errorf("the same seed differs (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, run(2)) {
		t.Error("another seed makes no difference")
	}
}

func TestHeaderDelayAndSubprotocol(t *testing.T) {
	var log bytes.Buffer
	s, stop := start(t, Config{Service: parseLawT(t, "header"), Log: &log})
	c := dial(t, s)
	c.send(head("X-Practice-Delay: 3ms", "Sec-WebSocket-Protocol: chat, superchat"))
	if r := c.reply(); r.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Errorf("answered %s with %v", r.Status, r.Header)
	}
	stop()
	var e Entry
	if err := json.Unmarshal(log.Bytes(), &e); err != nil || e.Delay != 3*ms || e.N != 1 {
		t.Errorf("logged %s (error %v)", log.Bytes(), err)
	}
}

// No answer may be due while the gateway stands still.
func TestServeFreeze(t *testing.T) {
	var log bytes.Buffer
	freeze := Freeze{For: 30 * ms, Every: 60 * ms}
	s, stop := start(t, Config{Freeze: freeze, Service: Law{a: 7 * ms}, Log: &log})
	for range 10 {
		c := dial(t, s)
		c.upgraded()
		c.Close()
	}
	stop()
	lines := 0
	for d := json.NewDecoder(&log); d.More(); lines++ {
		var e Entry
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Due%freeze.Every >= freeze.Every-freeze.For || e.Answered < e.Due {
			t.Errorf("due in a freeze, or answered before due: %+v", e)
		}
	}
	if lines != 10 {
		t.Errorf("%d lines for 10 handshakes", lines)
	}
}

// Every request must be accounted for, whatever becomes of it.
func TestCountsAddUp(t *testing.T) {
	s, stop := start(t, Config{
		Service: parseLawT(t, "header"), MaxOpen: 20, Capacity: 30, Queue: 5, Seed: 4,
		Faults: []Fault{{"502", 0.1}, {faultReset, 0.1}, {faultGarbage, 0.1}, {faultCloseAfter, 0.1}, {faultWrongAccept, 0.1}},
	})
	for i := range 100 {
		c := dial(t, s)
		switch {
		case i%10 == 0:
			c.send("nonsense\r\n\r\n")
		case i > 60:
			c.send(head("X-Practice-Delay: 1h"))
		default:
			c.send(head())
		}
	}
	eventually(t, s, "all in", func(n Counts) bool { return n.Requests == 90 && n.BadRequests == 10 })
	n := stop()
	var refused, swallowed int64
	for _, count := range n.Statuses {
		refused += count
	}
	for kind, count := range n.Injected {
		f := Fault{Kind: kind}
		if _, ok := f.status(); !ok && !f.opens() {
			swallowed += count
		}
	}
	if sum := n.Upgraded + refused - n.BadRequests + n.Unsent + swallowed; sum != n.Requests {
		t.Errorf("%d answers to %d requests: %+v", sum, n.Requests, n)
	}
	if n.Upgraded == 0 || n.QueueFull == 0 || n.Unsent == 0 || swallowed == 0 {
		t.Errorf("not everything was tried: %+v", n)
	}
}

// Stopping must end every kind of visit: before the request, while waiting,
// held, ignored.
func TestStop(t *testing.T) {
	s, stop := start(t, Config{Service: parseLawT(t, "header"), Faults: []Fault{{faultSilence, 0.5}}})
	var clients []*client
	for i := range 30 {
		c := dial(t, s)
		switch i % 3 {
		case 0:
			c.send("GET / HT")
		case 1:
			c.send(head("X-Practice-Delay: 1h"))
		case 2:
			c.send(head())
		}
		clients = append(clients, c)
	}
	eventually(t, s, "busy", func(n Counts) bool { return n.Waiting == 10 && n.Open+n.Injected[faultSilence] == 10 })
	stop()
	for _, c := range clients {
		if _, err := io.Copy(io.Discard, c.in); isTimeout(err) {
			t.Error("a connection is still open")
		}
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
	if s.Counts().Open != 0 {
		t.Errorf("counts %+v", s.Counts())
	}
	if err := s.Serve(t.Context()); err == nil {
		t.Error("serves twice")
	}
}

func TestAcceptAfter(t *testing.T) {
	s, _ := start(t, Config{AcceptAfter: time.Hour, AcceptPause: time.Hour})
	c := dial(t, s) // the kernel takes it in
	c.send(head())
	c.silent()
	if n := s.Counts(); n.Accepted != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestAcceptPause(t *testing.T) {
	s, _ := start(t, Config{AcceptPause: time.Hour})
	dial(t, s).upgraded()
	dial(t, s).silent()
	if n := s.Counts(); n.Accepted != 1 {
		t.Errorf("counts %+v", n)
	}
}

func TestCountsJSON(t *testing.T) {
	text, err := json.Marshal(Counts{Statuses: map[string]int64{"504": 2}, MostLate: ms})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"accepted":0`, `"statuses":{"504":2}`, `"most_late_ns":1000000`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}
