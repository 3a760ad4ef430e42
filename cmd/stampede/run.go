package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/engine/monitor"
	"stampede/internal/practice"
	"stampede/results"
	"stampede/results/report"
	"stampede/scenario"
)

func runCommand(s streams) *cli.Command {
	flags := []cli.Flag{
		variantFlag(),
		&cli.StringFlag{Name: "out", TakesFile: true, Usage: "directory for the result (default stampede-results/NAME-TIME)"},
		&cli.BoolFlag{Name: "csv", Usage: "also write attempts.csv, a row an attempt"},
		&cli.StringFlag{Name: "output", Usage: "text, or json: one document on standard output and nothing else there", Value: "text"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no notes; the verdict line alone"},
		&cli.BoolFlag{Name: "yes", Usage: "do not ask before loading an address that is neither loopback nor private"},
		&cli.BoolFlag{Name: "no-kernel-evidence", Usage: "do not read the kernel's receive stamps and TCP_INFO: a little cheaper, blind to its own lateness"},
		&cli.StringFlag{Name: "metrics", Usage: "serve Prometheus and OpenMetrics while the run goes, at `ADDRESS`, such as 127.0.0.1:9464"},
		&cli.GenericFlag{Name: "live", Value: new(address), DefaultText: "none", Usage: "serve a page on which the report's figures move while the run goes, to this host alone; `[=ADDRESS]` to choose where, such as --live=127.0.0.1:8080"},
	}
	return &cli.Command{
		Name:      "run",
		Usage:     "run a scenario and judge it",
		UsageText: "stampede run SCENARIO|URL [flags]\n\n   stampede run examples/quickstart.yaml\n   stampede run ws://127.0.0.1:8080/ws --burst 1000 --threshold 'handshake p99 < 250ms'\n   stampede run wss://staging.example.test/socket --ca staging-ca.pem --rate 200/s --for 30s\n   stampede run practice --rate 200/s --for 30s --hold 10s",
		Flags:     slices.Concat(flags, generatorFlags(), thresholdFlags(), loadFlags(), announceFlags()),
		Action:    func(c *cli.Context) error { return runScenario(c, s) },
	}
}

// generatorFlags say how this host makes the load.
func generatorFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "shards", Usage: "threads that make load", DefaultText: "one a CPU"},
		&cli.IntFlag{Name: "workers", Usage: "processes that make load; more than one where one may not have descriptors enough", DefaultText: "as many as needed"},
	}
}

// checkGenerator refuses a number of processes or threads that there can't be.
func checkGenerator(c *cli.Context) error {
	if n := c.Int("workers"); n < 0 || n > engine.MaxWorkers {
		return fmt.Errorf("--workers %d: want 1 to %d, or 0 for as many as needed", n, engine.MaxWorkers)
	}
	if n := c.Int("shards"); n < 0 || n > engine.MaxShards {
		return fmt.Errorf("--shards %d: want 1 to %d, or 0 for one a CPU", n, engine.MaxShards)
	}
	return nil
}

func runScenario(c *cli.Context, s streams) (err error) {
	output := c.String("output")
	if output != "text" && output != "json" {
		return fmt.Errorf("--output %q: want text or json", output)
	}
	if err := checkGenerator(c); err != nil {
		return err
	}
	o, err := loadOnly(c)
	if err != nil {
		return err
	}
	sc := o.scenario
	ctx, release := stopOnSignal(c.Context, s.err)
	defer release()
	at, server, err := o.sit(ctx)
	if err != nil {
		return err
	}
	defer at.stop()
	defer func() { endWith(&err, server.stop()) }()
	j := &job{sitting: at, schedule: sc.Schedule(), shards: c.Int("shards"), noEvidence: c.Bool("no-kernel-evidence")}
	if err := confirm(s, c.Bool("yes"), j.schedule.Len(), j.targets); err != nil {
		return err
	}
	if err := j.windows.open(c, s, sc.Name, sc.Masked(j.url)); err != nil {
		return err
	}
	defer j.windows.close()
	j.dir, err = newResultDir(c.String("out"), sc.Name, time.Now(), c.Bool("csv"))
	if err != nil {
		return err
	}
	if j.workers = c.Int("workers"); j.workers == 0 && j.fault() == nil {
		j.workers = engine.Workers(sc, j.schedule)
	}
	if !c.Bool("quiet") {
		j.noteNeeds(s)
		j.noteIgnoredProxy(s)
	}
	if err := server.startFor(ctx, j.dir); err != nil {
		return err
	}
	j.progress = newProgress(s.err, j.schedule.Len(), movesCursor(s.err) && !c.Bool("quiet"))
	r, err := j.run(ctx)
	if err != nil {
		return err
	}
	if err := j.windows.close(); err != nil {
		fmt.Fprintln(s.err, "stampede:", err) // the run was made all the same
	}
	announce(c, s, r)
	untold := tell(s, r, output, c.Bool("quiet"))
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "result: %s\n", j.dir.path)
	}
	return kept(r.ExitCode(), j.failed, untold)
}

