package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

//go:embed completion/stampede.bash
var bashScript string

//go:embed completion/_stampede
var zshScript string

// fishNoFiles is what the library's script for fish lacks: where a command is
// wanted no file is offered.
const fishNoFiles = "complete -c stampede -n __fish_stampede_no_subcommand -f\n"

func completionCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print a script with which a shell completes commands, flags and file names",
		UsageText: "stampede completion bash|zsh|fish\n\n" +
			"   source <(stampede completion bash)\n" +
			"   stampede completion bash > ~/.local/share/bash-completion/completions/stampede\n" +
			"   stampede completion zsh > ~/.zsh/_stampede\n" +
			"   stampede completion fish > ~/.config/fish/completions/stampede.fish",
		Description: "For zsh the folder has to be in $fpath before compinit is called.",
		Subcommands: []*cli.Command{
			shellCommand(s, "bash", "source <(stampede completion bash)", func(*cli.App) (string, error) { return bashScript, nil }),
			shellCommand(s, "zsh", "stampede completion zsh > ~/.zsh/_stampede", func(*cli.App) (string, error) { return zshScript, nil }),
			shellCommand(s, "fish", "stampede completion fish > ~/.config/fish/completions/stampede.fish", fishScript),
		},
		Action: func(c *cli.Context) error {
			return fmt.Errorf("completion wants the name of a shell, bash, zsh or fish; got %q", c.Args().First())
		},
	}
}

// shellCommand prints the script for one shell.
func shellCommand(s streams, name, example string, script func(*cli.App) (string, error)) *cli.Command {
	return &cli.Command{
		Name:      name,
		Usage:     "print the script for " + name,
		UsageText: "stampede completion " + name + "\n\n   " + example,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("completion %s takes no argument, got %q", name, c.Args().First())
			}
			text, err := script(c.App)
			if err == nil {
				_, err = io.WriteString(s.out, text)
			}
			if err != nil {
				return fmt.Errorf("printing the script: %w", err)
			}
			return nil
		},
	}
}

func fishScript(app *cli.App) (string, error) {
	text, err := app.ToFishCompletion()
	return text + fishNoFiles, err
}
