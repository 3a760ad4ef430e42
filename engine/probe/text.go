package probe

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"stampede/results"
)

const (
	shownLines = 60  // of a head or a body
	shownWidth = 400 // bytes of a line
	barWidth   = 40
)

// Write draws p for people.
func (p *Probe) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s · %s\n", p.headline(), p.URL)
	if p.Outcome.Detail != "" {
		fmt.Fprintln(&b, p.Outcome.Detail)
	}
	p.writeWay(&b)
	p.writeProxy(&b)
	p.writeTLS(&b)
	p.writeTalk(&b)
	p.writeChecks(&b)
	p.writeReady(&b)
	p.writeTrials(&b)
	p.writeWaterfall(&b)
	p.writeHints(&b)
	if p.Curl != "" {
		fmt.Fprintf(&b, "\nthe same with curl\n  %s\n", p.Curl)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (p *Probe) headline() string {
	switch {
	case p.Established() && p.Ready != nil:
		return "OK · a valid 101 and the answer"
	case p.Established():
		return "OK · a valid 101"
	}
	if p.Outcome.Kind == results.Status && p.Outcome.Phase == results.PhaseConnect {
		return "FAIL · " + p.Outcome.Name() + " from the proxy"
	}
	return "FAIL · " + p.Outcome.Name()
}

// writeWay tells about names and addresses.
func (p *Probe) writeWay(b *bytes.Buffer) {
	fmt.Fprintln(b)
	switch r := p.Resolution; {
	case isSocket(p):
	case r.Error != "":
		fmt.Fprintf(b, "resolve  %s: %s\n", r.Name, r.Error)
	default:
		fmt.Fprintf(b, "resolve  %s: IPv4 %s · IPv6 %s\n", r.Name, listed(r.IPv4), listed(r.IPv6))
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for i, c := range p.Connects {
		label := "connect"
		if i > 0 {
			label = ""
		}
		state := string(c.State)
		if c.Used {
			state += ", used"
		}
		if c.Error != "" {
			state += ": " + c.Error
		}
		fmt.Fprintf(t, "%-7s  %s\t%s\t%s\n", label, c.Address, span(c.Took), state)
	}
	_ = t.Flush() // a Buffer takes all
}

func listed(addresses []string) string {
	switch n := len(addresses); {
	case n == 0:
		return "none"
	case n > maxAddresses:
		return fmt.Sprintf("%s and %d more", strings.Join(addresses[:maxAddresses], ", "), n-maxAddresses)
	}
	return strings.Join(addresses, ", ")
}

// writeProxy tells what the proxy was asked, and what it answered.
func (p *Probe) writeProxy(b *bytes.Buffer) {
	if p.Proxy == nil {
		return
	}
	fmt.Fprintf(b, "proxy    %s, asked for %s\n", p.Proxy.URL, p.Proxy.Asked)
	quoteLines(b, "         > ", p.Proxy.Request)
	if r := p.Proxy.Reply; r != nil {
		quoteLines(b, "         < ", r.Head)
		if r.BodySize > 0 {
			quoteLines(b, "         < ", r.Body)
		}
	}
}

// writeReady tells of the check behind the 101.
func (p *Probe) writeReady(b *bytes.Buffer) {
	a := p.Ready
	if a == nil {
		return
	}
	want := "any text"
	if a.Expect != "" {
		want = fmt.Sprintf("a text with %q in it", a.Expect)
	}
	fmt.Fprintf(b, "\nready check: %s within %s\n", want, span(a.Within))
	if a.Sent != "" {
		fmt.Fprintf(b, "  > %s\n", atMost(a.Sent, shownWidth))
	}
	for _, text := range a.Texts {
		fmt.Fprintf(b, "  < %s\n", atMost(text, shownWidth))
	}
	if a.More > 0 {
		fmt.Fprintf(b, "  and %d texts more\n", a.More)
	}
}

// writeTLS tells what TLS settled, and each certificate.
func (p *Probe) writeTLS(b *bytes.Buffer) {
	t := p.TLS
	if t == nil {
		return
	}
	fmt.Fprintf(b, "tls      server name %s", orNone(t.ServerName))
	if t.Version != "" {
		fmt.Fprintf(b, " · %s · %s · key exchange %s · ALPN %s", t.Version, t.Cipher, orNone(t.Exchange), orNone(t.ALPN))
	}
	fmt.Fprintln(b)
	if t.ClientAsked {
		fmt.Fprintf(b, "         the server asks for a client certificate; one was sent: %s\n", yesNo(t.ClientSent))
	}
	for i, c := range t.Chain {
		c.write(b, i)
	}
	if t.MoreCerts > 0 {
		fmt.Fprintf(b, "         and %d certificates more\n", t.MoreCerts)
	}
	if len(t.Chain) == 0 {
		return
	}
	verified := "verified"
	if !t.Verified {
		verified = "NOT verified: " + t.Why
		if t.Insecure {
			verified += "; went on, as --insecure says"
		}
	}
	fmt.Fprintf(b, "         for %s: %s · %s\n", t.Name, yesNo(t.NameFits), verified)
}

func (c Certificate) write(b *bytes.Buffer, i int) {
	fmt.Fprintf(b, "         %d. %s, issued by %s\n", i+1, c.Subject, c.Issuer)
	names := strings.Join(c.Names, ", ")
	if c.MoreNames > 0 {
		names += fmt.Sprintf(" and %d more", c.MoreNames)
	}
	if names != "" {
		names = "names " + names + " · "
	}
	key := c.Key
	if c.KeyBits > 0 {
		key += fmt.Sprintf(" of %d bits", c.KeyBits)
	}
	fmt.Fprintf(b, "            %s%s · %s to %s, %d days left\n", names, key,
		c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly), c.DaysLeft)
}

// writeTalk shows the heads, and the body of a refusal.
func (p *Probe) writeTalk(b *bytes.Buffer) {
	title := "request"
	if !p.Request.Sent {
		title = "request, not sent"
	}
	fmt.Fprintf(b, "\n%s (%d bytes)\n", title, p.Request.Size)
	quoteLines(b, "  > ", p.Request.Head)
	r := p.Reply
	if r == nil {
		return
	}
	fmt.Fprintf(b, "\nreply (%d bytes)\n", r.HeadSize)
	quoteLines(b, "  < ", r.Head)
	if r.BodySize > 0 {
		fmt.Fprintf(b, "\nbody (first %d bytes)\n", r.BodySize)
		quoteLines(b, "  < ", r.Body)
	}
	if r.Behind > 0 {
		fmt.Fprintf(b, "\nright behind it %d bytes: %s\n", r.Behind, r.BehindIs)
	}
	if len(p.Hops) > 0 {
		fmt.Fprint(b, "\nanswered, it seems, by ")
		for i, h := range p.Hops {
			if i > 0 {
				fmt.Fprint(b, "; on the way: ")
			}
			fmt.Fprintf(b, "%s (%s)", h.Name, h.Evidence)
		}
		fmt.Fprintln(b)
	}
}

// quoteLines writes text line by line, each behind a mark and cut to a width,
// and says how many lines are left out.
func quoteLines(b *bytes.Buffer, markText, text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if i == shownLines {
			fmt.Fprintf(b, "%s… and %d lines more\n", markText, len(lines)-i)
			return
		}
		fmt.Fprintln(b, strings.TrimRight(markText+atMost(line, shownWidth), " "))
	}
}

