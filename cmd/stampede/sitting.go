package main

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"stampede/engine"
	"stampede/engine/monitor"
	"stampede/internal/practice"
	"stampede/results"
	"stampede/scenario"
)

// sitting is a target made ready for load: its names looked up, the practice
// server started if it is that. One run is made in it, or one trial after
// another.
type sitting struct {
	scenario *scenario.Scenario // the practice server's address filled in
	found    []engine.Found     // what looking up the URLs' names came to
	targets  []*engine.Target
	url      string // as the result names it
	monitors []scenario.Monitor
	child    *practiceChild // nil: the target is somebody else's
}

// sit makes the target of sc ready. Who got a sitting stops it.
func sit(ctx context.Context, sc *scenario.Scenario) (_ *sitting, err error) {
	s := &sitting{scenario: sc, url: sc.Target.URL, monitors: sc.Monitors}
	for _, u := range sc.Target.URLs[1:] {
		s.url += " " + u.URL
	}
	if sc.Target.URL == scenario.Practice {
		if s.child, err = startPractice(sc.Target.Practice); err != nil {
			return nil, err
		}
		if s.scenario, err = served(sc, s.child); err != nil {
			s.stop()
			return nil, err
		}
		s.url = scenario.Practice + " (" + s.scenario.Target.URL + ")"
	}
	if err = s.aim(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// served is sc with the practice server's address for its URL, and trust in its
// certificate. The sitting keeps the monitors, which may name that server.
func served(sc *scenario.Scenario, child *practiceChild) (*scenario.Scenario, error) {
	at := *sc
	at.Target.URL, at.Target.URLs, at.Target.Practice, at.Monitors = "ws://"+child.address+"/", nil, nil, nil
	if len(child.authority) > 0 {
		at.Target.URL = "wss://" + child.address + "/"
		if !at.Target.TLS.Insecure {
			at.Target.TLS.CA = child.authority
		}
	}
	return &at, at.Validate()
}

// aim finds the targets' addresses and makes the requests for them.
func (s *sitting) aim(ctx context.Context) (err error) {
	if s.found, err = engine.Resolve(ctx, net.DefaultResolver, s.scenario); err != nil {
		return err
	}
	if ctx.Err() != nil && slices.ContainsFunc(s.found, func(f engine.Found) bool { return f.Fault != "" }) {
		return &exitError{exitInconclusive, errors.New("interrupted while the target's name was looked up; nothing was sent")}
	}
	s.targets, err = engine.Aim(s.scenario, s.found)
	return err
}

// stop ends the practice server, if there is one, and returns what it counted.
func (s *sitting) stop() (counts practice.Counts, ok bool) {
	if s.child == nil {
		return counts, false
	}
	return s.child.stop()
}

// watch begins to look at the server beside the load.
func (s *sitting) watch(ctx context.Context) *monitor.Watch {
	practice := 0
	if s.child != nil {
		practice = s.child.command.Process.Pid
	}
	return monitor.Start(ctx, s.monitors, practice)
}

// names are the addresses of all targets as the result lists them.
func (s *sitting) names() (all []string) {
	for _, t := range s.targets {
		all = append(all, t.Names()...)
	}
	return all
}

// fault is why none of the targets has an address; nil if one has.
func (s *sitting) fault() error {
	for _, t := range s.targets {
		if t.Err == nil {
			return nil
		}
	}
	return s.targets[0].Err
}

// trial is one run of another load than the scenario's own. The zero values
// of the rest keep what the scenario says.
type trial struct {
	load       []scenario.Shape
	seed       uint64         // of its arrivals
	hold       *scenario.Hold // nil: the scenario's
	held       bool           // a connection that the server closes during the hold has failed
	from       time.Duration  // arrivals due before it are not counted; zero: all are
	shards     int            // 0: one a CPU
	workers    int            // 0: as many as the load needs
	noEvidence bool
	progress   *progress // nil: nothing is shown
}

// single is the trial of one handshake, whose connection is not held.
func single() trial {
	return trial{load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 1}}, hold: &scenario.Hold{}, workers: 1}
}

// try makes one trial and judges it by the scenario's thresholds. Nothing is
// written; the practice server goes on. A trial that was stopped by ctx
// returns what it came to, marked as interrupted.
func (s *sitting) try(ctx context.Context, t trial) (*results.Result, error) {
	sc := *s.scenario
	sc.Load = t.load
	if t.seed != 0 {
		sc.Seed = t.seed
	}
	if t.hold != nil {
		sc.Hold = *t.hold
	}
	switch {
	case t.held:
		sc.EarlyClose, sc.EarlyCloseWithin = scenario.FailEarlyClose, sc.Hold.For
	case sc.Hold.For == 0:
		sc.EarlyClose, sc.EarlyCloseWithin = scenario.CountEarlyClose, 0
	}
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	at := *s
	at.scenario = &sc
	var err error
	if at.targets, err = engine.Aim(&sc, s.found); err != nil { // a trial resumes no session of another
		return nil, err
	}
	j := &job{sitting: &at, schedule: sc.Schedule(), from: t.from, workers: t.workers, shards: t.shards, noEvidence: t.noEvidence, progress: t.progress}
	if j.workers == 0 && j.fault() == nil {
		j.workers = engine.Workers(&sc, j.schedule)
	}
	return j.run(ctx)
}
