package engine

import "stampede/scenario"

// stride is Stride with its default.
func (c *Config) stride() int64 { return max(1, c.Stride) }

// cursor walks through part id of of of the run's slice of the schedule.
// Arrival k of the slice is number First + k·stride of the schedule, and the
// part has every of-th of those: a slice of a slice.
func (c *Config) cursor(id, of int64) scenario.Cursor {
	return c.Schedule.Cursor(c.First+id*c.stride(), of*c.stride())
}

// arrivals is how many there are in the run's slice: the k with
// First + k·stride < Len.
func (c *Config) arrivals() int64 {
	left := c.Schedule.Len() - c.First
	if left <= 0 {
		return 0
	}
	return (left + c.stride() - 1) / c.stride()
}