// tell prints the result the way that was asked for.
func tell(s streams, r *results.Result, output string, quiet bool) error {
	switch {
	case output == "json":
		return r.Write(s.out)
	case quiet:
		_, err := fmt.Fprintln(s.out, report.VerdictLine(r))
		return err
	}
	return writeText(s.out, r)
}

// writeText writes the result for people.
func writeText(w io.Writer, r *results.Result) error {
	return report.Text(w, r, report.TextOptions{Color: wantsColor(w), Width: 100})
}

// job is one run at a sitting.
type job struct {
	*sitting
	schedule   *scenario.Schedule
	from       time.Duration // arrivals due before it are not counted; zero: all are
	workers    int           // processes that make the load; under 2: this one alone
	shards     int           // 0: one a CPU
	noEvidence bool
	dir        *resultDir // nil: nothing is written
	progress   *progress  // nil: nothing is shown
	windows    windows

	recorder *results.Recorder
	watched  *monitor.Watch // nil until the load begins
	about    results.Run
	moved    map[string]int64 // the kernel's counters during the run; nil: unknown
	writtenS time.Duration    // when result.json was last written, as offset from the start
	failed   error            // why the finished result is not kept whole
}

// noteNeeds warns of descriptors and ports the run may be short of, and says
// when it takes more processes for them.
func (j *job) noteNeeds(s streams) {
	for _, n := range engine.Needs(j.scenario, j.schedule, j.targets) {
		if n.Short() {
			fmt.Fprintln(s.err, "stampede: at the peak, if nothing closes early:", j.need(n))
		}
	}
}

// noteIgnoredProxy is noteIgnoredProxy for the scenario's URLs.
func (j *job) noteIgnoredProxy(s streams) {
	var urls []string
	for _, u := range j.scenario.Target.URLs {
		urls = append(urls, u.URL)
	}
	noteIgnoredProxy(s, j.scenario.Target.Proxy, urls...)
}

// noteIgnoredProxy says that the environment names a proxy for one of the URLs
// and nobody uses it: who went through one would measure the proxy.
func noteIgnoredProxy(s streams, proxy string, urls ...string) {
	named := func(url string) bool { return engine.ProxyInEnvironment(url) != "" }
	if proxy == "" && slices.ContainsFunc(urls, named) {
		fmt.Fprintln(s.err, "stampede: the environment names a proxy for this target, which is not used; target.proxy: environment (or --proxy environment) would")
	}
}

// need is n in a line: more worker processes have more descriptors.
func (j *job) need(n engine.Need) string {
	if n.What != engine.Descriptors || !n.Short() || j.workers < 2 {
		return n.String()
	}
	return fmt.Sprintf("%s: needs %d, one process may have %d: split over %d worker processes", n.What, n.Want, n.Have, j.workers)
}

// run makes the load and writes the result, judged. A result that could not
// be written is returned all the same, and failed says why.
func (j *job) run(ctx context.Context) (*results.Result, error) {
	first := j.firstCounted()
	o := results.RecorderOptions{Planned: j.schedule.Len() - first, From: j.from, First: first}
	for _, b := range j.schedule.Bursts() {
		o.Bursts = append(o.Bursts, results.Burst{At: b.At, Count: b.Count, Within: b.Within})
	}
	o.Addresses = j.names()
	if j.dir != nil {
		j.dir.csv.Addresses = o.Addresses
	}
	j.recorder = results.NewRecorder(o)
	j.about = results.Run{
		Name: j.scenario.Name, URL: j.scenario.Masked(j.url), StartedAt: time.Now(), Timeout: j.scenario.Timeouts.Total,
		Unverified:  j.scenario.Target.TLS.Insecure,
		Environment: environment(), Scenario: string(j.scenario.MaskedSource), Load: j.scenario.LoadText(), Partial: true,
	}
	// So that a directory that can't be written to is known before anything is sent.
	if err := j.write(j.result()); err != nil {
		return nil, err
	}
	j.watched = j.watch(ctx)
	rep, err := j.makeLoad(ctx)
	j.watched.Stop()
	if j.progress != nil {
		j.progress.finish()
	}
	if err != nil {
		return nil, afterLoad(err)
	}
	j.about.StartedAt, j.about.EndedAt, j.about.Partial = rep.StartedAt, rep.EndedAt, false
	j.about.Interrupted, j.about.InterruptedAt = rep.Interrupted, rep.StoppedAt
	j.about.Generator.Checks = rep.Checks
	j.moved = rep.Counters
	j.noteCounters()
	return j.conclude(), nil
}

// firstCounted is the number of the first arrival that is due once the run
// begins to count.
func (j *job) firstCounted() int64 {
	return int64(sort.Search(int(j.schedule.Len()), func(i int) bool { return j.schedule.At(int64(i)).At >= j.from }))
}

