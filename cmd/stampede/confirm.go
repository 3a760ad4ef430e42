package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/term"

	"stampede/engine"
)

// confirm asks before load leaves this host's own networks: an address that
// is neither loopback nor private is somebody's, perhaps somebody else's.
func confirm(s streams, yes bool, count int64, targets []*engine.Target) error {
	public := notOurs(targets)
	if len(public) == 0 || yes {
		return nil
	}
	what := fmt.Sprintf("%d connections to %s", count, public[0])
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

// notOurs names where load for the targets goes that may be somebody else's.
// Who is behind a proxy is told by the name it is asked for, which it looks up
// itself.
func notOurs(targets []*engine.Target) (names []string) {
	for _, t := range targets {
		for _, a := range t.Addresses {
			if !isOurs(a.Addr()) {
				names = append(names, a.String()+", an address that is neither loopback nor private")
			}
		}
		if t.Asked == "" {
			continue
		}
		host, _, _ := net.SplitHostPort(t.Asked) // as net.JoinHostPort made it
		switch a, err := netip.ParseAddr(host); {
		case err == nil && isOurs(a), err != nil && isOurName(host):
		case err == nil:
			names = append(names, t.Asked+" through a proxy, an address that is neither loopback nor private")
		default:
			names = append(names, t.Asked+" through a proxy, a name that it looks up and that may be neither loopback nor private")
		}
	}
	return names
}

// isOurName reports whether a name can't be one of the public DNS: a label alone,
// or under a name reserved for tests and private networks (RFC 6761, RFC 6762,
// RFC 8375, and ICANN's internal).
func isOurName(name string) bool {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
	switch labels[len(labels)-1] {
	case "localhost", "test", "example", "invalid", "local", "internal":
		return true
	}
	return len(labels) == 1 || strings.Join(labels[max(len(labels)-2, 0):], ".") == "home.arpa"
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
