//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"stampede/internal/missing"
)

// TestManPage has every command with its examples and every flag, and man
// draws it without a warning.
func TestManPage(t *testing.T) {
	var page, errs bytes.Buffer
	if code := run(t.Context(), []string{"stampede", "man"}, strings.NewReader(""), &page, &errs); code != exitPass {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	if _, err := exec.LookPath("man"); err != nil {
		missing.Part(t, "the manual page, as man is not installed")
	}
	c := exec.Command("man", "--warnings", "-l", "-")
	c.Env = append(c.Environ(), "MANWIDTH=200", "MANROFFOPT=-c", "LC_ALL=C.UTF-8")
	var drawn, warnings bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = &page, &drawn, &warnings
	if err := c.Run(); err != nil || warnings.Len() > 0 {
		t.Fatalf("man: %v\n%s", err, &warnings)
	}
	text := strings.Join(strings.Fields(drawn.String()), " ")
	for _, heading := range []string{"NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"} {
		if !strings.Contains(text, heading) {
			t.Errorf("the page has no %s", heading)
		}
	}
	app := newApp(streams{})
	for _, command := range app.Commands {
		if command.Hidden {
			continue
		}
		_, wanted := manual(command.UsageText)
		for _, f := range command.Flags {
			wanted = append(wanted, "--"+f.Names()[0], strings.ReplaceAll(f.(cli.DocGenerationFlag).GetUsage(), "`", "")) // which only name the value
		}
		for _, want := range append(wanted, command.Usage[1:]) {
			if want = strings.Join(strings.Fields(want), " "); !strings.Contains(text, want) {
				t.Errorf("the page says nothing of %s: %q", command.Name, want)
			}
		}
	}
}
