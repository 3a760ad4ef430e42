package results

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// today is a kernel of today.
var today = Kernel{SYNSteps: SYNSteps(4, time.Second), Somaxconn: 4096}

func TestSYNSteps(t *testing.T) {
	seconds := func(list ...int) (steps []time.Duration) {
		for _, s := range list {
			steps = append(steps, time.Duration(s)*time.Second)
		}
		return steps
	}
	for linear, want := range map[int][]time.Duration{
		4:  seconds(1, 2, 3, 4, 5, 7, 11, 19, 35, 67),
		0:  seconds(1, 3, 7, 15, 31, 63),
		-1: seconds(1, 3, 7, 15, 31, 63),
	} {
		if diff := cmp.Diff(want, SYNSteps(linear, time.Second)); diff != "" {
			t.Errorf("%d linear timeouts (-want +got):\n%s", linear, diff)
		}
	}
}

// story is a made-up run: groups of alike attempts.
type story struct {
	bursts  []Burst
	timeout time.Duration
	acts    []act
	closes  []HeldClose
}

// act is n attempts that are alike, but for what each(i) changes.
type act struct {
	n     int
	burst int32
	took  time.Duration
	ends  Outcome
	each  func(i int, a *Attempt)
}

var (
	unavailable = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 503}
	lateUpgrade = Outcome{Kind: Timeout, Phase: PhaseUpgrade}
	lateConnect = Outcome{Kind: Timeout, Phase: PhaseConnect}
	dropped     = Outcome{Kind: Closed, Phase: PhaseUpgrade}
	resetByPeer = Outcome{Kind: Reset, Phase: PhaseUpgrade}
	fine        = Outcome{Kind: Established}
	forbidden   = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 403}
	badGateway  = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 502}
)

func (s story) result() *Result {
	var planned int64
	for _, a := range s.acts {
		planned += int64(a.n)
	}
	r := NewRecorder(RecorderOptions{Planned: planned, Bursts: s.bursts})
	var n int64
	for _, act := range s.acts {
		for i := range act.n {
			at := time.Duration(n)*ms + 1
			if act.burst >= 0 {
				at = s.bursts[act.burst].At + time.Duration(n)*20*time.Microsecond + 1
			}
			a := &Attempt{N: n, Intended: at, Dialed: at, Started: at, Connected: at + 50*time.Microsecond, Ended: at + act.took, Burst: act.burst, Outcome: act.ends}
			if act.each != nil {
				act.each(i, a)
			}
			a.Requested = a.Connected
			r.Attempt(a)
			n++
		}
	}
	for _, c := range s.closes {
		r.Close(c)
	}
	return r.Result(Run{Timeout: s.timeout})
}

// resent makes an attempt connect only with its SYN's k-th repetition.
func resent(k uint8) func(int, *Attempt) {
	return func(_ int, a *Attempt) {
		a.SYNRetransmits = k
		if a.Outcome == lateConnect {
			a.Connected = 0
			return
		}
		a.Connected = a.Dialed + today.SYNSteps[k-1] + 200*time.Microsecond
		a.Ended = a.Connected + ms
	}
}

// earlier is n early closes at an age.
func earlier(n int, age time.Duration, kind CloseKind, code uint16) []HeldClose {
	return slices.Repeat([]HeldClose{{At: 10 * time.Second, Age: age, Kind: kind, Code: code}}, n)
}

