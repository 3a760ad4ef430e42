package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

const (
	readyTimeout = 20 * time.Second      // for all workers to have made everything
	endTimeout   = 5 * time.Second       // for workers to end that are not needed after all
	startMargin  = 20 * time.Millisecond // for the start to reach every worker
)

// Lead makes the load a describes with workers that run, each an equal slice
// of it, and tells sink and observe what Run would have told them, so that a
// recorder has the same of either. It ends every worker. When ctx ends, all
// stop as Run does. The error is for a run that could not begin; nothing was
// sent then.
//
// A worker that is lost on the way takes no arrival with it: those of its
// slice it had not reported end as local, and the report has a broken check.
func Lead(ctx context.Context, a Assignment, peers []Peer, sink Sink, observe Observer) (Report, error) {
	c := &crew{sink: sink, observe: observe, news: make(chan workerNews, 4*len(peers))}
	whole := a
	whole.Protocol, whole.First, whole.Stride = workerProtocol, 0, 0
	config, err := whole.config()
	if err == nil {
		c.config = &config
		c.told = newNumberSet(config.Schedule.Len())
	}
	for i := range peers {
		c.workers = append(c.workers, &crewWorker{Peer: peers[i], number: i})
		go c.listen(c.workers[i]) // ends with the worker's stream; finish waits for it
	}
	if err == nil {
		err = c.assign(whole)
	}
	if err == nil {
		err = c.await()
	}
	if err != nil {
		c.disband()
		return Report{}, fmt.Errorf("starting %d workers: %w", len(peers), err)
	}
	c.drive(ctx)
	return c.report, nil
}

// crew is a run's workers as their leader sees them. One goroutine owns it.
type crew struct {
	config  *Config
	workers []*crewWorker
	news    chan workerNews
	sink    Sink
	observe Observer
	told    numberSet // arrivals that were reported
	open    int64     // the most sockets in use at one moment
	report  Report    // of the whole run
}

// crewWorker is one of them.
type crewWorker struct {
	Peer
	number int
	usage  Usage
	open   int64 // established connections whose end it has not reported
	silent int   // looks at the host since its last news
	report *Report
	fault  string
	gone   bool // its stream has ended
	goneAt time.Duration
	cause  error // what was wrong with its stream, or its silence
}

// workerNews is what came from a worker; err instead of news is its last.
type workerNews struct {
	worker *crewWorker
	news   *News
	err    error
}

// listen passes a worker's news on, to the end of its stream.
func (c *crew) listen(w *crewWorker) {
	reader := newNewsReader(w.Out)
	for {
		n, err := reader.read()
		if err != nil && err != io.EOF {
			w.Kill() // it speaks nonsense; what it still has to say must not block it
			_, _ = io.Copy(io.Discard, w.Out)
		}
		c.news <- workerNews{w, n, err}
		if err != nil {
			return
		}
	}
}

// assign tells every worker its slice.
func (c *crew) assign(a Assignment) error {
	all := a.Shards
	if all == 0 {
		all = runtime.NumCPU()
	}
	a.Shards = max(1, all/len(c.workers))
	a.Stride = int64(len(c.workers))
	for i, w := range c.workers {
		a.First = int64(i)
		if err := w.say(&a); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
	}
	return nil
}

// say writes a line to a worker.
func (w *crewWorker) say(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(text) >= maxCommand {
		return fmt.Errorf("telling it what to do: %d MB, more than the %d that a worker reads; use less data", len(text)>>20, maxCommand>>20)
	}
	_, err = w.In.Write(append(text, '\n'))
	return err
}

// await waits until all workers are ready and starts them.
func (c *crew) await() error {
	slow := time.NewTimer(readyTimeout)
	defer slow.Stop()
	lead := time.Duration(0)
	for ready := 0; ready < len(c.workers); {
		select {
		case m := <-c.news:
			c.take(m)
			if m.worker.gone || m.worker.fault != "" {
				return fmt.Errorf("%s: %w", m.worker.Name, m.worker.ending())
			}
			if m.news.Lead > 0 {
				ready++
				lead = max(lead, m.news.Lead)
			}
		case <-slow.C:
			return fmt.Errorf("not all were ready within %v", readyTimeout)
		}
	}
	return c.begin(lead + startMargin)
}

// begin gives the word to start, lead from now. A worker that is gone by now
// is found out by its stream's end.
func (c *crew) begin(lead time.Duration) error {
	now, err := monotonicNow()
	if err != nil {
		return err
	}
	c.report.StartedAt = time.Now().Add(lead)
	for _, w := range c.workers {
		_ = w.say(Command{Start: now + int64(lead)})
	}
	return nil
}

// ending says why a worker without a report ended.
func (w *crewWorker) ending() error {
	switch {
	case w.fault != "":
		return errors.New(w.fault)
	case w.cause == io.EOF:
		return errors.New("it ended")
	}
	return w.cause
}

// disband ends the workers of a run that does not begin.
func (c *crew) disband() {
	for _, w := range c.workers {
		_ = w.In.Close()
	}
	slow := time.AfterFunc(endTimeout, func() {
		for _, w := range c.workers {
			w.Kill()
		}
	})
	defer slow.Stop()
	for !c.allGone() {
		if m := <-c.news; m.err != nil {
			m.worker.gone = true
		}
	}
	for _, w := range c.workers {
		_ = w.Wait()
	}
}
