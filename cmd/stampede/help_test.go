//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/urfave/cli/v2"
)

// commandsOf are the commands that people see, with those under them, by what
// is typed to call them.
func commandsOf(app *cli.App) map[string]*cli.Command {
	all := map[string]*cli.Command{}
	var add func(path string, list []*cli.Command)
	add = func(path string, list []*cli.Command) {
		for _, c := range list {
			if !c.Hidden {
				all[path+c.Name] = c
				add(path+c.Name+" ", c.Subcommands)
			}
		}
	}
	add("stampede ", app.Commands)
	return all
}

// TestHelpIsUniform holds what each command says of itself to one form.
func TestHelpIsUniform(t *testing.T) {
	for path, c := range commandsOf(newApp(streams{})) {
		t.Run(path, func(t *testing.T) {
			synopsis, examples := manual(c.UsageText)
			if synopsis != path && !strings.HasPrefix(synopsis, path+" ") {
				t.Errorf("the usage text begins with %q, want %q, an empty line and examples, a line each", synopsis, path)
			}
			if len(examples) == 0 {
				t.Error("the usage text has no example")
			}
			for _, e := range examples {
				if !strings.Contains(e, path) {
					t.Errorf("%q is no example of it", e)
				}
			}
			checkSentence(t, "the command", c.Usage)
			for _, f := range c.Flags {
				checkSentence(t, "--"+f.Names()[0], f.(cli.DocGenerationFlag).GetUsage())
			}
		})
	}
}

// checkSentence holds a usage to be there, without a sentence's marks.
func checkSentence(t *testing.T, of, usage string) {
	t.Helper()
	if usage == "" || strings.HasSuffix(usage, ".") {
		t.Errorf("%s: usage %q, want a phrase that ends without a period", of, usage)
		return
	}
	first := []rune(usage)
	if len(first) > 1 && unicode.IsUpper(first[0]) && unicode.IsLower(first[1]) && !strings.HasPrefix(usage, "Host") {
		t.Errorf("%s: usage %q begins with a capital", of, usage)
	}
}

// TestHelpShowsExamples asks each command for help, as people do.
func TestHelpShowsExamples(t *testing.T) {
	for path, c := range commandsOf(newApp(streams{})) {
		t.Run(path, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(t.Context(), append(strings.Fields(path), "--help"), strings.NewReader(""), &out, &errs); code != exitPass || errs.Len() > 0 {
				t.Fatalf("exit code %d, %s", code, &errs)
			}
			synopsis, examples := manual(c.UsageText)
			want := "USAGE:\n   " + synopsis + "\n\nEXAMPLES:\n   " + strings.Join(examples, "\n   ") + "\n"
			if !strings.Contains(out.String(), want) {
				t.Errorf("help lacks\n%s\nit is\n%s", want, &out)
			}
		})
	}
}

// TestHelpExamplesParse gives every example to the program the way a shell
// does, in a folder with the files that examples name. What it would do is not
// done; what a run or a check would load is read whole.
func TestHelpExamplesParse(t *testing.T) {
	folder := folderWithExamples(t)
	writeCertificate(t, folder)
	if err := os.Rename(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "staging-ca.pem")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	for _, c := range commandsOf(newApp(streams{})) {
		_, examples := manual(c.UsageText)
		for _, e := range examples {
			t.Run(e, func(t *testing.T) {
				if err := parse(words(t, e)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

var redirection = regexp.MustCompile(`> ~?[^ ]*$`)

// words are the words of the stampede command of a shell's line.
func words(t *testing.T, line string) []string {
	t.Helper()
	line = redirection.ReplaceAllString(line, "")
	out, err := exec.Command("bash", "-c", `stampede() { printf '%s\0' stampede "$@" >&9; }; man() { cat; }; { `+line+`; } 9>&1 >/dev/null`).Output()
	if err != nil {
		t.Fatalf("bash: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// parse takes a command's words apart and reads its load, if it has one.
func parse(args []string) error {
	app := newApp(streams{in: strings.NewReader(""), out: new(bytes.Buffer), err: new(bytes.Buffer)})
	reached := false
	for _, c := range commandsOf(app) {
		c.Action = func(context *cli.Context) error {
			reached = true
			if c.Name == "run" || c.Name == "check" {
				_, err := load(context)
				return err
			}
			return nil
		}
	}
	if err := app.RunContext(context.Background(), permute(app, args)); err != nil {
		return err
	}
	if !reached {
		return fmt.Errorf("%q calls no command", args)
	}
	return nil
}
