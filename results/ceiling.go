package results

import (
	"fmt"
	"time"
)

// LoadKind is what a ceiling is a ceiling of.
type LoadKind string

// The kinds of load a ceiling is searched for.
const (
	LoadBurst LoadKind = "burst" // handshakes that begin at one instant
	LoadRate  LoadKind = "rate"  // handshakes that begin in a second
	LoadHeld  LoadKind = "held"  // connections open at one time
)

// Unit is the unit of the load, "" for no kind.
func (k LoadKind) Unit() string {
	switch k {
	case LoadBurst:
		return "handshakes"
	case LoadRate:
		return "handshakes/s"
	case LoadHeld:
		return "connections"
	}
	return ""
}

// CeilingStatus is how a search for a ceiling ended. The zero value is
// CeilingInconclusive.
type CeilingStatus uint8

// The ways a search ends.
const (
	CeilingInconclusive CeilingStatus = iota // Ceiling.Reason says why
	CeilingConfirmed                         // found, and its lower end passed again from idle
	CeilingAtLeast                           // the largest load that could be tried is still good
	CeilingBelow                             // the smallest load that could be tried is already bad
)

var ceilingStatusNames = [...]string{"inconclusive", "confirmed", "at_least", "below"}

// String returns the status as files carry it.
func (s CeilingStatus) String() string {
	if int(s) < len(ceilingStatusNames) {
		return ceilingStatusNames[s]
	}
	return ceilingStatusNames[CeilingInconclusive]
}

// MarshalText returns String.
func (s CeilingStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse; it refuses unknown words.
func (s *CeilingStatus) UnmarshalText(text []byte) error {
	for i, n := range ceilingStatusNames {
		if n == string(text) {
			*s = CeilingStatus(i)
			return nil
		}
	}
	return fmt.Errorf("unknown ceiling status %q", text)
}

// CeilingReason says why a search ended without a confirmed ceiling.
type CeilingReason string

// The reasons, of at_least, of below and of inconclusive.
const (
	ReasonMaxLoad          CeilingReason = "max load reached"  // the range ended; Ceiling.CappedBy says if something else than the user ended it
	ReasonMinLoad          CeilingReason = "min load bad"      // nothing smaller was to be tried
	ReasonGeneratorLimited CeilingReason = "generator-limited" // at Ceiling.LimitedAt this host was the limit, again and again
	ReasonUnstable         CeilingReason = "unstable"          // what the votes found did not pass again from idle
	ReasonBudget           CeilingReason = "budget"            // trials or time ran out
	ReasonInterrupted      CeilingReason = "interrupted"       // the search was stopped before its end
)

// Votes counts the valid trials at one load.
type Votes struct {
	Load int64 `json:"load"`
	Good int64 `json:"good"`
	Of   int64 `json:"of"`
}

// Ceiling is what a search came to: the largest load at which every goal
// holds. Value, Low and High are whole loads in Unit: the median and the 95 %
// interval of what all valid trials say (see stats.HalfPoint). A search that
// did not get so far has the bounds it knows, and 0 for those it does not.
type Ceiling struct {
	Of        LoadKind      `json:"of"`
	Value     int64         `json:"value"`
	Low       int64         `json:"low"`
	High      int64         `json:"high"` // 0: nothing bounds it from above
	Unit      string        `json:"unit"`
	Status    CeilingStatus `json:"status"`
	Reason    CeilingReason `json:"reason,omitempty"`     // none if confirmed
	LimitedAt int64         `json:"limited_at,omitempty"` // load at which this host was the limit
	LimitedBy string        `json:"limited_by"`           // the goal that failed most often just above; "" if none did

	// SafeLoad is the load at which 95 % of trials pass (those that are spoilt at
	// any load aside), which is the one to
	// plan capacity by. 0 if there is none to tell: trials fail at any load, or
	// too little is known.
	SafeLoad int64   `json:"safe_load"`
	Soft     bool    `json:"soft"`         // the curve has no edge: goals fail now and then over a wide range of loads
	Scale    float64 `json:"scale"`        // s of the curve: between 27 % and 73 % bad the load grows by e^2s
	Spoilt   float64 `json:"spoilt_share"` // share of trials that are bad whatever the load

	LastGood  *Votes `json:"last_good"`    // largest load with a majority of good trials below FirstBad
	FirstBad  *Votes `json:"first_bad"`    // smallest load with a majority of bad trials
	Confirmed *Votes `json:"confirmed_at"` // trials from idle at the load that was to be confirmed

	From             int64         `json:"from"` // the range of loads
	To               int64         `json:"to"`
	CappedBy         string        `json:"capped_by,omitempty"`         // what ended the range below what was asked for
	GeneratorCeiling int64         `json:"generator_ceiling,omitempty"` // what this host alone can make, measured; 0: not measured
	GeneratorMore    bool          `json:"generator_more,omitempty"`    // it may make more than that: more was not asked for
	GeneratorTLS     *TLSFacts     `json:"generator_tls,omitempty"`     // the TLS handshakes that this was measured with; null: without TLS
	Duration         time.Duration `json:"duration_ns"`                 // of all trials and of the waits before them

	Scalability *Scalability `json:"scalability,omitempty"` // a diagnostic: decides nothing
	History     *History     `json:"history,omitempty"`     // a diagnostic: decides nothing
	ShortRest   *Votes       `json:"short_rest,omitempty"`  // a diagnostic: decides nothing; trials at the confirmed load with a quarter of the usual rest

	Terms  []Term  `json:"terms,omitempty"` // what the trials were made with
	Trials []Trial `json:"trials"`          // in the order they were run
}

// Term is one of the settings that say what a trial means: trials of searches
// that differ in one can't be put together.
type Term struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// verdict of the search as a run: only a load that was good is a pass.
func (c *Ceiling) verdict() Verdict {
	switch c.Status {
	case CeilingConfirmed, CeilingAtLeast:
		return Pass
	case CeilingBelow:
		return Fail
	}
	return Inconclusive
}

// exitCode is Result.ExitCode for a search.
func (c *Ceiling) exitCode() int {
	switch {
	case c.verdict() == Pass:
		return 0
	case c.verdict() == Fail:
		return 1
	case c.Reason == ReasonGeneratorLimited:
		return 4
	}
	return 3
}

// Valid returns the trials that count, in the order they were run: those
// that measured the server, without the warm-up and what was tried after the
// answer was known.
func (c *Ceiling) Valid() []Trial {
	var list []Trial
	for _, t := range c.Trials {
		if t.Valid && t.Stage.Counts() {
			list = append(list, t)
		}
	}
	return list
}
