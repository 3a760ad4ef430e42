package results

import (
	"strings"
	"testing"
	"time"
)

// explained holds a result to the findings called want, and their texts and
// advice to the words.
func explained(t *testing.T, r *Result, k Kernel, want string, says ...string) {
	t.Helper()
	var names []string
	var text strings.Builder
	for _, f := range Explain(r, k) {
		names = append(names, f.Name)
		text.WriteString(f.Text + "\n" + f.Next + "\n")
		if f.Share <= 0 || f.Share > 1 || f.Next == "" || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("%+v lacks something", f)
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("findings %q, want %q:\n%s", got, want, &text)
	}
	for _, s := range says {
		if !strings.Contains(text.String(), s) {
			t.Errorf("it does not say %q:\n%s", s, &text)
		}
	}
}

// every k-th attempt goes by change.
func every(k int, change func(int, *Attempt)) func(int, *Attempt) {
	return func(i int, a *Attempt) {
		if i%k == k-1 {
			change(i, a)
		}
	}
}

// endsSo makes an attempt end so, after it took so long.
func endsSo(o Outcome, took time.Duration) func(int, *Attempt) {
	return func(_ int, a *Attempt) {
		a.Outcome, a.Ended = o, a.Started+took
		if o.Phase == PhaseConnect {
			a.Connected = 0
		}
	}
}

func withData(n uint8, then func(int, *Attempt)) func(int, *Attempt) {
	return func(i int, a *Attempt) {
		then(i, a)
		a.DataRetransmits = n
	}
}

var (
	refusedConnect  = Outcome{Kind: Refused, Phase: PhaseConnect}
	internalError   = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 500}
	requestTimeout  = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 408}
	tooManyRequests = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 429}
)

// A queue that fills up spares those launched first; lost packets and silent
// servers choose by chance.
func TestExplainSYNsSentAgain(t *testing.T) {
	full := story{bursts: []Burst{{Count: 200}}, acts: []act{{n: 100, took: 5 * ms, ends: fine}, {n: 100, ends: fine, each: resent(1)}}}
	local := map[string]int64{"127.0.0.1:9001": 200}
	stood := Kernel{SYNSteps: today.SYNSteps, Moved: map[string]int64{"TCPSynRetrans": 100}}
	overflowed := Kernel{SYNSteps: today.SYNSteps, Moved: map[string]int64{"TCPSynRetrans": 100, "ListenOverflows": 100}}
	tests := []struct {
		name      string
		story     story
		addresses map[string]int64
		kernel    Kernel
		want      string
		says      []string
	}{
		{"a tenth is lost", story{bursts: []Burst{{Count: 400}}, acts: []act{{n: 400, took: 5 * ms, ends: fine, each: every(10, resent(1))}}}, nil, today,
			"syn_resent", []string{"40 of 400 attempts had to send their SYN again; connects then took 1s (40)", "no queue filled up: packets are lost", "tc -s qdisc"}},
		{"one address of two is silent", story{timeout: 3 * time.Second, bursts: []Burst{{Count: 400}}, acts: []act{{n: 400, took: 5 * ms, ends: fine, each: every(2, func(i int, a *Attempt) {
			a.SYNRetransmits = 2
			endsSo(lateConnect, 3*time.Second)(i, a)
		})}}}, nil, today, "syn_resent", []string{"one of several servers or addresses is silent"}},
		{"a queue, elsewhere", full, map[string]int64{"192.0.2.1:80": 200}, stood, "accept_queue_full", []string{"an accept queue of about 99"}},
		{"a queue, here", full, local, overflowed, "accept_queue_full", []string{"an accept queue of about 99"}},
		{"a queue, and counters nobody can read", full, local, today, "accept_queue_full", nil},
		{"a rule, here", full, local, stood, "syn_dropped", []string{"the first 100 connected at once, and no listen queue of this host", "a firewall's rule", "nf_conntrack_count", "nft list ruleset"}},
		{"a queue that is emptied meanwhile", story{bursts: []Burst{{Count: 1000}}, acts: []act{
			{n: 200, took: 5 * ms, ends: fine}, {n: 800, took: 5 * ms, ends: fine, each: every(4, resent(1))},
		}}, nil, today, "accept_queue_full", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.story.result()
			r.Target.Addresses = test.addresses
			explained(t, r, test.kernel, test.want, test.says...)
		})
	}
}

