package main

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

const (
	nullFrom    = int64(200) // the first load tried on the null server
	nullLeast   = int64(12)  // the last, while none passes
	nullMeasure = 2 * time.Second
	nullQuiet   = 500 * time.Millisecond // twice what lies between two bursts; meanwhile the next is armed
	nullTries   = 2                      // of which one has to pass: something else may have spoilt the other

	// ofGenerator is the share of what this host alone can make that a search
	// goes up to: near its own limit a generator is late, and a late generator
	// measures itself.
	ofGenerator = 0.8
)

// nullCeiling is what this host alone can make in good order of one kind of
// load, against a server that does nothing.
type nullCeiling struct {
	largest int64             // 0: nothing
	why     string            // what ended it there
	more    bool              // it may be more: that was not asked for
	tls     *results.TLSFacts // of the handshakes at the largest load; nil: without TLS
}

// overTLS is how the figure was secured, in words.
func (n nullCeiling) overTLS() string {
	if n.tls == nil {
		return ""
	}
	return " over TLS"
}

// nullCeilings are those measured so far in a run, so that searches of one
// shape over one kind of TLS share one.
type nullCeilings struct{ measured []nullMeasurement }

// nullMeasurement is a null ceiling and what it is of.
type nullMeasurement struct {
	scenario *scenario.Scenario
	shards   int
	nullCeiling
}

// of returns the null ceiling for the search of sc, measured now unless it was
// before, which say is told. More than most is not asked for; 0: all there is.
func (n *nullCeilings) of(ctx context.Context, sc *scenario.Scenario, shards int, most int64, say func(string, ...any)) (nullCeiling, error) {
	null := nullScenario(sc)
	if found, ok := n.known(null, shards, most); ok {
		return found, nil
	}
	say("measuring what this host alone can make")
	found, err := measureNull(ctx, null, shards, most)
	if err == nil {
		n.measured = append(n.measured, nullMeasurement{null, shards, found})
	}
	return found, err
}

// known returns what was measured of the same before, if that was enough.
func (n *nullCeilings) known(null *scenario.Scenario, shards int, most int64) (nullCeiling, bool) {
	for _, m := range n.measured {
		if m.shards == shards && reflect.DeepEqual(m.scenario, null) && (!m.more || most > 0 && m.largest >= most) {
			return m.nullCeiling, true
		}
	}
	return nullCeiling{}, false
}

// nullScenario is the search of sc on the null server: its shape, thresholds
// and timeouts, from its source addresses.
func nullScenario(sc *scenario.Scenario) *scenario.Scenario {
	null := &scenario.Scenario{
		Name: "null", Target: nullTarget(&sc.Target), Thresholds: sc.Thresholds, Timeouts: sc.Timeouts, Force: sc.Force,
		Search: scenario.Search{Of: sc.Search.Of, Release: sc.Search.Release, Quiet: nullQuiet},
	}
	if sc.Search.Release == scenario.Upgrade {
		null.Search.Quiet *= 2 // to connect as well
	}
	if sc.Search.Of == results.LoadRate {
		null.Search.WarmUp, null.Search.Measure = time.Millisecond, nullMeasure
	}
	return null
}

// nullTarget is a practice server without any load of its own. For a target
// over TLS it speaks TLS as well, as the client asks: what of its settings
// costs time stays, and whom it trusts and shows itself to is put in its place.
func nullTarget(t *scenario.Target) scenario.Target {
	null := scenario.Target{URL: scenario.Practice}
	for _, a := range t.SourceAddresses {
		if a.Unmap().Is4() { // as the null server's address is
			null.SourceAddresses = append(null.SourceAddresses, a)
		}
	}
	if !t.Secured() {
		return null
	}
	mode := "server"
	if len(t.TLS.Cert) > 0 {
		mode = "mutual"
	}
	null.Practice = []scenario.Setting{{Key: "tls", Value: mode}}
	null.TLS = t.TLS
	null.TLS.CA, null.TLS.CAFile, null.TLS.ServerName = nil, "", ""
	return null
}

// nullServer is the null server made ready, and what trials on it showed.
type nullServer struct {
	at     *sitting
	shards int
	best   results.Trial     // at the largest load that passed
	tls    *results.TLSFacts // of that trial
	why    string            // the last load that did not pass
}

// measureNull climbs to the null ceiling, in a process beside this one.
func measureNull(ctx context.Context, null *scenario.Scenario, shards int, most int64) (found nullCeiling, err error) {
	valid := *null
	if err := valid.Validate(); err != nil {
		return found, err
	}
	at, err := sit(ctx, &valid)
	if err != nil {
		return found, err
	}
	defer at.stop()
	s := &nullServer{at: at, shards: shards}
	alone := valid.Search
	alone.Quiet = 4 * time.Second // room for one burst: nothing is held, so the last has gone when the next is armed
	room, short := at.room(alone, valid.Hold)
	found.why = short
	if found.more = most > 0 && most < room; found.more {
		room, found.why = most, "more was not asked for"
	}
	var failed bool
	if found.largest, failed, err = climb(nullFrom, nullLeast, room, func(load int64) (bool, error) { return s.passes(ctx, load) }); failed {
		found.why, found.more = s.why, false
	}
	found.tls = s.tls
	return found, err
}

// climb looks for the largest load up to most that passes: twice the first
// until one does not, or half of it until one does, but none below least; then
// once half way between the two. failed reports whether any did not pass. An
// error of passes ends it.
func climb(first, least, most int64, passes func(load int64) (bool, error)) (largest int64, failed bool, err error) {
	bad := int64(0) // the smallest that did not pass; 0: none
	for load := min(first, most); load > largest && (bad == 0 || largest == 0 && load >= least); {
		ok, err := passes(load)
		if err != nil {
			return 0, false, err
		}
		if ok {
			largest = load
		} else {
			bad = load
		}
		if load = min(2*load, most); bad > 0 {
			load = bad / 2
		}
	}
	if middle := (largest + bad) / 2; largest > 0 && middle > largest {
		ok, err := passes(middle)
		if err != nil {
			return 0, false, err
		}
		if ok {
			largest = middle
		}
	}
	return largest, bad > 0, nil
}

// passes reports whether a load is made in good order.
func (s *nullServer) passes(ctx context.Context, load int64) (bool, error) {
	sc, why := s.at.scenario, ""
	for n := range nullTries {
		p := ceiling.NewPlan(sc.Search, scenario.Hold{}, load, n)
		if s.best.Load > 0 {
			p.Rest(s.best.Drain * time.Duration(load) / time.Duration(s.best.Load))
		}
		r, err := s.at.try(ctx, trial{load: p.Shapes, seed: p.Seed, hold: &p.Hold, from: p.From, shards: s.shards})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return false, err
		}
		row := r.Trial(load, sc.Thresholds)
		switch {
		case row.Good && row.Valid:
			s.best, s.tls = row, r.TLS
			return true, nil
		case row.Valid:
			why = fmt.Sprintf("at %s a threshold does not hold", results.FormatCount(load))
		default:
			why = fmt.Sprintf("at %s: %s", results.FormatCount(load), row.Invalid)
		}
	}
	s.why = why
	return false, nil
}
