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

// sampleText hands over a sample made of text already fit to print.
func (s *shard) sampleText(o results.Outcome, text string) {
	if s.wantsSample(o) {
		s.addSample(o, text)
	}
}

func (s *shard) addSample(o results.Outcome, text string) {
	s.batch.samples = append(s.batch.samples, sample{o, text})
}

// refused ends an attempt whose reply is decided and is no valid 101; rest is
// what came behind its head.
func (s *shard) refused(i int32, p *handshake.Parser, v handshake.Verdict, rest []byte) {
	o := v.Outcome
	s.settle(i, o, s.clock())
	if o.Kind != results.Status {
		if s.wantsSample(o) {
			s.addSample(o, v.Detail+"\n"+handshake.Sample(p.Head(), nil))
		}
		s.drop(i)
		return
	}
	if !s.wantsSample(o) {
		s.drop(i)
		return
	}
	c := s.slab.at(i)
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
	b := s.slab.at(i).body
	text := handshake.Sample(b.head, b.body)
	if hint := handshake.StatusHint(b.outcome.Status, b.head, b.body); hint != "" {
		text += "\nhint: " + hint
	}
	s.addSample(b.outcome, text)
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
	s.sampleText(o, text+" received")
}
