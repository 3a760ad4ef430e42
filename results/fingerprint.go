package results

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// IsAlso reports whether o is the same run: one of the same fingerprint that
// began at the same instant. What does not say when it began is taken at its word.
func (r *Result) IsAlso(o *Result) bool {
	return !r.StartedAt.IsZero() && r.StartedAt.Equal(o.StartedAt) && r.Fingerprint() == o.Fingerprint()
}

// Fingerprint returns a short name for where and how the run was made: runs
// with the same one were made on the same host and system, by the same
// scenario with the same load.
func (r *Result) Fingerprint() string {
	h := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(r.Environment)) {
		fmt.Fprintf(h, "%q=%q\n", k, r.Environment[k])
	}
	fmt.Fprintf(h, "%d %d %q %q %t", r.Planned, r.Timeout, r.Scenario, r.Load, r.TLS != nil)
	return hex.EncodeToString(h.Sum(nil)[:6])
}