func TestExplain(t *testing.T) {
	one := []Burst{{Count: 60}}
	tests := []struct {
		name  string
		story story
		want  string   // the findings' names
		says  []string // of their text, in any of them
	}{
		{"nothing at all", story{}, "", nil},
		{"all is well", story{acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine}}}, "", nil},

		{"a listen queue of 4", story{bursts: one, acts: []act{
			{n: 5, took: 700 * ms, ends: fine}, {n: 31, ends: fine, each: resent(1)}, {n: 6, ends: fine, each: resent(2)},
			{n: 5, ends: fine, each: resent(3)}, {n: 5, ends: fine, each: resent(4)}, {n: 5, ends: fine, each: resent(6)},
			{n: 3, took: 12 * time.Second, ends: lateConnect, each: resent(7)},
		}}, "accept_queue_full", []string{"55 of 60 attempts had to send their SYN again; connects then took 1s (31), 2s (6), 3s (5), 4s (5), 7s (5), when this kernel",
			"the first 5 connected at once: an accept queue of about 4."}},
		{"what is accepted meanwhile is not queued", story{bursts: []Burst{{Count: 600}}, acts: []act{
			{n: 100, took: ms, ends: fine}, {n: 129, took: 300 * ms, ends: fine}, {n: 371, ends: fine, each: resent(1)},
		}}, "accept_queue_full", []string{"the first 229 connected at once: an accept queue of about 128."}},
		{"four SYNs are thin", story{acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine}, {n: 4, burst: -1, ends: fine, each: resent(1)}}}, "", nil},
		{"lost outside of bursts", story{acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine}, {n: 20, burst: -1, ends: fine, each: resent(1)}}},
			"syn_resent", []string{"20 of 1,020 attempts had to send their SYN again; connects then took 1s (20)"}},
		{"at no step of this kernel", story{acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine}, {n: 20, burst: -1, ends: fine, each: func(i int, a *Attempt) {
			resent(1)(i, a)
			a.Connected += 500 * ms
			a.Ended += 500 * ms
		}}}}, "syn_resent", []string{"20 of 1,020 attempts had to send their SYN again."}},

		{"connected at the client only", story{timeout: 10 * time.Second, bursts: one, acts: []act{
			{n: 43, took: 10 * ms, ends: fine}, {n: 17, took: 10 * time.Second, ends: lateUpgrade, each: func(_ int, a *Attempt) { a.DataRetransmits = 4 }},
		}}, "open_at_the_client_only", []string{"17 attempts connected and then had to send their request again, 17 of them until they timed out"}},

		{"a gateway's timeout", story{acts: []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}, {n: 30, burst: -1, took: 5 * time.Second, ends: gatewayTimeout,
			each: func(i int, a *Attempt) { a.Ended += time.Duration(i) * ms }}}}, "fixed_age", []string{"100 % of the 30 replies of 504 came when the attempt was 5s old"}},
		{"a queue's timeout", story{acts: []act{{n: 1, burst: -1, took: 10 * ms, ends: fine}, {n: 6, burst: -1, took: time.Second, ends: unavailable}}}, "fixed_age", []string{"replies of 503", "1s old"}},
		{"the timeout of a busy gateway", story{acts: []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}, {n: 100, burst: -1, took: time.Second, ends: gatewayTimeout,
			each: func(i int, a *Attempt) { a.Ended += time.Duration(i) * ms }}}}, "fixed_age", []string{"100 replies of 504 came when the attempt was 1s old"}},
		{"504s within a third of their age", story{acts: []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}, {n: 100, burst: -1, took: time.Second, ends: gatewayTimeout,
			each: func(i int, a *Attempt) { a.Ended += time.Duration(3*i) * ms }}}}, "", nil},
		{"four are thin", story{acts: []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}, {n: 4, burst: -1, took: 5 * time.Second, ends: gatewayTimeout}}}, "", nil},
		{"504s of all ages", story{acts: []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}, {n: 30, burst: -1, took: time.Second, ends: gatewayTimeout,
			each: func(i int, a *Attempt) { a.Ended += time.Duration(i) * 100 * ms }}}}, "", nil},

		{"a limit for an address", story{bursts: bursts(3, 12), acts: []act{
			{n: 5, took: 10 * ms, ends: fine}, {n: 7, took: 3 * ms, ends: unavailable},
			{n: 5, burst: 1, took: 10 * ms, ends: fine}, {n: 7, burst: 1, took: 3 * ms, ends: unavailable},
			{n: 5, burst: 2, took: 10 * ms, ends: fine}, {n: 7, burst: 2, took: 3 * ms, ends: unavailable},
		}}, "admission_limit", []string{"21 were refused with 503 at once", "each of 3 bursts had about 5 established"}},
		{"refused, as many as it comes", story{bursts: bursts(2, 100), acts: []act{
			{n: 50, took: 10 * ms, ends: fine}, {n: 50, took: 3 * ms, ends: unavailable},
			{n: 80, burst: 1, took: 10 * ms, ends: fine}, {n: 20, burst: 1, took: 3 * ms, ends: unavailable},
		}}, "admission_limit", []string{"70 were refused with 503 at once: a limit that is set, on connections or their rate, rather than a server out of breath."}},
		{"a rate limit", story{acts: []act{{n: 4000, burst: -1, took: 3 * ms, ends: unavailable, each: func(i int, a *Attempt) {
			if i%5 == 0 {
				a.Outcome = fine
			}
		}}}}, "admission_limit", []string{"about 200 were established in every 1s"}},

		{"worker_connections of 64", story{bursts: one, acts: []act{{n: 31, took: 5 * ms, ends: fine}, {n: 24, took: 2 * ms, ends: dropped}, {n: 5, took: 2 * ms, ends: resetByPeer}}},
			"worker_connections", []string{"29 connections were taken and dropped at once without a reply (24 closed, 5 reset)", "worker_connections 64"}},
		{"out of descriptors", story{bursts: one, acts: []act{{n: 41, took: 5 * ms, ends: fine}, {n: 7, took: 2 * ms, ends: dropped}, {n: 12, took: 2 * ms, ends: resetByPeer}}},
			"closed_at_once", []string{"with 41 open: a limit of connections or of open files"}},
		{"reset on overflow", story{bursts: one, acts: []act{{n: 41, took: 5 * ms, ends: fine}, {n: 19, took: 2 * ms, ends: resetByPeer}}}, "reset_at_once", []string{"with 41 open", "out of open files", "tcp_abort_on_overflow"}},
		{"resets among others, half of a power of two", story{bursts: one, acts: []act{{n: 60, took: 5 * ms, ends: fine, each: everySecond(resetByPeer)}}},
			"dropped_among_others", []string{"30 connections were taken and dropped at once", "no limit that filled up"}},

		{"a limit that answers 403", story{bursts: one, acts: []act{{n: 20, took: 5 * ms, ends: fine}, {n: 40, took: 5 * ms, ends: forbidden}}},
			"refused_in_part", []string{"40 were answered 403 at once while 20 were established", "Those launched first got in: a limit that answers so once it is reached"}},
		{"one replica of two says 403", story{bursts: one, acts: []act{{n: 60, took: 5 * ms, ends: fine, each: everySecond(forbidden)}}},
			"refused_in_part", []string{"unless their requests differ: servers behind a balancer that differ"}},
		{"one server of two is down", story{acts: []act{{n: 600, burst: -1, took: 5 * ms, ends: fine, each: everySecond(badGateway)}}},
			"refused_in_part", []string{"300 were answered 502 at once", "one of several that is down"}},
		{"all forbidden", story{acts: []act{{n: 600, burst: -1, took: 5 * ms, ends: forbidden}}}, "", nil},
		{"four forbidden are thin", story{acts: []act{{n: 600, burst: -1, took: 5 * ms, ends: fine}, {n: 4, burst: -1, took: 5 * ms, ends: forbidden}}}, "", nil},

		{"a restart", story{acts: []act{{n: 990, burst: -1, took: ms, ends: unavailable}, {n: 3000, burst: -1, took: ms, ends: fine}}},
			"away", []string{"From 0s to 1s next to nothing was established (990 of 990 ended in 503), and 2,991 were after that"}},
		{"a restart in between", story{acts: []act{{n: 2000, burst: -1, took: ms, ends: fine}, {n: 990, burst: -1, took: ms, ends: resetByPeer}, {n: 3000, burst: -1, took: ms, ends: fine}}},
			"away", []string{"From 2s to 3s", "ended in reset upgrade"}},
		{"no ports for a second", story{acts: []act{{n: 2000, burst: -1, took: ms, ends: fine}, {n: 990, burst: -1, took: ms, ends: noPort}, {n: 3000, burst: -1, took: ms, ends: fine}}},
			"own_limit", nil},
		{"away until the end", story{acts: []act{{n: 2000, burst: -1, took: ms, ends: fine}, {n: 2000, burst: -1, took: ms, ends: badGateway}}}, "refused_in_part", nil},
		{"away, and refused at other times too", story{acts: []act{{n: 990, burst: -1, took: ms, ends: unavailable}, {n: 3000, burst: -1, took: ms, ends: fine, each: everySecond(unavailable)}}},
			"admission_limit", nil},

		{"closed after a while", story{bursts: one, acts: []act{{n: 41, took: 5 * ms, ends: fine}, {n: 19, took: 2 * time.Second, ends: dropped}}}, "fixed_age", []string{"19 connections that were closed without a reply"}},

		{"one by one", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) { a.Ended = a.Started + time.Duration(i+1)*20*ms }}}},
			"one_by_one", []string{"took 20ms longer than the one started before it", "one every 20ms"}},
		{"one by one, in an order of its own", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) { a.Ended = time.Duration(i*37%100+1)*20*ms + time.Duration(i%7)*ms }}}},
			"one_by_one", []string{"one every 20ms", "in another order than they were started"}},
		{"done evenly, but late", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) { a.Ended = time.Second + time.Duration(i*37%100+1)*10*ms }}}},
			"", nil},
		{"most at once, some late", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) { k := i * 37 % 100; a.Ended = a.Started + time.Duration(k*k/20+1)*ms }}}},
			"", nil},
		{"delays drawn evenly", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) {
			a.Ended = a.Started + time.Duration(1+rand.New(rand.NewPCG(uint64(i), 1)).IntN(1000))*ms
		}}}}, "", nil},
		{"in no order", story{bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) {
			a.Ended = a.Started + time.Duration(10+rand.New(rand.NewPCG(uint64(i), 0)).IntN(10))*ms
		}}}}, "", nil},

		{"a slow backend", story{acts: []act{{n: 900, burst: -1, took: 10 * ms, ends: fine}, {n: 100, burst: -1, took: 400 * ms, ends: fine}}},
			"slow_upgrade", []string{"took 390ms longer on average than the fastest half, 100 % of it in upgrade"}},
		{"slow keys", story{acts: []act{{n: 900, burst: -1, took: 10 * ms, ends: fine, each: secured(5 * ms)}, {n: 100, burst: -1, took: 400 * ms, ends: fine, each: secured(390 * ms)}}},
			"slow_tls", []string{"in tls: the server's CPU"}},
		{"a slow connect of our own", story{acts: []act{{n: 900, burst: -1, took: 10 * ms, ends: fine, each: lagging(0)}, {n: 100, burst: -1, took: 400 * ms, ends: fine, each: lagging(390 * ms)}}}, "", nil},

		{"on the edge of the timeout", story{timeout: 3 * time.Second, acts: []act{{n: 100, burst: -1, took: 2800 * ms, ends: fine}, {n: 40, burst: -1, took: 3 * time.Second, ends: lateUpgrade}}},
			"deadline", []string{"40 attempts timed out at 3s while 100 succeeded in little less"}},
		{"far from the timeout", story{timeout: 10 * time.Second, acts: []act{{n: 100, burst: -1, took: 28 * ms, ends: fine}, {n: 40, burst: -1, took: 10 * time.Second, ends: lateUpgrade}}}, "no_place_left", nil},

		{"an idle timeout", story{acts: []act{{n: 50, burst: -1, took: 10 * ms, ends: fine}}, closes: earlier(40, 2*time.Second, EOFEarly, 1006)},
			"closed_while_held", []string{"40 held connections were closed by the server at an age of 2s (mostly eof)"}},
		{"refused after the upgrade", story{acts: []act{{n: 50, burst: -1, took: 10 * ms, ends: fine}}, closes: earlier(20, ms, CodeEarly, 1013)},
			"closed_on_open", []string{"20 connections were closed by the server right after they opened (mostly code 1013)"}},
		{"closed at all ages", story{acts: []act{{n: 50, burst: -1, took: 10 * ms, ends: fine}}, closes: slices.Concat(
			earlier(4, ms, CodeEarly, 1001), earlier(4, time.Second, CodeEarly, 1001), earlier(4, 2*time.Second, CodeEarly, 1001), earlier(4, 3*time.Second, CodeEarly, 1001))}, "", nil},

		{"no port of ours", story{acts: []act{{n: 50, burst: -1, took: 10 * ms, ends: fine}, {n: 1, burst: -1, ends: noPort, each: func(_ int, a *Attempt) { *a = Attempt{Burst: -1, Outcome: noPort} }}}},
			"own_limit", []string{"1 no source port"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := test.story.result()
			var names []string
			var text strings.Builder
			for _, f := range Explain(result, today) {
				names = append(names, f.Name)
				fmt.Fprintln(&text, f.Text)
				if f.Share <= 0 || f.Share > 1 || f.Next == "" || !strings.HasSuffix(f.Text, ".") {
					t.Errorf("%+v lacks something", f)
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("findings %q, want %q:\n%s", got, test.want, &text)
			}
			for _, s := range test.says {
				if !strings.Contains(text.String(), s) {
					t.Errorf("it does not say %q:\n%s", s, &text)
				}
			}
		})
	}
}

