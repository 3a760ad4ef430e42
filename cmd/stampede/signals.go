package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// stopOnSignal returns a context that ends at the first SIGINT, SIGTERM or
// SIGHUP; the second ends the process at once, with what was written so far. A
// terminal that goes away hangs up twice, by its shell and by the kernel, so
// SIGHUP is never the second; and one that nohup keeps away stays away. Writing
// to a closed pipe is an error like any other, not the end: "| head" must
// not cost the result. Nobody looks at the signal, but it is not ignored, as
// what a program ignores its children do, too. release undoes all but that.
func stopOnSignal(ctx context.Context, stderr io.Writer) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	done := make(chan struct{})
	go func() { // ends with release
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case sig := <-signals:
				if n > 1 && sig == syscall.SIGHUP {
					continue
				}
				if n > 1 {
					os.Exit(exitInconclusive)
				}
				fmt.Fprintf(stderr, "\nstampede: %s: starting no more, closing what is open; once more ends at once\n", sig)
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// endings are the signals that ask the program to end.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
