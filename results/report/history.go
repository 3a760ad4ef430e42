package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"stampede/results"
)

// History writes one line of JSON for a result, to be appended to a file that
// holds a line a run, for tools that look for the commit where something
// changed. Its keys are columns, all of them at the top and none nested:
//
//	time         when the run began, RFC 3339 in UTC
//	name         of the scenario
//	verdict      pass, fail or inconclusive: of the gate if there was one
//	compare      slower, faster, same or inconclusive; "" without a comparison
//	limited      whether the generator was the limit: no point to look at
//	fingerprint  of the host: points with another are of another series
//	arrivals     planned handshakes that came due
//	error_rate   share of them that failed
//	ceiling      of a search, with ceiling_low and ceiling_high; null without one
//	METRIC_pN_ms in milliseconds; null where it falls among failures, or there is too little data
func History(w io.Writer, r *results.Result) error {
	line := []keyed{
		{"time", r.StartedAt.UTC()}, {"name", r.Name}, {"verdict", r.Verdict}, {"compare", ""}, {"limited", r.GeneratorLimited()},
		{"fingerprint", r.Fingerprint()}, {"arrivals", r.Arrivals}, {"error_rate", ratio(r.Count(results.Selector{}), r.Arrivals)},
	}
	if r.Gate != nil {
		line[2].value, line[4].value = r.Gate.Verdict, r.Gate.GeneratorLimited
	}
	if r.Compare != nil {
		line[3].value, line[4].value = r.Compare.Outcome, r.Compare.GeneratorLimited
	}
	for _, m := range []results.Metric{results.MetricHandshake, results.MetricService, results.MetricConnect, results.MetricTLS, results.MetricUpgrade} {
		for _, q := range quantilesOf(r.Metrics.Of(m))[:3] {
			c := keyed{m.String() + "_" + q.key + "_ms", nil}
			if q.value != nil {
				c.value = float64(*q.value) / 1e6
			}
			line = append(line, c)
		}
	}
	line = append(line, ceilingColumns(r.Ceiling)...)
	text, err := rowOf(line)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

func ceilingColumns(c *results.Ceiling) []keyed {
	columns := []keyed{{"ceiling", nil}, {"ceiling_low", nil}, {"ceiling_high", nil}}
	if c != nil && c.Status == results.CeilingConfirmed {
		columns[0].value, columns[1].value, columns[2].value = c.Value, c.Low, c.High
	}
	return columns
}

// keyed is one key of a line, in its place.
type keyed struct {
	key   string
	value any
}

func rowOf(line []keyed) (string, error) {
	parts := make([]string, len(line))
	for i, c := range line {
		value, err := json.Marshal(c.value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.key, err)
		}
		parts[i] = fmt.Sprintf("%q:%s", c.key, value)
	}
	return "{" + strings.Join(parts, ",") + "}\n", nil
}
