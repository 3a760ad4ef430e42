package main

import (
	"errors"
	"fmt"
	"strings"

	"stampede/engine/ceiling"
	"stampede/results"
	"stampede/scenario"
)

// readRecord reads the search that is to be gone on with; nil without a path.
// A record of another search than the one asked for is an error.
func readRecord(path string, sc *scenario.Scenario) (*results.Ceiling, error) {
	if path == "" {
		return nil, nil
	}
	r, err := readResult(path)
	if err != nil {
		return nil, err
	}
	if r.Ceiling == nil {
		return nil, fmt.Errorf("--resume %s: it holds a run and no search", path)
	}
	for _, part := range []struct{ what, was, is string }{
		{"target", targetOf(r.Target.URL), targetOf(sc.Masked(sc.Target.URL))},
		{"load", string(r.Ceiling.Of), string(sc.Search.Of)},
		{"thresholds", recordedGoals(r.Ceiling), goals(sc.Thresholds)},
	} {
		if part.was != part.is && part.was != "" {
			return nil, fmt.Errorf("--resume %s: recorded with %s %s, and now %[2]s %[4]s; trials of both don't add up", path, part.what, part.was, part.is)
		}
	}
	return r.Ceiling, nil
}

// targetOf is a result's URL without the address that the practice server had.
func targetOf(url string) string {
	if strings.HasPrefix(url, scenario.Practice+" (") {
		return scenario.Practice
	}
	return url
}

func goals(list []results.Threshold) string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}

// recordedGoals are those that the trials were judged by, "" without trials.
func recordedGoals(c *results.Ceiling) string {
	if len(c.Trials) == 0 {
		return ""
	}
	texts := make([]string, len(c.Trials[0].Goals))
	for i, g := range c.Trials[0].Goals {
		texts[i] = g.Goal
	}
	return strings.Join(texts, ", ")
}

// feed brings a search to where its record stood.
func feed(s *ceiling.Search, record *results.Ceiling) error {
	if record == nil {
		return nil
	}
	for _, t := range record.Trials {
		err := s.Feed(t)
		if errors.Is(err, ceiling.ErrOver) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("--resume: the recorded trials are not those of this search: %w", err)
		}
	}
	return nil
}
