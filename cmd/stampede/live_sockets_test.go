//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// listenLocally listens at a port of the kernel's choosing.
func listenLocally(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.(*net.TCPListener)
}

// listenAside listens at a port that can be given up and taken again: below
// those the kernel gives to whoever connects, which here are many.
func listenAside(t *testing.T) *net.TCPListener {
	t.Helper()
	const first = 10_000
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	var end int
	if _, err := fmt.Sscan(string(text), &end); err != nil || end <= first {
		return listenLocally(t) // no room below
	}
	for range 100 {
		port := first + rand.IntN(end-first)
		if l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			return l
		}
	}
	t.Fatalf("no free port found from %d to %d", first, end)
	return nil
}

// closeAll closes the sockets and returns those left, which are none.
func closeAll(sockets []*net.TCPListener) []*net.TCPListener {
	for _, l := range sockets {
		_ = l.Close()
	}
	return nil
}

// startWithSockets starts c with listening sockets from descriptor 3 on.
// Nobody else keeps them, so that they go with the child.
func startWithSockets(t *testing.T, c *exec.Cmd, sockets []*net.TCPListener) *child {
	t.Helper()
	for _, l := range sockets {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c.ExtraFiles = append(c.ExtraFiles, f)
	}
	started := startChild(t, c)
	// os/exec may have made the sockets blocking, for all who share them, and
	// a server may take them as they come.
	for _, f := range c.ExtraFiles {
		if err := syscall.SetNonblock(int(f.Fd()), true); err != nil {
			t.Fatal(err)
		}
	}
	closeAll(sockets)
	return started
}
