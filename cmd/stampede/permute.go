package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// permute moves a command's flags before its arguments, since people write
// "run URL --burst 1000" and the flag library stops at the first argument.
// What follows "--" stays where it is. A last flag without its value stays the
// last, for the library to refuse.
func permute(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	command := app.Command(args[1])
	if command == nil {
		return args
	}
	var flags, rest []string
	for i := 2; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		flags = append(flags, canonical(command, a))
		if !takesValue(command, a) {
			continue
		}
		if i++; i == len(args) { // an argument put behind it would pass for its value
			return append(args[:2:2], flags...)
		}
		flags = append(flags, args[i])
	}
	return append(append(args[:2:2], flags...), rest...)
}

// canonical writes a flag by its first name: the library refuses a flag given
// by two of its names, as --header and -H.
func canonical(command *cli.Command, a string) string {
	name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
	for _, f := range command.Flags {
		if names := f.Names(); slices.Contains(names, name) {
			if hasValue {
				return "--" + names[0] + "=" + value
			}
			return "--" + names[0]
		}
	}
	return a
}

// takesValue reports whether the flag written as a is followed by its value.
func takesValue(command *cli.Command, a string) bool {
	name := strings.TrimLeft(a, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range command.Flags {
		for _, n := range f.Names() {
			if n == name {
				return !mayStandAlone(f)
			}
		}
	}
	return false
}

// mayStandAlone reports whether what follows the flag is no value of it.
func mayStandAlone(f cli.Flag) bool {
	if g, ok := f.(*cli.GenericFlag); ok {
		_, isAddress := g.Value.(*address)
		return isAddress
	}
	_, isBool := f.(*cli.BoolFlag)
	return isBool
}
