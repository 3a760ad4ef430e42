//go:build linux

package main

import (
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A variant's server is started with the signals that a shell would give it.
func TestChildrenIgnoreNoSignal(t *testing.T) {
	_, release := stopOnSignal(t.Context(), io.Discard)
	defer release()
	out, err := exec.Command("grep", "SigIgn", "/proc/self/status").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, mask, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	ignored, err := strconv.ParseUint(mask, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	if ignored>>(syscall.SIGPIPE-1)&1 == 1 {
		t.Errorf("a child ignores SIGPIPE: %s", out)
	}
}
