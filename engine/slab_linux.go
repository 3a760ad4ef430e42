package engine

const slabChunk = 1024

// slab holds a shard's connection records. Records live in chunks that never
// move, so a pointer to one stays good while others are added; slots are
// reused last in, first out, which keeps the hot ones in the cache.
type slab struct {
	chunks []*[slabChunk]conn
	free   []int32
}

// at returns the record of slot i.
func (s *slab) at(i int32) *conn { return &s.chunks[i/slabChunk][i%slabChunk] }

// take returns a free slot, its record zeroed but for the generation.
func (s *slab) take() int32 {
	if len(s.free) == 0 {
		base := int32(len(s.chunks)) * slabChunk
		s.chunks = append(s.chunks, new([slabChunk]conn))
		for i := int32(slabChunk) - 1; i >= 0; i-- {
			s.free = append(s.free, base+i)
		}
	}
	i := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	c := s.at(i)
	*c = conn{gen: c.gen}
	return i
}

// put gives slot i back. Events still under way for it carry the old
// generation and are dropped.
func (s *slab) put(i int32) {
	c := s.at(i)
	*c = conn{gen: c.gen + 1}
	s.free = append(s.free, i)
}
