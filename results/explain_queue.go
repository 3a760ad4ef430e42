package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ownLimit tells of attempts that this host itself could not make. One is
// enough: it is no chance.
func (e explainer) ownLimit() (Finding, bool) {
	var n int64
	var reasons []string
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Local {
			n += o.Count
			reasons = append(reasons, fmt.Sprintf("%s %s", FormatCount(o.Count), strings.ReplaceAll(string(o.Reason), "_", " ")))
		}
	}
	return Finding{
		Name: "own_limit", Share: e.share(n),
		Text: "This host ran into limits of its own and never asked the server: " + strings.Join(reasons, ", ") + ".",
		Next: remedy(checkLocal),
	}, n > 0
}

const fullQueue = "on the server: nstat -az TcpExtListenOverflows, ss -lnt (Recv-Q against Send-Q); raise the listen backlog and net.core.somaxconn, or accept faster. " +
	"If that counter stands still, a full connection table drops SYNs just so: conntrack -S on this host, the server and firewalls between (drop and early_drop rise; dmesg has \"nf_conntrack: table full\"), " +
	"or cat /proc/sys/net/netfilter/nf_conntrack_count against nf_conntrack_max"

// acceptQueue tells of SYNs that had to be sent again. With a burst it
// estimates the queue: what connected at once filled it, less the one more
// that Linux lets in and what was accepted meanwhile, of which those that were
// answered before the last launch are known. A connection table that is full
// looks the same from here, so what to look at next names both.
func (e explainer) acceptQueue() (Finding, bool) {
	n := e.TCP.SYNAttempts
	f := Finding{Name: "syn_resent", Share: e.share(n)}
	f.Text = fmt.Sprintf("%s of %s attempts had to send their SYN again", FormatCount(n), FormatCount(e.Started))
	if steps := e.steps(); steps != "" {
		f.Text += "; connects then took " + steps + ", when this kernel repeats a SYN"
	}
	f.Next = fullQueue + "; if that has room too, look for packet loss"
	if b := e.filledBy(); b != nil {
		f.Name, f.Next = "accept_queue_full", fullQueue
		queue := max(b.FirstWave-1-b.Meanwhile, 0)
		f.Text += fmt.Sprintf(". Of the burst of %s at %s the first %s connected at once: an accept queue of about %s",
			FormatCount(b.Launched), formatDuration(b.At), FormatCount(b.FirstWave), FormatCount(queue))
		if s := int64(e.kernel.Somaxconn); s > 0 && queue >= s*95/100 && queue <= s*105/100 {
			f.Text += ", as net.core.somaxconn of this host has it"
		}
	}
	f.Text += "."
	return f, n >= fewestSeen
}

// filledBy is the largest simultaneous burst of which some connected at once
// and at least fewestSeen others did not.
func (e explainer) filledBy() (most *BurstRow) {
	for i := range e.Bursts {
		b := &e.Bursts[i]
		if b.Within == 0 && b.FirstWave > 0 && b.Launched-b.FirstWave >= fewestSeen && (most == nil || b.Launched > most.Launched) {
			most = b
		}
	}
	return most
}

// steps counts the connects near each repetition of a SYN: "1s (31), 2s (6)".
// It is empty unless most of them are near one.
func (e explainer) steps() string {
	took, _ := parseSparse(e.Evidence.Resent)
	var parts []string
	var near int64
	for _, at := range e.kernel.SYNSteps {
		n := int64(took.below(at+at/20+50*time.Millisecond) - took.below(at-at/50) + 0.5)
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s)", formatDuration(at), FormatCount(n)))
		}
		near += n
	}
	if float64(near) < most*float64(took.total()) {
		return ""
	}
	return strings.Join(parts, ", ")
}

// halfOpen tells of connections that were established at this end only: the
// last segment of the TCP handshake was dropped by a full queue, and so was
// the request, until it was sent again.
func (e explainer) halfOpen() (Finding, bool) {
	n := e.TCP.DataAttempts
	var late int64
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Timeout && o.Phase != PhaseConnect {
			late += o.Data
		}
	}
	text := fmt.Sprintf("%s attempts connected and then had to send their request again", FormatCount(n))
	if late > 0 {
		text += fmt.Sprintf(", %s of them until they timed out", FormatCount(late))
	}
	return Finding{
		Name: "open_at_the_client_only", Share: e.share(n),
		Text: text + ": their connection was open at this end only, the server had not taken it.",
		Next: "TcpExtListenOverflows on the server during the run; a handshake that only connects proves nothing there",
	}, n >= fewestSeen
}

