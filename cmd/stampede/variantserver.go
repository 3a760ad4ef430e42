package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"stampede/results"
	"stampede/scenario"
)

const (
	variantStart = 30 * time.Second // for a started server to accept a handshake
	variantEnd   = 10 * time.Second // for it to end once it was told to
	commandEnd   = time.Minute      // for any other command
	awaitEvery   = 100 * time.Millisecond
)

// variantServer is the server of a variant, started and ended by its commands.
type variantServer struct {
	variant scenario.Variant
	folder  string // of the scenario, where commands run
	dir     string // the result's directory, which what commands say is kept in
	at      *sitting
	running *foreground // nil: nothing runs in the foreground
	started bool        // by a command that has ended
}

// startFor is start for a result, beside which what the server says is kept.
// Whoever answers in the place of a server that is to run in the foreground, as one
// left over from before, would be measured for it.
func (v *variantServer) startFor(ctx context.Context, dir *resultDir) error {
	v.dir = dir.path
	if len(v.variant.Start) > 0 && len(v.variant.Stop) == 0 && v.at.child == nil {
		if _, established, err := v.tryOne(ctx); err != nil || established {
			return cmp.Or(err, v.fault("start", v.variant.Start, "not run: something answers handshakes with its target already", ""))
		}
	}
	return v.start(ctx)
}

// start runs the variant's start command, and waits until its target accepts a
// handshake.
func (v *variantServer) start(ctx context.Context) (err error) {
	switch start := v.variant.Start; {
	case len(start) == 0:
		return nil
	case len(v.variant.Stop) > 0:
		if err := v.command(ctx, "start", start); err != nil {
			return err
		}
		v.started = true
	default:
		if v.running, err = startForeground(start, v.folder); err != nil {
			return v.fault("start", start, err.Error(), "")
		}
	}
	return v.await(ctx)
}

// stop ends what start started. That a server had ended before it was told to
// is an error.
func (v *variantServer) stop() error {
	if err := v.died(); err != nil {
		return err
	}
	if f := v.running; f != nil {
		v.running = nil
		f.stop()
		if err := v.keep("start", f.output.String()); err != nil {
			return err
		}
	}
	if !v.started {
		return nil
	}
	v.started = false
	return v.command(context.Background(), "stop", v.variant.Stop)
}

// endWith adds what failed at the end of a command to what it came to. Where
// that is a verdict, which has been told, its exit code stays, unless it is a
// pass.
func endWith(err *error, failed error) {
	var verdict *exitError
	switch {
	case failed == nil:
	case *err == nil:
		*err = kept(exitPass, failed, nil)
	case errors.As(*err, &verdict) && verdict.cause == nil:
		*err = kept(verdict.code, failed, nil)
	default:
		*err = errors.Join(*err, failed)
	}
}

// died reports that a server in the foreground ended by itself, with the last
// it said. It is told once: afterwards there is no server. nil: it runs, or is
// none.
func (v *variantServer) died() error {
	if v == nil || v.running == nil || !v.running.ended() {
		return nil
	}
	return &exitError{exitInconclusive, v.lost("the server ended by itself")}
}

// lost gives up a server in the foreground that has ended.
func (v *variantServer) lost(how string) error {
	f := v.running
	v.running = nil
	_ = endGroup(f.command, true) // what it may have left behind
	return v.fault("start", v.variant.Start, how+": "+f.command.ProcessState.String(), f.output.String())
}

// restart makes the server start anew.
func (v *variantServer) restart(ctx context.Context) error {
	if len(v.variant.Restart) > 0 {
		if err := v.command(ctx, "restart", v.variant.Restart); err != nil {
			return err
		}
		return v.await(ctx)
	}
	if err := v.stop(); err != nil {
		return err
	}
	return v.start(ctx)
}

// command runs a command that ends, and fails if it did not end well. What it
// says goes to a file and not through a pipe: a server that it leaves running
// may hold on to that, and would die of a pipe that nobody reads.
func (v *variantServer) command(ctx context.Context, what string, args []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, commandEnd, fmt.Errorf("it did not end within %v", commandEnd))
	defer cancel()
	said, err := os.CreateTemp("", "stampede-"+what)
	if err != nil {
		return fmt.Errorf("variant %s: %s: %w", v.variant.Name, what, err)
	}
	defer func() { _ = errors.Join(said.Close(), os.Remove(said.Name())) }() // of no use to anybody any more
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir, c.Stdout, c.Stderr = v.folder, said, said
	detach(c)
	c.Cancel = func() error { return endGroup(c, true) }
	failed := c.Run()
	var output lastWords
	if _, err := said.Seek(0, io.SeekStart); err == nil {
		_, _ = io.Copy(&output, said) // what can be read of it
	}
	if failed != nil {
		return v.fault(what, args, cmp.Or(context.Cause(ctx), failed).Error(), output.String())
	}
	return v.keep(what, output.String())
}

