//go:build !linux

package engine

import (
	"context"
	"io"
)

// Run makes the load cfg describes; on this system it can't.
func Run(ctx context.Context, cfg Config) (Report, error) { return Report{}, ErrUnsupported }

// Lead makes load with workers, which it ends; on this system it can't.
func Lead(ctx context.Context, a Assignment, peers []Peer, sink Sink, observe Observer) (Report, error) {
	for _, p := range peers {
		_ = p.In.Close()
		p.Kill()
		_ = p.Wait()
	}
	return Report{}, ErrUnsupported
}

// Work makes a worker's slice of the load; on this system it can't.
func Work(ctx context.Context, in io.Reader, out io.Writer) error { return ErrUnsupported }
