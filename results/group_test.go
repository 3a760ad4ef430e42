package results

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// planned is a recorder of a run of n arrivals, some in bursts.
func planned(n int64, bursts ...Burst) *Recorder {
	return NewRecorder(RecorderOptions{Planned: n, Bursts: bursts})
}

func TestGrouping(t *testing.T) {
	sec := time.Second
	tests := []struct {
		name    string
		options RecorderOptions
		groups  int
		attempt Attempt
		want    int
	}{
		{"no plan", RecorderOptions{}, 0, Attempt{N: 5, Burst: -1}, -1},
		{"the first of a steady load", RecorderOptions{Planned: 1000}, 20, Attempt{N: 0, Burst: -1}, 0},
		{"the last of its first part", RecorderOptions{Planned: 1000}, 20, Attempt{N: 49, Burst: -1}, 0},
		{"the first of its second part", RecorderOptions{Planned: 1000}, 20, Attempt{N: 50, Burst: -1}, 1},
		{"the last", RecorderOptions{Planned: 1000}, 20, Attempt{N: 999, Burst: -1}, 19},
		{"a number beyond the plan", RecorderOptions{Planned: 1000}, 20, Attempt{N: 1e9, Burst: -1}, 19},
		{"the first behind a warm-up", RecorderOptions{Planned: 1000, From: sec, First: 500}, 20, Attempt{N: 500, Intended: sec, Burst: -1}, 0},
		{"the last behind one", RecorderOptions{Planned: 1000, From: sec, First: 500}, 20, Attempt{N: 1499, Intended: 3 * sec, Burst: -1}, 19},
		{"fewer than twenty", RecorderOptions{Planned: 3}, 20, Attempt{N: 2, Burst: -1}, 13},
		{"one burst", RecorderOptions{Planned: 100, Bursts: []Burst{{Count: 100}}}, 0, Attempt{N: 5}, -1},
		{"behind a burst", RecorderOptions{Planned: 1100, Bursts: []Burst{{At: sec, Count: 100}}}, 20, Attempt{N: 600, Intended: 2 * sec, Burst: -1}, 10},
		{"before a burst", RecorderOptions{Planned: 1100, Bursts: []Burst{{At: sec, Count: 100}}}, 20, Attempt{N: 499, Intended: sec - 1, Burst: -1}, 9},
		{"repeated bursts", RecorderOptions{Planned: 200, Bursts: []Burst{{Count: 100}, {At: sec, Count: 100}}}, 2, Attempt{N: 150, Intended: sec, Burst: 1}, 1},
		{"of unlike sizes", RecorderOptions{Planned: 300, Bursts: []Burst{{Count: 100}, {At: sec, Count: 200}}}, 0, Attempt{N: 150, Intended: sec, Burst: 1}, -1},
		{"one that spreads is no burst", RecorderOptions{Planned: 100, Bursts: []Burst{{Count: 100, Within: sec}}}, 20, Attempt{N: 50, Burst: 0}, 10},
		{"forty bursts", RecorderOptions{Planned: 400, Bursts: bursts(40, 10)}, 20, Attempt{N: 395, Burst: 39}, 19},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecorder(test.options)
			if got := r.grouping.of(&test.attempt, test.attempt.N-test.options.First, r.together(&test.attempt)); got != test.want || len(r.groups) != test.groups {
				t.Errorf("group %d of %d, want %d of %d", got, len(r.groups), test.want, test.groups)
			}
		})
	}
}

// bursts are n of count each, a second apart.
func bursts(n int, count int64) []Burst {
	list := make([]Burst, n)
	for i := range list {
		list[i] = Burst{At: time.Duration(i) * time.Second, Count: count}
	}
	return list
}

// Bursts of more sizes than sets stay within bounds.
func TestGroupsAreBounded(t *testing.T) {
	var list []Burst
	for i := range 100 {
		list = append(list, bursts(30, int64(i+1))...)
	}
	if r := planned(1e6, list...); len(r.groups) != (1+maxSets)*groupsPerSet {
		t.Errorf("%d groups", len(r.groups))
	}
}

