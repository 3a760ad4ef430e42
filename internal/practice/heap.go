package practice

// heap is a binary min-heap. The zero value lacks its order; set before.
// container/heap would do, but it boxes every item it moves.
type heap[T any] struct {
	items  []T
	before func(a, b T) bool // whether a leaves the heap before b
}

// push adds x in O(log n).
func (h *heap[T]) push(x T) {
	h.items = append(h.items, x)
	for i := len(h.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.before(h.items[i], h.items[parent]) {
			return
		}
		h.items[i], h.items[parent] = h.items[parent], h.items[i]
		i = parent
	}
}

// pop removes and returns the first item of a heap that isn't empty.
func (h *heap[T]) pop() T {
	first, last := h.items[0], len(h.items)-1
	h.items[0] = h.items[last]
	clear(h.items[last:]) // drop what the item points to
	h.items = h.items[:last]
	h.sink()
	return first
}

// replace puts x in the place of the first item.
func (h *heap[T]) replace(x T) {
	h.items[0] = x
	h.sink()
}

// sink moves the root down until no child comes before it.
func (h *heap[T]) sink() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h.items); child++ {
			if h.before(h.items[child], h.items[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h.items[i], h.items[least] = h.items[least], h.items[i]
		i = least
	}
}
