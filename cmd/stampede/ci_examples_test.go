//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// pipelines are the snippets of examples/ci, and where each keeps the commands
// of its one job.
var pipelines = []struct {
	file     string
	commands func(t *testing.T, text []byte) []string
}{
	{"github-actions.yml", func(t *testing.T, text []byte) (commands []string) {
		var p struct {
			Jobs map[string]struct {
				Steps []struct {
					Run string `yaml:"run"`
				} `yaml:"steps"`
			} `yaml:"jobs"`
		}
		parsePipeline(t, text, &p)
		for _, s := range p.Jobs["gate"].Steps {
			commands = append(commands, s.Run)
		}
		return commands
	}},
	{"gitlab-ci.yml", func(t *testing.T, text []byte) []string {
		var p map[string]struct {
			Script []string `yaml:"script"`
		}
		parsePipeline(t, text, &p)
		return p["handshakes"].Script
	}},
}

func parsePipeline(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// The commands of the CI snippets do what they say: they pass a good server,
// fail one that answers 504, and leave the files that the snippets collect.
func TestLivePipelines(t *testing.T) {
	for _, p := range pipelines {
		for _, server := range []struct {
			name     string
			flags    []string
			code     int
			failures string
			summary  string
		}{
			{"good", nil, exitPass, `failures="0"`, "## PASS"},
			{"answers 504", []string{"--fault", "504=5%"}, exitFail, `failures="2"`, "## FAIL"},
		} {
			t.Run(p.file+"/"+server.name, func(t *testing.T) {
				practice := startPracticeServer(t, server.flags...)
				defer practice.stop(t)
				dir := pipelineDir(t)
				text, err := os.ReadFile(filepath.Join(dir, "examples/ci", p.file))
				if err != nil {
					t.Fatal(err)
				}
				code, summary := 0, ""
				for _, command := range p.commands(t, text) {
					if code == 0 && command != "" {
						code = runPipelineStep(t, dir, command, "TARGET=ws://"+practice.address+"/")
					}
				}
				if code != server.code {
					t.Fatalf("exit code %d, want %d", code, server.code)
				}
				summary = readText(t, filepath.Join(dir, "summary.md"))
				junit := readText(t, filepath.Join(dir, "stampede-junit.xml"))
				if !strings.HasPrefix(summary, server.summary) || !strings.Contains(junit, server.failures) {
					t.Errorf("summary:\n%s\nJUnit:\n%s", summary, junit)
				}
				checkXML(t, junit)
				if history := readText(t, filepath.Join(dir, "stampede-history.jsonl")); strings.Count(history, "\n") != 1 {
					t.Errorf("history of one run: %q", history)
				}
				if _, err := readResult(filepath.Join(dir, "stampede-result")); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// pipelineDir is a checkout that has the examples, and stampede in bin.
func pipelineDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "bin"), 0o755), os.Symlink(program(t), filepath.Join(dir, "bin/stampede"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runPipelineStep runs a step as CI does and returns its exit code.
func runPipelineStep(t *testing.T, dir, command string, env ...string) int {
	t.Helper()
	c := exec.Command("bash", "-e", "-o", "pipefail", "-c", command)
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "GITHUB_ACTIONS=true",
		"GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"), "BASELINE=")
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	t.Logf("$ %s\n%s", command, out)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkXML(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
