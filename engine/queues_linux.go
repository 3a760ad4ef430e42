package engine

import "time"

// queueID names one of a shard's deadline queues; the zero value is none.
type queueID uint8

const (
	noQueue       queueID = iota
	connectQueue          // byPhase: the connect phase's deadline
	tlsQueue              // byPhase: the tls phase's deadline
	readyQueue            // byPhase: the ready phase's deadline
	trialQueue            // byPhase: from here on a close by the server is none of the handshake's
	pingQueue             // byPhase: a held connection's next ping
	closingQueue          // byPhase: the end of waiting for the peer's close
	samplingQueue         // byPhase: the end of waiting for a refused body
	totalQueue            // byLife: the handshake's deadline
	holdQueue             // byLife: the end of holding
	numQueues
)

// queues are a shard's deadlines. Within one queue all deadlines are the
// same constant after the moment of entry, so every queue is a FIFO.
type queues [numQueues]queue

func newQueues() (q queues) {
	for id := range q {
		which := byPhase
		if queueID(id) == totalQueue || queueID(id) == holdQueue {
			which = byLife
		}
		q[id] = newQueue(which)
	}
	return q
}

// enter puts slot i into queue id until due, taking it out of the queue of
// the same list it was in.
func (s *shard) enter(i int32, id queueID, due time.Duration) {
	q := &s.queues[id]
	s.leave(i, q.which)
	c := s.slab.at(i)
	c.in[q.which], c.due[q.which] = id, due
	q.push(&s.slab, i)
}

// leave takes slot i out of the queue of the list it is in, if any.
func (s *shard) leave(i int32, which list) {
	c := s.slab.at(i)
	if id := c.in[which]; id != noQueue {
		s.queues[id].remove(&s.slab, i)
		c.in[which] = noQueue
	}
}

// expire lets go of every connection whose deadline has passed.
func (s *shard) expire(now time.Duration) {
	for id := connectQueue; id < numQueues; id++ {
		q := &s.queues[id]
		for q.head != none && s.slab.at(q.head).due[q.which] <= now {
			s.expired(q.head, id, now)
		}
	}
}

// nextDeadline is the earliest deadline of all queues; ok is false if there is none.
func (s *shard) nextDeadline() (due time.Duration, ok bool) {
	for id := connectQueue; id < numQueues; id++ {
		q := &s.queues[id]
		if q.head == none {
			continue
		}
		if d := s.slab.at(q.head).due[q.which]; !ok || d < due {
			due, ok = d, true
		}
	}
	return due, ok
}
