//go:build !linux

package engine

import "context"

// Run makes the load cfg describes; on this system it can't.
func Run(ctx context.Context, cfg Config) (Report, error) { return Report{}, ErrUnsupported }
