// Command stampede makes thousands of simultaneous WebSocket handshakes on
// purpose and says truthfully how the server took them.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}
