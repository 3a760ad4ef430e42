package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

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

// maxCommand bounds one line to a worker. The largest is an assignment with
// files of data, each of which may have scenario.MaxFile bytes, or with a
// replay's offsets.
const maxCommand = 16 * scenario.MaxFile

// Assignment is a run as data: all a worker has to know. It holds what
// scenario.Scenario and Config hold, checked anew by the worker, secrets
// included: it goes through a pipe, never through arguments.
type Assignment struct {
	Protocol      int // of the worker's streams; filled in by Lead
	Target        scenario.Target
	Data          []scenario.Data
	Found         []Found // the addresses of Target.URLs
	Load          []scenario.Shape
	Seed          uint64
	Force         bool // the caps on counts and rates are lifted
	Hold          scenario.Hold
	Timeouts      scenario.Timeouts
	Ready         scenario.Ready
	CloseWithin   time.Duration
	Secrets       []string // that samples must not show
	Shards        int      // threads of all workers together; 0: one a CPU, and at least one a worker
	NoEvidence    bool
	First, Stride int64 // see Config; filled in by Lead
}

// Assign makes the assignment of a valid scenario, found being what Resolve
// found of its target.
func Assign(s *scenario.Scenario, found []Found) Assignment {
	return Assignment{
		Target: s.Target, Data: s.Data, Found: found, Load: s.Load, Seed: s.Seed, Force: s.Force,
		Hold: s.Hold, Timeouts: s.Timeouts, Ready: s.Ready, CloseWithin: s.EarlyCloseWithin, Secrets: s.Secrets,
	}
}

// Command is what a worker is told after its assignment.
type Command struct {
	Start int64 `json:",omitempty"` // begin: offset zero in nanoseconds of the host's monotonic clock (CLOCK_MONOTONIC)
	Stop  bool  `json:",omitempty"` // start nothing more, close what is open, report
}

// config is the assignment as Run wants it, without a sink.
func (a *Assignment) config() (Config, error) {
	if a.Protocol != workerProtocol {
		return Config{}, fmt.Errorf("it speaks version %d, this worker %d: use one version of stampede everywhere", a.Protocol, workerProtocol)
	}
	if a.First < 0 || a.Stride < 0 || a.Shards < 0 {
		return Config{}, errors.New("a slice that is none")
	}
	s := &scenario.Scenario{Target: a.Target, Data: a.Data, Load: a.Load, Hold: a.Hold, Timeouts: a.Timeouts, Seed: a.Seed, Force: a.Force, Secrets: a.Secrets}
	if err := s.Validate(); err != nil {
		return Config{}, err
	}
	targets, err := Aim(s, a.Found)
	if err != nil {
		return Config{}, err
	}
	return Config{
		Schedule: s.Schedule(), Targets: targets, Pick: s.Target.Pick,
		Timeouts: s.Timeouts, Hold: s.Hold, Ready: a.Ready, CloseWithin: a.CloseWithin, SourceAddresses: s.Target.SourceAddresses,
		Shards: a.Shards, NoEvidence: a.NoEvidence, First: a.First, Stride: a.Stride, Mask: s.MaskedFor,
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

// newCommandReader reads lines of less than most bytes.
func newCommandReader(r io.Reader, most int) *commandReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, most)
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
