package scenario

import (
	"bytes"
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
		fillTemplates(t, s)
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

// fillTemplates looks for a request of an accepted scenario that would be
// more or another than one request.
func fillTemplates(t *testing.T, s *Scenario) {
	for n := range int64(5) {
		path, text := s.Path(s.Target.Pick(n)), []byte(nil)
		if text = path.AppendTo(text, n); len(text) > path.MaxLen() || text[0] != '/' || bytes.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }) {
			t.Fatalf("arrival %d asks for %q", n, text)
		}
		for i := range s.Target.Headers {
			if text = s.HeaderValue(i).AppendTo(text[:0], n); bytes.ContainsAny(text, "\r\n\x00") {
				t.Fatalf("arrival %d has the header %q", n, text)
			}
		}
	}
}
