package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// fewestSteps is of how many steps of the timeline, at even load, it can be
// said when the slow handshakes came.
const fewestSteps = 6

// when says in which part of a run the handshakes came that took at least
// limit, as a sentence with a blank before it: at its beginning, from some time
// on, or in some stretches; "" if at all times, if there are too few, or if the
// load was not the same all the time, which explains them better.
func (e explainer) when(limit time.Duration) string {
	slow := e.slowSteps(limit)
	if len(slow) == 0 {
		return ""
	}
	stretches, last := stretchesOf(slow), e.lastArrivals()
	first, end := stretches[0], stretches[len(stretches)-1]
	begin := e.TimelineStep * time.Duration(first.from)
	switch {
	case len(stretches) == 1 && first.from == e.firstArrivals():
		return fmt.Sprintf(" Nearly all of them came in the first %s: a server that was not warm yet, or that was still busy with what was before.", formatDuration(e.TimelineStep*time.Duration(first.to+1)-begin))
	case len(stretches) == 1 && end.to >= last:
		return fmt.Sprintf(" Nearly all of them came from %s on: the server got slower at the same load, as with something that grows (connections it holds, memory, a queue), or after something that happened then.", formatDuration(begin))
	case len(stretches) == 1:
		return fmt.Sprintf(" Nearly all of them came from %s to %s: something that held the server up then.", formatDuration(begin), formatDuration(e.TimelineStep*time.Duration(end.to+1)))
	}
	text := " Nearly all of them came at " + e.starts(stretches)
	if d := period(stretches); d > 0 {
		text += fmt.Sprintf(", every %s", formatDuration(e.TimelineStep*time.Duration(d)))
	}
	return text + ": something that stops the server now and then, as garbage collection, a timer or a snapshot."
}

// slowSteps are the numbers of the fewest steps, at most half, that hold most
// of the handshakes which took at least limit, in order; nil if it takes more.
func (e explainer) slowSteps(limit time.Duration) []int {
	slow := map[int]float64{}
	var numbers []int
	var all float64
	var peak, arrivals int64
	for i := e.firstArrivals(); i <= e.lastArrivals(); i++ {
		s := &e.Timeline[i]
		for _, b := range s.HandshakeBuckets() {
			if b.From >= limit {
				slow[i] += float64(b.Count)
			}
		}
		all += slow[i]
		peak, arrivals = max(peak, s.Arrivals), arrivals+s.Arrivals
		numbers = append(numbers, i)
	}
	if len(numbers) < fewestSteps || all < 4*fewestSeen || 2*arrivals < peak*int64(len(numbers)) {
		return nil
	}
	slices.SortStableFunc(numbers, func(a, b int) int { return cmp.Compare(slow[b], slow[a]) })
	var in float64
	for k, i := range numbers[:len(numbers)/2] {
		if in += slow[i]; in >= 0.9*all {
			return slices.Sorted(slices.Values(numbers[:k+1]))
		}
	}
	return nil
}

// firstArrivals and lastArrivals are the numbers of the first and the last step
// in which attempts were due.
func (e explainer) firstArrivals() int {
	return max(slices.IndexFunc(e.Timeline, func(s Second) bool { return s.Arrivals > 0 }), 0)
}

func (e explainer) lastArrivals() int {
	for i := len(e.Timeline) - 1; i >= 0; i-- {
		if e.Timeline[i].Arrivals > 0 {
			return i
		}
	}
	return -1
}

// steps is some steps of the timeline in a row.
type steps struct{ from, to int }

// stretchesOf puts numbers in a row together.
func stretchesOf(numbers []int) (list []steps) {
	for _, n := range numbers {
		if k := len(list) - 1; k >= 0 && list[k].to == n-1 {
			list[k].to = n
		} else {
			list = append(list, steps{n, n})
		}
	}
	return list
}

// starts lists when the first few stretches began.
func (e explainer) starts(list []steps) string {
	const few = 5
	var parts []string
	for _, s := range list[:min(len(list), few)] {
		parts = append(parts, formatDuration(e.TimelineStep*time.Duration(s.from)))
	}
	text := strings.Join(parts, ", ")
	if n := len(list) - few; n > 0 {
		text += fmt.Sprintf(" and %d more times", n)
	}
	return text
}

// period is the number of steps from the beginning of one stretch to the next
// if it is always the same, of at least four; else 0.
func period(list []steps) int {
	if len(list) < 4 {
		return 0
	}
	d := list[1].from - list[0].from
	for i := 2; i < len(list); i++ {
		if list[i].from-list[i-1].from != d {
			return 0
		}
	}
	return d
}
