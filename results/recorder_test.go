package results

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const ms = time.Millisecond

// plan is what the made-up runs of these tests are planned to be.
var plan = RecorderOptions{
	Planned:   1000,
	Bursts:    []Burst{{At: 0, Count: 100}, {At: 5 * time.Second, Count: 200, Within: 50 * ms}},
	Addresses: []string{"127.0.0.1:9001", "[::1]:9001"},
}

// established is an attempt that took d from its intended instant.
func established(intended, d time.Duration) *Attempt {
	start := max(intended, 1) // zero would say it was never launched
	return &Attempt{
		Intended: intended, Dialed: start, Started: start, Connected: intended + d/2, Requested: intended + d/2,
		Ended: intended + d, Burst: -1, Outcome: Outcome{Kind: Established},
	}
}

// failed is an attempt that ended in o after d.
func failed(intended, d time.Duration, o Outcome) *Attempt {
	return &Attempt{Intended: intended, Dialed: intended + 1, Started: intended + 1, Ended: intended + d, Burst: -1, Outcome: o}
}

// random is a made-up attempt with everything in it.
func random(rnd *rand.Rand, n int64) *Attempt {
	outcomes := []Outcome{
		{Kind: Established}, {Kind: Established}, {Kind: Established},
		{Kind: Status, Phase: PhaseUpgrade, Status: 504}, {Kind: Status, Phase: PhaseUpgrade, Status: 503},
		{Kind: Timeout, Phase: PhaseConnect}, {Kind: Timeout, Phase: PhaseUpgrade},
		{Kind: Protocol, Phase: PhaseUpgrade, Reason: BadAccept}, {Kind: Local, Reason: NoSourcePort}, {Kind: Canceled},
	}
	at := time.Duration(rnd.Int64N(int64(20 * time.Second)))
	a := established(at, time.Duration(rnd.Int64N(int64(3*time.Second)))+ms)
	a.N, a.Outcome = n, outcomes[rnd.IntN(len(outcomes))]
	a.Burst, a.Address = int32(rnd.IntN(3)-1), uint16(rnd.IntN(2))
	a.SYNRetransmits, a.DataRetransmits = uint8(rnd.IntN(3)), uint8(rnd.IntN(2))
	a.ConnectLag, a.ReadLag = time.Duration(rnd.IntN(1e6)), time.Duration(rnd.IntN(1e6))
	if a.Outcome.Kind == Local {
		a.Dialed, a.Started, a.Connected, a.Requested = 0, 0, 0, 0
	}
	return a
}

// feed records n random attempts into each of the recorders in turn, and all into whole.
func feed(seed uint64, n int64, whole *Recorder, parts ...*Recorder) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		a, part := random(rnd, i), parts[int(i)%len(parts)]
		whole.Attempt(a)
		part.Attempt(a)
		if a.Outcome.Kind == Established {
			c := HeldClose{At: a.Ended + time.Second, Age: time.Second, Kind: CloseKind(1 + rnd.IntN(int(numCloseKinds)-1)), Code: 1006}
			whole.Close(c)
			part.Close(c)
		}
	}
}

var private = cmpopts.IgnoreUnexported(Figures{})

func TestRecorderMergeIsExact(t *testing.T) {
	whole, a, b := NewRecorder(plan), NewRecorder(plan), NewRecorder(plan)
	feed(7, 4000, whole, a, b)
	b.Sample(Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 504}, "HTTP/1.1 504")
	whole.Sample(Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 504}, "HTTP/1.1 504")
	b.Warn("duplicate upgrade header", 3)
	whole.Warn("duplicate upgrade header", 3)
	if err := a.Merge(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Result(Run{}), a.Result(Run{}), private); diff != "" {
		t.Errorf("merged differs from whole (-whole +merged):\n%s", diff)
	}
}

func TestRecorderMergeRefusesAnotherPlan(t *testing.T) {
	if err := NewRecorder(plan).Merge(NewRecorder(RecorderOptions{})); err == nil {
		t.Error("merged recorders of different plans")
	}
}

func TestAttemptAllocatesNothing(t *testing.T) {
	r := NewRecorder(plan)
	a := established(time.Second, 30*ms)
	a.Burst, a.ConnectLag, a.ReadLag, a.Secured = 1, 1, 1, a.Connected+1
	r.Attempt(a)
	if n := testing.AllocsPerRun(1000, func() { r.Attempt(a) }); n != 0 {
		t.Errorf("%v allocations an attempt", n)
	}
}