// Only the first bursts keep who was launched when: those speak for the rest,
// however large.
func TestExplainSYNsOfManyBursts(t *testing.T) {
	var s story
	for i := range int32(maxCompletions + 8) {
		n := 100 + 10*int(i)
		s.bursts = append(s.bursts, Burst{At: time.Duration(i) * 2 * time.Second, Count: int64(n)})
		s.acts = append(s.acts, act{n: n, burst: i, took: 5 * ms, ends: fine, each: every(10, resent(1))})
	}
	r := s.result()
	if first, last := r.Bursts[0], r.Bursts[len(r.Bursts)-1]; first.ResentPlace == 0 || last.ResentPlace != 0 {
		t.Errorf("places %d and %d", first.ResentPlace, last.ResentPlace)
	}
	explained(t, r, today, "syn_resent", "no queue filled up: packets are lost")
}

// A request sent again was lost, or nobody had taken the connection.
func TestExplainRequestsSentAgain(t *testing.T) {
	const limit = 5 * time.Second
	tests := []struct {
		name  string
		story story
		want  string
		says  []string
	}{
		{"some are lost", story{timeout: limit, acts: []act{{n: 1000, burst: -1, took: 10 * ms, ends: fine, each: every(20, withData(1, endsSo(fine, 210*ms)))}}},
			"request_resent", []string{"50 attempts connected and then had to send their request again: packets were lost on the way"}},
		{"over and over, those launched last", story{timeout: limit, bursts: one60, acts: []act{
			{n: 40, took: 10 * ms, ends: fine}, {n: 20, took: limit, ends: lateUpgrade, each: withData(5, endsSo(lateUpgrade, limit))},
		}}, "open_at_the_client_only", []string{"20 of them until they timed out: their connection was open at this end only"}},
		{"over and over, one in three", story{timeout: limit, bursts: one60, acts: []act{
			{n: 60, took: 10 * ms, ends: fine, each: every(3, withData(5, endsSo(lateUpgrade, limit)))},
		}}, "request_resent", nil},
		{"all, and none is established", story{timeout: limit, acts: []act{{n: 60, burst: -1, took: limit, ends: lateUpgrade, each: withData(5, endsSo(lateUpgrade, limit))}}},
			"nothing_gets_through", []string{"all SYNs were answered", "the path's MTU"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { explained(t, test.story.result(), today, test.want, test.says...) })
	}
}

// A busy server drops no sooner than it answers; that is no timer.
func TestExplainDroppedByABusyServer(t *testing.T) {
	s := story{bursts: []Burst{{Count: 400}}, acts: []act{
		{n: 250, ends: fine, each: func(i int, a *Attempt) { a.Ended = a.Started + time.Duration(100+i%100)*ms }}, {n: 150, took: 220 * ms, ends: resetByPeer},
	}}
	explained(t, s.result(), today, "reset_at_once", "150 connections were taken and dropped no later than others were answered without a reply", "with 250 open")
}

// Whose timer ran out depends on what came then.
func TestExplainWhoseTimer(t *testing.T) {
	burst := func(o Outcome, took time.Duration) story {
		return story{bursts: one60, acts: []act{{n: 30, took: 10 * ms, ends: fine}, {n: 30, took: took, ends: o}}}
	}
	steady := func(o Outcome, took time.Duration) story {
		return story{acts: []act{{n: 6000, burst: -1, took: 10 * ms, ends: fine, each: every(100, endsSo(o, took))}}}
	}
	const instead = "or, since all of that was at about the same moment"
	tests := []struct {
		name   string
		story  story
		says   string
		moment bool
	}{
		{"504", burst(gatewayTimeout, time.Second), "30 replies of 504 came when the attempt was 1s old: a timeout of about that is set in front", false},
		{"503", burst(unavailable, time.Second), "a timeout of about that is set in front", false},
		{"502 of a burst", burst(badGateway, time.Second), "the server behind the gateway ends requests of about that age", true},
		{"502 all the time", steady(badGateway, time.Second), "the server behind the gateway ends requests of about that age", false},
		{"500 all the time", steady(internalError, 2*time.Second), "60 replies of 500 came when the attempt was 2s old: whoever answers so gives up", false},
		{"408", steady(requestTimeout, time.Second), "a timeout of about that is set for requests to arrive", false},
		{"429, late", steady(tooManyRequests, time.Second), "tarpit", false},
		{"closed", steady(dropped, 3*time.Second), "60 connections that were closed without a reply were so when the attempt was 3s old", false},
		{"reset, of a burst", burst(resetByPeer, 3*time.Second), "30 connections that were reset without a reply were so when the attempt was 3s old", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.story.result()
			explained(t, r, today, "fixed_age", test.says)
			if got := strings.Contains(Explain(r, today)[0].Text, instead); got != test.moment {
				t.Errorf("says %q: %v, want %v", instead, got, test.moment)
			}
		})
	}
}

