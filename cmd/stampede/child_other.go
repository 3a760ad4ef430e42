//go:build !unix

package main

import "os/exec"

// detach does nothing here: there are no process groups to part.
func detach(*exec.Cmd) {}

// endGroup ends the child; here nobody can be asked to end.
func endGroup(c *exec.Cmd, _ bool) error { return c.Process.Kill() }
