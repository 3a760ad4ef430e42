package results

import (
	"slices"
	"sort"
	"time"

	"stampede/results/stats"
)

// Bounds on the groups of a run.
const (
	groupsPerSet = 20 // of method: twenty batches
	maxSets      = 8  // of bursts of one size
)

// Group is one part of a run that others of its set repeat. Set 0 are the
// arrivals outside simultaneous bursts, cut in the order they were planned
// into twenty equal parts. Every other set are the bursts of one size, each a
// group; more than twenty are put together into twenty. A burst whose size no
// other has is in no group: nothing repeats it.
//
// How groups of a set differ shows how a run would differ from its repetition.
// Within a simultaneous burst the order of arrivals is no order of time, and
// its first being faster than its last no sign of anything.
type Group struct {
	Set      int   `json:"set"`
	Arrivals int64 `json:"arrivals"`
}

// grouping says which group an arrival belongs to.
type grouping struct {
	groups  []Group
	ofBurst []int // group of each burst, -1 for none
	outside int64 // arrivals planned outside simultaneous bursts

	starts []time.Duration // of the simultaneous bursts, in order
	before []int64         // arrivals of the first i of them
}

func newGrouping(o RecorderOptions) *grouping {
	g := &grouping{ofBurst: make([]int, len(o.Bursts)), outside: o.Planned}
	sizes := map[int64][]int{}
	var together []Burst
	for i, b := range o.Bursts {
		g.ofBurst[i] = -1
		if b.Within == 0 {
			sizes[b.Count] = append(sizes[b.Count], i)
			together = append(together, b)
			g.outside -= b.Count
		}
	}
	slices.SortStableFunc(together, func(a, b Burst) int { return int(min(max(a.At-b.At, -1), 1)) })
	g.before = append(g.before, 0)
	for i, b := range together {
		g.starts = append(g.starts, b.At)
		g.before = append(g.before, g.before[i]+b.Count)
	}
	if g.outside > 0 {
		g.open(0, groupsPerSet)
	}
	g.repeated(o.Bursts, sizes)
	return g
}

// open adds n groups of a set and returns the first.
func (g *grouping) open(set, n int) (first int) {
	first = len(g.groups)
	for range n {
		g.groups = append(g.groups, Group{Set: set})
	}
	return first
}

// repeated makes a set of each size that several bursts have.
func (g *grouping) repeated(bursts []Burst, sizes map[int64][]int) {
	sets := 0
	for _, b := range bursts {
		same := sizes[b.Count]
		if b.Within != 0 || len(same) < 2 || sets == maxSets {
			continue
		}
		delete(sizes, b.Count)
		sets++
		n := min(len(same), groupsPerSet)
		first := g.open(sets, n)
		for i, burst := range same {
			g.ofBurst[burst] = first + i*n/len(same)
		}
	}
}

// of returns the group of an attempt, -1 for none. The place of an arrival
// outside bursts is its number less the arrivals of the bursts before it.
func (g *grouping) of(a *Attempt, number int64, together bool) int {
	if together {
		return g.ofBurst[a.Burst]
	}
	if g.outside <= 0 {
		return -1
	}
	earlier := sort.Search(len(g.starts), func(i int) bool { return g.starts[i] >= a.Intended })
	place := number - g.before[earlier]
	return int(min(max(place, 0), g.outside-1) * groupsPerSet / g.outside)
}

// together reports whether a is of a simultaneous burst, one that was not
// planned to spread over some time.
func (r *Recorder) together(a *Attempt) bool {
	return a.Burst >= 0 && int(a.Burst) < len(r.options.Bursts) && r.options.Bursts[a.Burst].Within == 0
}

// grouped are the metrics whose values are kept by group: those that
// thresholds are about.
var grouped = [...]Metric{MetricHandshake, MetricService, MetricConnect, MetricTLS, MetricUpgrade}

// groupTally is what one group counted.
type groupTally struct {
	arrivals int64
	outcomes tally
	values   [len(grouped)]sparse // in the order of grouped
}

func (g *groupTally) add(a *Attempt, row int) {
	g.arrivals++
	g.outcomes.add(row, 1)
	for i, m := range grouped {
		if d, ok := a.Metric(m); ok {
			g.values[i].add(d)
		}
	}
}

func (g *groupTally) merge(o *groupTally, row func(int) int) {
	g.arrivals += o.arrivals
	for _, t := range o.outcomes {
		g.outcomes.add(row(t.row), t.n)
	}
	for i := range g.values {
		g.values[i].merge(&o.values[i])
	}
}

// fillGroups puts what the groups counted into a result: the arrivals beside
// each other, outcomes in their rows, values in their metrics.
func (r *Recorder) fillGroups(result *Result) {
	result.Groups = slices.Clone(r.grouping.groups)
	for i := range result.Groups {
		result.Groups[i].Arrivals = r.groups[i].arrivals
	}
	for i := range result.Outcomes {
		row := &result.Outcomes[i]
		counts := make([]int64, len(r.groups))
		for g := range r.groups {
			counts[g] = r.groups[g].outcomes.of(r.index[row.Outcome()])
		}
		row.Groups = formatGroups(counts)
	}
	for i, m := range grouped {
		f := result.Metrics.Of(m)
		if f.Count == f.Infinite {
			continue
		}
		for g := range r.groups {
			f.Groups = append(f.Groups, r.groups[g].values[i].String())
		}
	}
}

