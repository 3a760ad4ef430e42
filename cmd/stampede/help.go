package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// manual splits a command's usage text into how it is called and the
// examples, which stand a line each behind an empty line.
func manual(usageText string) (synopsis string, examples []string) {
	synopsis, rest, _ := strings.Cut(usageText, "\n\n")
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line != "" {
			examples = append(examples, line)
		}
	}
	return synopsis, examples
}

// helpOf is the library's template for a command's help with the examples
// under a heading of their own, before the flags, which can be many.
func helpOf(template, usageText string) string {
	synopsis, examples := manual(usageText)
	text := "{{" + fmt.Sprintf("%q", synopsis) + "}}"
	if len(examples) > 0 {
		text += "\n\nEXAMPLES:\n   {{" + fmt.Sprintf("%q", strings.Join(examples, "\n   ")) + "}}"
	}
	return strings.Replace(template, `{{template "usageTemplate" .}}`, text, 1)
}

// dressHelp gives a command's help the form that all have.
func dressHelp(c *cli.Command) {
	c.HideHelpCommand = true // help is a command of the program, not of each command
	c.CustomHelpTemplate = helpOf(cli.CommandHelpTemplate, c.UsageText)
	for _, f := range c.Flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true // all are off by default
		}
	}
	for _, sub := range c.Subcommands {
		sub.OnUsageError = c.OnUsageError
		dressHelp(sub)
	}
}
