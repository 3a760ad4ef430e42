package engine

import (
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
	"golang.org/x/sys/unix"

	"stampede/engine/handshake"
	"stampede/results"
)

// Before a connection is the target's there may be a word to whoever stands
// in front of it: the PROXY preamble that a balancer would send, or a CONNECT
// to a forward proxy. Both belong to the connect phase.

// preamble sends the PROXY protocol's header (haproxy.org, proxy-protocol.txt
// §2). It is the first thing on a fresh connection and fits its buffer.
func (s *shard) preamble(c *conn, version uint8) {
	from, err := unix.Getsockname(int(c.fd))
	if err != nil {
		return
	}
	to := s.run.dials[c.address].port
	h := proxyproto.HeaderProxyFromAddrs(version, addressOf(from), net.TCPAddrFromAddrPort(to))
	if text, err := h.Format(); err == nil {
		_, _ = send(int(c.fd), text) // a failure shows in what follows
	}
}

func addressOf(a unix.Sockaddr) net.Addr {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)))
	case *unix.SockaddrInet6:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)))
	}
	return &net.UnixAddr{Net: "unix"}
}

// askTunnel asks the proxy that slot i is connected to for the target.
func (s *shard) askTunnel(i int32) {
	c := s.slab.at(i)
	c.state = tunneling
	if _, err := send(int(c.fd), s.run.aims[c.aim].Tunnel); err != 0 {
		s.tunnelNews(i) // what the proxy said before it closed
		return
	}
	if c.early {
		c.early = false
		s.tunnelNews(i)
	}
}

// tunnelNews reads the proxy's reply, and takes no more than its head off the
// socket: what is behind that is the target's, which speaks first, or the body
// of a refusal. Whoever reads next finds it there.
func (s *shard) tunnelNews(i int32) {
	c := s.slab.at(i)
	if c.reply == nil {
		c.reply = s.spareParser()
		c.reply.Reset(nil)
	}
	for {
		n, end, o := s.peek(c)
		switch end {
		case nothingMore:
			return
		case peerEnded, connectionFailed:
			o.Phase = results.PhaseConnect
			s.fail(i, o)
			return
		}
		used, done := c.reply.Feed(s.buf[:n])
		_, _ = recv(int(c.fd), s.buf[:used]) // the same bytes again
		if done {
			s.tunnelReply(i, c.reply)
			return
		}
	}
}

func (s *shard) tunnelReply(i int32, p *handshake.Parser) {
	c := s.slab.at(i)
	v := p.Verdict(&c.key)
	if o := v.Outcome; o.Kind == results.Status && o.Status/100 == 2 {
		s.spareReply(c)
		c.connected, c.readLag = s.clock(), 0
		c.early = true // what came behind the head is not told again
		s.throughToTarget(i)
		return
	}
	v.Outcome.Phase = results.PhaseConnect
	if v.Outcome.Kind == results.Established { // a proxy has nothing to upgrade
		v.Outcome = results.Outcome{Kind: results.Protocol, Phase: results.PhaseConnect, Reason: results.BadStatusLine}
	}
	s.refused(i, p, v, nil)
}
