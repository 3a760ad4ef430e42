package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// webGoodbye is how long answers that are being written may take when a run
// has ended.
const webGoodbye = 2 * time.Second

// webServer serves something to look at a run with, as long as it goes.
type webServer struct {
	name     string // what it serves
	path     string // of its page
	listener net.Listener
	server   *http.Server
	done     chan error
}

// listenWeb takes an address, HOST:PORT or, on this host alone, :PORT.
func listenWeb(name, address, path string) (*webServer, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q: want HOST:PORT, such as 127.0.0.1:9464", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	return &webServer{name: name, path: path, listener: listener}, nil
}

// String says where it is.
func (s *webServer) String() string {
	return s.name + ": http://" + s.listener.Addr().String() + s.path
}

// loopback reports whether only this host reaches the server.
func (s *webServer) loopback() bool {
	a, err := netip.ParseAddrPort(s.listener.Addr().String())
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// start serves until stop.
func (s *webServer) start(h http.Handler) {
	if s.loopback() {
		h = localOnly(h)
	}
	s.server = &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // what a stranger sends is no matter of the run's
	}
	s.done = make(chan error, 1)
	go func() { s.done <- s.server.Serve(s.listener) }() // until stop, which waits for it
}

// stop ends it: answers under way are finished, or cut after a while.
func (s *webServer) stop() error {
	if s.server == nil {
		return s.listener.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), webGoodbye)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	if err := <-s.done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// localOnly refuses requests under a name that is not this host's: a page of
// the web whose name was made to point here (DNS rebinding) would otherwise
// read what is served.
func localOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !localName(r.Host) {
			http.Error(w, "this is served to names of this host alone, such as localhost", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// localName reports whether a Host field names this host's loopback.
func localName(field string) bool {
	host := field
	if h, _, err := net.SplitHostPort(field); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}
