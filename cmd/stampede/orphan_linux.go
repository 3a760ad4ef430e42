package main

import (
	"os/exec"
	"syscall"
)

// endWithUs has the kernel end a detached child when the thread that started
// it ends, as it does if we are killed (prctl(2), PR_SET_PDEATHSIG).
func endWithUs(c *exec.Cmd) { c.SysProcAttr.Pdeathsig = syscall.SIGTERM }
