package engine

import (
	"time"

	"stampede/engine/handshake"
	"stampede/results"
)

const (
	maxSamples  = 3                      // of each outcome, a shard
	maxBody     = 4 << 10                // bytes of a refused body kept for a sample
	bodyTimeout = 200 * time.Millisecond // how long a sample waits for its body; the outcome never does
)

// bodySample is a refusal being collected: the outcome is recorded already.
type bodySample struct {
	outcome results.Outcome
	head    []byte
	body    []byte
}

// wantsSample reports whether the shard still collects samples of o, and
// counts one more.
func (s *shard) wantsSample(o results.Outcome) bool {
	if s.samples[o] >= maxSamples {
		return false
	}
	s.samples[o]++
	return true
}

// sampleText hands over a sample of arrival n made of text already fit to print.
func (s *shard) sampleText(n int64, o results.Outcome, text string) {
	if s.wantsSample(o) {
		s.addSample(n, o, text)
	}
}

func (s *shard) addSample(n int64, o results.Outcome, text string) {
	s.batch.samples = append(s.batch.samples, sample{o, s.masked(n, text)})
}

// masked leaves out what the answer to arrival n repeats of the secrets it was
// sent.
func (s *shard) masked(n int64, text string) string {
	if mask := s.run.config.Mask; mask != nil {
		return mask(n, text)
	}
	return text
}

// refused ends an attempt whose reply is decided and is no valid 101; rest is
// what came behind its head.
func (s *shard) refused(i int32, p *handshake.Parser, v handshake.Verdict, rest []byte) {
	o, c := v.Outcome, s.slab.at(i)
	s.settle(i, o, s.clock())
	if o.Kind != results.Status {
		if s.wantsSample(o) {
			s.addSample(c.n, o, v.Detail+"\n"+handshake.Sample(p.Head(), nil))
		}
		s.drop(i)
		return
	}
	if !s.wantsSample(o) {
		s.drop(i)
		return
	}
	c.body = &bodySample{outcome: o, head: append([]byte(nil), p.Head()...), body: append([]byte(nil), rest[:min(len(rest), maxBody)]...)}
	c.state = sampling
	s.enter(i, samplingQueue, s.clock()+bodyTimeout)
	s.readBody(i)
}

// readBody collects more of a refused body, up to maxBody.
func (s *shard) readBody(i int32) {
	c := s.slab.at(i)
	for len(c.body.body) < maxBody {
		n, end, _ := s.receive(c)
		if end == nothingMore {
			return
		}
		if end != gotBytes {
			break
		}
		c.body.body = append(c.body.body, s.buf[:min(n, maxBody-len(c.body.body))]...)
	}
	s.sampled(i)
}

// sampled hands over the sample of slot i as far as it came.
func (s *shard) sampled(i int32) {
	c := s.slab.at(i)
	b := c.body
	text := s.masked(c.n, handshake.Sample(b.head, b.body)) // before anything hides where the body is cut
	if hint := handshake.StatusHint(b.outcome.Status, b.head, b.body); hint != "" {
		text += "\nhint: " + hint
	}
	s.addSample(c.n, b.outcome, text)
	s.drop(i)
}

// explain gives a failure without a whole reply its sample: how far it got.
func (s *shard) explain(i int32, o results.Outcome) {
	c := s.slab.at(i)
	switch o.Kind {
	case results.Timeout, results.Closed, results.Reset:
		if o.Phase != results.PhaseUpgrade {
			return
		}
	default:
		return
	}
	text := "0 bytes"
	if c.reply != nil {
		text = c.reply.Unfinished()
	}
	s.sampleText(c.n, o, text+" received")
}
