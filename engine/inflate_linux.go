package engine

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
)

// A server that agreed on permessage-deflate may send the answer of a ready
// check compressed (RFC 7692 §7.2.2), and refer back in it to what it sent in
// earlier messages. So while a check lasts its connection keeps the last 32 KB
// of those, and every compressed message is inflated, text or not. All else
// that is compressed is passed over as it is.

const (
	window      = 32 << 10 // bytes that a message may refer back to
	maxInflated = 1 << 20  // bytes a message may become: 64 KB could blow up to 64 MB, and a shard has no time for that
)

// deflateTail is what a sender leaves off a message's end, and an empty last
// block for flate to find an end at.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

var (
	errDeflated = errors.New("compressed message is damaged")
	errInflated = errors.New("compressed message is too large to look into")
)

// inflater inflates messages, of any number of connections one after another.
// It is ready at its zero value.
type inflater struct {
	in   bytes.Reader
	from io.ReadCloser // flate over in; nil until the first message
	out  bytes.Buffer
}

// message inflates one, history being the end of what was sent before it. The
// result is good until the next call.
func (x *inflater) message(deflated, history []byte) ([]byte, error) {
	x.in.Reset(append(deflated, deflateTail...))
	if x.from == nil {
		x.from = flate.NewReaderDict(&x.in, history)
	} else if err := x.from.(flate.Resetter).Reset(&x.in, history); err != nil {
		return nil, err
	}
	x.out.Reset()
	switch n, err := io.Copy(&x.out, io.LimitReader(x.from, maxInflated+1)); {
	case err != nil:
		return nil, errDeflated
	case n > maxInflated:
		return nil, errInflated
	}
	return x.out.Bytes(), nil
}

// inflate is the message that r has gathered, inflated. Behind one that was
// too large nothing can be referred to, so later ones are too.
func (r *frameReader) inflate(x *inflater) (text []byte, err error) {
	if r.cut || r.lost {
		r.lost = true
		return nil, errInflated
	}
	if text, err = x.message(r.text, r.history); err != nil {
		r.lost = true
		return nil, err
	}
	r.history = append(r.history, text[max(0, len(text)-window):]...)
	r.history = append(r.history[:0], r.history[max(0, len(r.history)-window):]...)
	return text, nil
}
