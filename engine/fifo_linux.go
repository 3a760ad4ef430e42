package engine

// none ends a list of slots.
const none int32 = -1

// list is which of a connection's two pairs of links a queue uses. Two are
// enough: a connection waits for at most one deadline of its phase and one
// of its whole life at a time.
type list uint8

const (
	byPhase list = iota // connect deadline, next ping, end of closing, end of sampling
	byLife              // total deadline while in flight, end of hold once held
	numLists
)

// links are a slot's neighbours in one queue.
type links struct{ prev, next int32 }

// queue is a FIFO of slots. A deadline is "entered + a constant", so who
// entered first is due first and the head alone has to be looked at: O(1) for
// everything a heap would do in O(log n).
type queue struct {
	which      list
	head, tail int32
	len        int
}

func newQueue(which list) queue { return queue{which: which, head: none, tail: none} }

// push appends slot i, which must be in no queue of the same list.
func (q *queue) push(s *slab, i int32) {
	s.at(i).links[q.which] = links{prev: q.tail, next: none}
	if q.tail == none {
		q.head = i
	} else {
		s.at(q.tail).links[q.which].next = i
	}
	q.tail = i
	q.len++
}

// remove takes slot i, which must be in q, out of it.
func (q *queue) remove(s *slab, i int32) {
	l := s.at(i).links[q.which]
	if l.prev == none {
		q.head = l.next
	} else {
		s.at(l.prev).links[q.which].next = l.next
	}
	if l.next == none {
		q.tail = l.prev
	} else {
		s.at(l.next).links[q.which].prev = l.prev
	}
	q.len--
}
