package handshake

import (
	"bytes"

	"stampede/results"
)

// What a peer can make the parser take, counted over interim replies and the
// final one together.
const (
	maxHead    = 64 << 10 // bytes
	maxLines   = 1000     // header lines, folds included
	maxInterim = 100      // 1xx replies other than 101
)

const switchingProtocols = 101

// Parser reads one reply, in as many pieces as it comes. The zero value is
// ready for the reply to a request that offered nothing; Reset makes it ready
// for the next.
//
// A reply that comes whole is never copied: until the next call of Reset the
// parser then refers to the caller's buffer, so Verdict and Head must be called
// before that buffer is used again. Between pieces it keeps a copy of its own,
// of the unfinished head only.
//
// A Parser may be moved by copying it, provided that only one of the two goes
// on: the other must be Reset, which lets go of the buffer and doesn't reuse it.
type Parser struct {
	request *Request
	pending []byte         // own copy of an unfinished head; nil if there is none
	head    []byte         // the head that decided, once done; refers to pending or to the caller's buffer
	fault   results.Reason // what ended the scan early; "" if the head is whole
	bytes   int32          // of all heads, before the latest Feed
	line    int32          // where the current line starts in the current head
	scanned int32          // no line end before this index of the current head, from line on
	lines   uint16         // header lines so far
	status  statusLine     // of the current head; zero until its status line was read
	folding bool           // a header line was read in the current head, so a fold has something to continue
	done    bool
	interim uint8
	warned  Warning
}

// Reset makes p ready for the reply to r, which may be nil for a request that
// offered no subprotocol and no extension.
func (p *Parser) Reset(r *Request) {
	*p = Parser{request: r}
}

// Feed takes the next bytes of the reply. done says that the verdict is known;
// n is then how many bytes of data belong to the head, and data[n:] is what
// follows it: frames behind a 101, the start of a body behind another status.
// Bytes that are no reply have no body, so all of them are head. Until done, n
// is len(data). Once done, Feed takes nothing more.
func (p *Parser) Feed(data []byte) (n int, done bool) {
	if p.done {
		return 0, true
	}
	in := data[:min(len(data), maxHead-int(p.bytes))]
	all := in
	if p.pending != nil {
		p.pending = append(p.pending, in...)
		all = p.pending
	}
	head, end := p.scan(all)
	p.bytes += int32(len(in))
	switch {
	case end > 0:
		p.finish(head[:end], "")
		return len(in) - (len(head) - end), true
	case !p.done && len(in) < len(data):
		p.finish(head, results.HeaderTooLarge)
	case !p.done && (p.pending == nil || len(head) < len(all)):
		p.pending = append(p.pending[:0], head...)
	}
	return len(data), p.done
}

// finish ends the scan: head is what decided, and fault why if it isn't whole.
func (p *Parser) finish(head []byte, fault results.Reason) {
	p.head, p.fault, p.done = head, fault, true
}

// scan goes on reading b, which starts at the current head, and skips interim
// replies. It returns the head it came to and, if that one is whole and final,
// the index where it ends; else 0.
func (p *Parser) scan(b []byte) (head []byte, end int) {
	for {
		end = p.scanHead(b)
		if end == 0 || !p.status.isInterim() {
			return b, end
		}
		if p.interim == maxInterim {
			p.finish(b, results.TooManyInterim)
			return b, 0
		}
		p.interim++
		p.warned |= InterimSkipped
		p.line, p.scanned, p.status, p.folding = 0, 0, statusLine{}, false
		b = b[end:]
	}
}

// scanHead goes on reading the head at the start of b, line by line. It returns
// the index where the head ends; 0 if it is not finished, or can't be a head.
func (p *Parser) scanHead(b []byte) (end int) {
	if !startsLikeHTTP(b) {
		p.finish(b, results.BadStatusLine)
		return 0
	}
	for {
		i := bytes.IndexByte(b[p.scanned:], '\n')
		if i < 0 {
			p.scanned = int32(len(b))
			return 0
		}
		next := p.scanned + int32(i) + 1
		line := p.trimLineEnd(b[p.line:next])
		if len(line) == 0 && p.status.code != 0 {
			return int(next)
		}
		if fault := p.readLine(line); fault != "" {
			p.finish(b, fault)
			return 0
		}
		p.line, p.scanned = next, next
	}
}

// trimLineEnd cuts CR LF or a bare LF off line (RFC 9112 §2.2).
func (p *Parser) trimLineEnd(line []byte) []byte {
	line = line[:len(line)-1]
	if len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	p.warned |= BareLF
	return line
}

// readLine checks one line, without its line end.
func (p *Parser) readLine(line []byte) (fault results.Reason) {
	if p.status.code == 0 {
		p.status, fault = parseStatusLine(line)
		return fault
	}
	if p.lines++; p.lines > maxLines {
		return results.HeaderTooLarge
	}
	if line[0] == ' ' || line[0] == '\t' {
		p.warned |= ObsFold
		if !p.folding || !isText(line) {
			return results.BadHeader
		}
		return ""
	}
	p.folding = true
	if !fieldChecked(line) {
		return results.BadHeader
	}
	return ""
}

// Head returns what was received of the head that decided, or until done of
// the head that is coming in: at most 64 KB. See Parser for how long it stays
// valid.
func (p *Parser) Head() []byte {
	if p.done {
		return p.head
	}
	return p.pending
}