func BenchmarkAttempt(b *testing.B) {
	r := NewRecorder(plan)
	a := established(time.Second, 30*ms)
	b.ReportAllocs()
	for b.Loop() {
		r.Attempt(a)
	}
}

// Every arrival is in the table once, in the burst it belongs to and in its second.
func TestConservation(t *testing.T) {
	r, part := NewRecorder(plan), NewRecorder(plan)
	feed(3, 2000, r, part)
	result := r.Result(Run{})
	var rows, arrived, ended, dialed int64
	for _, o := range result.Outcomes {
		rows += o.Count
	}
	for _, s := range result.Timeline {
		arrived += s.Arrivals
		for _, n := range s.Outcomes {
			ended += n
		}
	}
	for _, n := range result.Target.Addresses {
		dialed += n
	}
	if result.Arrivals != 2000 || rows != 2000 || arrived != 2000 || ended != 2000 {
		t.Errorf("%d arrivals, %d in rows, %d intended and %d ended in the timeline; want 2000", result.Arrivals, rows, arrived, ended)
	}
	if dialed != result.Started || result.Started == 0 {
		t.Errorf("%d started, %d dialed", result.Started, dialed)
	}
	last := result.Timeline[len(result.Timeline)-1]
	if last.InFlight != 0 || last.Held != 0 {
		t.Errorf("at the end %d in flight and %d held, want none", last.InFlight, last.Held)
	}
	if result.Held.Peak == 0 || result.Held.Opened != result.Count(Selector{Kind: Established}) {
		t.Errorf("held %+v", result.Held)
	}
}

// holdEach reports whether buckets hold the durations, one each.
func holdEach(buckets []Bucket, durations []time.Duration) bool {
	if len(buckets) != len(durations) {
		return false
	}
	for i, b := range buckets {
		if b.Count != 1 || b.From > durations[i] || b.To <= durations[i] || float64(b.To) > 1.126*float64(b.From) {
			return false
		}
	}
	return true
}

func TestTimeline(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	r.Attempt(established(100*ms, 1500*ms)) // in flight at 1 s, held from 1.6 s
	r.Attempt(established(200*ms, 100*ms))  // held from 0.3 s
	r.Attempt(failed(300*ms, 2*time.Second, Outcome{Kind: Timeout, Phase: PhaseUpgrade}))
	r.Close(HeldClose{At: 2500 * ms, Kind: CleanClose})
	r.Close(HeldClose{At: 3500 * ms, Kind: CodeEarly, Code: 1013, Age: 1900 * ms})
	want := []Second{
		{At: 0, Arrivals: 3, OwnDelay: 1, Outcomes: map[string]int64{"established": 1}, InFlight: 2, Held: 1},
		{At: time.Second, Outcomes: map[string]int64{"established": 1}, InFlight: 1, Held: 2},
		{At: 2 * time.Second, Outcomes: map[string]int64{"timeout upgrade": 1}, Held: 1},
		{At: 3 * time.Second, Outcomes: map[string]int64{}, ClosedEarly: 1},
	}
	result := r.Result(Run{})
	handshakes := []time.Duration{100 * ms, 1500 * ms} // of the second they were due in
	if got := result.Timeline[0].HandshakeBuckets(); !holdEach(got, handshakes) {
		t.Errorf("handshakes %v, want one in each of two buckets around %v", got, handshakes)
	}
	result.Timeline[0].Handshakes = ""
	if diff := cmp.Diff(want, result.Timeline); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if result.Held.Peak != 2 {
		t.Errorf("peak %d, want 2", result.Held.Peak)
	}
	snapshot := r.Snapshot(2100 * ms)
	if snapshot.Arrivals != 3 || snapshot.Established != 2 || snapshot.Failed != 1 || snapshot.Held != 0 || snapshot.LastEstablished != 1 {
		t.Errorf("snapshot %+v", snapshot)
	}
}

// A day of seconds folds into a bounded number of longer steps.
func TestTimelineOfADay(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	const hours = 24
	for h := range time.Duration(hours) {
		r.Attempt(established(h*time.Hour, ms))
		r.Close(HeldClose{At: h*time.Hour + time.Minute, Kind: CleanClose})
	}
	result := r.Result(Run{})
	if result.TimelineStep != 16*time.Second || len(result.Timeline) > maxBins {
		t.Errorf("%d steps of %s", len(result.Timeline), result.TimelineStep)
	}
	var arrivals, handshakes int64
	for _, s := range result.Timeline {
		arrivals += s.Arrivals
		for _, b := range s.HandshakeBuckets() {
			handshakes += b.Count
		}
	}
	if arrivals != hours || handshakes != hours || result.Held.Peak != 1 || len(r.held.level.changes) > maxLevels {
		t.Errorf("%d arrivals, %d handshakes, peak %d, %d levels", arrivals, handshakes, result.Held.Peak, len(r.held.level.changes))
	}
}

