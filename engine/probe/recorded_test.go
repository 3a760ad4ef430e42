package probe

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/engine/handshake"
	"stampede/results"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testKey = handshake.NewKey([16]byte{0: 1, 7: 2, 15: 3})

// replayed is the Probe of a reply that never saw a socket: reply came at an
// instant, and then end.
func replayed(t testing.TB, o Options, reply []byte, wait time.Duration, end error) *Probe {
	t.Helper()
	p, err := o.plan(testKey)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{plan: p, Probe: &Probe{Schema: Schema, URL: p.shown(), Timeout: p.Timeout}}
	r.Request = p.describeRequest()
	r.Request.Sent = true
	r.Connects = []Connect{{Address: "127.0.0.1:80", State: Open, Used: true}}
	r.Steps = []Step{{StepConnect, 0, time.Millisecond}, {StepWait, time.Millisecond, wait}}
	if p.secure {
		r.TLS = &TLS{ServerName: p.serverName, Name: p.serverName, Version: "TLS 1.3", Verified: true, Chain: []Certificate{{DaysLeft: 90}}}
	}
	accept := testKey.Accept()
	reply = bytes.ReplaceAll(reply, []byte("{{ACCEPT}}"), accept[:])
	source := io.MultiReader(bytes.NewReader(reply), failing{end})
	got := readHeads(source, p.request, func() time.Duration { return wait })
	if got.done {
		got.readBody(source, readHead(got.parser.Head()))
	}
	r.conclude(got)
	r.Hints = Diagnose(r.Probe)
	return r.Probe
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// hintIDs are the hints of p in one line.
func hintIDs(p *Probe) string {
	var ids []string
	for _, h := range p.Hints {
		ids = append(ids, h.ID)
	}
	return strings.Join(ids, " ")
}

const recorded = "../handshake/testdata/replies"

// recordedReplies calls do with each recorded reply, what the client offers
// and what happens behind it.
func recordedReplies(t testing.TB, do func(id string, reply []byte, o Options, end error)) {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(recorded, "delivery.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		row := append(strings.Split(strings.TrimRight(line, "\n"), "\t"), "")
		if row[0] == "id" {
			continue
		}
		reply, err := os.ReadFile(filepath.Join(recorded, row[0]+".http"))
		if err != nil {
			t.Fatal(err)
		}
		if row[1] == "bytes:400" {
			reply = reply[:12] // what comes within the deadline
		}
		o := Options{URL: "ws://example.test/ws"}
		if names, ok := strings.CutPrefix(row[3], "subprotocols="); ok {
			o.Subprotocols = strings.Split(names, ",")
		}
		end := io.EOF
		if row[2] == "hold" {
			end = os.ErrDeadlineExceeded
		}
		do(row[0], reply, o, end)
	}
}

// TestRecordedReplies holds the outcome and the hints for every recorded
// reply to testdata/hints.golden.
func TestRecordedReplies(t *testing.T) {
	var got strings.Builder
	recordedReplies(t, func(id string, reply []byte, o Options, end error) {
		p := replayed(t, o, reply, 5*time.Millisecond, end)
		fmt.Fprintf(&got, "%s\t%s\t%s\n", id, p.Outcome.Name(), hintIDs(p))
		if !p.Established() && len(p.Hints) == 0 {
			t.Errorf("%s: %s without a hint", id, p.Outcome.Name())
		}
		checkDrawings(t, p)
	})
	const golden = "testdata/hints.golden"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, []byte(got.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

// checkDrawings draws p in every form: none may hold what drives a terminal,
// or be large beyond what was bounded.
func checkDrawings(t testing.TB, p *Probe) {
	t.Helper()
	forms := map[string]func(io.Writer) error{"text": p.Write, "json": p.WriteJSON, "har": p.WriteHAR}
	for name, write := range forms {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if i := bytes.IndexFunc(b.Bytes(), func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == '\u202e'
		}); i >= 0 {
			t.Errorf("%s holds a control character: %q", name, b.Bytes()[max(0, i-20):min(b.Len(), i+20)])
		}
		if limit := 2 << 20; b.Len() > limit {
			t.Errorf("%s has %d bytes, want at most %d", name, b.Len(), limit)
		}
	}
}

// FuzzReply reads any bytes, then an end, and draws what it made of them. The
// outcome must be the parser's own.
func FuzzReply(f *testing.F) {
	recordedReplies(f, func(_ string, reply []byte, _ Options, _ error) { f.Add(reply[:min(len(reply), 2000)], false) })
	f.Add([]byte("HTTP/1.1 302 \x1b[2J\r\nLocation: ws://\x9b/%zz\r\nSet-Cookie: a=b; c\r\n\r\n\x1b]0;x\x07"), true)
	f.Fuzz(func(t *testing.T, reply []byte, secure bool) {
		o := Options{URL: "ws://example.test/ws"}
		if secure {
			o.URL = "wss://example.test/ws"
		}
		p := replayed(t, o, reply, time.Second, io.EOF)
		if k := p.Outcome.Kind; k != results.Established && len(p.Hints) == 0 {
			t.Errorf("%s without a hint", p.Outcome.Name())
		}
		for _, c := range p.Checks {
			if p.Established() && !c.OK {
				t.Errorf("established with a broken rule: %+v", c)
			}
		}
		checkDrawings(t, p)
	})
}
