//go:build !linux

package monitor

import (
	"context"
	"errors"
)

var errNotLinux = errors.New("processes and the kernel can be looked at on Linux only")

type processes struct{}

func newProcesses(int, string) processes { return processes{} }

func (processes) look(context.Context) ([]reading, error) { return nil, errNotLinux }

type kernel struct{}

func (kernel) look(context.Context) ([]reading, error) { return nil, errNotLinux }