func TestExplainUnanswered(t *testing.T) {
	const limit = 5 * time.Second
	hangs := endsSo(lateUpgrade, limit)
	hung := story{timeout: limit, acts: []act{{n: 3000, burst: -1, took: 10 * ms, ends: fine}, {n: 3000, burst: -1, took: limit, ends: lateUpgrade}}}
	for i := range 3000 { // none stays
		hung.closes = append(hung.closes, HeldClose{At: time.Duration(i+20) * ms, Age: 10 * ms, Kind: CleanClose})
	}
	tests := []struct {
		name  string
		story story
		want  string
		says  []string
	}{
		{"twenty places", story{timeout: limit, bursts: one60, acts: []act{{n: 20, took: 10 * ms, ends: fine}, {n: 40, took: limit, ends: lateUpgrade}}},
			"no_place_left", []string{"40 attempts connected and got no answer until they timed out at 5s, while 20 were established long before that. Those launched first got in, 20 were open", "maxconn"}},
		{"twenty places, not at once", story{timeout: limit, acts: []act{{n: 3000, burst: -1, took: 10 * ms, ends: fine}, {n: 3000, burst: -1, took: limit, ends: lateUpgrade}}},
			"no_place_left", nil},
		{"hangs since", hung, "unanswered", []string{"all of them before: the server, or what it waits for, hangs since"}},
		{"one of four hangs", story{timeout: limit, bursts: one60, acts: []act{{n: 60, took: 10 * ms, ends: fine, each: every(4, hangs)}}},
			"unanswered", []string{"15 attempts connected", "among them: one of several servers"}},
		{"one of four hangs, all the time", story{timeout: limit, acts: []act{{n: 6000, burst: -1, took: 10 * ms, ends: fine, each: every(4, hangs)}}}, "unanswered", nil},
		{"too slow for the last", story{timeout: limit, bursts: []Burst{{Count: 100}}, acts: []act{{n: 100, ends: fine, each: func(i int, a *Attempt) {
			if a.Ended = a.Started + time.Duration(i)*70*ms; i > 71 {
				hangs(i, a)
			}
		}}}}, "one_by_one deadline", nil},
		{"none is answered", story{timeout: limit, bursts: one60, acts: []act{{n: 60, took: limit, ends: lateUpgrade}}}, "", nil},
		{"four are thin", story{timeout: limit, bursts: one60, acts: []act{{n: 56, took: 10 * ms, ends: fine}, {n: 4, took: limit, ends: lateUpgrade}}}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { explained(t, test.story.result(), today, test.want, test.says...) })
	}
}

func TestExplainConnectsRefused(t *testing.T) {
	tests := []struct {
		name      string
		story     story
		addresses int
		want      string
		says      string
	}{
		{"beyond a limit", story{bursts: one60, acts: []act{{n: 20, took: 5 * ms, ends: fine}, {n: 40, took: ms, ends: refusedConnect, each: endsSo(refusedConnect, ms)}}}, 1,
			"connects_refused", "40 connects were refused, or told that nobody is there, while 20 attempts were established. Those launched first got in: a firewall"},
		{"one server of three", story{bursts: one60, acts: []act{{n: 60, took: 5 * ms, ends: fine, each: every(3, endsSo(refusedConnect, ms))}}}, 1,
			"connects_refused", "one of several servers behind this address"},
		{"one address of three", story{bursts: one60, acts: []act{{n: 60, took: 5 * ms, ends: fine, each: every(3, endsSo(refusedConnect, ms))}}}, 3,
			"connects_refused", "of the 3 addresses"},
		{"503 of one server of two", story{bursts: one60, acts: []act{{n: 60, took: 5 * ms, ends: fine, each: everySecond(unavailable)}}}, 1,
			"refused_among_others", "30 were refused with 503 at once, among those established"},
		{"all", story{bursts: one60, acts: []act{{n: 60, took: ms, ends: refusedConnect, each: endsSo(refusedConnect, ms)}}}, 1, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.story.result()
			r.Target.Addresses = map[string]int64{}
			for i := range test.addresses {
				r.Target.Addresses["192.0.2."+string(rune('1'+i))+":80"] = 20
			}
			explained(t, r, today, test.want, test.says)
		})
	}
}

