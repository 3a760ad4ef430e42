package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// A look-up that Ctrl-C ended says nothing of the name.
func TestInterruptedLookUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const url = "ws://does-not-exist.invalid/"
	for _, args := range [][]string{
		{"run", url, "--burst", "5"}, {"ceiling", url, "--of", "burst"}, {"gate", url, "--burst", "5", "--threshold", "error rate < 1%"},
		{"compare", url, url, "--burst", "5"}, {"calibrate", url, "--burst", "5"},
	} {
		t.Run(args[0], func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(ctx, append(append([]string{"stampede"}, args...), "--out", t.TempDir()), nil, &stdout, &stderr)
			if code != exitInconclusive || !strings.Contains(stderr.String(), "interrupted while the target's name was looked up") || stdout.Len() > 0 {
				t.Errorf("exit code %d, want %d; it said %q and %q", code, exitInconclusive, &stderr, &stdout)
			}
		})
	}
}
