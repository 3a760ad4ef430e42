// Command servers is a WebSocket server of the live tests: one of Go's
// libraries, by choice. It prints {"port": N, "version": "…"} when it listens.
// When its standard input ends, it waits for the connections to end, prints
// what it counted and exits; so it never outlives the test.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"
)

// library is a WebSocket library: its module, and a handler that upgrades
// with it and reads until the connection ends.
type library struct {
	module string
	serve  func(*counts) http.HandlerFunc
}

var libraries = map[string]library{
	"gorilla": {"github.com/gorilla/websocket", serveGorilla},
	"coder":   {"github.com/coder/websocket", serveCoder},
	"gobwas":  {"github.com/gobwas/ws", serveGobwas},
	"gws":     {"github.com/lxzan/gws", serveGWS},
}

func main() {
	name := flag.String("server", "gorilla", "gorilla, coder, gobwas or gws")
	cert := flag.String("cert", "", "speak TLS with this certificate, a PEM file")
	key := flag.String("key", "", "its key, a PEM file")
	flag.Parse()
	l, known := libraries[*name]
	if !known {
		log.Fatalf("unknown server %q", *name)
	}
	if err := run(l, *cert, *key); err != nil {
		log.Fatal(err)
	}
}

// run serves until standard input ends; without a certificate in clear.
func run(l library, cert, key string) error {
	listener, err := listen(cert, key)
	if err != nil {
		return err
	}
	c := newCounts()
	server := &http.Server{Handler: c.upgrades(l.serve(c)), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }() // until the process ends
	out := json.NewEncoder(os.Stdout)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := out.Encode(map[string]any{"port": port, "version": version(l.module)}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = listener.Close()
	return out.Encode(c.final())
}

func listen(cert, key string) (net.Listener, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil || cert == "" {
		return l, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}), nil
}

// version is that of a module this program was built with.
func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return "unknown"
}
