package results

import (
	"cmp"
	"fmt"
	"net/netip"
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
	"If that counter stands still, a full connection table drops SYNs just so: " + fullTable

const fullTable = "conntrack -S on this host, the server and firewalls between (drop and early_drop rise; dmesg has \"nf_conntrack: table full\"), " +
	"or cat /proc/sys/net/netfilter/nf_conntrack_count against nf_conntrack_max; and so does a firewall's limit of connections or their rate: nft list ruleset, iptables -vnL"

// acceptQueue tells of SYNs that had to be sent again. With a burst whose
// first got through and whose rest did not, it estimates the queue: what
// connected at once filled it, less the one more that Linux lets in and what
// was accepted meanwhile, of which those that were answered before the last
// launch are known. A connection table that is full looks the same from here,
// so what to look at next names both, unless the queue is one of this host's,
// whose counters tell.
func (e explainer) acceptQueue() (Finding, bool) {
	n := e.TCP.SYNAttempts
	f := Finding{Name: "syn_resent", Share: e.share(n)}
	f.Text = fmt.Sprintf("%s of %s attempts had to send their SYN again", FormatCount(n), FormatCount(e.Started))
	if steps := e.steps(); steps != "" {
		f.Text += "; connects then took " + steps + ", when this kernel repeats a SYN"
	}
	f.Next = fullQueue + "; if that has room too, look for packet loss"
	switch b := e.filledBy(); {
	case b == nil:
		switch {
		case e.queuesStood() && !e.sparedByChance():
			f.Text += ". No listen queue of this host, which has the server on it, overflowed: packets are lost on the way, or a firewall drops some"
			f.Next = "firewalls (nft list ruleset, iptables -vnL) and queues on the way (tc -s qdisc); " + fullTable
		case e.sparedByChance():
			f.Text += ". They are spread among others that connected at once, so no queue filled up: packets are lost on the way, one of several servers or addresses is silent, or a firewall drops some"
			f.Next = "packet loss on the way (ip -s link, tc -s qdisc, mtr), each server and address by itself with stampede probe --connect-to, and firewalls between"
		}
	case e.queuesStood():
		f.Name = "syn_dropped"
		f.Text += fmt.Sprintf("; %s, and no listen queue of this host, which has the server on it, overflowed: a firewall's rule or a full connection table drops what comes beyond that", b.firstWave())
		f.Next = fullTable
	default:
		f.Name, f.Next = "accept_queue_full", fullQueue
		queue := max(b.FirstWave-1-b.Meanwhile, 0)
		f.Text += fmt.Sprintf(". %s: an accept queue of about %s", b.firstWave(), FormatCount(queue))
		if s := int64(e.kernel.Somaxconn); s > 0 && queue >= s*95/100 && queue <= s*105/100 {
			f.Text += ", as net.core.somaxconn of this host has it"
		}
	}
	f.Text += "."
	return f, n >= fewestSeen
}

// firstWave says how many of a burst connected at once.
func (b *BurstRow) firstWave() string {
	return fmt.Sprintf("Of the burst of %s at %s the first %s connected at once", FormatCount(b.Launched), formatDuration(b.At), FormatCount(b.FirstWave))
}

// filledBy is the largest simultaneous burst of which some connected at once,
// those launched first among them, and at least fewestSeen others did not. Where
// no burst has the place of the first of these, any may be it.
func (e explainer) filledBy() *BurstRow {
	placed := slices.ContainsFunc(e.Bursts, func(b BurstRow) bool { return b.ResentPlace > 0 })
	return e.largestResent(func(b *BurstRow) bool {
		return !placed || b.ResentPlace > 0 && b.spared() <= chance
	})
}

// sparedByChance reports whether SYNs were sent again in a simultaneous burst,
// and in none as if something had filled up.
func (e explainer) sparedByChance() bool {
	return e.filledBy() == nil && e.largestResent(func(*BurstRow) bool { return true }) != nil
}

func (e explainer) largestResent(such func(*BurstRow) bool) (most *BurstRow) {
	for i := range e.Bursts {
		b := &e.Bursts[i]
		if b.Within == 0 && b.FirstWave > 0 && b.Launched-b.FirstWave >= fewestSeen && (most == nil || b.Launched > most.Launched) && such(b) {
			most = b
		}
	}
	return most
}

// chance is how improbable an order has to be to be none of chance.
const chance = 0.02

// spared is how probable it is that as many launched first as connected at
// once before the first that did not would have, if chance had chosen those:
// drawing from n without putting back, of which r sent their SYN again.
func (b *BurstRow) spared() float64 {
	n, r := float64(b.Launched), float64(b.Launched-b.FirstWave)
	before := float64(b.ResentPlace - 1)
	p := 1.0
	for i := 0.0; i < min(before, n) && p > chance; i++ {
		p *= max(n-r-i, 0) / (n - i)
	}
	return p
}

// queuesStood reports whether the server is one of this host, and none of the
// host's listen queues overflowed, as far as its counters can be read: that of
// the SYNs sent again has moved.
func (e explainer) queuesStood() bool {
	m := e.kernel.Moved
	return m["TCPSynRetrans"] > 0 && m["ListenOverflows"] == 0 && m["ListenDrops"] == 0 && m["TCPReqQFullDrop"] == 0 && e.onThisHost()
}

// onThisHost reports whether all load went to loopback addresses.
func (e explainer) onThisHost() bool {
	for address := range e.Target.Addresses {
		if host, err := netip.ParseAddrPort(address); err != nil || !host.Addr().IsLoopback() {
			return false
		}
	}
	return len(e.Target.Addresses) > 0
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

// halfOpen tells of requests that were sent again. Where a queue is full, the
// connection is established at this end only: the last segment of the TCP
// handshake was dropped, and so is the request, until there is room. Packets
// that are lost on the way, or late, look the same once; a full queue drops
// the same request over and over.
func (e explainer) halfOpen() (Finding, bool) {
	n := e.TCP.DataAttempts
	late := e.lateWithData()
	text := fmt.Sprintf("%s attempts connected and then had to send their request again", FormatCount(n))
	if late > 0 {
		text += fmt.Sprintf(", %s of them until they timed out", FormatCount(late))
	}
	f := Finding{Share: e.share(n)}
	switch {
	case e.filledBy() != nil && !e.queuesStood(), 2*late >= n && e.TCP.DataRetransmitted >= 2*n && e.Count(Selector{Kind: Established}) >= fewestSeen && e.turn() != anyTurn:
		f.Name = "open_at_the_client_only"
		f.Text = text + ": their connection was open at this end only, the server had not taken it."
		f.Next = "TcpExtListenOverflows on the server during the run; a handshake that only connects proves nothing there"
	case late == n && e.Count(Selector{Kind: Established}) == 0 && e.TCP.SYNAttempts == 0:
		f.Name = "nothing_gets_through"
		f.Text = text + ", and none was established, though all SYNs were answered: what follows the TCP handshake gets lost on the way, as packets do that are larger than a tunnel or an overlay network takes, or whoever answers the SYNs has nobody behind."
		f.Next = "stampede probe without the large headers, and over ws:// if this was wss://; the path's MTU (tracepath, ping -M do -s 1400) and ICMP that firewalls drop; the balancer or SYN proxy in front; TcpExtListenOverflows on the server"
	default:
		f.Name = "request_resent"
		f.Text = text + ": packets were lost on the way, or so late that they were taken for lost, or the server's accept queue had no room for the connection yet."
		f.Next = "packet loss and queues on the way (ip -s link, tc -s qdisc, ping under load), and TcpExtListenOverflows on the server during the run"
	}
	return f, n >= fewestSeen
}

// lateWithData counts the attempts that connected and timed out with data of
// theirs sent again.
func (e explainer) lateWithData() (n int64) {
	for i := range e.Outcomes {
		if o := &e.Outcomes[i]; o.Kind == Timeout && o.Phase != PhaseConnect {
			n += o.Data
		}
	}
	return n
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
// fastest half. Segments that were sent again explain that themselves.
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
	if part < most || (p == PhaseConnect && e.connectIsOurs(extra[p])) || (p != PhaseConnect && 2*e.TCP.DataAttempts >= slow.Count) {
		return Finding{}, false
	}
	return Finding{
		Name: "slow_" + p.String(), Share: e.share(slow.Count),
		Text: fmt.Sprintf("The slowest tenth took %s longer on average than the fastest half, %.0f %% of it in %s: %s.", about(total), min(100*part, 100), p, suspects[p]) + e.when(usual+total/2),
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