// commandError is a command of a variant that went wrong: its program, as its
// arguments may be secrets, why, and the last it said.
type commandError struct{ variant, what, program, why, said string }

func (e *commandError) Error() string { return e.reason() + ": " + e.said }

// reason is the error without what the command said.
func (e *commandError) reason() string {
	return fmt.Sprintf("variant %s: %s (%s): %s", e.variant, e.what, e.program, e.why)
}

// fault is what went wrong with a command, whose output is kept.
func (v *variantServer) fault(what string, args []string, why, output string) error {
	said := cmp.Or(v.masked(output), "it said nothing")
	if n := len(said) - maxTold; n > 0 {
		said = "… " + strings.ToValidUTF8(said[n:], "")
	}
	return errors.Join(&commandError{v.variant.Name, what, args[0], why, said}, v.keep(what, output))
}

// masked is what a command said, secrets masked.
func (v *variantServer) masked(output string) string {
	return v.at.scenario.Masked(v.variant.Masked(output))
}

// keep appends what a command said to servers/NAME.log of the result, secrets
// masked.
func (v *variantServer) keep(what, output string) error {
	if v.dir == "" || output == "" {
		return nil
	}
	path := filepath.Join(v.dir, "servers", fileName(v.variant.Name)+".log")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keeping what a server said: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keeping what a server said: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %s:\n%s\n", time.Now().UTC().Format(time.RFC3339), what, v.masked(output))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keeping what a server said: %w", err)
	}
	return nil
}

// await makes single handshakes until one succeeds.
func (v *variantServer) await(ctx context.Context) error {
	last := ""
	for until := time.Now().Add(variantStart); time.Now().Before(until); {
		ended, established, err := v.tryOne(ctx)
		if err != nil || established || ctx.Err() != nil {
			return err
		}
		last = ended
		if v.running != nil && v.running.over(awaitEvery) {
			return v.lost("the server ended before it accepted a handshake")
		}
		if v.running == nil {
			time.Sleep(awaitEvery)
		}
	}
	output := ""
	if v.running != nil {
		output = v.running.output.String()
	}
	what, args := "start", v.variant.Start
	if len(args) == 0 {
		what, args = "restart", v.variant.Restart
	}
	return v.fault(what, args, fmt.Sprintf("no handshake succeeded within %v, the last: %s", variantStart, last), output)
}

// tryOne makes a single handshake, and says what it ended in.
func (v *variantServer) tryOne(ctx context.Context) (ended string, established bool, err error) {
	r, err := v.at.try(ctx, single())
	if err != nil || len(r.Outcomes) == 0 { // interrupted
		return "", false, err
	}
	o := r.Outcomes[0].Outcome()
	return o.Name(), o.Kind == results.Established, nil
}

// foreground is a server that runs as long as we let it.
type foreground struct {
	command *exec.Cmd
	output  lastWords
	done    chan struct{} // closed when it has ended
}

// startForeground starts a server in a process group of its own.
func startForeground(args []string, folder string) (*foreground, error) {
	f := &foreground{command: exec.Command(args[0], args[1:]...), done: make(chan struct{})}
	f.command.Dir, f.command.Stdout, f.command.Stderr, f.command.WaitDelay = folder, &f.output, &f.output, time.Second
	detach(f.command)
	endWithUs(f.command)
	began := make(chan error)
	go func() { // ends with the server, which stop waits for
		// The kernel ends the server when the thread that started it is gone,
		// so this one is kept until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := f.command.Start()
		began <- err
		if err == nil {
			_ = f.command.Wait() // how it ended is in the command's state
			close(f.done)
		}
	}()
	if err := <-began; err != nil {
		return nil, err
	}
	return f, nil
}

// over reports whether the server ends within d.
func (f *foreground) over(d time.Duration) bool {
	select {
	case <-f.done:
		return true
	case <-time.After(d):
		return false
	}
}

// ended reports whether the server has ended.
func (f *foreground) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// stop ends the server's process group, at last by force.
func (f *foreground) stop() {
	_ = endGroup(f.command, false) // it may have ended by itself
	if !f.over(variantEnd) {
		_ = endGroup(f.command, true)
		<-f.done
	}
}

const (
	maxWords = 64 << 10 // how much of a command's output is kept, the last of it
	maxTold  = 4 << 10  // and is told with an error
)

// lastWords keeps the last of what a command said. It may be written to and
// read at once.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer; it never fails.
func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if n := len(l.text) - maxWords; n > 0 {
		l.text = append(l.text[:0], l.text[n:]...)
	}
	return len(p), nil
}

func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.text))
}
