package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
)

// News travel in frames: four bytes with the length, most significant first,
// then that many bytes of gob. The gob stream goes on from frame to frame, so
// types are described once, but no value crosses a frame's end. The frame is
// what bounds a reader's memory: gob itself would take a gigabyte.

const (
	frameHead = 4
	maxFrame  = 4 << 20 // bytes behind the head; a worker's own frames stay under a quarter of it
)

// NewsError is a frame that is none.
type NewsError struct {
	Fault string
	Cause error // may be nil
}

// Error tells the fault in one line.
func (e *NewsError) Error() string {
	text := "reading a worker's news: " + e.Fault
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *NewsError) Unwrap() error { return e.Cause }

// newsWriter writes frames. It belongs to one goroutine.
type newsWriter struct {
	w       io.Writer
	frame   bytes.Buffer
	encoder *gob.Encoder
}

func newNewsWriter(w io.Writer) *newsWriter {
	n := &newsWriter{w: w}
	n.encoder = gob.NewEncoder(&n.frame)
	return n
}

func (w *newsWriter) write(n *News) error {
	w.frame.Reset()
	w.frame.Write(make([]byte, frameHead))
	if err := w.encoder.Encode(n); err != nil {
		return fmt.Errorf("encoding news: %w", err)
	}
	size := w.frame.Len() - frameHead
	if size > maxFrame {
		return fmt.Errorf("encoding news: %d bytes are more than a frame's %d", size, maxFrame)
	}
	binary.BigEndian.PutUint32(w.frame.Bytes(), uint32(size))
	_, err := w.w.Write(w.frame.Bytes())
	return err
}

// newsReader reads frames; after an error it can't go on. It belongs to one
// goroutine.
type newsReader struct {
	r       io.Reader
	frame   []byte
	rest    bytes.Reader // of the frame
	decoder *gob.Decoder
}

func newNewsReader(r io.Reader) *newsReader {
	n := &newsReader{r: r}
	n.decoder = gob.NewDecoder(&n.rest)
	return n
}

// read returns the next news. The error is io.EOF where the stream ends
// between two frames, a *NewsError where it is no stream of news.
func (r *newsReader) read() (*News, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		if err == io.EOF {
			return nil, err
		}
		return nil, &NewsError{"it ended within a frame's head", err}
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxFrame {
		return nil, &NewsError{Fault: fmt.Sprintf("a frame of %d bytes, more than %d", size, maxFrame)}
	}
	if cap(r.frame) < int(size) {
		r.frame = make([]byte, size)
	}
	r.frame = r.frame[:size]
	if _, err := io.ReadFull(r.r, r.frame); err != nil {
		return nil, &NewsError{"it ended within a frame", err}
	}
	r.rest.Reset(r.frame)
	n := new(News) // afresh: gob leaves a field alone whose value was zero
	if err := r.decoder.Decode(n); err != nil {
		return nil, &NewsError{"a frame of something else", err}
	}
	if r.rest.Len() > 0 {
		return nil, &NewsError{Fault: fmt.Sprintf("%d bytes too many in a frame", r.rest.Len())}
	}
	return n, nil
}
