package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completeCommand answers the scripts of the completion command: behind "--"
// are the words of a command line so far, and it prints what may stand in
// place of the last, a line each, with a tab before what that means. No answer
// means a file, or a value only the user knows. (The library has an answer of
// its own, which panics on half a flag where short options may be joined.)
func completeCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:            "complete",
		Usage:           "say what may come next on a command line",
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			args := c.Args().Slice()
			if len(args) < 2 || args[0] != "--" {
				return fmt.Errorf("complete wants -- and the words so far, got %q", args)
			}
			for _, o := range offers(c.App, args[1:]) {
				if _, err := fmt.Fprintf(s.out, "%s\t%s\n", o.word, o.means); err != nil {
					return fmt.Errorf("printing what may come next: %w", err)
				}
			}
			return nil
		},
	}
}

// offer is a word that may come next.
type offer struct{ word, means string }

// offers are what may stand in place of the last of words, which are those
// behind the program's name. There is at least one.
func offers(app *cli.App, words []string) []offer {
	before, last := words[:len(words)-1], words[len(words)-1]
	if slices.Contains(before, "--") {
		return nil
	}
	commands, flags := app.VisibleCommands(), app.VisibleFlags()
	for len(before) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(before[0]) })
		if i < 0 {
			break
		}
		c := commands[i]
		if len(before) > 1 && takesValue(c, before[len(before)-1]) {
			return nil
		}
		commands, flags, before = c.Subcommands, append(c.VisibleFlags(), cli.HelpFlag), before[1:]
	}
	switch {
	case strings.HasPrefix(last, "-"):
		return flagOffers(flags, last)
	case len(before) > 0:
		return nil // an argument, which stands where a command could have stood
	}
	return commandOffers(commands, last)
}

func commandOffers(commands []*cli.Command, start string) (list []offer) {
	for _, c := range commands {
		if !c.Hidden && strings.HasPrefix(c.Name, start) {
			list = append(list, offer{c.Name, c.Usage})
		}
	}
	return list
}

// flagOffers leaves short names out: they are as quickly typed.
func flagOffers(flags []cli.Flag, start string) (list []offer) {
	for _, f := range flags {
		if name := "--" + f.Names()[0]; strings.HasPrefix(name, start) {
			list = append(list, offer{name, f.(cli.DocGenerationFlag).GetUsage()})
		}
	}
	return list
}
