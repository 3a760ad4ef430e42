package results

import (
	"encoding/json"
	"fmt"
	"time"
)

// Monitor is what one source beside the load told of the server while the run
// went on.
type Monitor struct {
	Name   string    `json:"name"`   // of what was looked at: a process, host:port, kernel
	Source string    `json:"source"` // process, prometheus, nginx, haproxy, apache, kernel
	Looks  int64     `json:"looks"`  // times it was looked at, failures included
	Series []Series  `json:"series"`
	Errors []Warning `json:"errors"` // what went wrong, and how often
}

// SeriesKind says how the values of a series are to be read.
type SeriesKind string

// The kinds of series.
const (
	Gauge   SeriesKind = "gauge"   // a state that goes up and down
	Counter SeriesKind = "counter" // a sum that only grows, unless its server starts anew
)

// Series is one figure over time.
type Series struct {
	Name   string     `json:"name"`
	Unit   string     `json:"unit,omitempty"` // what is counted, as cores, bytes or connections; empty: not known
	Kind   SeriesKind `json:"kind"`
	Limit  float64    `json:"limit,omitempty"` // the most it can be, as last seen; 0: not known
	Points []Point    `json:"points"`          // in order of time, at most MaxPoints
}

// Point is a value at an instant, [at_ns, value] in JSON.
type Point struct {
	At    time.Duration // offset from the run's start; negative before it
	Value float64       // finite
}

// MarshalJSON implements json.Marshaler.
func (p Point) MarshalJSON() ([]byte, error) { return json.Marshal([]any{int64(p.At), p.Value}) }

// UnmarshalJSON implements json.Unmarshaler.
func (p *Point) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a point has %d numbers, want 2", len(pair))
	}
	if err := json.Unmarshal(pair[0], &p.At); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &p.Value)
}

// Bounds on what a result keeps of monitors.
const (
	MaxPoints   = 900 // of a series: a quarter of an hour of seconds
	MaxSeries   = 32  // of one monitor
	maxMonitors = 64
)

// First is the value of the first look; 0 of an empty series.
func (s *Series) First() float64 {
	if len(s.Points) == 0 {
		return 0
	}
	return s.Points[0].Value
}

// Last is the value of the last look; 0 of an empty series.
func (s *Series) Last() float64 {
	if len(s.Points) == 0 {
		return 0
	}
	return s.Points[len(s.Points)-1].Value
}

// Peak is the highest value; 0 of an empty series.
func (s *Series) Peak() float64 {
	peak := s.First()
	for _, p := range s.Points {
		peak = max(peak, p.Value)
	}
	return peak
}

// Rise is how much a counter grew from the first look to the last. One that
// fell started anew, from zero.
func (s *Series) Rise() (sum float64) {
	for i := 1; i < len(s.Points); i++ {
		before, now := s.Points[i-1].Value, s.Points[i].Value
		if now < before {
			before = 0
		}
		sum += now - before
	}
	return sum
}

// find returns the series of a name, nil if there is none.
func (m *Monitor) find(name string) *Series {
	for i := range m.Series {
		if m.Series[i].Name == name {
			return &m.Series[i]
		}
	}
	return nil
}

func (r *Result) checkMonitors() error {
	if len(r.Monitors) > maxMonitors {
		return fmt.Errorf("%d monitors are too many", len(r.Monitors))
	}
	for i := range r.Monitors {
		m := &r.Monitors[i]
		if len(m.Series) > MaxSeries {
			return fmt.Errorf("monitors[%d]: %d series are too many", i, len(m.Series))
		}
		for k := range m.Series {
			if err := m.Series[k].check(); err != nil {
				return fmt.Errorf("monitors[%d].series[%d]: %w", i, k, err)
			}
		}
	}
	return nil
}

func (s *Series) check() error {
	if s.Kind != Gauge && s.Kind != Counter {
		return fmt.Errorf("%q is no kind of series", s.Kind)
	}
	if len(s.Points) > MaxPoints {
		return fmt.Errorf("%d points are too many", len(s.Points))
	}
	for i := 1; i < len(s.Points); i++ {
		if s.Points[i].At < s.Points[i-1].At {
			return fmt.Errorf("points[%d] is before the one in front of it", i)
		}
	}
	return nil
}
