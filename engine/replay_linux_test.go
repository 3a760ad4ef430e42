package engine

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// replies is where the recorded replies lie, with the outcome wanted of each.
const replies = "handshake/testdata/replies"

// recorded is a reply as delivery.tsv says to deliver it.
type recorded struct {
	text   []byte
	cut    string // whole, bytes:MS or split:OFFSET[,OFFSET]:MS
	then   string // close, hold or rst
	offers []string
}

// pieces cuts data up and says how long to wait between pieces.
func (r recorded) pieces(data []byte) (pieces [][]byte, gap time.Duration) {
	kind, rest, _ := strings.Cut(r.cut, ":")
	switch kind {
	case "bytes":
		for i := range data {
			pieces = append(pieces, data[i:i+1])
		}
		return pieces, milliseconds(rest)
	case "split":
		offsets, ms, _ := strings.Cut(rest, ":")
		from := 0
		var at []int
		for o := range strings.SplitSeq(offsets, ",") {
			n, _ := strconv.Atoi(o)
			at = append(at, (n+len(data))%len(data))
		}
		slices.Sort(at)
		for _, n := range append(at, len(data)) {
			pieces, from = append(pieces, data[from:n]), n
		}
		return pieces, milliseconds(ms)
	}
	return [][]byte{data}, 0
}

func milliseconds(text string) time.Duration {
	n, _ := strconv.Atoi(text)
	return time.Duration(n) * time.Millisecond
}

func tsv(t *testing.T, name string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(replies, name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "", ""))
	}
	return rows[1:]
}

func loadRecorded(t *testing.T) map[string]recorded {
	t.Helper()
	all := map[string]recorded{}
	for _, row := range tsv(t, "delivery.tsv") {
		text, err := os.ReadFile(filepath.Join(replies, row[0]+".http"))
		if err != nil {
			t.Fatal(err)
		}
		r := recorded{text: text, cut: row[1], then: row[2]}
		if names, ok := strings.CutPrefix(row[3], "subprotocols="); ok {
			r.offers = strings.Split(names, ",")
		}
		all[row[0]] = r
	}
	return all
}

// replayServer answers the path /ID with the recorded reply of that id.
func replayServer(t *testing.T, all map[string]recorded) netip.AddrPort {
	t.Helper()
	return serve(t, func(c net.Conn) { replay(c.(*net.TCPConn), all) })
}

func replay(c *net.TCPConn, all map[string]recorded) {
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	r := bufio.NewReader(c)
	var id, key string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		if id == "" {
			id = strings.TrimPrefix(strings.Fields(line)[1], "/")
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Sec-WebSocket-Key") {
			key = strings.TrimSpace(value)
		}
	}
	k := handshake.Key([]byte(key))
	accept := k.Accept()
	reply := all[id]
	pieces, gap := reply.pieces(bytes.ReplaceAll(reply.text, []byte("{{ACCEPT}}"), accept[:]))
	for i, p := range pieces {
		if i > 0 {
			time.Sleep(gap)
		}
		if _, err := c.Write(p); err != nil {
			return
		}
	}
	switch reply.then {
	case "rst":
		_ = c.SetLinger(0)
	case "hold":
		_, _ = io.Copy(io.Discard, r)
	}
}

// TestRepliesLive is the table of recorded replies over real sockets.
func TestRepliesLive(t *testing.T) {
	all := loadRecorded(t)
	address := replayServer(t, all)
	rows := tsv(t, "expected.tsv")
	if len(rows) < 174 {
		t.Fatalf("%d recorded replies, want 174", len(rows))
	}
	for _, row := range rows {
		id, wants := row[0], []string{row[1]}
		note, _, _ := strings.Cut(row[2], ";")
		if alt, ok := strings.CutPrefix(note, "alt="); ok {
			wants = append(wants, strings.Fields(alt)[0])
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			l := load{target: at(address), shapes: burst(2), path: "/" + id, subprotocols: all[id].offers, shards: 1, hold: scenario.Hold{Close: scenario.Reset}}
			l.timeouts.Total = time.Second
			o := l.run(t.Context(), t)
			for _, r := range o.result.Outcomes {
				if got := caseClass(r.Outcome()); !slices.Contains(wants, got) {
					t.Errorf("outcome %s, want %v; samples %q", got, wants, r.Samples)
				}
			}
		})
	}
}

// caseClass is an outcome in the words of expected.tsv.
func caseClass(o results.Outcome) string {
	switch o.Kind {
	case results.Established:
		return "ok"
	case results.Status:
		return "http_status:" + o.Name()
	case results.Protocol:
		return "protocol_error:" + string(o.Reason)
	}
	return o.Kind.String()
}

// TestFramesBehindTheHead: what comes with the 101 is frames, told apart from
// the handshake: closes with their code, stray bytes as frame errors.
func TestFramesBehindTheHead(t *testing.T) {
	all := loadRecorded(t)
	address := replayServer(t, all)
	for id, want := range map[string]results.EarlyClose{
		"H12c": {Code: 1013, How: "code", Count: 5},
		"H12d": {Code: 1008, How: "code", Count: 5},
		"H13a": {Code: 1002, How: "frame_error", Count: 5},
	} {
		t.Run(id, func(t *testing.T) {
			o := load{target: at(address), shapes: burst(5), path: "/" + id, shards: 1, hold: scenario.Hold{For: 300 * time.Millisecond}}.run(t.Context(), t)
			o.want(t, map[string]int64{"established": 5})
			if early := o.result.Held.ClosedEarly; len(early) != 1 || early[0] != want {
				t.Errorf("closed early %+v, want %+v", early, want)
			}
		})
	}
	for _, id := range []string{"H12a", "H12b", "H12e", "H12f"} {
		t.Run(id, func(t *testing.T) {
			o := load{target: at(address), shapes: burst(5), path: "/" + id, shards: 1, hold: scenario.Hold{For: 100 * time.Millisecond, Close: scenario.Reset}}.run(t.Context(), t)
			o.want(t, map[string]int64{"established": 5})
			if early := o.result.Held.ClosedEarly; len(early) != 0 {
				t.Errorf("closed early %+v, want none", early)
			}
		})
	}
}

// A server that never answers a Close can't keep a run from ending.
func TestCloseIsBounded(t *testing.T) {
	all := loadRecorded(t)
	o := load{target: at(replayServer(t, all)), shapes: burst(5), path: "/K00"}.run(t.Context(), t)
	if o.result.Held.Closed.Forced != 5 {
		t.Errorf("closed %+v, want 5 forced", o.result.Held.Closed)
	}
}

// The latency of a reply in pieces runs to the last byte of its head.
func TestLatencyRunsToTheEndOfTheHead(t *testing.T) {
	all := loadRecorded(t)
	address := replayServer(t, all)
	for id, least := range map[string]time.Duration{"H10b": 120 * time.Millisecond, "H10c": 60 * time.Millisecond, "H10d": 120 * time.Millisecond} {
		o := load{target: at(address), shapes: burst(3), path: "/" + id, hold: scenario.Hold{Close: scenario.Reset}}.run(t.Context(), t)
		for _, a := range o.attempts {
			if d, ok := a.Service(); !ok || d < least {
				t.Errorf("%s: service %v (established %v), want at least %v", id, d, ok, least)
			}
		}
	}
}
