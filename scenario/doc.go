// Package scenario says what a run does: it reads a YAML file into a
// Scenario, and turns the shapes of its load into the intended instant of
// every arrival. It is pure: no clock, no sockets, no files; the environment
// and the files a scenario names come in through Options.
//
// # Schedule
//
// Every shape has a whole number of arrivals and a cumulative law Λ(t), the
// arrivals it wants within its first t. Arrival n of the shape, counted from
// 0, is due where Λ reaches n, so the first one is due as the shape begins.
// The instant is a pure function of the scenario: it never depends on what
// happened to earlier arrivals.
//
// # Spelling of values
//
// One spelling each, so that none is misread. A duration is a number and a
// unit, or several: 500ms, 30s, 1m30s, 2h (ns, us, µs, ms, s, m, h). A rate is
// a number, a slash and s, min or h: 200/s, 0.5/s, 12000/min, 3/h. A count is
// decimal digits only: 10000, not 10k, 1,000, 1_000 or 1e3. Leading zeros, signs
// and blanks are refused. Quotes change nothing: "20" is the count 20.
//
// # Variables
//
// ${NAME} in any value is replaced by the variable's value, ${NAME:-text} by
// text where the variable is unset or empty, and $$ by a dollar sign. The
// result is taken as text and never read as YAML again.
//
// # Templates
//
// In the path and query of a URL, and in the value of a header, {{seq}},
// {{uuid}} and {{NAME.column}} are filled in for every arrival by its number:
// see Template. NAME is a CSV file under data. A {{…}} that stands for nothing,
// or stands elsewhere, is refused and never sent as it is.
//
// # Words
//
// A key that is on or off takes true or false, and no other word for them.
package scenario
