package main

import (
	"errors"
	"fmt"

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
	if other := elsewhere(r.Environment); other != "" {
		return nil, fmt.Errorf("--resume %s: recorded elsewhere: %s; trials of two hosts don't add up", path, other)
	}
	if name, was, is, same := compareTerms(r.Ceiling, ceiling.Terms(sc)); !same {
		return nil, fmt.Errorf("--resume %s: recorded with %s %s, and now %[2]s %[4]s; trials of both don't add up", path, name, was, is)
	}
	return r.Ceiling, nil
}

// compareTerms returns the first term of a search that its record does not
// have, or has otherwise. The ends of the range are the record's unless they
// are asked for.
func compareTerms(record *results.Ceiling, now []results.Term) (name, was, is string, same bool) {
	recorded := map[string]string{}
	for _, t := range record.Terms {
		recorded[t.Name] = t.Value
	}
	for name, end := range map[string]int64{ceiling.TermFrom: record.From, ceiling.TermTo: record.To} {
		if recorded[name] == "" {
			recorded[name] = results.FormatCount(end)
		}
	}
	for _, t := range now {
		ofRange := t.Name == ceiling.TermFrom || t.Name == ceiling.TermTo
		if was := recorded[t.Name]; was != t.Value && !(ofRange && t.Value == "") {
			return t.Name, was, t.Value, false
		}
	}
	return "", "", "", true
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