// shape fills a plan: the i-th of its arrivals goes as of(i) says.
func shape(r *Recorder, of func(i int64) *Attempt) *Result {
	var i int64
	fill := func(n int64, burst int32, at func(k int64) time.Duration) {
		for k := range n {
			a := of(i)
			shift := at(k)
			a.N, a.Burst, a.Intended = i, burst, shift
			a.Dialed, a.Started, a.Ended = shift+1, shift+1, a.Ended+shift
			if a.Connected != 0 {
				a.Connected, a.Requested = a.Connected+shift, a.Requested+shift
			}
			r.Attempt(a)
			i++
		}
	}
	outside := r.grouping.outside
	fill(outside, -1, func(k int64) time.Duration { return time.Duration(k) * ms })
	for b, plan := range r.options.Bursts {
		fill(plan.Count, int32(b), func(int64) time.Duration { return plan.At })
	}
	return r.Result(Run{})
}

// bad504 makes the arrivals that bad picks end in 504, the others in 10 ms.
func bad504(bad func(i int64) bool) func(i int64) *Attempt {
	return func(i int64) *Attempt {
		if bad(i) {
			return failed(0, 20*ms, gatewayTimeout)
		}
		return established(0, 10*ms+time.Duration(rand.New(rand.NewPCG(uint64(i), 0)).IntN(1e6)))
	}
}

func TestJudgeClumps(t *testing.T) {
	every := func(n int64) func(int64) bool { return func(i int64) bool { return i%n == n-1 } }
	tests := []struct {
		name      string
		recorder  *Recorder
		bad       func(i int64) bool
		threshold string
		want      Verdict
		clumped   bool
		note      string
	}{
		{"spread evenly", planned(20000), every(200), "504 rate < 1%", Pass, false, ""},
		{"all in one part", planned(20000), func(i int64) bool { return i < 100 }, "504 rate < 1%", Inconclusive, true, "100 of 20,000: not proved (they clump, φ = 111.1)"},
		{"far below all the same", planned(20000), func(i int64) bool { return i < 20 }, "504 rate < 5%", Pass, true, ""},
		{"one part fails nothing", planned(20000), func(i int64) bool { return i < 300 }, "504 rate < 1%", Inconclusive, true, "over the limit, not proved (they clump"},
		{"half the run does", planned(20000), func(i int64) bool { return i < 10000 }, "504 rate < 1%", Fail, true, ""},
		{"a quantile", planned(20000), func(i int64) bool { return i < 100 }, "handshake p99 < 250ms", Inconclusive, true, "they clump"},
		{"a quantile, spread evenly", planned(20000), every(200), "handshake p99 < 250ms", Pass, false, ""},
		{"nothing bad", planned(2995), func(int64) bool { return false }, "504 rate < 0.1%", Pass, false, ""},
		{"one burst, nothing bad", planned(2995, Burst{Count: 2995}), func(int64) bool { return false }, "504 rate < 0.1%", Pass, false, ""},
		{"one burst, its last are refused", planned(3000, Burst{Count: 3000}), func(i int64) bool { return i >= 2900 }, "504 rate < 5%", Pass, false, ""},
		{"three bursts alike", planned(3000, bursts(3, 1000)...), func(i int64) bool { return i%1000 >= 400 }, "504 rate < 65%", Pass, false, ""},
		{"three bursts unlike", planned(3000, bursts(3, 1000)...), func(i int64) bool { return i < 150 }, "504 rate < 6%", Inconclusive, true, "they clump"},
		{"a burst is not the ramp before it", planned(4000, bursts(3, 1000)...), func(i int64) bool { return i >= 1000 && (i-1000)%1000 >= 400 }, "504 rate < 50%", Pass, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := shape(test.recorder, bad504(test.bad))
			result.Judge([]Threshold{threshold(t, test.threshold)})
			j := result.Thresholds[0]
			if j.Verdict != test.want || (j.Clumping > 1) != test.clumped || !strings.Contains(j.Note, test.note) {
				t.Errorf("%v with φ = %v, %q; want %v, clumped %v, %q", j.Verdict, j.Clumping, j.Note, test.want, test.clumped, test.note)
			}
			if j.Low != nil && j.Value != nil && (*j.Low > *j.Value || (j.High != nil && *j.High < *j.Value)) {
				t.Errorf("%v is not within %v and %v", *j.Value, *j.Low, *j.High)
			}
		})
	}
}