// everySecond makes every second attempt end so.
func everySecond(o Outcome) func(int, *Attempt) {
	return func(i int, a *Attempt) {
		if i%2 == 1 {
			a.Outcome = o
		}
	}
}

func secured(d time.Duration) func(int, *Attempt) {
	return func(_ int, a *Attempt) { a.Secured = a.Connected + d }
}

func lagging(d time.Duration) func(int, *Attempt) {
	return func(_ int, a *Attempt) {
		a.Connected = a.Dialed + d + 100*time.Microsecond
		a.ConnectLag = d + 1
	}
}

// What the kernel repeats is never assumed: an older kernel has other steps,
// and one nobody knows has none.
func TestExplainByKernel(t *testing.T) {
	result := story{acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine}, {n: 20, burst: -1, ends: fine, each: resent(2)}}}.result()
	for _, test := range []struct {
		name   string
		kernel Kernel
		want   bool
	}{{"today's", today, true}, {"an old one", Kernel{SYNSteps: SYNSteps(0, time.Second)}, false}, {"unknown", Kernel{}, false}} {
		t.Run(test.name, func(t *testing.T) {
			list := Explain(result, test.kernel)
			if len(list) != 1 || strings.Contains(list[0].Text, "2s (20)") != test.want {
				t.Errorf("%+v", list)
			}
		})
	}
}

