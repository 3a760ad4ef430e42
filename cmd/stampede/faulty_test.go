//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// server is what a script runs against. stop ends it and returns, as JSON,
// what it counted.
type server interface {
	stop() ([]byte, error)
}

// addServer makes a server known to the script under its name.
func addServer(ts *testscript.TestScript, name, address string, s server) {
	castOf(ts).servers[name] = s
	ts.Setenv(name, "ws://"+address+"/")
	ts.Setenv(name+"_ADDR", address)
}

func writeCounts(ts *testscript.TestScript, args []string) {
	servers := castOf(ts).servers
	s := servers[args[0]]
	if s == nil {
		ts.Fatalf("no server %s", args[0])
	}
	delete(servers, args[0])
	counts, err := s.stop()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), counts, 0o644))
}

// practiceProcess is the practice command in a process of its own.
type practiceProcess struct {
	command *exec.Cmd
	stdin   io.Closer
	stdout  *bufio.Reader
}

func startServer(ts *testscript.TestScript, args []string) {
	p := &practiceProcess{command: exec.Command("stampede", append([]string{"practice", "--json", "--until-stdin-closes"}, args[1:]...)...)}
	stdin, err := p.command.StdinPipe()
	ts.Check(err)
	stdout, err := p.command.StdoutPipe()
	ts.Check(err)
	p.stdin, p.stdout = stdin, bufio.NewReader(stdout)
	ts.Check(p.command.Start())
	line, err := p.stdout.ReadBytes('\n')
	ts.Check(err)
	var ready practiceReady
	ts.Check(json.Unmarshal(line, &ready))
	addServer(ts, args[0], ready.Address, p)
}

func (p *practiceProcess) stop() ([]byte, error) {
	_ = p.stdin.Close()
	slow := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer slow.Stop()
	counts, err := io.ReadAll(p.stdout)
	if err := p.command.Wait(); err != nil {
		return nil, fmt.Errorf("practice server: %w", err)
	}
	return counts, err
}

// heldPort is a port that is bound and not listened on: connects to it are
// refused, and nobody else can be given it meanwhile.
type heldPort int

func setFreePort(ts *testscript.TestScript, args []string) {
	port, err := unusedPort()
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// unusedPort is a port of the loopback address that the kernel had free.
func unusedPort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func closedPort(ts *testscript.TestScript, args []string) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ts.Check(err)
	ts.Check(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := unix.Getsockname(fd)
	ts.Check(err)
	addServer(ts, args[0], fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port), heldPort(fd))
}

func (p heldPort) stop() ([]byte, error) { return []byte("{}"), unix.Close(int(p)) }

// faultyServer answers every connection in one bad manner and counts.
type faultyServer struct {
	listener net.Listener
	manner   func(*faultyServer, net.Conn)
	wg       sync.WaitGroup // of the accept loop and a goroutine a connection; stop waits for it

	mu    sync.Mutex
	conns []net.Conn // nil once stopped
	head  string     // of the first request that was read

	accepted, upgraded, pings, pongs, closes atomic.Int64
}

// manners are what a server can do wrong that the practice server does not,
// or does only to a share.
var manners = map[string]func(*faultyServer, net.Conn){
	"silent":  func(_ *faultyServer, c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	"garbage": func(s *faultyServer, c net.Conn) { s.answer(c, "SSH-2.0-OpenSSH_9.2p1\r\n") },
	"too-busy": func(s *faultyServer, c net.Conn) {
		s.answer(c, "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\n\r\n")
	},
	"mistaken": func(s *faultyServer, c net.Conn) {
		s.answer(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
	},
	"repeats": func(s *faultyServer, c net.Conn) { // what it was sent, as a page for developers does
		if head, ok := s.read(c); ok {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s", len(head), head)
		}
	},
	"closes": func(s *faultyServer, c net.Conn) { s.answer(c, "") },
	"slams":  func(*faultyServer, net.Conn) {}, // closes without having read
	"resets": func(s *faultyServer, c net.Conn) {
		s.answer(c, "")
		_ = c.(*net.TCPConn).SetLinger(0)
	},
	"deaf":  func(s *faultyServer, c net.Conn) { s.hold(c, 0, false) }, // never answers a Close
	"pings": func(s *faultyServer, c net.Conn) { s.hold(c, 20, true) }, // 20 pings in one write with the 101
}

// answer sends reply to a request.
func (s *faultyServer) answer(c net.Conn, reply string) {
	if _, ok := s.read(c); ok {
		_, _ = io.WriteString(c, reply)
	}
}

// read reads a request, to the blank line that ends it; ok is false if that
// does not come.
func (s *faultyServer) read(c net.Conn) (request string, ok bool) {
	var head strings.Builder
	for r := bufio.NewReader(c); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", false
		}
		head.WriteString(line)
		if line == "\r\n" {
			break
		}
	}
	s.mu.Lock()
	if s.head == "" {
		s.head = head.String()
	}
	s.mu.Unlock()
	return head.String(), true
}

// hold upgrades with pings behind the 101, then reads frames until the end.
func (s *faultyServer) hold(c net.Conn, pings int, polite bool) {
	var reply bytes.Buffer
	if _, err := ws.Upgrade(struct {
		io.Reader
		io.Writer
	}{c, &reply}); err != nil {
		return
	}
	for range pings {
		reply.Write(ws.MustCompileFrame(ws.NewPingFrame([]byte("there?"))))
	}
	s.upgraded.Add(1)
	if _, err := c.Write(reply.Bytes()); err != nil {
		return
	}
	for {
		h, err := ws.ReadHeader(c)
		if err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, h.Length); err != nil {
			return
		}
		switch h.OpCode {
		case ws.OpPing:
			s.pings.Add(1)
		case ws.OpPong:
			s.pongs.Add(1)
		case ws.OpClose:
			s.closes.Add(1)
			if polite {
				_ = ws.WriteFrame(c, ws.NewCloseFrame(nil))
				return
			}
		}
	}
}

func startFaulty(ts *testscript.TestScript, args []string) {
	s := &faultyServer{manner: manners[args[1]], conns: []net.Conn{}}
	if s.manner == nil {
		ts.Fatalf("no manner %q", args[1])
	}
	address := "127.0.0.1:0"
	if len(args) > 2 {
		address = args[2]
	}
	l, err := net.Listen("tcp", address)
	ts.Check(err)
	s.listener = l
	s.wg.Go(s.accept)
	addServer(ts, args[0], l.Addr().String(), s)
}

func (s *faultyServer) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.accepted.Add(1)
		if s.keep(c) {
			s.wg.Go(func() {
				s.manner(s, c)
				_ = c.Close()
			})
		}
	}
}

// keep notes c for stop to close; it reports false, having closed it, if
// that has happened.
func (s *faultyServer) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		_ = c.Close()
		return false
	}
	s.conns = append(s.conns, c)
	return true
}

func (s *faultyServer) stop() ([]byte, error) {
	err := s.listener.Close()
	s.mu.Lock()
	open := slices.Clone(s.conns)
	s.conns = nil
	s.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	s.wg.Wait()
	counts, _ := json.Marshal(map[string]any{ // integers and a string always marshal
		"head": s.head, "accepted": s.accepted.Load(), "upgraded": s.upgraded.Load(), "pings": s.pings.Load(),
		"pongs": s.pongs.Load(), "closes": s.closes.Load(),
	})
	return counts, err
}