// A thousand a second for ten seconds, of which some fail in the course of it.
func TestExplainWhatHappened(t *testing.T) {
	run := func(failing ...act) story { return story{acts: failing} }
	ok := func(n int) act { return act{n: n, burst: -1, took: ms, ends: fine} }
	bad := func(n int, o Outcome) act { return act{n: n, burst: -1, took: ms, ends: o, each: endsSo(o, ms)} }
	gone := func(o Outcome) story { // connections that are closed at once, then failures to the end
		s := run(ok(5000), bad(5000, o))
		for i := range 5000 {
			s.closes = append(s.closes, HeldClose{At: time.Duration(i+2) * ms, Age: ms, Kind: CleanClose})
		}
		return s
	}
	tests := []struct {
		name  string
		story story
		want  string
		says  []string
	}{
		{"a restart that takes a moment", run(ok(4020), bad(200, resetByPeer), bad(100, refusedConnect), ok(5000)),
			"moment", []string{"All 300 failures (200 reset upgrade, 100 refused connect) came between 4.02s and 4.33s", "a restart"}},
		{"a backend's restart behind a proxy", run(ok(4020), bad(300, badGateway), ok(5000)), "moment", []string{"(300 502)"}},
		{"not warm yet", run(bad(300, unavailable), ok(9000)), "moment", []string{"came at the beginning, until 310ms"}},
		{"failures here and there", run(ok(1000), bad(100, badGateway), ok(5000), bad(100, badGateway), ok(3000)), "refused_in_part", nil},
		{"failures at the end", run(ok(9700), bad(300, badGateway)), "refused_in_part", nil},
		{"a burst beside a steady load", story{bursts: []Burst{{At: 2 * time.Second, Count: 3000}}, acts: []act{
			{n: 100, took: 5 * ms, ends: fine}, {n: 2900, took: 5 * ms, ends: unavailable}, ok(7000),
		}}, "admission_limit", nil},

		{"down for good", gone(unavailable), "gone", []string{"From 5s on next to nothing was established any more (5,00", "retry=60", "no live upstreams"}},
		{"kept out", gone(tooManyRequests), "gone", []string{"whoever keeps asking is kept out"}},
		{"refused for good", gone(refusedConnect), "gone", []string{"the server ended or hangs"}},
		{"full with what it holds", run(ok(5000), bad(5000, unavailable)), "admission_limit", nil},
		{"told to ask less often for a second", run(ok(3000), bad(990, tooManyRequests), ok(3000)), "admission_limit", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { explained(t, test.story.result(), today, test.want, test.says...) })
	}
}

// A burst whose last are answered late was never without a server.
func TestExplainLateIsNotAway(t *testing.T) {
	s := story{bursts: []Burst{{Count: 100}, {At: 5 * time.Second, Count: 50}}, acts: []act{
		{n: 50, took: 5 * ms, ends: fine}, {n: 50, took: 2 * time.Second, ends: gatewayTimeout}, {n: 50, burst: 1, took: 5 * ms, ends: fine},
	}}
	explained(t, s.result(), today, "fixed_age")
}

