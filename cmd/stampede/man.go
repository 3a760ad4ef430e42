package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"
)

func manCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "man",
		Usage:     "print the manual page",
		UsageText: "stampede man\n\n   stampede man | man -l -\n   stampede man > ~/.local/share/man/man1/stampede.1",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("man takes no argument, got %q", c.Args().First())
			}
			if _, err := s.out.Write(md2man.Render([]byte(manual1(c.App)))); err != nil {
				return fmt.Errorf("printing the manual page: %w", err)
			}
			return nil
		},
	}
}

// manual1 is the manual page in Markdown. It is not the library's own, which
// leaves out what commands say beyond their flags.
func manual1(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s 1\n\n# NAME\n\n%s - %s\n\n", app.Name, app.Name, escapeMarkdown(app.Usage))
	b.WriteString("# SYNOPSIS\n\n")
	synopsis, _ := manual(app.UsageText)
	fmt.Fprintf(&b, "**%s**\n\n# COMMANDS\n\n", escapeMarkdown(synopsis))
	for _, c := range app.VisibleCommands() {
		if c.Name != "help" {
			writeCommand(&b, c)
		}
	}
	b.WriteString(manualEnd)
	return b.String()
}

// manualEnd is what belongs to no single command.
const manualEnd = `# EXIT STATUS

**0**
: Every threshold held.

**1**
: A threshold failed, or no handshake at all was established.

**2**
: A mistake in the command or the scenario; nothing was sent.

**3**
: Inconclusive: too few samples, no data, interrupted, or a result that could not be written.

**4**
: Generator-limited: the run measured this machine, not the server.

# ENVIRONMENT

**NO_COLOR**
: If set to anything, no colours are printed.

**TERM**
: If *dumb*, neither colours nor progress are.

**HTTPS_PROXY**, **NO_PROXY**
: Which proxy a target is reached through, if the scenario says *proxy: environment*. Ignored otherwise.

Any other variable is read where a scenario says *${NAME}*.

# FILES

**stampede-results/NAME-TIME/**
: What a run leaves, unless --out names another folder: result.json, report.html and, with --csv, attempts.csv.
`

func writeCommand(w io.Writer, c *cli.Command) {
	synopsis, examples := manual(c.UsageText)
	fmt.Fprintf(w, "## %s\n\n**%s**\n\n%s.\n\n", c.Name, escapeMarkdown(synopsis), escapeMarkdown(upper(c.Usage)))
	if c.Description != "" {
		fmt.Fprintf(w, "%s\n\n", escapeMarkdown(c.Description))
	}
	for i, e := range examples {
		if i == 0 {
			fmt.Fprint(w, "Examples:\n\n")
		}
		fmt.Fprintf(w, "    %s\n", e)
	}
	fmt.Fprintln(w)
	flags := slices.Clone(c.VisibleFlags())
	slices.SortStableFunc(flags, func(a, b cli.Flag) int { return cmp.Compare(category(a), category(b)) })
	last := ""
	for _, f := range flags {
		if now := category(f); now != last {
			fmt.Fprintf(w, "%s:\n\n", now)
			last = now
		}
		writeFlag(w, f)
	}
}

// category is the heading a flag stands under; most have none, and come first.
func category(f cli.Flag) string {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return c.GetCategory()
	}
	return ""
}

// writeFlag writes a flag as the library's help has it: its names, a tab, and
// what it does.
func writeFlag(w io.Writer, f cli.Flag) {
	names, usage, _ := strings.Cut(f.String(), "\t")
	fmt.Fprintf(w, "**%s**\n: %s\n\n", escapeMarkdown(names), escapeMarkdown(usage))
}

// upper begins a sentence with a capital.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

var markdownMarks = strings.NewReplacer("*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "`", "\\`", "[", `\[`, "]", `\]`, "|", `\|`)

func escapeMarkdown(text string) string { return markdownMarks.Replace(text) }