// formatGroups writes a count for each group; "" when all are zero.
func formatGroups(counts []int64) string {
	n := len(counts)
	for n > 0 && counts[n-1] == 0 {
		n--
	}
	return formatCounts(counts[:n])
}

// sets deals what of(i) says of each group into the groups' sets, and adds
// what is in no group, of a population of n with bad, as a set of its own.
func (r *Result) sets(n, bad float64, of func(group int) stats.Batch) stats.Spread {
	var sets [][]stats.Batch
	for i, g := range r.Groups {
		for len(sets) <= g.Set {
			sets = append(sets, nil)
		}
		b := of(i)
		sets[g.Set] = append(sets[g.Set], b)
		n, bad = n-b.N, bad-b.Bad
	}
	if n > 0.5 {
		sets = append(sets, []stats.Batch{{N: n, Bad: min(max(bad, 0), n)}})
	}
	return stats.NewSpread(sets...)
}

// spreadOfOutcome is how an outcome's share varies between groups, the
// population being all arrivals less those that without picks.
func (r *Result) spreadOfOutcome(k, n int64, bad Selector, without ...Selector) stats.Spread {
	picked, left := make([]float64, len(r.Groups)), make([]float64, len(r.Groups))
	for i := range r.Outcomes {
		o := r.Outcomes[i].Outcome()
		counts := r.Outcomes[i].groupCounts(len(r.Groups))
		for g, c := range counts {
			if bad.Match(o) {
				picked[g] += float64(c)
			}
			if slices.ContainsFunc(without, func(s Selector) bool { return s.Match(o) }) {
				left[g] += float64(c)
			}
		}
	}
	return r.sets(float64(n), float64(k), func(g int) stats.Batch {
		size := max(float64(r.Groups[g].Arrivals)-left[g], 0)
		return stats.Batch{N: size, Bad: min(picked[g], size)}
	})
}

// spreadOfMetric is how the share of a metric's values that are not below
// limit varies between groups. For handshake the population of a group are
// its arrivals less the canceled, for others its finite values. It is no data
// for a metric whose values are not kept by group.
func (r *Result) spreadOfMetric(m Metric, limit time.Duration, n, bad int64) (stats.Spread, bool) {
	f := r.Metrics.Of(m)
	if len(r.Groups) == 0 || len(f.Groups) != len(r.Groups) {
		return stats.Spread{}, false
	}
	canceled := make([]float64, len(r.Groups))
	for i := range r.Outcomes {
		if r.Outcomes[i].Kind == Canceled {
			for g, c := range r.Outcomes[i].groupCounts(len(r.Groups)) {
				canceled[g] += float64(c)
			}
		}
	}
	return r.sets(float64(n), float64(bad), func(g int) stats.Batch {
		values, err := parseSparse(f.Groups[g])
		if err != nil {
			return stats.Batch{}
		}
		size := float64(values.total())
		if m == MetricHandshake {
			size = max(float64(r.Groups[g].Arrivals)-canceled[g], 0)
		}
		return stats.Batch{N: size, Bad: max(size-values.below(limit), 0)}
	}), true
}

// groupCounts returns the row's count in each of n groups.
func (o *OutcomeRow) groupCounts(n int) []int64 {
	counts, err := parseCounts[int64](o.Groups, n)
	if err != nil {
		return nil
	}
	return counts
}

// addGroups adds o's groups to r's: to their like when both have the same
// sets, as parts of one plan have, else as sets of their own.
func (r *Result) addGroups(o *Result) {
	same := slices.EqualFunc(r.Groups, o.Groups, func(a, b Group) bool { return a.Set == b.Set })
	offset := 0
	if !same {
		offset = len(r.Groups)
		first := 0
		for _, g := range r.Groups {
			first = max(first, g.Set+1)
		}
		for _, g := range o.Groups {
			r.Groups = append(r.Groups, Group{Set: first + g.Set})
		}
	}
	for i, g := range o.Groups {
		r.Groups[offset+i].Arrivals += g.Arrivals
	}
	for i := range r.Outcomes {
		r.Outcomes[i].addGroups(o, offset, len(r.Groups))
	}
	for _, m := range grouped {
		addGroupValues(r.Metrics.Of(m), o.Metrics.Of(m), offset, len(r.Groups))
	}
}

// addGroups adds the counts of o's row of the same outcome.
func (w *OutcomeRow) addGroups(o *Result, offset, n int) {
	counts := make([]int64, n)
	copy(counts, w.groupCounts(n))
	for i := range o.Outcomes {
		if o.Outcomes[i].Outcome() == w.Outcome() {
			for g, c := range o.Outcomes[i].groupCounts(len(o.Groups)) {
				counts[offset+g] += c
			}
		}
	}
	w.Groups = formatGroups(counts)
}

func addGroupValues(f, o *Figures, offset, n int) {
	if f.Count == f.Infinite {
		return
	}
	f.Groups = append(slices.Clone(f.Groups), make([]string, n-len(f.Groups))...)
	for i, text := range o.Groups {
		f.Groups[offset+i] = mergeSparse(f.Groups[offset+i], text)
	}
}
