package report

import (
	"strconv"
	"strings"

	"stampede/results"
)

// family puts together outcomes that one colour stands for, the same in every
// figure. A 504 is a family of its own.
type family int

// The families in the order they are stacked: what failed first, so that a few
// failures stand on the axis and not on top of thousands established.
const (
	family504 family = iota
	familyServerError
	familyStatus
	familyTimeout
	familyRefused
	familyClosed
	familyInvalid
	familyLocal
	familyCanceled
	familyEstablished
	numFamilies
)

// families says of each which class its marks have, for which the page has a
// colour, and what it is called.
var families = [numFamilies]struct{ class, name string }{
	family504:         {"gateway-timeout", "504"},
	familyServerError: {"server-error", "5xx other than 504"},
	familyStatus:      {"other-status", "other replies"},
	familyTimeout:     {"timeout", "timeout"},
	familyRefused:     {"refused", "refused or unreachable"},
	familyClosed:      {"closed", "reset or closed"},
	familyInvalid:     {"invalid", "tls, protocol or resolve"},
	familyLocal:       {"local", "local, this host's own"},
	familyCanceled:    {"canceled", "canceled"},
	familyEstablished: {"established", "established"},
}

var familyOfKind = map[string]family{
	"timeout": familyTimeout, "refused": familyRefused, "unreachable": familyRefused, "reset": familyClosed, "closed": familyClosed,
	"tls": familyInvalid, "protocol": familyInvalid, "resolve": familyInvalid, "local": familyLocal, "canceled": familyCanceled,
	"established": familyEstablished,
}

// familyOf returns the family of an outcome by the outcome's name.
func familyOf(outcome string) family {
	if status, err := strconv.Atoi(outcome); err == nil {
		switch {
		case status == 504:
			return family504
		case status >= 500:
			return familyServerError
		}
		return familyStatus
	}
	kind, _, _ := strings.Cut(outcome, " ")
	if f, ok := familyOfKind[kind]; ok {
		return f
	}
	return familyInvalid // a later version's word
}

// census counts outcomes by family.
type census [numFamilies]int64

func (c *census) add(outcome string, n int64) { c[familyOf(outcome)] += max(n, 0) }

func (c *census) total() (n int64) {
	for _, k := range c {
		n += k
	}
	return n
}

// censusOf counts the outcomes of the whole run.
func censusOf(r *results.Result) (c census) {
	for i := range r.Outcomes {
		c.add(r.Outcomes[i].Outcome().Name(), r.Outcomes[i].Count)
	}
	return c
}
