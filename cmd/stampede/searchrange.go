package main

import (
	"context"
	"fmt"

	"stampede/engine/ceiling"
	"stampede/results"
)

// recordedOptions are those of the search at a sitting, with the range that
// another had: one that it goes on from, or goes on beside.
func (h *hunt) recordedOptions(other *results.Ceiling) ceiling.Options {
	o := ceiling.NewOptions(h.at.scenario.Search, h.at.scenario.Thresholds)
	o.From, o.To, o.CappedBy = other.From, other.To, other.CappedBy
	return o
}

// bound ends the range of a search where this host's does: what it has room
// for, and of bursts and rates a share of what it alone can make.
func (h *hunt) bound(ctx context.Context, nulls *nullCeilings, o *ceiling.Options) error {
	sc := h.at.scenario
	room, short := h.at.room(sc.Search, sc.Hold)
	h.limit(o, room, short+" of this host")
	if sc.Search.Of == results.LoadHeld {
		return nil
	}
	null, err := nulls.of(ctx, sc, h.shards, (o.To*10+7)/8, h.say)
	if ctx.Err() != nil {
		return nil // the search says that it was interrupted
	}
	if err != nil {
		return err
	}
	if h.null = null; null.largest == 0 {
		return &exitError{exitGeneratorLimited, fmt.Errorf("this host is too busy to make %d %s in good order: %s", nullLeast, o.Of.Unit(), null.why)}
	}
	h.limit(o, int64(ofGenerator*float64(null.largest)),
		fmt.Sprintf("80 %% of what this host alone can make%s, %s", null.overTLS(), results.FormatCount(null.largest)))
	return nil
}

// limit ends the range of a search at most.
func (h *hunt) limit(o *ceiling.Options, most int64, why string) {
	if o.To == 0 || o.To > most {
		o.To, o.CappedBy = max(most, 1), why
		o.From = min(o.From, o.To)
	}
}
