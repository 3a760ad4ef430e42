package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/urfave/cli/v2"

	"stampede/engine"
	"stampede/results"
	"stampede/results/report/livepage"
	"stampede/results/report/openmetrics"
)

// anyPort is where the live page is when nobody said.
const anyPort = "127.0.0.1:0"

// address is the value of a flag that may stand alone (--live) or have an
// address behind an equals sign.
type address string

// Set implements flag.Value; the bare flag sets true.
func (a *address) Set(text string) error {
	switch text {
	case "true":
		text = anyPort
	case "false":
		text = ""
	}
	*a = address(text)
	return nil
}

func (a *address) String() string { return string(*a) }

// IsBoolFlag tells package flag that the value is optional.
func (a *address) IsBoolFlag() bool { return true }

// windows are where others look at a run while it goes. The zero value has
// none.
type windows struct {
	metrics *openmetrics.Live
	page    *livepage.Page
	servers []*webServer
	shown   time.Duration // when the page was last shown something, as offset from the start
}

// showEvery is how often the page moves.
const showEvery = time.Second

// open takes the addresses that the flags name and serves there. It is called
// before anything is sent, so that an address that is taken ends the command.
func (w *windows) open(c *cli.Context, s streams, name, url string) error {
	if at := c.String("metrics"); at != "" {
		w.metrics = &openmetrics.Live{Name: name, URL: url}
		if err := w.serve("metrics", at, "/metrics", w.metrics.Handler()); err != nil {
			return errors.Join(err, w.close())
		}
	}
	if at := c.Generic("live").(*address).String(); at != "" {
		w.page = &livepage.Page{Name: name}
		if err := w.serve("live", at, "/", w.page.Handler()); err != nil {
			return errors.Join(err, w.close())
		}
	}
	if !c.Bool("quiet") {
		for _, server := range w.servers {
			fmt.Fprintln(s.err, server)
		}
	}
	return nil
}

func (w *windows) serve(name, at, path string, h http.Handler) error {
	server, err := listenWeb(name, at, path)
	if err != nil {
		return fmt.Errorf("--%s: %w", name, err)
	}
	w.servers = append(w.servers, server)
	if name == "live" && !server.loopback() {
		return fmt.Errorf("--live %s: the page is for this host alone; want a loopback address, such as 127.0.0.1:8080", at)
	}
	server.start(h)
	return nil
}

func (w *windows) attempt(a *results.Attempt) {
	if w.metrics != nil {
		w.metrics.Attempt(a)
	}
}

func (w *windows) tick(r *results.Recorder, l engine.Live) {
	if w.metrics != nil {
		w.metrics.Tick(r, l.Elapsed, openmetrics.Open{InFlight: l.InFlight, Held: l.Held})
	}
}

// wanted reports whether somebody looks at the page who has not seen anything
// of the last second. It is then to be shown something.
func (w *windows) wanted(elapsed time.Duration) bool {
	if w.page == nil || elapsed < w.shown+showEvery || !w.page.Watched() {
		return false
	}
	w.shown = elapsed
	return true
}

// end shows the finished run.
func (w *windows) end(rec *results.Recorder, r *results.Result) {
	if w.metrics != nil {
		w.metrics.End(rec, max(r.EndedAt.Sub(r.StartedAt), 0))
	}
	if w.page != nil {
		w.page.End(r)
	}
}

// close stops serving, once what is being answered has been. It may be called
// again.
func (w *windows) close() error {
	var errs []error
	for _, s := range w.servers {
		errs = append(errs, s.stop())
	}
	w.servers = nil
	return errors.Join(errs...)
}
