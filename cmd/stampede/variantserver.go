package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
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
	at      *sitting
	running *foreground // nil: nothing runs in the foreground
	started bool        // by a command that has ended
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
			return v.fault("start", start, err, "")
		}
	}
	return v.await(ctx)
}

// stop ends what start started.
func (v *variantServer) stop() error {
	if v.running != nil {
		v.running.stop()
		v.running = nil
	}
	if !v.started {
		return nil
	}
	v.started = false
	return v.command(context.Background(), "stop", v.variant.Stop)
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

// command runs a command that ends, and fails if it did not end well.
func (v *variantServer) command(ctx context.Context, what string, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, commandEnd)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	var output lastWords
	c.Dir, c.Stdout, c.Stderr, c.WaitDelay = v.folder, &output, &output, time.Second
	detach(c)
	c.Cancel = func() error { return endGroup(c, true) }
	if err := c.Run(); err != nil {
		return v.fault(what, args, err, output.String())
	}
	return nil
}

// fault words what went wrong with a command: its program, as its arguments
// may be secrets, and the last it said.
func (v *variantServer) fault(what string, args []string, err error, output string) error {
	said := v.at.scenario.Masked(output)
	if said == "" {
		said = "it said nothing"
	}
	return fmt.Errorf("variant %s: %s (%s): %w: %s", v.variant.Name, what, args[0], err, said)
}

// await makes single handshakes until one succeeds.
func (v *variantServer) await(ctx context.Context) error {
	one := trial{load: []scenario.Shape{{Kind: scenario.KindBurst, Count: 1}}, hold: &scenario.Hold{}, workers: 1}
	var r *results.Result
	for until := time.Now().Add(variantStart); time.Now().Before(until); {
		var err error
		if r, err = v.at.try(ctx, one); err != nil || ctx.Err() != nil {
			return err
		}
		if r.Count(results.Selector{Kind: results.Established}) == 1 {
			return nil
		}
		if v.running != nil && v.running.over(awaitEvery) {
			return v.fault("start", v.variant.Start, fmt.Errorf("the server ended before it accepted a handshake: %w", v.running.err), v.running.output.String())
		}
		if v.running == nil {
			time.Sleep(awaitEvery)
		}
	}
	output := ""
	if v.running != nil {
		output = v.running.output.String()
	}
	return fmt.Errorf("variant %s: no handshake succeeded within %v of its start: %s; the server said: %s",
		v.variant.Name, variantStart, r.Outcomes[0].Outcome().Name(), v.at.scenario.Masked(output))
}

// foreground is a server that runs as long as we let it. err is set when done
// is closed.
type foreground struct {
	command *exec.Cmd
	output  lastWords
	done    chan struct{}
	err     error
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
			f.err = f.command.Wait()
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

// stop ends the server's process group, at last by force.
func (f *foreground) stop() {
	_ = endGroup(f.command, false) // it may have ended by itself
	if !f.over(variantEnd) {
		_ = endGroup(f.command, true)
		<-f.done
	}
}

// maxWords is how much of a command's output is kept.
const maxWords = 4 << 10

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
