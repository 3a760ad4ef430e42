package missing

import (
	"fmt"
	"testing"
)

// ended is a test that notes how it was ended, and goes on.
type ended struct {
	testing.TB
	by []string
}

func (*ended) Helper() {}

func (e *ended) Fatalf(format string, args ...any) {
	e.by = append(e.by, "failed: "+fmt.Sprintf(format, args...))
}

func (e *ended) Skipf(format string, args ...any) {
	e.by = append(e.by, "skipped: "+fmt.Sprintf(format, args...))
}

func TestPartFailsInCI(t *testing.T) {
	tests := map[string]string{
		"true": "failed: NOT TESTED: nginx of Debian",
		"":     "skipped: NOT TESTED: nginx of Debian; .ci/install gets what is missing, and under CI=true this fails",
	}
	for ci, want := range tests {
		t.Setenv("CI", ci)
		e := &ended{}
		Part(e, "%s of Debian", "nginx")
		if len(e.by) == 0 || e.by[0] != want {
			t.Errorf("CI=%q: %q, want %q first", ci, e.by, want)
		}
	}
}
