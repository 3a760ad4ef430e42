package practice

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBacklog(t *testing.T) {
	s, _ := start(t, Config{Backlog: 4})
	raw, err := s.listener.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if err != nil {
		t.Fatal(err)
	}
	// Of a listening socket the kernel reports the backlog in this field.
	if info.Sacked != 4 {
		t.Errorf("backlog %d, want 4", info.Sacked)
	}
	dial(t, s).upgraded()
}

// A lack of descriptors must be waited out, and who came meanwhile served.
func TestAcceptWithoutDescriptors(t *testing.T) {
	s, err := Listen(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var clients []*client // in the kernel's queue: nobody accepts yet
	for range 5 {
		clients = append(clients, dial(t, s))
	}
	restore := forbidDescriptors(t)
	t.Cleanup(restore)
	serve(t, s)
	eventually(t, s, "short of descriptors", func(n Counts) bool { return n.AcceptErrors >= 2 })
	restore()
	for _, c := range clients {
		c.upgraded()
	}
}

// forbidDescriptors makes every further descriptor fail with EMFILE, until
// the returned function is called.
func forbidDescriptors(t *testing.T) (restore func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	free, err := syscall.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(free)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(free), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) }
}
