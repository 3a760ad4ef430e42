package practice

import (
	"bufio"
	"encoding/json"
	"io"
	"time"
)

// Entry is one line of the log: what really happened to an upgrade request.
// Instants are offsets from Listen on the monotonic clock. Lines are in order
// of answers.
type Entry struct {
	N        int64         `json:"n"`                // number of the upgrade request, from 1
	Peer     string        `json:"peer"`             // the client's address
	Arrived  time.Duration `json:"arrived_ns"`       // request head read
	Delay    time.Duration `json:"delay_ns"`         // service the law gave it
	Decision string        `json:"decision"`         // upgrade, queue_full, gateway_timeout, too_many_open or rate_limited
	Fault    string        `json:"fault,omitempty"`  // what was injected in place of the 101
	Due      time.Duration `json:"due_ns"`           // when the answer was to leave
	Answered time.Duration `json:"answered_ns"`      // when it had left; for faults that send nothing, when it would have
	Failed   string        `json:"failed,omitempty"` // why it could not be written
}

// journal writes entries from one goroutine, so that a slow writer delays no
// answer. The nil journal writes nothing.
type journal struct {
	entries chan Entry
	done    chan struct{}
}

// newJournal starts a journal on w; its goroutine ends with close.
func newJournal(w io.Writer) *journal {
	if w == nil {
		return nil
	}
	j := &journal{entries: make(chan Entry, 4096), done: make(chan struct{})}
	go j.run(w)
	return j
}

// run writes what comes and flushes when nothing does. Like any log it can't
// report its own failure; after the first it discards the rest.
func (j *journal) run(w io.Writer) {
	defer close(j.done)
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	for e := range j.entries {
		_ = lines.Encode(e)
		if len(j.entries) == 0 {
			_ = out.Flush()
		}
	}
	_ = out.Flush()
}

func (j *journal) write(e Entry) {
	if j != nil {
		j.entries <- e
	}
}

// close waits until everything is written. Nobody may write any more.
func (j *journal) close() {
	if j != nil {
		close(j.entries)
		<-j.done
	}
}
