//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stampede/internal/missing"
)

// completers ask a shell what it would offer for the last of its arguments, by
// the script that stampede prints for it: a line each, with a description
// behind a tab or a colon. bash and zsh are asked below their line editors,
// which go on to files where the script has no offer.
var completers = map[string]string{
	"bash": `
		source <(stampede completion bash)
		registered=$(complete -p stampede)
		[[ $registered =~ -F\ ([^ ]+) ]] || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		"${BASH_REMATCH[1]}" stampede
		if [[ ${#COMPREPLY[@]} = 0 && $registered == *"-o default"* ]]; then compgen -f; fi
		printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `
		compdef() { registered=$1 }
		_describe() { print -l -- ${(P)2} }
		_files() { print -l -- * }
		source <(stampede completion zsh)
		words=("$@") CURRENT=$#
		$registered`,
	"fish": `
		stampede completion fish | source
		complete -C (string join ' ' -- $argv[2..])`,
}

// shellOffers are what a shell offers, without descriptions.
func shellOffers(t *testing.T, shell string, words ...string) []string {
	t.Helper()
	c := exec.Command(shell, append([]string{"-c", completers[shell], shell}, words...)...)
	c.Dir, c.Env = t.TempDir(), append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
	if err := os.WriteFile(filepath.Join(c.Dir, "scenario.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		word, _, _ = strings.Cut(word, ":")
		list = append(list, word)
	}
	return list
}

func TestCompletionInShells(t *testing.T) {
	tests := []struct {
		name, words string // the last word, which may be empty, is completed
		want, not   []string
	}{
		{"commands", "stampede ", []string{"run", "probe", "completion", "man"}, []string{"worker", "scenario.yaml", "--burst"}},
		{"a command", "stampede re", []string{"report"}, []string{"run"}},
		{"a scenario", "stampede run ", []string{"scenario.yaml"}, []string{"probe"}},
		{"flags", "stampede run --", []string{"--burst", "--threshold", "--ca"}, []string{"--har", "scenario.yaml"}},
		{"a flag", "stampede run --bu", []string{"--burst"}, []string{"--rate"}},
		{"a flag behind the argument", "stampede run practice --bu", []string{"--burst"}, []string{"--rate"}},
		{"a flag behind another", "stampede probe -k --ha", []string{"--har"}, []string{"--header"}},
		{"a flag's file", "stampede run --ca ", []string{"scenario.yaml"}, []string{"--cert", "probe"}},
		{"an argument behind a flag's value", "stampede run --burst 10 ", []string{"scenario.yaml"}, []string{"probe"}},
		{"shells", "stampede completion ", []string{"bash", "zsh", "fish"}, []string{"run"}},
		{"an argument after the last flag", "stampede run -- ", []string{"scenario.yaml"}, []string{"--burst"}},
	}
	for shell := range completers {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				missing.Part(t, "completion in %s, which is not installed", shell)
			}
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					got := shellOffers(t, shell, strings.Split(test.words, " ")...)
					for _, w := range test.want {
						if !slices.Contains(got, w) {
							t.Errorf("%q offers %q, which lacks %s", test.words, got, w)
						}
					}
					for _, w := range test.not {
						if slices.Contains(got, w) {
							t.Errorf("%q offers %s among %q", test.words, w, got)
						}
					}
				})
			}
		})
	}
}