// A queue as long as this host's own limit says so.
func TestExplainSomaxconn(t *testing.T) {
	s := story{bursts: []Burst{{Count: 600}}, acts: []act{{n: 129, took: 300 * ms, ends: fine}, {n: 471, ends: fine, each: resent(1)}}}
	for limit, want := range map[int]bool{128: true, 4096: false, 0: false} {
		list := Explain(s.result(), Kernel{Somaxconn: limit})
		if len(list) == 0 || strings.Contains(list[0].Text, "somaxconn of this host") != want {
			t.Errorf("somaxconn %d: %+v", limit, list)
		}
	}
}

// What Explain reads is in the file, and adds up over processes.
func TestExplainReadAndMerged(t *testing.T) {
	s := story{bursts: one60, acts: []act{{n: 5, took: 700 * ms, ends: fine}, {n: 55, ends: fine, each: resent(1)}}}
	live := s.result()
	want := Explain(live, today)
	var file strings.Builder
	if err := live.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := ReadResult(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, Explain(read, today)); diff != "" {
		t.Errorf("read (-live +read):\n%s", diff)
	}
	merged, err := Merge(s.result(), s.result())
	if err != nil {
		t.Fatal(err)
	}
	if list := Explain(merged, today); len(list) != 1 || !strings.Contains(list[0].Text, "110 of 120 attempts") || !strings.Contains(list[0].Text, "1s (110)") {
		t.Errorf("merged: %+v", list)
	}
}

var one60 = []Burst{{Count: 60}}
