package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// A worker is a process that makes one slice of a run. All it shares with
// whoever leads the run are two streams: commands to it, a JSON document a
// line (they are few, and a person can write them), and news from it, frames
// of gob (attempts are many). A worker's life:
//
//	→ Assignment
//	← News with Lead: everything is made
//	→ Command with Start, the same for all workers
//	← News …, ten times a second or oftener
//	→ Command with Stop, if the run is to end early
//	← News with Report
//	→ end of stream
//
// A worker whose commands end too soon has nobody to report to: it stops as
// if told to, and ends.

// workerProtocol is the version of all this.
const workerProtocol = 1

// maxCommand bounds one line to a worker. The largest is an assignment with a
// replay's offsets: twelve digits each, five million of them.
const maxCommand = 64 << 20

// Assignment is a run as data: all a worker has to know. It holds what
// scenario.Scenario and Config hold, checked anew by the worker.
type Assignment struct {
	Protocol        int // of the worker's streams; filled in by Lead
	Load            []scenario.Shape
	Seed            uint64
	Force           bool // the caps on counts and rates are lifted
	Hold            scenario.Hold
	Timeouts        scenario.Timeouts
	Request         handshake.RequestOptions // headers with their secrets: it goes through a pipe, never through arguments
	ServerName      string                   // of a wss:// target; empty: ws://
	Addresses       []netip.AddrPort         // dialled in turn; at least one
	SourceAddresses []netip.Addr
	Shards          int // threads of all workers together; 0: one a CPU, and at least one a worker
	NoEvidence      bool
	First, Stride   int64 // see Config; filled in by Lead
}

// Command is what a worker is told after its assignment.
type Command struct {
	Start int64 `json:",omitempty"` // begin: offset zero in nanoseconds of the host's monotonic clock (CLOCK_MONOTONIC)
	Stop  bool  `json:",omitempty"` // start nothing more, close what is open, report
}

// scenario is the assignment's plan, valid.
func (a *Assignment) scenario() (*scenario.Scenario, error) {
	s := &scenario.Scenario{
		Target: scenario.Target{URL: "ws://worker.invalid/", SourceAddresses: a.SourceAddresses},
		Load:   a.Load, Hold: a.Hold, Timeouts: a.Timeouts, Seed: a.Seed, Force: a.Force,
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// config is the assignment as Run wants it, without a sink.
func (a *Assignment) config() (Config, error) {
	if a.Protocol != workerProtocol {
		return Config{}, fmt.Errorf("it speaks version %d, this worker %d: use one version of stampede everywhere", a.Protocol, workerProtocol)
	}
	if len(a.Addresses) == 0 || a.First < 0 || a.Stride < 0 || a.Shards < 0 {
		return Config{}, errors.New("no address, or a slice that is none")
	}
	s, err := a.scenario()
	if err != nil {
		return Config{}, err
	}
	request, err := handshake.NewRequest(a.Request)
	if err != nil {
		return Config{}, err
	}
	target := &Target{Path: a.Request.Target, Host: a.Request.Host, Addresses: a.Addresses}
	if a.ServerName != "" {
		target.TLS = secureConfig(a.ServerName)
	}
	return Config{
		Schedule: s.Schedule(), Target: target, Request: request,
		Timeouts: s.Timeouts, Hold: s.Hold, SourceAddresses: a.SourceAddresses,
		Shards: a.Shards, NoEvidence: a.NoEvidence, First: a.First, Stride: a.Stride,
	}, nil
}

// News is what a worker tells: any of the fields, none twice in a run but the
// lists and Usage.
type News struct {
	Lead     time.Duration // above zero: everything is made, the start must be at least this far off
	Attempts []results.Attempt
	Closes   []results.HeldClose
	Samples  []Sample
	Warnings []results.Warning
	Notes    []string
	Usage    *Usage
	Report   *Report // the run is over
	Fault    string  // the run could not begin
}

// Sample is an escaped piece of what a server sent, with the outcome it explains.
type Sample struct {
	Outcome results.Outcome
	Text    string
}

// Usage is what a worker has in use at one moment.
type Usage struct {
	InFlight, Held, Open int64         // as Live has them
	CPU                  time.Duration // user and system time since the worker began
}

// Peer is the leading end of a worker that runs.
type Peer struct {
	Name string         // for messages, as "process 4711"
	In   io.WriteCloser // what Work reads; closed when the worker is to end
	Out  io.Reader      // what Work writes
	Kill func()         // ends the worker at once; it may be gone already
	Wait func() error   // called once, after Out has ended: how the worker ended
}

// commandReader reads what a worker is told.
type commandReader struct{ lines *bufio.Scanner }

func newCommandReader(r io.Reader) *commandReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxCommand)
	return &commandReader{lines}
}

// read decodes the next line into v; io.EOF after the last.
func (c *commandReader) read(v any) error {
	if !c.lines.Scan() {
		if err := c.lines.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	return json.Unmarshal(c.lines.Bytes(), v)
}
