package scenario

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse looks for a file that panics, hangs, or is accepted with a
// schedule that does not hold together.
func FuzzParse(f *testing.F) {
	f.Add(Starter())
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data, testOptions)
		var errs *Errors
		switch {
		case err != nil && (!errors.As(err, &errs) || len(*errs) == 0 || strings.TrimSpace(err.Error()) == ""):
			t.Fatalf("an error that says nothing: %v", err)
		case err != nil:
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("Validate refuses what Parse accepts: %v", err)
		}
		sc := s.Schedule()
		if sc.Len() < 1 || sc.Len() > 1e5 {
			return
		}
		c := sc.Cursor(0, max(sc.Len()/100, 1))
		last := Arrival{}
		for a, ok := c.Next(); ok; a, ok = c.Next() {
			if a.At < last.At || a.At > sc.End() || a != sc.At(a.N) {
				t.Fatalf("arrival %+v comes after %+v; At says %+v, the end is %s", a, last, sc.At(a.N), sc.End())
			}
			last = a
		}
	})
}
