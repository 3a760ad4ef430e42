package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stampede/results"
	"stampede/scenario"
)

// Everything of an assignment arrives, an overlay at zero included.
func TestAssignmentTravels(t *testing.T) {
	zero := time.Duration(0)
	users, err := scenario.ParseData("users", "users.csv", []byte("id,name\n1,\"a, b\"\n2,c\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Assignment{
		Protocol: workerProtocol, Seed: 7, Force: true, Shards: 2, NoEvidence: true, First: 1, Stride: 3,
		Load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 5, At: &zero, Release: scenario.Upgrade},
			{Kind: scenario.KindReplay, Offsets: []time.Duration{0, 1, time.Hour}}},
		Hold:     scenario.Hold{For: time.Second, PingEvery: time.Millisecond, Close: scenario.Reset},
		Timeouts: scenario.Timeouts{Connect: 1, TLS: 2, Total: 3},
		Target: scenario.Target{
			URL: "wss://h/a?b={{users.id}}", Headers: []scenario.Header{{Name: "Cookie", Value: "<&>"}}, TLS: scenario.TLS{CA: []byte("ca"), Insecure: true},
			SourceAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2")},
		},
		Data:    []scenario.Data{users},
		Secrets: []string{"opensesame"},
		Found:   []Found{{Addresses: []netip.AddrPort{netip.MustParseAddrPort("[fe80::1%lo]:80")}}, {Fault: "no such host"}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Assignment
	if err := newCommandReader(bytes.NewReader(append(text, '\n')), maxCommand).read(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}), cmp.Comparer(func(a, b scenario.Data) bool { return reflect.DeepEqual(a, b) }), cmpopts.IgnoreUnexported(scenario.Target{})); diff != "" {
		t.Errorf("assignment (-sent +received):\n%s", diff)
	}
}

// An assignment may be longer than the data that it carries.
func TestCommandAsLongAsItsData(t *testing.T) {
	var c Command
	text := `{"Start": 7` + strings.Repeat(" ", scenario.MaxFile) + "}\n"
	if err := newCommandReader(strings.NewReader(text), maxCommand).read(&c); err != nil || c.Start != 7 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestCommandTooLong(t *testing.T) {
	r := newCommandReader(io.MultiReader(strings.NewReader(`{"Start": `), neverending(' ')), 1<<20)
	if err := r.read(new(Command)); err == nil || err == io.EOF {
		t.Errorf("error %v, want that the line is too long", err)
	}
}

// neverending is a stream of one byte.
type neverending byte

func (b neverending) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// newsOfAll is a stream with every kind of news.
func newsOfAll(t testing.TB) (stream []byte, list []News) {
	list = []News{
		{Lead: time.Second, Usage: &Usage{}},
		{Attempts: []results.Attempt{{N: 1, Burst: -1, Ended: 5, Outcome: results.Outcome{Kind: results.Established}}, {N: 0, Started: 3}},
			Closes: []results.HeldClose{{At: 9, Kind: results.CodeEarly, Code: 1013}}},
		{Attempts: []results.Attempt{{}, {N: 2}}}, // zeros where there was something before
		{Samples: []Sample{{results.Outcome{Kind: results.Status, Status: 504}, "HTTP/1.1 504"}}, Warnings: []results.Warning{{Text: "odd", Count: 2}}, Notes: []string{"n"}},
		{Report: &Report{Armed: 3, Checks: []results.Check{{Name: "cpu_share", OK: true}}, Counters: map[string]int64{"ListenDrops": 1}}},
		{Fault: "no epoll"},
	}
	var b bytes.Buffer
	w := newNewsWriter(&b)
	for i := range list {
		if err := w.write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes(), list
}

func TestNewsTravel(t *testing.T) {
	stream, want := newsOfAll(t)
	var got []News
	r := newNewsReader(bytes.NewReader(stream))
	n, err := r.read()
	for ; err == nil; n, err = r.read() {
		got = append(got, *n)
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("news (-sent +received):\n%s", diff)
	}
}

// A stream cut anywhere is no whole stream, unless it is cut between frames.
func TestNewsCut(t *testing.T) {
	stream, _ := newsOfAll(t)
	whole := map[int]bool{0: true}
	for at := 0; at < len(stream); {
		at += frameHead + int(binary.BigEndian.Uint32(stream[at:]))
		whole[at] = true
	}
	for n := range stream {
		if err := readNews(stream[:n]); (err == io.EOF) != whole[n] {
			t.Errorf("cut after %d bytes of %d: %v", n, len(stream), err)
		}
	}
}

// readNews reads a stream to its end and returns what ended it.
func readNews(stream []byte) error {
	r := newNewsReader(bytes.NewReader(stream))
	for {
		if _, err := r.read(); err != nil {
			return err
		}
	}
}

func TestNewsRefused(t *testing.T) {
	frame := func(size uint32, body []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, size), body...)
	}
	encoded := func(v any) []byte {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(v); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	fault := encoded(News{Fault: "x"})
	long := append(fault, 0, 0)
	for name, test := range map[string]struct {
		stream []byte
		want   string
	}{
		"huge":               {frame(maxFrame+1, make([]byte, 64)), "more than"},
		"hugest":             {frame(1<<32-1, nil), "more than"},
		"claims a gigabyte":  {frame(6, []byte{0xfc, 0x3f, 0xff, 0xff, 0xff, 1}), "something else"},
		"no gob":             {frame(4, []byte("GET ")), "something else"},
		"another type":       {frame(uint32(len(encoded(42))), encoded(42)), "something else"},
		"empty":              {frame(0, nil), "something else"},
		"bytes too many":     {frame(uint32(len(long)), long), "too many"},
		"value in the next":  {append(frame(uint32(len(fault)-1), fault[:len(fault)-1]), frame(1, fault[len(fault)-1:])...), "something else"},
		"ends in its length": {[]byte{0, 0}, "head"},
	} {
		t.Run(name, func(t *testing.T) {
			err := readNews(test.stream)
			var fault *NewsError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want a *NewsError with %q", err, test.want)
			}
		})
	}
	if err := newNewsWriter(io.Discard).write(&News{Fault: strings.Repeat("x", maxFrame)}); err == nil {
		t.Error("a frame was written that nobody would read")
	}
}

