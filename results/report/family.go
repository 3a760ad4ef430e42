package report

import (
	"strconv"
	"strings"

	"stampede/results"
)

// family puts together outcomes that one colour stands for, the same in every
// figure. A 504 is a family of its own.
type family struct {
	class string // of its marks; the page says which colour that is
	name  string
}

// families are in the order they are stacked: what failed first, so that a
// few failures stand on the axis and not on top of thousands established.
var families = []family{
	{"gateway-timeout", "504"},
	{"server-error", "5xx other than 504"},
	{"other-status", "other replies"},
	{"timeout", "timeout"},
	{"refused", "refused or unreachable"},
	{"closed", "reset or closed"},
	{"invalid", "tls, protocol or resolve"},
	{"local", "local, this host's own"},
	{"canceled", "canceled"},
	{"established", "established"},
}

// established is the last of families.
var established = len(families) - 1

var familyOfKind = map[string]int{
	"timeout": 3, "refused": 4, "unreachable": 4, "reset": 5, "closed": 5,
	"tls": 6, "protocol": 6, "resolve": 6, "local": 7, "canceled": 8, "established": 9,
}

// familyOf returns the index of an outcome's family by the outcome's name.
func familyOf(outcome string) int {
	if status, err := strconv.Atoi(outcome); err == nil {
		switch {
		case status == 504:
			return 0
		case status >= 500:
			return 1
		}
		return 2
	}
	kind, _, _ := strings.Cut(outcome, " ")
	if i, ok := familyOfKind[kind]; ok {
		return i
	}
	return 6 // a later version's word
}

// census counts outcomes by family.
type census [10]int64

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