func (p *Probe) writeChecks(b *bytes.Buffer) {
	if len(p.Checks) == 0 {
		return
	}
	fmt.Fprintln(b, "\nthe rules of a 101")
	for _, c := range p.Checks {
		state := "ok  "
		if !c.OK {
			state = "FAIL"
		}
		received := c.Received
		if received == "" {
			received = "absent"
		}
		fmt.Fprintf(b, "  %s  %s: %s", state, c.Rule, atMost(received, shownWidth))
		if !c.OK {
			fmt.Fprintf(b, "; %s", c.Want)
		}
		fmt.Fprintln(b)
	}
}

func (p *Probe) writeTrials(b *bytes.Buffer) {
	if len(p.Trials) == 0 {
		return
	}
	fmt.Fprintln(b, "\ntried besides, each on a connection of its own")
	for _, t := range p.Trials {
		fmt.Fprintf(b, "  %s → %s", t.Change, t.Outcome.Name())
		if len(t.Versions) > 0 {
			fmt.Fprintf(b, "; the server names %s", atMost(strings.Join(t.Versions, ", "), 200))
		}
		fmt.Fprintln(b)
	}
}

// writeWaterfall draws each step as a bar at its place in time.
func (p *Probe) writeWaterfall(b *bytes.Buffer) {
	if len(p.Steps) == 0 {
		return
	}
	last := p.Steps[len(p.Steps)-1]
	total := max(last.Start+last.Took, 1)
	fmt.Fprintf(b, "\ntime (%s in all)\n", span(total))
	for _, s := range p.Steps {
		from := int(s.Start * barWidth / total)
		to := max(int((s.Start+s.Took)*barWidth/total), from+1)
		bar := strings.Repeat(" ", from) + strings.Repeat("█", to-from)
		fmt.Fprintf(b, "  %-8s %8s  %s\n", s.Name, span(s.Took), bar)
	}
}

func (p *Probe) writeHints(b *bytes.Buffer) {
	for i, h := range p.Hints {
		if i == 0 {
			fmt.Fprintln(b, "\nwhat it means, and what to do")
		}
		fmt.Fprintf(b, "  %s\n    → %s\n", h.Means, h.Do)
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
