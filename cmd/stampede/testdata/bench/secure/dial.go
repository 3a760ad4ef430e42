package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// dial makes n handshakes, c at once, and prints what they cost this process.
func dial(address, file string, n, c int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: host, NextProtos: []string{"http/1.1"}}
	config.RootCAs.AppendCertsFromPEM(text)
	request := fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", address)

	start := time.Now()
	var left, ok atomic.Int64
	left.Store(int64(n))
	var working sync.WaitGroup
	for range c {
		working.Go(func() {
			for left.Add(-1) >= 0 {
				if handshake(address, config, request) == nil {
					ok.Add(1)
				}
			}
		})
	}
	working.Wait()
	return report(ok.Load(), time.Since(start))
}

// handshake opens a connection and drops it, with a reset like the other
// client's so that neither leaves ports behind.
func handshake(address string, config *tls.Config, request []byte) error {
	raw, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer raw.Close()
	_ = raw.(*net.TCPConn).SetLinger(0)
	c := tls.Client(raw, config)
	if _, err := c.Write(request); err != nil {
		return err
	}
	var reply [1024]byte
	n, err := c.Read(reply[:]) // it is one record
	if err == nil && !bytes.HasPrefix(reply[:n], []byte("HTTP/1.1 101 ")) {
		err = errors.New("no 101")
	}
	return err
}

func report(ok int64, open time.Duration) error {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	seconds := func(t syscall.Timeval) float64 { return time.Duration(t.Nano()).Seconds() }
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"ok": ok, "open_s": open.Seconds(), "user_s": seconds(u.Utime), "sys_s": seconds(u.Stime)})
}
