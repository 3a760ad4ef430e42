package engine

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"stampede/results"
)

// silenceLimit is how long a worker may say nothing before it counts as lost,
// in looks at the host: they speak ten times a second.
const silenceLimit = int(30 * time.Second / watchInterval)

// drive takes the workers' news until the last of them has ended.
func (c *crew) drive(ctx context.Context) {
	host := newWatch(runtime.NumCPU(), c.sample())
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	look := time.NewTicker(watchInterval)
	defer look.Stop()
	stop := ctx.Done()
	for !c.allGone() {
		select {
		case m := <-c.news:
			c.take(m)
		case <-tick.C:
			c.tick()
		case <-look.C:
			host.add(c.sample())
			c.listenForSilence()
		case <-stop:
			stop = nil
			c.interrupt()
		}
	}
	c.tick()
	host.add(c.sample())
	c.finish(host)
}

func (c *crew) allGone() bool {
	for _, w := range c.workers {
		if !w.gone {
			return false
		}
	}
	return true
}

// take passes on what a worker told and keeps what the crew needs of it.
func (c *crew) take(m workerNews) {
	w := m.worker
	w.silent = 0
	if m.err != nil {
		c.leave(w, m.err)
		return
	}
	for i := range m.news.Attempts {
		c.tell(w, &m.news.Attempts[i])
	}
	for _, h := range m.news.Closes {
		w.open--
		c.sink.Close(h)
	}
	for _, s := range m.news.Samples {
		c.sink.Sample(s.Outcome, s.Text)
	}
	for _, x := range m.news.Warnings {
		c.sink.Warn(x.Text, x.Count)
	}
	for _, text := range m.news.Notes {
		c.sink.Note(text)
	}
	if m.news.Usage != nil {
		w.usage = *m.news.Usage
		c.open = max(c.open, c.usage().Open)
	}
	if m.news.Fault != "" {
		w.fault = m.news.Fault
		_ = w.In.Close()
	}
	if m.news.Report != nil {
		c.reported(w, m.news.Report)
	}
}

// tell passes an attempt on, once an arrival: a worker that counts wrong must
// not make the sum wrong.
func (c *crew) tell(w *crewWorker, a *results.Attempt) {
	if !c.told.add(a.N) {
		c.sink.Warn("a worker told of an arrival twice, or of one that is not planned", 1)
		return
	}
	if a.Outcome.Kind == results.Established {
		w.open++
	}
	c.sink.Attempt(a)
	if c.observe != nil {
		c.observe.Attempt(a)
	}
}

// reported is a worker's last word: it may end. One that was stopped by
// somebody else stops the others, since the run is not what was planned.
func (c *crew) reported(w *crewWorker, r *Report) {
	w.report, w.usage.InFlight, w.usage.Held, w.usage.Open = r, 0, 0, 0
	_ = w.In.Close()
	if r.Interrupted && !c.report.Interrupted {
		c.interrupt()
	}
}

// leave is the end of a worker's stream.
func (c *crew) leave(w *crewWorker, err error) {
	w.gone, w.goneAt = true, time.Since(c.report.StartedAt)
	w.usage.InFlight, w.usage.Held, w.usage.Open = 0, 0, 0
	if w.cause == nil {
		w.cause = err
	}
	if w.report == nil {
		w.Kill()
		_ = w.In.Close()
	}
}

// interrupt stops all workers.
func (c *crew) interrupt() {
	c.report.Interrupted, c.report.StoppedAt = true, time.Since(c.report.StartedAt)
	for _, w := range c.workers {
		if !w.gone && w.report == nil {
			_ = w.say(Command{Stop: true}) // if it can't hear, its stream has ended too
		}
	}
}

// listenForSilence ends workers that have stopped to speak. Looks are counted,
// not time: this process may have been stopped itself.
func (c *crew) listenForSilence() {
	for _, w := range c.workers {
		if w.silent++; w.silent == silenceLimit && !w.gone {
			w.cause = fmt.Errorf("nothing was heard of it for %v", time.Duration(silenceLimit)*watchInterval)
			w.Kill()
		}
	}
}

// usage is that of all workers together.
func (c *crew) usage() (sum Usage) {
	for _, w := range c.workers {
		sum.InFlight += w.usage.InFlight
		sum.Held += w.usage.Held
		sum.Open += w.usage.Open
		sum.CPU += w.usage.CPU
	}
	return sum
}

// sample looks at the host, with the CPU time of all processes of the run.
func (c *crew) sample() hostSample {
	s := sampleHost(c.report.StartedAt)
	s.cpu += c.usage().CPU
	return s
}

func (c *crew) tick() {
	if c.observe == nil {
		return
	}
	u := c.usage()
	c.observe.Tick(Live{Elapsed: time.Since(c.report.StartedAt), InFlight: u.InFlight, Held: u.Held, Open: u.Open})
}

// finish makes one report of all. What a host has once, the leader has
// watched; of the rest the worst worker counts.
func (c *crew) finish(host *watch) {
	pairs := pairsOf(c.config.Targets, len(c.config.SourceAddresses))
	checks := [][]results.Check{host.hostChecks(portShare(c.open, pairs))}
	lost := 0
	for _, w := range c.workers {
		err := w.Wait()
		if w.report == nil {
			lost++
			c.mourn(w, err)
			continue
		}
		c.report.Armed += w.report.Armed
		checks = append(checks, w.report.Checks)
	}
	c.report.EndedAt = time.Now()
	c.report.Counters = host.counters()
	c.report.Checks = append(worst(checks...), check("workers_lost", float64(lost), 0, "their arrivals are local other"))
}

// mourn accounts for a worker that was lost: what it had not reported of its
// slice, up to the end of the run, and the connections it held.
func (c *crew) mourn(w *crewWorker, err error) {
	outcome := local(results.LocalOther)
	until := time.Duration(math.MaxInt64)
	if c.report.Interrupted {
		until = c.report.StoppedAt
	}
	n := 0
	cursor := c.config.Schedule.Cursor(int64(w.number), int64(len(c.workers)))
	for a, ok := cursor.Next(); ok && a.At <= until; a, ok = cursor.Next() {
		if c.told.has(a.N) {
			continue
		}
		n++
		c.tell(w, &results.Attempt{N: a.N, Intended: a.At, Ended: max(w.goneAt, a.At, 1), Burst: a.Burst, Outcome: outcome})
	}
	for range w.open {
		c.sink.Close(results.HeldClose{At: w.goneAt, Kind: results.ForcedClose})
	}
	cause := w.ending()
	if err != nil {
		cause = fmt.Errorf("%w: %w", cause, err)
	}
	text := fmt.Sprintf("worker %d of %d, %s, was lost after %v (%v): %d arrivals it had not reported count as %s",
		w.number+1, len(c.workers), w.Name, w.goneAt.Round(time.Millisecond), cause, n, outcome.Name())
	c.sink.Note(text)
	if n > 0 {
		c.sink.Sample(outcome, text)
	}
}