// oneByOne tells of a burst whose handshakes were done one after another: each
// took longer than the one started before it, in a straight line, or they were
// done evenly from the first to the last, in an order of the server's own, as
// an event loop has it that takes the sockets as it finds them.
func (e explainer) oneByOne() (Finding, bool) {
	var found *BurstRow
	var text string
	for i := range e.Bursts {
		b := &e.Bursts[i]
		if b.Within != 0 || b.Outcomes[Established.String()] < 4*fewestSeen || found != nil && b.Launched <= found.Launched {
			continue
		}
		if t := cmp.Or(b.inOrder(), b.evenly()); t != "" {
			found, text = b, t
		}
	}
	if found == nil {
		return Finding{}, false
	}
	return Finding{
		Name: "one_by_one", Share: e.share(found.Outcomes[Established.String()]),
		Text: fmt.Sprintf("In the burst of %s at %s %s.", FormatCount(found.Launched), formatDuration(found.At), text),
		Next: "what the server does for a new connection on one thread or under one lock: profile its CPU during a burst; a rate limit that lets wait (nginx limit_req with burst) is as even",
	}, true
}

// inOrder says how evenly handshakes took the longer the later they were
// started; "" if they did not. Launching itself took time: what the server
// took for each is the slope and the time between two launches.
func (b *BurstRow) inOrder() string {
	if b.OrderFit < 0.95 || b.OrderSlope*time.Duration(b.Outcomes[Established.String()]) < atOnce {
		return ""
	}
	each := b.OrderSlope + b.LaunchSpan/time.Duration(max(b.Launched-1, 1))
	return fmt.Sprintf("each handshake took %s longer than the one started before it (r² %.2f): the server makes one every %s, one after another",
		about(b.OrderSlope), b.OrderFit, about(each))
}

// evenly says how evenly handshakes were done; "" if they were not, or if a
// SYN sent again kept some from asking at once. Delays drawn by chance between
// nothing and a bound fill that evenly too, and miss a straight line by about
// 1/n; work of one kind misses it by the square of its own variation less.
func (b *BurstRow) evenly() string {
	n := b.Outcomes[Established.String()]
	if float64(n)*(1-b.PaceFit) > 0.3 || b.Pace*time.Duration(n) < atOnce || b.FirstWave < n {
		return ""
	}
	return fmt.Sprintf("the handshakes were done evenly, one every %s (r² %.4f), in another order than they were started: the server makes one after another, or as many at once as come to that",
		about(b.Pace), b.PaceFit)
}

// slowPhase tells where the slowest tenth spent what they took longer than the
// fastest half.
func (e explainer) slowPhase() (Finding, bool) {
	slow, fast := e.Evidence.Slowest, e.Evidence.Fastest
	if slow.Count < 4*fewestSeen || fast.Count == 0 {
		return Finding{}, false
	}
	mean := func(d time.Duration, n int64) time.Duration { return d / time.Duration(n) }
	extra := map[Phase]time.Duration{
		PhaseConnect: mean(slow.Connect, slow.Count) - mean(fast.Connect, fast.Count),
		PhaseTLS:     mean(slow.TLS, slow.Count) - mean(fast.TLS, fast.Count),
		PhaseUpgrade: mean(slow.Upgrade, slow.Count) - mean(fast.Upgrade, fast.Count),
	}
	total := extra[PhaseConnect] + extra[PhaseTLS] + extra[PhaseUpgrade]
	usual := mean(fast.Connect+fast.TLS+fast.Upgrade, fast.Count)
	if total < 20*time.Millisecond || total < usual {
		return Finding{}, false
	}
	phases := []Phase{PhaseConnect, PhaseTLS, PhaseUpgrade}
	p := slices.MaxFunc(phases, func(a, b Phase) int { return int(min(max(extra[a]-extra[b], -1), 1)) })
	part := float64(extra[p]) / float64(total)
	if part < most || (p == PhaseConnect && e.connectIsOurs(extra[p])) {
		return Finding{}, false
	}
	return Finding{
		Name: "slow_" + p.String(), Share: e.share(slow.Count),
		Text: fmt.Sprintf("The slowest tenth took %s longer on average than the fastest half, %.0f %% of it in %s: %s.", about(total), min(100*part, 100), p, suspects[p]),
		Next: checksOf[p],
	}, true
}

// connectIsOurs reports whether late notice of connects is as long as what is
// to be explained, or a SYN sent again may explain it.
func (e explainer) connectIsOurs(extra time.Duration) bool {
	lag := e.Metrics.ConnectLag.P99
	return (lag != nil && time.Duration(*lag) > extra/2) || e.TCP.SYNAttempts > 0
}

var suspects = map[Phase]string{
	PhaseConnect: "the network, or a server too busy to answer a SYN",
	PhaseTLS:     "the server's CPU, most likely, which signs once a handshake",
	PhaseUpgrade: "what answers the request, the application or the backend behind a proxy",
}

var checksOf = map[Phase]string{
	PhaseConnect: "the round trip to the server, and its softirq load (mpstat)",
	PhaseTLS:     "the server's CPU during the run; the kind of its key (ECDSA signs far faster than RSA); session resumption",
	PhaseUpgrade: "the proxy's own times for its upstream, and the backend's queue and CPU during the run",
}
