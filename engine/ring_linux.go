package engine

import "time"

// readySlot is an arrival prepared ahead: its slot, the generation that slot
// had then (another means it has ended since) and its instant.
type readySlot struct {
	slot int32
	gen  uint32
	at   time.Duration
}

// ring is a growing FIFO of prepared arrivals; the zero value is empty.
type ring struct {
	slots      []readySlot // len is zero or a power of two
	head, tail uint        // tail - head entries
}

func (r *ring) len() int { return int(r.tail - r.head) }

func (r *ring) front() readySlot { return r.slots[r.head&uint(len(r.slots)-1)] }

func (r *ring) pop() readySlot {
	f := r.front()
	r.head++
	return f
}

func (r *ring) push(x readySlot) {
	if r.len() == len(r.slots) {
		grown := make([]readySlot, max(64, 2*len(r.slots)))
		n := r.len()
		for i := range n {
			grown[i] = r.slots[(r.head+uint(i))&uint(len(r.slots)-1)]
		}
		r.slots, r.head, r.tail = grown, 0, uint(n)
	}
	r.slots[r.tail&uint(len(r.slots)-1)] = x
	r.tail++
}
