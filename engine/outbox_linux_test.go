package engine

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

// sockets are two ends of a stream, the first one not to block.
func sockets(t *testing.T) (ours int, theirs *os.File) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs = os.NewFile(uintptr(ends[1]), "the peer's end")
	t.Cleanup(func() { theirs.Close() })
	return ends[0], theirs
}

// TestOutboxKeepsFramesWhole has a peer that does not read until the socket
// is full: what it then finds is whole frames, the first ones, and one more
// once there is room.
func TestOutboxKeepsFramesWhole(t *testing.T) {
	ours, theirs := sockets(t)
	s := &shard{random: rand.NewChaCha8([32]byte{})}
	i := s.slab.take()
	c := s.slab.at(i)
	c.fd = int32(ours)

	sent, payload := 0, bytes.Repeat([]byte("p"), 50_000)
	for s.sendFrame(i, ws.OpText, payload) {
		sent++
	}
	if c.rest == nil {
		t.Fatalf("%d frames sent, and none in part; the test needs other sizes", sent)
	}
	if s.sendFrame(i, ws.OpPong, nil) {
		t.Error("a frame went out in the middle of another")
	}
	var got bytes.Buffer
	piece := make([]byte, 10_000)
	read := func() {
		n, _ := theirs.Read(piece)
		got.Write(piece[:n])
	}
	for ; c.rest != nil; s.sendBacklog(i) {
		read()
	}
	for !s.sendFrame(i, ws.OpClose, closeNormal) {
		read()
	}
	closeFD(ours)
	if _, err := io.Copy(&got, theirs); err != nil {
		t.Fatal(err)
	}
	for n := range sent + 1 {
		h, text, err := readFrame(&got)
		if err != nil {
			t.Fatalf("frame %d of %d: %v", n, sent, err)
		}
		if last := h.OpCode == ws.OpClose; last != (n == sent) || !last && !bytes.Equal(text, payload) {
			t.Fatalf("frame %d of %d is %+v", n, sent, h)
		}
	}
}

// TestReadingTakesTurns: a connection with much to read is left after a few
// reads, and gone on with until there is nothing more.
func TestReadingTakesTurns(t *testing.T) {
	const size = 1000 // of a read
	ours, theirs := sockets(t)
	defer closeFD(ours)
	s := &shard{run: &run{config: &Config{}}, buf: make([]byte, size)}
	i := s.slab.take()
	c := s.slab.at(i)
	c.fd, c.state = int32(ours), held
	if _, err := theirs.Write(bytes.Repeat([]byte{0x8a, 0}, 3*readTurn*size/2)); err != nil {
		t.Fatal(err)
	}
	s.readFrames(i)
	turns := 1
	for ; len(s.unread) > 0 && turns < 10; turns++ {
		s.readFrames(i) // news between turns brings no turn forward
		s.readOn()
	}
	if turns != 4 || c.unread { // the fourth finds nothing
		t.Errorf("%d turns, want 4; still unread: %v", turns, c.unread)
	}
}