func TestBursts(t *testing.T) {
	r := NewRecorder(plan)
	for i := range 100 {
		a := established(0, 6*time.Second)
		a.Burst, a.Started = 0, time.Duration(i)*ms+1
		r.Attempt(a)
	}
	refused := failed(5*time.Second, ms, Outcome{Kind: Refused, Phase: PhaseConnect})
	refused.Burst = 1
	r.Attempt(refused)
	want := []BurstRow{
		{Count: 100, Launched: 100, LaunchSpan: 99 * ms, LaunchDelay: 1, EstablishedLaunch: 49*ms + 500*time.Microsecond + 1, Outcomes: map[string]int64{"established": 100}, FirstWave: 100},
		{At: 5 * time.Second, Count: 200, Within: 50 * ms, Launched: 1, LaunchDelay: 1, FailedLaunch: 1, Outcomes: map[string]int64{"refused connect": 1}, Overlapped: true},
	}
	got := r.Result(Run{}).Bursts
	done := got[0].CompletionBuckets()
	if len(done) != 1 || done[0].Count != 100 || done[0].From > 6*time.Second || done[0].To <= 6*time.Second {
		t.Errorf("completed %v, want 100 in the bucket of 6 s", done)
	}
	got[0].Completed = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bursts (-want +got):\n%s", diff)
	}
}

func TestSamplesAreBounded(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for status := range uint16(200) {
		o := Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 400 + status}
		r.Attempt(failed(0, ms, o))
		for _, s := range []string{"a", "b", "b", "c", "d", string(bytes.Repeat([]byte("é"), 4000))} {
			r.Sample(o, s)
		}
	}
	result := r.Result(Run{})
	if diff := cmp.Diff([]string{"a", "b", "c"}, result.Outcomes[0].Samples); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	long := NewRecorder(RecorderOptions{})
	for status := range uint16(200) {
		long.Sample(Outcome{Kind: Status, Status: status + 400}, string(bytes.Repeat([]byte("é"), 4000)))
	}
	if long.remarks.sampled > maxSamples || long.remarks.sampled < maxSamples-maxSample {
		t.Errorf("%d bytes of samples", long.remarks.sampled)
	}
	if n := len(long.Result(Run{}).Outcomes); n != 0 {
		t.Errorf("%d outcomes without an attempt", n)
	}
}

// What counts is cut into equal parts, however many arrivals came before it.
func TestRecorderGroupsWhatIsBehindTheWarmUp(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 200, From: time.Second, First: 100})
	for n := range int64(300) {
		a := established(time.Duration(n)*10*ms, ms)
		a.N, a.Burst = n, -1
		r.Attempt(a)
	}
	got := r.Result(Run{})
	for i, g := range got.Groups {
		if g.Arrivals != 10 {
			t.Errorf("group %d has %d arrivals, want 10", i, g.Arrivals)
		}
	}
	if len(got.Groups) != 20 || got.Correlation.Pairs != 100 {
		t.Errorf("%d groups and %d pairs of neighbours, want 20 and 100", len(got.Groups), got.Correlation.Pairs)
	}
}

func TestRecorderLeavesTheWarmUpOut(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 2, From: 5 * time.Second})
	for _, a := range []*Attempt{
		established(4999*ms, 400*ms), failed(2*time.Second, ms, Outcome{Kind: Status, Status: 504}),
		established(5*time.Second, 2*ms), established(6*time.Second, 3*ms),
	} {
		r.Attempt(a)
	}
	r.Close(HeldClose{At: 7 * time.Second, Age: time.Second})
	got := r.Result(Run{})
	if got.Arrivals != 2 || got.Metrics.Handshake.Count != 2 || *got.Metrics.Handshake.Largest != int64(3*ms) || len(got.Outcomes) != 1 {
		t.Errorf("%d arrivals, %+v, outcomes %+v", got.Arrivals, got.Metrics.Handshake, got.Outcomes)
	}
	if got.Held.Peak != 3 {
		t.Errorf("%d held at most, want those of the warm-up among them, 3", got.Held.Peak)
	}
}
