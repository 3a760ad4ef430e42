package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxResult bounds a result's JSON; the longest of runs comes to a few MB.
const maxResult = 64 << 20

// ReadResult reads one result as Result.Write wrote it. Keys it does not know
// are skipped, since later versions add some; a different schema, numbers
// that contradict each other and anything after the document are errors.
func ReadResult(r io.Reader) (*Result, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxResult+1))
	if err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	if len(data) > maxResult {
		return nil, fmt.Errorf("reading result: more than %d MB", maxResult>>20)
	}
	if err := checkSchema(data); err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	var result Result
	if err := json.Unmarshal(data, &result); err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	if err := result.check(); err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	result.fillEmpty()
	return &result, nil
}

func checkSchema(data []byte) error {
	var head struct {
		Schema *string `json:"schema"`
	}
	err := json.Unmarshal(data, &head)
	var syntax *json.SyntaxError
	switch {
	case len(data) == 0:
		return errors.New("it is empty")
	case errors.As(err, &syntax):
		return fmt.Errorf("byte %d: %w", syntax.Offset, err)
	case err != nil || head.Schema == nil:
		return fmt.Errorf("no stampede result: it has no schema %q", Schema)
	case *head.Schema != Schema:
		return fmt.Errorf("schema %q is not %q", *head.Schema, Schema)
	}
	return nil
}

// maxArrivals bounds what a result may claim: more than a million a second
// for a decade, and far from where counts overflow.
const maxArrivals = 1 << 50

// check holds the result to what every recorder keeps true.
func (r *Result) check() error {
	var sum int64
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Kind == Invalid || o.Count < 0 || (o.Kind == Status) != (o.Status != 0) {
			return fmt.Errorf("outcomes[%d]: no valid outcome", i)
		}
		if o.Count > maxArrivals-sum {
			return fmt.Errorf("outcomes[%d]: more arrivals than any run can make", i)
		}
		sum += o.Count
	}
	if sum != r.Arrivals {
		return fmt.Errorf("%d arrivals, but outcomes add up to %d", r.Arrivals, sum)
	}
	if r.Metrics.Handshake.Count != r.Arrivals {
		return fmt.Errorf("%d arrivals, but the handshake metric counts %d", r.Arrivals, r.Metrics.Handshake.Count)
	}
	if err := r.checkGroups(); err != nil {
		return err
	}
	if err := r.checkTimeline(); err != nil {
		return err
	}
	if err := r.checkMonitors(); err != nil {
		return err
	}
	for i := range r.Bursts {
		if _, err := parseSparse(r.Bursts[i].Completed); err != nil {
			return fmt.Errorf("bursts[%d]: completed: %w", i, err)
		}
	}
	return r.checkFigures()
}

func (r *Result) checkFigures() error {
	for m := range numMetrics {
		if err := r.Metrics.Of(m).check(LowestValue, HighestValue, r.Partial); err != nil {
			return fmt.Errorf("metrics.%s: %w", m, err)
		}
	}
	if err := r.Metrics.HandshakeLow.check(LowestValue, HighestValue, r.Partial); err != nil {
		return fmt.Errorf("metrics.handshake_low: %w", err)
	}
	if err := r.Pacing.Lag.check(LowestValue, HighestValue, r.Partial); err != nil {
		return fmt.Errorf("pacing.start_lag: %w", err)
	}
	if p := &r.Pacing; p.MostLate < 0 || p.MostLate > maxArrivals {
		return fmt.Errorf("pacing: %d late", p.MostLate)
	}
	if err := r.Held.EarlyAge.check(lowestAge, highestAge, r.Partial); err != nil {
		return fmt.Errorf("held.early_age: %w", err)
	}
	return nil
}

// maxGroups bounds the groups of a result; merging unlike results adds some.
const maxGroups = 4096

func (r *Result) checkGroups() error {
	if len(r.Groups) > maxGroups {
		return fmt.Errorf("%d groups are too many", len(r.Groups))
	}
	for i, g := range r.Groups {
		if g.Set < 0 || g.Set > maxGroups || g.Arrivals < 0 || g.Arrivals > maxArrivals {
			return fmt.Errorf("groups[%d]: set %d with %d arrivals", i, g.Set, g.Arrivals)
		}
	}
	if _, err := parseSparse(r.Evidence.Resent); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	for i := range r.Outcomes {
		if _, err := parseSparse(r.Outcomes[i].Ages); err != nil {
			return fmt.Errorf("outcomes[%d]: ages: %w", i, err)
		}
		if _, err := parseCounts[int64](r.Outcomes[i].Groups, len(r.Groups)); err != nil {
			return fmt.Errorf("outcomes[%d]: groups: %w", i, err)
		}
	}
	for _, m := range grouped {
		f := r.Metrics.Of(m)
		if n := len(f.Groups); n != 0 && n != len(r.Groups) {
			return fmt.Errorf("metrics.%s: %d groups, want %d", m, n, len(r.Groups))
		}
		for _, text := range f.Groups {
			if _, err := parseSparse(text); err != nil {
				return fmt.Errorf("metrics.%s: groups: %w", m, err)
			}
		}
	}
	return nil
}

// check holds the figures to their histogram, which only a partial result may
// lack.
func (f *Figures) check(low, high time.Duration, partial bool) error {
	if f.Count < 0 || f.Count > maxArrivals || f.Infinite < 0 || f.Infinite > f.Count {
		return fmt.Errorf("count %d with %d infinite", f.Count, f.Infinite)
	}
	if f.Buckets == "" && partial {
		return nil
	}
	if f.Buckets == "" && f.Count > f.Infinite {
		return errors.New("its histogram is missing, and a summary alone can't be judged or merged")
	}
	_, err := f.histogram(low, high)
	return err
}

func (r *Result) checkTimeline() error {
	step := r.TimelineStep
	if len(r.Timeline) > maxBins || step < firstStep || step%firstStep != 0 || (step/firstStep)&(step/firstStep-1) != 0 {
		return fmt.Errorf("timeline: %d steps of %d ns", len(r.Timeline), step)
	}
	for i := range r.Timeline {
		if r.Timeline[i].At != time.Duration(i)*step {
			return fmt.Errorf("timeline[%d]: at_ns is %d, want %d", i, r.Timeline[i].At, time.Duration(i)*step)
		}
		if _, err := parseSparse(r.Timeline[i].Handshakes); err != nil {
			return fmt.Errorf("timeline[%d]: handshakes: %w", i, err)
		}
	}
	return nil
}