func TestMethodOfIntervals(t *testing.T) {
	scattered := bad504(func(int64) bool { return false })
	waves := func(i int64) *Attempt { return established(0, 10*ms+time.Duration(i/500%7)*5*ms) }
	ladder := func(i int64) *Attempt { return established(0, ms+time.Duration(i)*ms/10) }
	tests := []struct {
		name     string
		recorder *Recorder
		of       func(i int64) *Attempt
		want     Method
		whole    bool // every arrival counts in full
	}{
		{"no plan", NewRecorder(RecorderOptions{}), nil, OrderStatistics, true},
		{"scattered", planned(10000), scattered, OrderStatistics, true},
		{"in waves", planned(10000), waves, BatchedExceedance, false},
		{"a ladder in time", planned(10000), ladder, BatchedExceedance, false},
		{"a ladder in one burst", planned(10000, Burst{Count: 10000}), ladder, OrderStatistics, true},
		{"bursts, each slower", planned(10000, bursts(10, 1000)...), ladder, BatchedExceedance, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.of == nil {
				many(test.recorder, 10000, established(0, ms))
			} else {
				shape(test.recorder, test.of)
			}
			result := test.recorder.Result(Run{})
			j := result.judge(threshold(t, "handshake p95 < 10s"))
			if j.Method != test.want || (j.EffectiveN == 10000) != test.whole {
				t.Errorf("%s with %d effective of 10,000; want %s", j.Method, j.EffectiveN, test.want)
			}
		})
	}
}

// Groups of several processes add up; those of another plan stay apart.
func TestMergeGroups(t *testing.T) {
	bad := bad504(func(i int64) bool { return i < 100 })
	a, b := shape(planned(2000), bad), shape(planned(2000), bad)
	merged, err := Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(merged.Groups) != 20 || merged.Groups[0].Arrivals != 200 || merged.Outcomes[1].Groups != "200" {
		t.Errorf("%d groups, first %+v, 504s by group %q", len(merged.Groups), merged.Groups[0], merged.Outcomes[1].Groups)
	}
	other := shape(planned(2000, bursts(2, 1000)...), bad)
	merged, err = Merge(a, other)
	if err != nil {
		t.Fatal(err)
	}
	if len(merged.Groups) != 22 || merged.Groups[20] != (Group{Set: 2, Arrivals: 1000}) || merged.Outcomes[1].Groups != "100"+strings.Repeat(",", 20)+"100" {
		t.Errorf("%d groups, %+v, 504s by group %q", len(merged.Groups), merged.Groups[20:], merged.Outcomes[1].Groups)
	}
	if n := len(merged.Metrics.Handshake.Groups); n != 22 {
		t.Errorf("handshake has %d groups", n)
	}
}

// What is kept for the groups stays small however long the run is.
func TestGroupsStaySmall(t *testing.T) {
	r := planned(100000, bursts(20, 1000)...)
	shape(r, func(i int64) *Attempt { return established(0, time.Duration(1+i%5000)*ms) })
	size := 0
	for i := range r.groups {
		for k := range r.groups[i].values {
			size += 4 * cap(r.groups[i].values[k].counts)
		}
	}
	if size > 600<<10 {
		t.Errorf("%d bytes in %d groups", size, len(r.groups))
	}
	t.Logf("%d bytes in %d groups", size, len(r.groups))
}
