//go:build linux

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stampede/scenario"
)

const readme = "../../README.md"

// figure is what varies from run to run: a number with its unit, whether it
// is known, above the deadline (> 3 s) or withheld (needs n ≥ 3,688).
// Everything else must be as the README shows it.
var figure = regexp.MustCompile(`(> |needs n ≥ )?\d[\d.,]*( (ns|µs|ms|s|min( \d+ s)?|%)\b)?`)

// verbatim are lines whose figures do not vary.
var verbatim = regexp.MustCompile(`^exit code |\.yaml:\d+:\d+: `)

// shownLines are the lines of an output that are not empty.
func shownLines(output string) []string {
	return slices.DeleteFunc(strings.Split(output, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
}

// normalise makes two runs' output comparable: figures become N, columns one
// blank, empty lines nothing.
func normalise(output string) []string {
	lines := shownLines(output)
	for i, line := range lines {
		line = strings.Join(strings.Fields(line), " ")
		if !verbatim.MatchString(line) {
			line = figure.ReplaceAllString(line, "N")
		}
		lines[i] = line
	}
	return lines
}

// block is a fenced code block.
type block struct{ language, text string }

func blocks(t *testing.T, document string) []block {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	parts := strings.Split(string(text), "\n```")
	for i := 1; i+1 < len(parts); i += 2 {
		language, body, _ := strings.Cut(parts[i], "\n")
		list = append(list, block{language, body})
	}
	return list
}

// step is a command of a terminal session and what it printed.
type step struct{ command, output string }

func steps(session string) []step {
	var list []step
	for line := range strings.Lines(session + "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			list = append(list, step{command: strings.TrimSpace(command)})
		} else if len(list) > 0 {
			list[len(list)-1].output += line
		}
	}
	return list
}

// TestReadmeSessions runs the README's terminal sessions, in a folder of
// their own that has the examples, and compares what they print, standard
// error among it. A line of … stands for any lines.
func TestReadmeSessions(t *testing.T) {
	ran := 0
	for _, b := range blocks(t, readme) {
		if !strings.HasPrefix(b.text, "$ stampede") {
			continue
		}
		ran++
		folder := folderWithExamples(t)
		for _, s := range steps(b.text) {
			t.Run(s.command, func(t *testing.T) {
				out := runStep(t, s.command, folder)
				if _, ok := align(normalise(out), normalise(s.output)); !ok {
					t.Errorf("the README shows otherwise (-README +run):\n%s", cmp.Diff(normalise(s.output), normalise(out)))
				}
			})
		}
	}
	if ran < 3 {
		t.Errorf("%d sessions found, want at least 3", ran)
	}
}

// folderWithExamples is an empty folder but for the examples.
func folderWithExamples(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(folder, "examples")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// runStep runs a command of a session, whatever its exit code, and returns
// what it printed, standard error among it.
func runStep(t *testing.T, command, folder string, environment ...string) string {
	t.Helper()
	c := exec.Command("bash", "-c", command)
	c.Dir, c.Env = folder, append(os.Environ(), environment...)
	out, err := c.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out)
}

// align finds each of the lines wanted among those that are there, in order:
// place has the index of each in got. A … in want is any number of lines, and
// has the index -1.
func align(got, want []string) (place []int, ok bool) {
	if len(want) == 0 {
		return nil, len(got) == 0
	}
	if want[0] != "…" {
		if len(got) == 0 || got[0] != want[0] {
			return nil, false
		}
		rest, ok := align(got[1:], want[1:])
		return shifted(0, rest, 1), ok
	}
	for i := range len(got) + 1 {
		if rest, ok := align(got[i:], want[1:]); ok {
			return shifted(-1, rest, i), true
		}
	}
	return nil, false
}

// shifted is first and the places behind it, which were counted from by on.
func shifted(first int, places []int, by int) []int {
	all := []int{first}
	for _, p := range places {
		if p >= 0 {
			p += by
		}
		all = append(all, p)
	}
	return all
}

// TestReadmeScenarios holds the README's YAML to be valid scenarios.
func TestReadmeScenarios(t *testing.T) {
	found := 0
	for _, b := range blocks(t, readme) {
		if b.language != "yaml" {
			continue
		}
		found++
		o := scenario.Options{File: "README.md", Env: func(string) (string, bool) { return "a value", true }, ReadFile: readmeFile(t)}
		if _, err := scenario.Parse([]byte(b.text), o); err != nil {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Error("no scenario found")
	}
}

// readmeFile reads the files that the README's scenarios name.
func readmeFile(t *testing.T) func(name string) ([]byte, error) {
	dir := t.TempDir()
	writeCertificate(t, dir)
	return func(name string) ([]byte, error) {
		switch name {
		case "staging-ca.pem":
			return os.ReadFile(filepath.Join(dir, "cert.pem"))
		case "users.csv":
			return []byte("id,sid\n1,first\n2,second\n"), nil
		}
		return nil, fs.ErrNotExist
	}
}

// TestReadmeNamesFlags holds the README, with what it links to for scenarios,
// and the run command to the same flags for the target, so that neither gains
// one the other lacks.
func TestReadmeNamesFlags(t *testing.T) {
	var text []byte
	for _, document := range []string{readme, "../../docs/scenario.md"} {
		part, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	known := map[string]bool{}
	for _, c := range newApp(streams{}).Commands {
		for _, f := range c.Flags {
			for _, name := range f.Names() {
				known[name] = true
			}
		}
	}
	for _, m := range regexp.MustCompile("`--?([a-z0-9-]+)").FindAllStringSubmatch(string(text), -1) {
		if !known[m[1]] {
			t.Errorf("the README names --%s, which no command has", m[1])
		}
	}
	for _, name := range []string{"ca", "cert", "key", "server-name", "insecure", "resumption", "connect-to", "host", "proxy", "proxy-protocol", "subprotocol", "extension"} {
		if !strings.Contains(string(text), "`--"+name+"`") {
			t.Errorf("no table of targets has --%s", name)
		}
	}
}

// TestReadmeNamesEverything holds the README to name each command that is not
// hidden, and each exit code.
func TestReadmeNamesEverything(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newApp(streams{}).Commands {
		if !c.Hidden && !strings.Contains(string(text), "| `stampede "+c.Name) {
			t.Errorf("the README's table lacks the command %s", c.Name)
		}
	}
	for _, row := range []string{"| 0 |", "| 1 |", "| 2 |", "| 3 |", "| 4 |"} {
		if !strings.Contains(string(text), row) {
			t.Errorf("the README's exit codes lack %s", row)
		}
	}
}

func TestReadmeMatching(t *testing.T) {
	tests := []struct {
		name      string
		got, want string
		match     bool
	}{
		{"figures vary", "p50 1.5 ms 10", "p50 88 µs 9", true},
		{"withheld or above", "max > 3 s", "max needs n ≥ 3,688", true},
		{"columns vary", "a   b", "a b", true},
		{"words do not", "PASS 1", "FAIL 1", false},
		{"exit codes do not", "exit code 1", "exit code 0", false},
		{"places do not", "a.yaml:3:4: x", "a.yaml:3:5: x", false},
		{"more lines", "a\nb", "a", false},
		{"fewer lines", "a", "a\nb", false},
		{"any lines", "a\nb\nc", "a\n…", true},
		{"any lines between", "a\nb\nc", "a\n…\nc", true},
		{"any lines, then another", "a\nb\nc", "a\n…\nd", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, got := align(normalise(test.got), normalise(test.want)); got != test.match {
				t.Errorf("matches: %v, want %v", got, test.match)
			}
		})
	}
}
