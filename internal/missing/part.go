// Package missing is what tests do without a real part, a server or a program,
// that this machine lacks.
package missing

import (
	"fmt"
	"os"
	"testing"
)

// Part ends a test whose part is not there, loudly, and says which: it is
// skipped, but under CI=true, where .ci/install has been run, it fails.
func Part(t testing.TB, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatalf("NOT TESTED: %s", what)
	}
	t.Skipf("NOT TESTED: %s; .ci/install gets what is missing, and under CI=true this fails", what)
}
