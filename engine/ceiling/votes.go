package ceiling

import (
	"maps"
	"slices"

	"stampede/results"
	"stampede/results/stats"
)

// side is what the votes at a load say. The zero value is undecided.
type side int8

const (
	undecided side = iota
	good
	bad
)

// votes are the valid trials of a search, by load.
type votes map[int64]results.Votes

func (v votes) add(load int64, isGood bool) {
	at := v[load]
	at.Load = load
	at.Of++
	if isGood {
		at.Good++
	}
	v[load] = at
}

// side says what a majority of n says of a load: as soon as more than half of
// n agree, and they are more than half of all trials there, the rest could not
// change it. A tie is undecided however many there are.
func (v votes) side(load int64, n int64) side {
	at := v[load]
	yes, no := at.Good, at.Of-at.Good
	switch {
	case 2*yes > n && yes > no:
		return good
	case 2*no > n && no > yes:
		return bad
	}
	return undecided
}

// badAbove is the nearest load above one that most trials so far say is bad; 0
// if there is none.
func (v votes) badAbove(load int64) int64 {
	for _, other := range slices.Sorted(maps.Keys(v)) {
		if other > load && v.side(other, 1) == bad {
			return other
		}
	}
	return 0
}

// bounds are the relevant bounds of RFC 9971: the smallest load that a
// majority of n says is bad, and the largest good one below it. A good load
// above a bad one counts for nothing. nil: there is none.
func (v votes) bounds(n int64) (lastGood, firstBad *results.Votes) {
	for _, load := range slices.Sorted(maps.Keys(v)) {
		at := v[load]
		switch v.side(load, n) {
		case good:
			lastGood = &at
		case bad:
			return lastGood, &at
		}
	}
	return lastGood, nil
}

// shots are the votes as the posterior takes them, in order of load.
func (v votes) shots() []stats.Shots {
	list := make([]stats.Shots, 0, len(v))
	for _, load := range slices.Sorted(maps.Keys(v)) {
		at := v[load]
		list = append(list, stats.Shots{Load: float64(load), Good: at.Good, Bad: at.Of - at.Good})
	}
	return list
}
