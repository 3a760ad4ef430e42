package results

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// feedSeconds records a run that goes on for n seconds, 50 arrivals in each of
// which one gets a 504 and the others are held for ten seconds.
func feedSeconds(r *Recorder, from, n int) {
	for s := from; s < from+n; s++ {
		for i := range 50 {
			at := time.Duration(s)*time.Second + time.Duration(i)*20*ms
			if i == 7 {
				r.Attempt(failed(at, 900*ms, gatewayTimeout))
				continue
			}
			r.Attempt(established(at, time.Duration(1+s*i%40)*ms))
			r.Close(HeldClose{At: at + 10*time.Second, Age: 10 * time.Second, Kind: CleanClose})
		}
	}
}

// A glance has what the result has, in fewer steps, whether it is the first or
// follows others, and through each length at which more steps are put together.
func TestGlanceIsTheResultInFewerSteps(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 1 << 20})
	from := 0
	for _, until := range []int{1, 60, 89, 90, 91, 150, 189, 700, 3600, 7190, 7500} {
		feedSeconds(r, from, until-from)
		from = until
		glance, whole := r.Glance(Run{}), r.Result(Run{Partial: true})
		if n, all := len(glance.Timeline), len(whole.Timeline); n > maxGlance || n < min(all, maxGlance/3) {
			t.Errorf("%d s: %d steps", until, n)
		}
		if diff := cmp.Diff(whole.Outcomes, glance.Outcomes); diff != "" {
			t.Errorf("%d s: outcomes (-result +glance):\n%s", until, diff)
		}
		if diff := cmp.Diff(whole.Metrics.Handshake, glance.Metrics.Handshake, cmpopts.IgnoreUnexported(Figures{})); diff != "" {
			t.Errorf("%d s: handshake (-result +glance):\n%s", until, diff)
		}
		if diff := cmp.Diff(putTogether(whole, glance.TimelineStep), glance.Timeline); diff != "" {
			t.Fatalf("%d s: timeline (-result +glance):\n%s", until, diff)
		}
	}
}

// putTogether is what a glance's timeline is to be: the steps of r added up,
// and of what was open the most.
func putTogether(r *Result, step time.Duration) (list []Second) {
	k := int(step / r.TimelineStep)
	for i, s := range r.Timeline {
		if i%k == 0 {
			s.Outcomes = addCounts(nil, s.Outcomes)
			list = append(list, s)
			continue
		}
		last := &list[len(list)-1]
		last.Arrivals += s.Arrivals
		last.OwnDelay = max(last.OwnDelay, s.OwnDelay)
		last.InFlight, last.Held = max(last.InFlight, s.InFlight), max(last.Held, s.Held)
		last.Outcomes = addCounts(last.Outcomes, s.Outcomes)
		last.Handshakes = mergeSparse(last.Handshakes, s.Handshakes)
	}
	return list
}

func addCounts(a, b map[string]int64) map[string]int64 {
	if a == nil {
		a = map[string]int64{}
	}
	for name, n := range b {
		a[name] += n
	}
	return a
}

// What a glance makes does not grow with the run: it puts together anew only
// what has changed.
func TestGlanceCostsTheSameInALongRun(t *testing.T) {
	made := func(seconds int) float64 {
		r := NewRecorder(RecorderOptions{Planned: 1 << 20, Bursts: make([]Burst, 5000)})
		feedSeconds(r, 0, seconds)
		r.Glance(Run{})
		now := seconds
		return testing.AllocsPerRun(20, func() {
			feedSeconds(r, now, 1)
			now++
			r.Glance(Run{})
		})
	}
	short, long := made(80), made(3500)
	t.Logf("%.0f allocations a glance after 80 s, %.0f after an hour", short, long)
	if long > 1.5*short+100 {
		t.Errorf("%.0f allocations a glance after 80 s, %.0f after an hour", short, long)
	}
}

// An outline that is followed redoes only what was touched.
func TestOutlineKeepsWhatHasNotChanged(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for s := range 95 {
		r.Attempt(established(time.Duration(s)*time.Second, ms))
	}
	r.Glance(Run{})
	names := 0
	named := func(t tally) map[string]int64 {
		names++
		return r.named(t)
	}
	r.Attempt(established(94*time.Second, ms))
	r.outline.follow(&r.line, named)
	if names != 1 {
		t.Errorf("%d steps were put together, want that of the last second", names)
	}
	names = 0
	r.outline.follow(&r.line, named)
	if names != 0 {
		t.Errorf("%d steps were put together though nothing came", names)
	}
}

func TestGlanceSaysThatBurstsAreLeftOut(t *testing.T) {
	r := NewRecorder(RecorderOptions{Bursts: make([]Burst, 5000)})
	g := r.Glance(Run{})
	want := []string{"of 5,000 bursts the first 100 are shown while the run goes on"}
	if diff := cmp.Diff(want, g.Notes); diff != "" || len(g.Bursts) != maxGlance {
		t.Errorf("%d bursts; notes (-want +got):\n%s", len(g.Bursts), diff)
	}
	if again := r.Glance(Run{}); len(again.Notes) != 1 {
		t.Errorf("notes of the next: %q", again.Notes)
	}
}

func TestGlanceOfNothing(t *testing.T) {
	g := NewRecorder(RecorderOptions{Planned: 5}).Glance(Run{Name: "evening"})
	if g.Name != "evening" || !g.Partial || g.Planned != 5 || len(g.Timeline) != 0 || g.TimelineStep != time.Second {
		t.Errorf("%+v", g)
	}
}

func TestTogetherFits(t *testing.T) {
	for n, want := range map[int]int{0: 1, 100: 1, 101: 2, 300: 5, 3600: 60, 7200: 120, 1 << 30: 600} {
		if got := Together(n, 100); got != want {
			t.Errorf("%d steps: %d together, want %d", n, got, want)
		}
	}
}
