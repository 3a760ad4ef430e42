// Secure is both ends of the comparison over TLS: "secure serve FILE" is a
// server that answers every upgrade with a right 101, and "secure dial
// ADDRESS FILE" the bare client, nothing but crypto/tls in a loop. FILE holds
// the certificate of the authority that the server makes for itself.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "secure:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("secure", flag.ContinueOnError)
	n := f.Int("n", 10_000, "handshakes in all")
	c := f.Int("c", 100, "handshakes at once")
	host := f.String("a", "127.0.0.1", "address to listen on")
	if err := f.Parse(args); err != nil {
		return err
	}
	switch {
	case f.NArg() == 2 && f.Arg(0) == "serve":
		return serve(*host, f.Arg(1))
	case f.NArg() == 3 && f.Arg(0) == "dial":
		return dial(f.Arg(1), f.Arg(2), *n, *c)
	}
	return fmt.Errorf("want [-a HOST] serve FILE, or [-n N] [-c N] dial ADDRESS FILE")
}
