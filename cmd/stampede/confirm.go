package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// confirm asks before load leaves this host's own networks: an address that
// is neither loopback nor private is somebody's, perhaps somebody else's.
func confirm(s streams, yes bool, count int64, addresses []netip.AddrPort) error {
	public := slices.DeleteFunc(slices.Clone(addresses), func(a netip.AddrPort) bool { return isOurs(a.Addr()) })
	if len(public) == 0 || yes {
		return nil
	}
	what := fmt.Sprintf("%d connections to %s, an address that is neither loopback nor private", count, public[0])
	if len(public) > 1 {
		what += fmt.Sprintf(" (and %d more)", len(public)-1)
	}
	if !isTerminal(s.in) {
		return fmt.Errorf("about to open %s: give --yes if that is meant; nothing was sent", what)
	}
	fmt.Fprintf(s.err, "About to open %s. Go on? [y/N] ", what)
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("not confirmed; nothing was sent")
	}
	return nil
}

// isOurs reports whether a needs no question: loopback, private (RFC 1918,
// RFC 4193) or link-local.
func isOurs(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()
}

// isTerminal reports whether v is a terminal's file.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// movesCursor reports whether w is a terminal that knows escape sequences. One
// that says it is dumb, as those inside editors do, would print them.
func movesCursor(w io.Writer) bool { return isTerminal(w) && os.Getenv("TERM") != "dumb" }

// wantsColor reports whether output to w may be coloured (no-color.org).
func wantsColor(w io.Writer) bool { return movesCursor(w) && os.Getenv("NO_COLOR") == "" }
