package scenario

// Cursor walks through every stride-th arrival of a schedule. It belongs to
// one goroutine; cursors with first 0 … S−1 and stride S share a schedule out
// among S of them without missing or doubling an arrival.
type Cursor struct {
	sc     *Schedule
	n      int64
	stride int64
	heads  []head // a binary heap: heads[0] is the next arrival, and children are not earlier than parents
}

// Cursor returns a cursor at arrival first, which goes on in steps of stride.
// It panics unless first ≥ 0 and stride ≥ 1. Its cost is that of a random
// access; Next does not allocate.
func (sc *Schedule) Cursor(first, stride int64) Cursor {
	if first < 0 || stride < 1 {
		panic("scenario: a cursor starts at 0 or later and moves forward")
	}
	c := Cursor{sc: sc, n: first, stride: stride}
	if first < sc.total {
		c.heads = sc.heads(first)
	}
	return c
}

// Next returns the arrival that the cursor is at and moves on; ok is false
// after the last.
func (c *Cursor) Next() (a Arrival, ok bool) {
	if len(c.heads) == 0 {
		return Arrival{}, false
	}
	h := &c.heads[0]
	a = Arrival{N: c.n, At: h.at, Shape: h.t.shape, Burst: h.t.burstOf(h.next), Release: h.t.release}
	c.n += c.stride
	c.pass(c.stride)
	return a, true
}

// pass moves k arrivals on: in one leap as far as the earliest track stays
// the earliest, else one by one.
func (c *Cursor) pass(k int64) {
	for k > 0 && len(c.heads) > 0 {
		n := int64(1)
		if c.leaps(k) {
			n = k
		}
		c.heads[0].advance(n)
		c.settle()
		k -= n
	}
}

// leaps reports whether the next k arrivals and the one after them all belong
// to the earliest track, whose gaps are even, so that it costs nothing to look.
func (c *Cursor) leaps(k int64) bool {
	h := &c.heads[0]
	if k == 1 || h.t.draws != nil || h.next+k >= h.t.count {
		return k == 1
	}
	ahead := head{t: h.t, next: h.next + k, at: h.t.at(h.next + k)}
	for child := 1; child <= 2 && child < len(c.heads); child++ {
		if !ahead.earlier(&c.heads[child]) {
			return false
		}
	}
	return true
}

// settle restores the heap after its root moved.
func (c *Cursor) settle() {
	if c.heads[0].done() {
		last := len(c.heads) - 1
		c.heads[0] = c.heads[last]
		c.heads = c.heads[:last]
	}
	for i := 0; ; {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.heads); child++ {
			if c.heads[child].earlier(&c.heads[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		c.heads[i], c.heads[first] = c.heads[first], c.heads[i]
		i = first
	}
}