// conclude judges and explains the finished run, and writes it.
func (j *job) conclude() *results.Result {
	if j.dir != nil { // the practice server serves on while trials follow one another
		if counts, ok := j.stop(); ok {
			j.notePractice(counts)
		}
	}
	r := j.result()
	kernel := thisKernel()
	kernel.Moved = j.moved
	r.Findings = results.Explain(r, kernel)
	noteRequest(r, j.scenario, j.targets)
	j.failed = j.write(r)
	j.windows.end(j.recorder, r)
	if j.dir != nil {
		j.failed = cmp.Or(j.failed, j.dir.draw(r), j.dir.close())
	}
	return r
}

// makeLoad makes the load, in this process or in workers.
func (j *job) makeLoad(ctx context.Context) (engine.Report, error) {
	if j.workers > 1 && j.fault() == nil {
		j.about.Environment["workers"] = strconv.Itoa(j.workers)
		peers, err := startWorkers(j.workers)
		if err != nil {
			return engine.Report{}, err
		}
		a := engine.Assign(j.scenario, j.found)
		a.Shards, a.NoEvidence = j.shards, j.noEvidence
		return engine.Lead(ctx, a, peers, j.recorder, j)
	}
	return engine.Run(ctx, engine.Config{
		Schedule: j.schedule, Targets: j.targets, Pick: j.scenario.Target.Pick,
		Timeouts: j.scenario.Timeouts, Hold: j.scenario.Hold, Ready: j.scenario.Ready, CloseWithin: j.scenario.EarlyCloseWithin, SourceAddresses: j.scenario.Target.SourceAddresses,
		Shards: j.shards, NoEvidence: j.noEvidence, Mask: j.scenario.MaskedFor, Recorder: j.recorder, Observe: j,
	})
}

// seen is what a result says beside what was recorded, with what monitors saw
// so far.
func (j *job) seen() results.Run {
	if j.watched != nil {
		j.about.Monitors = j.watched.Monitors(j.about.StartedAt)
	}
	return j.about
}

// result is what is known now, judged.
func (j *job) result() *results.Result {
	r := j.recorder.Result(j.seen())
	r.Judge(j.scenario.Thresholds)
	return r
}

// write puts what is known in the result's file, if there is one.
func (j *job) write(r *results.Result) error {
	if j.dir == nil {
		return nil
	}
	return j.dir.write(r)
}

// Attempt implements engine.Observer.
func (j *job) Attempt(a *results.Attempt) {
	if j.dir != nil {
		j.dir.attempt(a)
	}
	j.windows.attempt(a)
}

// Tick implements engine.Observer: it moves what is looked at and, once a
// second, writes what is known so far.
func (j *job) Tick(l engine.Live) {
	j.windows.tick(j.recorder, l)
	if j.progress != nil {
		j.progress.show(j.recorder.Snapshot(l.Elapsed), l)
	}
	if j.windows.wanted(l.Elapsed) {
		j.date(l.Elapsed)
		j.windows.page.Show(j.recorder.Glance(j.seen()))
	}
	if j.dir != nil && l.Elapsed >= j.writtenS+partialEvery(l.Elapsed) {
		j.writtenS = l.Elapsed
		j.date(l.Elapsed)
		_ = j.write(j.result()) // there may be room again at the end, whose write is the one that counts
	}
}

// date says when the run so far was: its offset zero is known only once it goes.
func (j *job) date(elapsed time.Duration) {
	j.about.EndedAt = time.Now()
	j.about.StartedAt = j.about.EndedAt.Add(-elapsed)
}

// partialEvery is how often the partial result is written: once a second,
// and more seldom in a long run, whose result takes longer to write.
func partialEvery(elapsed time.Duration) time.Duration {
	return max(time.Second, elapsed/100)
}

// notePractice puts what the practice server counted beside what we did.
func (j *job) notePractice(c practice.Counts) {
	text := fmt.Sprintf("the practice server counted %d accepted, %d upgraded", c.Accepted, c.Upgraded)
	for _, code := range slices.Sorted(maps.Keys(c.Statuses)) {
		text += fmt.Sprintf(", %d answered %s", c.Statuses[code], code)
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Injected)) {
		text += fmt.Sprintf(", %d %s injected", c.Injected[kind], kind)
	}
	j.recorder.Note(text)
}

// noteCounters says how the kernel's own counters moved. They are those of
// this network namespace: they tell of the server only where it shares it.
func (j *job) noteCounters() {
	if len(j.moved) == 0 {
		return
	}
	text := "kernel counters of this host during the run:"
	for _, name := range slices.Sorted(maps.Keys(j.moved)) {
		text += fmt.Sprintf(" %s %+d", name, j.moved[name])
	}
	j.recorder.Note(text)
}
