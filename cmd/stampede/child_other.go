//go:build !unix

package main

import "os/exec"

// detach does nothing here: there are no process groups to part.
func detach(*exec.Cmd) {}
