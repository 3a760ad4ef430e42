package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"stampede/results"
)

// What a worker gathers before it writes a frame without waiting for the
// next tick. A sample is at most 40 KB, a frame so far under maxFrame.
const (
	newsAttempts = 512
	newsText     = 256 << 10 // bytes
)

// errDeserted is the end of a worker's commands before its run was over.
var errDeserted = errors.New("worker: nobody is left to report to")

// Work is a worker's whole life: it reads its assignment from in, makes its
// slice of the load and tells everything to out. It returns when in ends: at
// once after the report, or else within the two seconds that closing
// connections may take. When ctx ends it stops as it does on Command.Stop.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := &worker{out: newNewsWriter(out), stop: stop}
	commands := newCommandReader(in, maxCommand)
	config, err := w.assigned(commands)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	started, ended := make(chan int64, 1), make(chan error, 1)
	go func() { // ends with in, for which Work waits
		ended <- w.listen(commands, started)
	}()
	config.Recorder, config.Observe = w, ticker{w}
	config.Begin = func(lead time.Duration) (time.Time, error) { return w.begin(lead, started) }
	report, err := Run(ctx, config)
	if err != nil {
		w.news.Fault = err.Error()
	} else {
		w.news.Report = &report
	}
	w.flush()
	return errors.Join(err, w.failed, <-ended)
}

// worker is the sink and the observer of a worker's run: it gathers news.
type worker struct {
	out    *newsWriter
	news   News
	text   int // bytes of samples in news
	failed error
	stop   context.CancelFunc
}

// assigned reads the assignment; what is wrong with it is told to the leader too.
func (w *worker) assigned(commands *commandReader) (config Config, err error) {
	var a Assignment
	if err = commands.read(&a); err == nil {
		config, err = a.config()
	}
	if err == nil {
		return config, nil
	}
	err = fmt.Errorf("reading the assignment: %w", err)
	w.news.Fault = err.Error()
	w.flush()
	return config, err
}

// begin tells that everything is made and waits for the word to start.
func (w *worker) begin(lead time.Duration, started <-chan int64) (time.Time, error) {
	w.news.Lead, w.news.Usage = lead, &Usage{CPU: processCPU()}
	w.flush()
	at, ok := <-started
	if !ok {
		return time.Time{}, errDeserted
	}
	return atMonotonic(at)
}

// listen obeys commands until they end, which stops the run.
func (w *worker) listen(commands *commandReader, started chan<- int64) error {
	defer w.stop()
	defer close(started)
	for {
		var c Command
		if err := commands.read(&c); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("worker: reading a command: %w", err)
		}
		if c.Start != 0 {
			select {
			case started <- c.Start:
			default: // once is enough
			}
		}
		if c.Stop {
			w.stop()
		}
	}
}

// flush writes what was gathered. With nobody to read it, it is of no use to
// go on.
func (w *worker) flush() {
	if w.failed == nil {
		if w.failed = w.out.write(&w.news); w.failed != nil {
			w.stop()
		}
	}
	w.news = News{Attempts: w.news.Attempts[:0], Closes: w.news.Closes[:0], Samples: w.news.Samples[:0]}
	w.text = 0
}

// flushFull flushes what has grown to a frame's worth.
func (w *worker) flushFull() {
	most := max(len(w.news.Attempts), len(w.news.Closes), len(w.news.Warnings))
	if most >= newsAttempts || w.text >= newsText {
		w.flush()
	}
}

// Attempt implements Sink.
func (w *worker) Attempt(a *results.Attempt) {
	w.news.Attempts = append(w.news.Attempts, *a)
	w.flushFull()
}

// Close implements Sink.
func (w *worker) Close(c results.HeldClose) {
	w.news.Closes = append(w.news.Closes, c)
	w.flushFull()
}

// Sample implements Sink.
func (w *worker) Sample(o results.Outcome, text string) {
	w.news.Samples = append(w.news.Samples, Sample{o, text})
	w.text += len(text)
	w.flushFull()
}

// Warn implements Sink.
func (w *worker) Warn(text string, n int64) {
	w.news.Warnings = append(w.news.Warnings, results.Warning{Text: text, Count: n})
	w.flushFull()
}

// Note implements Sink.
func (w *worker) Note(text string) { w.news.Notes = append(w.news.Notes, text) }

// ticker is the worker's observer: the sink has the attempts already.
type ticker struct{ *worker }

// Attempt implements Observer.
func (ticker) Attempt(*results.Attempt) {}

// Tick implements Observer.
func (t ticker) Tick(l Live) {
	t.news.Usage = &Usage{InFlight: l.InFlight, Held: l.Held, Open: l.Open, CPU: processCPU()}
	t.flush()
}
