package handshake

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"stampede/results"
)

// reply is one recorded reply of testdata/replies.
type reply struct {
	id    string
	bytes []byte   // what arrives within the deadline, with the right accept filled in
	want  []string // acceptable outcomes, the preferred one first
	offer []string // subprotocols the client offers
}

var testKey = NewKey([16]byte{0: 1, 7: 2, 15: 3})

// deadline is the one expected.tsv has in mind, in ms, for replies that arrive
// a byte at a time.
const deadline = 5000

// loadReplies reads every reply with what is expected of it.
func loadReplies(t testing.TB) []reply {
	t.Helper()
	offers, gaps := make(map[string][]string), make(map[string]string)
	for _, row := range readTSV(t, "delivery.tsv") {
		gaps[row[0]], _ = strings.CutPrefix(row[1], "bytes:")
		if names, ok := strings.CutPrefix(row[3], "subprotocols="); ok {
			offers[row[0]] = strings.Split(names, ",")
		}
	}
	var replies []reply
	for _, row := range readTSV(t, "expected.tsv") {
		r := reply{id: row[0], want: []string{row[1]}, offer: offers[row[0]]}
		note, _, _ := strings.Cut(row[2], ";")
		if alt, ok := strings.CutPrefix(note, "alt="); ok {
			alt, _, _ = strings.Cut(alt, " ")
			r.want = append(r.want, alt)
		}
		raw, err := os.ReadFile(filepath.Join("testdata/replies", r.id+".http"))
		if err != nil {
			t.Fatal(err)
		}
		accept := testKey.Accept()
		r.bytes = bytes.ReplaceAll(raw, []byte("{{ACCEPT}}"), accept[:])
		if gap, err := strconv.Atoi(gaps[r.id]); err == nil && len(r.bytes)*gap > deadline {
			r.bytes = r.bytes[:deadline/gap]
		}
		replies = append(replies, r)
	}
	return replies
}

// readTSV reads the rows of a table of testdata/replies, without its first.
func readTSV(t testing.TB, name string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/replies", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "", ""))
	}
	return rows[1:]
}

// requestOffering compiles a request that offers the subprotocols.
func requestOffering(t testing.TB, subprotocols ...string) *Request {
	t.Helper()
	r, err := NewRequest(RequestOptions{Host: "example.test", Subprotocols: subprotocols})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reading is all that a parser tells of some bytes.
type reading struct {
	done    bool
	used    int // bytes of the head, over all feeds
	verdict Verdict
	head    string
	left    string // Unfinished, if not done
}

// read feeds the pieces to a fresh parser until it is done.
func read(r *Request, pieces ...[]byte) (got reading) {
	var p Parser
	p.Reset(r)
	for _, piece := range pieces {
		var n int
		n, got.done = p.Feed(piece)
		got.used += n
		if got.done {
			break
		}
	}
	got.verdict, got.head = p.Verdict(&testKey), string(p.Head())
	if !got.done {
		got.left = p.Unfinished()
	}
	return got
}

// fits reports whether the reading is what want, in the words of expected.tsv,
// asks for. Bytes that decide nothing end as whatever happens on the socket:
// timeout and closed both fit.
func (g reading) fits(want string) bool {
	class, detail, _ := strings.Cut(want, ":")
	o := g.verdict.Outcome
	switch class {
	case "ok":
		return o == results.Outcome{Kind: results.Established}
	case "http_status":
		return o.Kind == results.Status && o.Phase == results.PhaseUpgrade && o.Name() == detail
	case "protocol_error":
		return o.Kind == results.Protocol && o.Phase == results.PhaseUpgrade && string(o.Reason) == detail
	}
	return (class == "timeout" || class == "closed") && !g.done && o == results.Outcome{}
}

func (g reading) word() string {
	if !g.done {
		return "unfinished: " + g.left
	}
	return g.verdict.Outcome.Name() + " " + g.verdict.Detail
}

func TestReplies(t *testing.T) {
	replies := loadReplies(t)
	if len(replies) != 174 {
		t.Fatalf("%d replies, want 174", len(replies))
	}
	for _, r := range replies {
		t.Run(r.id, func(t *testing.T) {
			got := read(requestOffering(t, r.offer...), r.bytes)
			ok := false
			for _, want := range r.want {
				ok = ok || got.fits(want)
			}
			if !ok {
				t.Errorf("got %s, want one of %q", got.word(), r.want)
			}
			if testing.Verbose() {
				t.Log(got.word(), cmp.Or(got.verdict.Warnings.String(), "-"))
			}
		})
	}
}
