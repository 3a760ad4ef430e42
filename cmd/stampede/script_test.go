//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// patience bounds every wait of a script. It is never the thing asserted.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	// Under the race detector every process would sleep a second at its end.
	os.Setenv("GORACE", strings.TrimSpace(os.Getenv("GORACE")+" atexit_sleep_ms=0"))
	testscript.Main(m, map[string]func(){"stampede": main})
}

// TestScripts runs the program as people do: testdata/script has a file a
// topic. Beside testscript's own commands there are those of scriptCommands.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Cmds:                scriptCommands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			c := &cast{processes: map[string]*process{}, servers: map[string]server{}}
			e.Values[castKey{}] = c
			e.Defer(c.stop)
			return nil
		},
	})
}

// scriptCommands are the words scripts have beside testscript's own.
//
//	exits CODE PROGRAM [ARG...]     run it; it must exit with exactly CODE. One that says this host was the
//	                                limit is run again, twice at most
//	start NAME PROGRAM [ARG...]     run it in the background, into NAME.out and NAME.err
//	signal SIGNAL NAME              send INT, TERM or KILL
//	ended NAME CODE|killed          wait for it; it must have ended so
//	await FILE PATTERN              wait until the file's text contains PATTERN
//	awaitjson FILE PATH WANT        wait until json would be satisfied
//	child NAME VAR                  set VAR to the process id of its one child
//	children NAME N VAR             set VAR0 … to the process ids of its N children
//	gone PID                        wait until no such process runs
//	practice NAME [FLAG...]         start a practice server; $NAME is its URL, $NAME_ADDR its host:port
//	faulty NAME MANNER [ADDRESS]    start a server with a fault (see manners); variables as above
//	freeport VAR                    set VAR to a port that nobody listens at
//	closedport NAME                 a port that refuses and stays that way; variables as above
//	counts NAME FILE                stop a server and write what it counted, as JSON
//	json FILE PATH WANT             the value at PATH must be WANT
//	balanced FILE                   arrivals must be the sum of the outcomes, and not none
//
// PATH is keys, indexes and KEY=VALUE (the first element of a list that has
// it; several with commas) with slashes between, and at the end len for a
// list's length. WANT is a value, absent, or a number after >= or <=. A
// file's name may be a pattern that fits one file; json also demands that
// the file holds one JSON document and nothing else.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":      command(2, -1, exits),
	"start":      command(2, -1, startProcess),
	"signal":     command(2, 2, signalProcess),
	"ended":      command(2, 2, ended),
	"await":      command(2, 2, await),
	"awaitjson":  command(3, 3, awaitJSON),
	"child":      command(2, 2, func(ts *testscript.TestScript, args []string) { ts.Setenv(args[1], childrenOf(ts, args[0], 1)[0]) }),
	"children":   command(3, 3, setChildren),
	"gone":       command(1, 1, gone),
	"practice":   command(1, -1, startServer),
	"faulty":     command(2, 3, startFaulty),
	"freeport":   command(1, 1, setFreePort),
	"closedport": command(1, 1, closedPort),
	"counts":     command(2, 2, writeCounts),
	"json":       command(3, 3, func(ts *testscript.TestScript, args []string) { ts.Check(checkJSON(ts, args)) }),
	"balanced":   command(1, 1, balanced),
}

// command wraps a script command that takes from least to most arguments
// (most < 0: any number) and can't be negated.
func command(least, most int, do func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least || (most >= 0 && len(args) > most) {
			ts.Fatalf("not used as its description says")
		}
		do(ts, args)
	}
}

// cast is what a script has running beside itself.
type cast struct {
	processes map[string]*process
	servers   map[string]server
}

type castKey struct{}

func castOf(ts *testscript.TestScript) *cast { return ts.Value(castKey{}).(*cast) }

// stop ends whatever a script left running.
func (c *cast) stop() {
	for _, p := range c.processes {
		_ = p.command.Process.Kill()
		<-p.done
	}
	for _, s := range c.servers {
		_, _ = s.stop()
	}
}

func exits(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := statusOf(ts, args[1:])
	for range 2 {
		if got != exitGeneratorLimited || want == exitGeneratorLimited {
			break
		}
		ts.Logf("this host was too slow to judge: once more")
		got = statusOf(ts, args[1:])
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// statusOf runs a program to its end and says its exit status.
func statusOf(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}

// process is a program in the background. err is set when done is closed.
type process struct {
	command *exec.Cmd
	done    chan struct{}
	err     error
}

func startProcess(ts *testscript.TestScript, args []string) {
	p := &process{command: exec.Command(args[1], args[2:]...), done: make(chan struct{})}
	p.command.Dir = ts.MkAbs(".")
	for ending, stream := range map[string]*io.Writer{".out": &p.command.Stdout, ".err": &p.command.Stderr} {
		f, err := os.Create(ts.MkAbs(args[0] + ending))
		ts.Check(err)
		defer f.Close() // the process has its own descriptor
		*stream = f
	}
	ts.Check(p.command.Start())
	castOf(ts).processes[args[0]] = p
	go func() { // ends with the process, for which cast.stop waits
		p.err = p.command.Wait()
		close(p.done)
	}()
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := castOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

func signalProcess(ts *testscript.TestScript, args []string) {
	number := unix.SignalNum("SIG" + args[0])
	if number == 0 {
		ts.Fatalf("unknown signal %s", args[0])
	}
	ts.Check(processOf(ts, args[1]).command.Process.Signal(number))
}

func ended(ts *testscript.TestScript, args []string) {
	p := processOf(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s still runs after %v", args[0], patience)
	}
	state := p.command.ProcessState
	if state.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL && args[1] == "killed" {
		return
	}
	if strconv.Itoa(state.ExitCode()) != args[1] {
		ts.Fatalf("%s ended with %v, want %s; it said: %s", args[0], state, args[1], ts.ReadFile(args[0]+".err"))
	}
}

// eventually waits until check has no complaint.
func eventually(ts *testscript.TestScript, check func() error) {
	var err error
	for start := time.Now(); time.Since(start) < patience; time.Sleep(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	ts.Fatalf("after %v: %v", patience, err)
}

func await(ts *testscript.TestScript, args []string) {
	eventually(ts, func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && !bytes.Contains(text, []byte(args[1])) {
			err = fmt.Errorf("%s has no %q", args[0], args[1])
		}
		return err
	})
}

func awaitJSON(ts *testscript.TestScript, args []string) {
	eventually(ts, func() error { return checkJSON(ts, args) })
}

func setChildren(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i, pid := range childrenOf(ts, args[0], n) {
		ts.Setenv(args[2]+strconv.Itoa(i), pid)
	}
}

// childrenOf waits until the process has n children, whose ids it returns.
func childrenOf(ts *testscript.TestScript, name string, n int) (children []string) {
	pid := processOf(ts, name).command.Process.Pid
	eventually(ts, func() error {
		files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		children = nil
		for _, f := range files {
			text, _ := os.ReadFile(f) // a thread may just have ended
			children = append(children, strings.Fields(string(text))...)
		}
		if len(children) != n {
			return errors.Join(err, fmt.Errorf("%s has %d children", name, len(children)))
		}
		return nil
	})
	return children
}

func gone(ts *testscript.TestScript, args []string) {
	eventually(ts, func() error {
		text, err := os.ReadFile(filepath.Join("/proc", args[0], "stat"))
		if _, state, _ := strings.Cut(string(text), ") "); err != nil || strings.HasPrefix(state, "Z") {
			return nil
		}
		return fmt.Errorf("process %s still runs", args[0])
	})
}