func FuzzNews(f *testing.F) {
	stream, _ := newsOfAll(f)
	f.Add(stream)
	f.Add(stream[:len(stream)/2])
	f.Add([]byte("\x00\x00\x00\x04GET "))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := newNewsReader(bytes.NewReader(stream))
		for {
			n, err := r.read()
			var fault *NewsError
			if err != nil && err != io.EOF && !errors.As(err, &fault) {
				t.Fatalf("error %v, want io.EOF or a *NewsError", err)
			}
			if err != nil {
				return
			}
			if cap(r.frame) > maxFrame {
				t.Fatalf("%d bytes for a frame", cap(r.frame))
			}
			if err := newNewsWriter(io.Discard).write(n); err != nil {
				t.Fatalf("news that can't be written: %v", err)
			}
		}
	})
}

// BenchmarkNews is what an attempt costs both ends of a worker's stream.
func BenchmarkNews(b *testing.B) {
	n := News{Attempts: make([]results.Attempt, 512)}
	for i := range n.Attempts {
		at := time.Duration(i) * time.Millisecond
		n.Attempts[i] = results.Attempt{N: int64(i), Intended: at, Dialed: at + 1e4, Started: at + 1e4, Connected: at + 2e5, Requested: at + 3e5,
			Ended: at + 1e6, ConnectLag: 1e4, ReadLag: 2e4, Burst: -1, Outcome: results.Outcome{Kind: results.Established}}
	}
	var stream bytes.Buffer
	w, r := newNewsWriter(&stream), newNewsReader(&stream)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.write(&n); err != nil {
			b.Fatal(err)
		}
		if _, err := r.read(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(n.Attempts)), "ns/attempt")
}

// The parts of a slice are the slice, and the slices are the plan.
func TestSlices(t *testing.T) {
	s := &scenario.Scenario{Target: scenario.Target{URL: "ws://test/"}, Load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 103}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	schedule := s.Schedule()
	for _, test := range []struct{ slices, parts int64 }{{0, 1}, {1, 2}, {3, 1}, {3, 2}, {7, 5}, {200, 3}} {
		seen := newNumberSet(schedule.Len())
		var all int64
		for first := range max(1, test.slices) {
			c := Config{Schedule: schedule, First: first, Stride: test.slices}
			all += c.arrivals()
			for part := range test.parts {
				for cursor := c.cursor(part, test.parts); ; {
					a, ok := cursor.Next()
					if !ok {
						break
					}
					if !seen.add(a.N) {
						t.Errorf("%d slices of %d parts have arrival %d twice", test.slices, test.parts, a.N)
					}
					all--
				}
			}
		}
		for n := range schedule.Len() {
			if !seen.has(n) {
				t.Errorf("%d slices of %d parts lack arrival %d", test.slices, test.parts, n)
			}
		}
		if all != 0 {
			t.Errorf("%d slices promise %d arrivals too many", test.slices, all)
		}
	}
}

func TestWorst(t *testing.T) {
	got := worst(
		[]results.Check{{Name: "a", Value: 1, OK: true}, {Name: "b", Value: 5}},
		[]results.Check{{Name: "a", Value: 3}, {Name: "c", Value: 0, OK: true}},
		[]results.Check{{Name: "b", Value: 4, OK: true}})
	want := []results.Check{{Name: "a", Value: 3}, {Name: "b", Value: 5}, {Name: "c", Value: 0, OK: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}
