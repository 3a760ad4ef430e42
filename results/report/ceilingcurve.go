package report

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"stampede/results"
)

// ceilingCurve draws load against p99 and failures, a row a load from the smallest
// up, with a rule where the ceiling lies.
func ceilingCurve(c *results.Ceiling) []string {
	points := loadPoints(c.Valid())
	if len(points) < 2 {
		return nil
	}
	slowest := time.Duration(0)
	for _, p := range points {
		slowest = max(slowest, p.p99)
	}
	table := table{left: map[int]bool{3: true, 5: true}}
	table.add("load", "good", "p99", "", "failed", "")
	for _, p := range points {
		table.add(results.FormatCount(p.votes.Load), votes(&p.votes), p.latency(), p.latencyBar(slowest), percent(p.failed), bar(p.failed))
	}
	lines := table.lines()
	at := 1 + slices.IndexFunc(points, func(p loadPoint) bool { return p.votes.Load > c.Value })
	if c.Status == results.CeilingConfirmed && at > 0 {
		lines = slices.Insert(lines, at, rule(ending(c)))
	}
	return append([]string{""}, lines...)
}

// loadPoint is what the trials at one load came to.
type loadPoint struct {
	votes  results.Votes
	p99    time.Duration // of the middle trial; 0 if endless
	failed float64       // mean share
	known  bool          // p99 is a number
}

func loadPoints(trials []results.Trial) []loadPoint {
	byLoad := map[int64][]results.Trial{}
	for _, t := range trials {
		byLoad[t.Load] = append(byLoad[t.Load], t)
	}
	var points []loadPoint
	for load, list := range byLoad {
		points = append(points, newLoadPoint(load, list))
	}
	slices.SortFunc(points, func(a, b loadPoint) int { return cmp.Compare(a.votes.Load, b.votes.Load) })
	return points
}

// newLoadPoint sums trials up. Percentiles are not averaged: the middle
// trial stands for all, those without a p99 being the slowest.
func newLoadPoint(load int64, trials []results.Trial) loadPoint {
	p := loadPoint{votes: results.Votes{Load: load, Of: int64(len(trials))}}
	for i := range trials {
		p.failed += failedShare(&trials[i]) / float64(len(trials))
		if trials[i].Good {
			p.votes.Good++
		}
	}
	slices.SortFunc(trials, func(a, b results.Trial) int { return cmp.Compare(endlessLast(a.P99), endlessLast(b.P99)) })
	if middle := trials[len(trials)/2].P99; middle != nil {
		p.p99, p.known = time.Duration(*middle), true
	}
	return p
}

func endlessLast(ns *int64) int64 {
	if ns == nil {
		return math.MaxInt64
	}
	return *ns
}

func (p *loadPoint) latency() string {
	switch {
	case p.known:
		return duration(p.p99)
	case p.endless():
		return "failed"
	}
	return none // too few handshakes in a trial
}

// endless reports whether more than one in a hundred failed, which is then
// why there is no p99.
func (p *loadPoint) endless() bool { return !p.known && p.failed > 0.01 }

func (p *loadPoint) latencyBar(slowest time.Duration) string {
	switch {
	case p.endless():
		return strings.Repeat("░", barWidth)
	case !p.known || slowest <= 0:
		return ""
	}
	return bar(float64(p.p99) / float64(slowest))
}

// barWidth is the length of a full bar, in columns.
const barWidth = 26

// bar draws a share, to an eighth of a column. More than nothing is never
// drawn as nothing.
func bar(share float64) string {
	eighths := int(share*barWidth*8 + 0.5)
	if share > 0 {
		eighths = max(eighths, 1)
	}
	eighths = min(max(eighths, 0), barWidth*8)
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return text
}

// rule is a line across with a word in it.
func rule(text string) string { return "── ceiling " + text + " " + strings.Repeat("─", 24) }
