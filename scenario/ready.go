package scenario

import (
	"time"
	"unicode/utf8"
)

// Ready is a check after the 101: does the application answer? Once Send has
// gone out as a text frame, a text frame must come that contains Expect. The
// zero value checks nothing.
type Ready struct {
	Send   string        // empty: nothing is sent
	Expect string        // empty: any text frame will do
	Within time.Duration // from the 101 to that frame; 5s where Send or Expect is set, or the key is there; zero: no check
}

// EarlyClose says what it means that the server closes a connection soon
// after the 101, which is how some refuse a client.
type EarlyClose uint8

// What an early close means.
const (
	CountEarlyClose EarlyClose = iota // the handshake stands, and the close is counted with its code
	FailEarlyClose                    // within EarlyCloseWithin the attempt fails
)

var earlyCloseWords = []string{"count", "fail"}

// String returns the word files use.
func (e EarlyClose) String() string { return word(earlyCloseWords, int(e)) }

const (
	defaultReady      = 5 * time.Second
	defaultEarlyClose = time.Second
)

// fillAfterwards fills in the defaults of what follows the 101.
func (s *Scenario) fillAfterwards() {
	if s.Ready.Within == 0 && s.Ready.Send+s.Ready.Expect != "" {
		s.Ready.Within = defaultReady
	}
	if s.EarlyClose == FailEarlyClose && s.EarlyCloseWithin == 0 {
		s.EarlyCloseWithin = min(defaultEarlyClose, max(s.Hold.For, 0))
	}
}

// afterwards checks what follows the 101.
func (c *checker) afterwards(s *Scenario) {
	c.length("ready.within", s.Ready.Within)
	c.readyText("ready.send", s.Ready.Send)
	c.readyText("ready.expect", s.Ready.Expect)
	const path, within = "early_close", "early_close_within"
	c.length(within, s.EarlyCloseWithin)
	switch {
	case s.EarlyClose > FailEarlyClose:
		c.add(path, "", "early_close is count or fail")
	case !c.sound(path, within, "hold.for", "hold"):
	case s.EarlyClose == CountEarlyClose && s.EarlyCloseWithin > 0:
		c.add(within, "add early_close: fail", "has no meaning where an early close is only counted")
	case s.EarlyClose == FailEarlyClose && s.Hold.For == 0:
		c.add(path, "add hold: {for: 2s}", "a connection that is not held can't be closed early")
	case s.EarlyCloseWithin > s.Hold.For && s.EarlyClose == FailEarlyClose:
		c.add(within, "", "%s is longer than the connection is held, %s", s.EarlyCloseWithin, s.Hold.For)
	}
}

// readyText checks what goes into a text frame (RFC 6455 §5.6).
func (c *checker) readyText(path, text string) {
	switch _, err := parseTemplate(text, func(string) (segment, error) { return segment{}, errFilled }); {
	case len(text) > maxHeader:
		c.add(path, "", "%d bytes are more than %d", len(text), maxHeader)
	case !utf8.ValidString(text):
		c.add(path, "", "a text frame is UTF-8 (RFC 6455 §5.6)")
	case err == errFilled:
		c.add(path, "write the value out or use ${NAME}", "{{…}} is filled in only in paths and headers")
	}
}

var errFilled = badValue("", "{{…}} is filled in")