func TestExplainClosedWhileHeld(t *testing.T) {
	closed := func(n int, at, age func(i int) time.Duration) (list []HeldClose) {
		for i := range n {
			list = append(list, HeldClose{At: at(i), Age: age(i), Kind: EOFEarly, Code: 1006})
		}
		return list
	}
	always := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	opened := func(from time.Duration) func(int) time.Duration { // 100 ms apart
		return func(i int) time.Duration { return from + time.Duration(i)*100*ms }
	}
	all := []act{{n: 100, burst: -1, took: 10 * ms, ends: fine}}
	tests := []struct {
		name   string
		closes []HeldClose
		want   string
		says   []string
	}{
		{"a timeout, one after another", closed(100, opened(2*time.Second), always(2*time.Second)), "closed_while_held", []string{"at an age of 2s (mostly eof): an idle or proxy timeout of about that."}},
		{"all at once, opened at once", closed(100, always(2500*ms), always(2*time.Second)), "closed_while_held", []string{"an idle or proxy timeout of about that, or, since all were opened and closed at about the same time, whatever happened 2s"}},
		{"all at once, of all ages", closed(100, always(12*time.Second), opened(time.Second)), "closed_together", []string{"100 held connections were closed by the server at about 12s into the run, at ages from 1s to 11s (mostly eof)", "reload"}},
		{"at any time, of all ages", closed(100, opened(time.Second), opened(time.Second)), "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			explained(t, story{acts: all, closes: test.closes}.result(), today, test.want, test.says...)
		})
	}
}

// nginx never has just half of its connections, and no round number of them.
func TestHalfOfPower(t *testing.T) {
	for n, want := range map[int64]int64{31: 64, 30: 64, 255: 512, 511: 1024, 1022: 2048, 32: 0, 250: 0, 256: 0, 500: 0, 512: 0, 1000: 0, 1024: 0, 2000: 0, 100: 0} {
		if got := halfOfPower(n); got != want {
			t.Errorf("%d open: %d, want %d", n, got, want)
		}
	}
}

// Ten seconds of a thousand a second, of which some take long.
func TestExplainWhenSlow(t *testing.T) {
	slowIn := func(seconds ...int) story {
		return story{acts: []act{{n: 10000, burst: -1, took: 5 * ms, ends: fine, each: func(i int, a *Attempt) {
			for _, s := range seconds {
				if i/1000 == s && i%2 == 0 {
					a.Ended = a.Started + 400*ms
				}
			}
		}}}}
	}
	const nearly = "Nearly all of them came"
	tests := []struct {
		name  string
		story story
		says  string // after nearly; "": nothing of it
	}{
		{"not warm yet", slowIn(0, 1), "in the first 2s: a server that was not warm"},
		{"from some time on", slowIn(7, 8, 9), "from 7s on: the server got slower at the same load"},
		{"once", slowIn(4, 5), "from 4s to 6s"},
		{"now and then", slowIn(1, 4, 9), "at 1s, 4s, 9s: something that stops"},
		{"with a period", slowIn(0, 3, 6, 9), "at 0s, 3s, 6s, 9s, every 3s: something that stops"},
		{"all the time", slowIn(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), ""},
		{"in most steps", slowIn(0, 1, 3, 4, 6, 8, 9), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.story.result()
			if test.says != "" {
				explained(t, r, today, "slow_upgrade", nearly+" "+test.says)
				return
			}
			for _, f := range Explain(r, today) {
				if strings.Contains(f.Text, nearly) {
					t.Errorf("says %q", f.Text)
				}
			}
		})
	}
}

// Where the load is not the same all the time, nobody is told when it was slow.
func TestExplainWhenSlowAtUnevenLoad(t *testing.T) {
	s := story{acts: []act{{n: 6000, burst: -1, took: 5 * ms, ends: fine, each: func(i int, a *Attempt) {
		at := time.Duration(i) * ms
		if i >= 300 { // one in the first seconds, nearly all in the last
			at = 6*time.Second + time.Duration(i)*100*time.Microsecond
		} else {
			at *= 20
		}
		took := a.Ended - a.Started
		if i >= 5000 {
			took = 400 * ms
		}
		*a = Attempt{N: a.N, Intended: at + 1, Dialed: at + 1, Started: at + 1, Connected: at + 50*time.Microsecond, Ended: at + 1 + took, Burst: -1, Outcome: fine}
	}}}}
	for _, f := range Explain(s.result(), today) {
		if strings.Contains(f.Text, "Nearly all") {
			t.Errorf("says %q", f.Text)
		}
	}
}
