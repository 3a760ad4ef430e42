package engine

import (
	"golang.org/x/sys/unix"
)

// rxStamps asks for software receive stamps: taken just after the driver, or
// the loopback, hands a packet to the stack (Documentation/networking/timestamping).
const rxStamps = unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE

// evidence is what the kernel lets a run know beside its own clock.
type evidence struct {
	stamps bool // SO_TIMESTAMPING works
	info   bool // TCP_INFO works
	keeper int  // a socket that keeps stamping switched on, -1 for none
}

// gatherEvidence finds out what this kernel gives. Stamping is a switch of
// the whole host that is on while any socket wants it, and switching costs
// far more than a handshake: one socket wants it from the first to the last.
func gatherEvidence() (e evidence, missing []string) {
	fd, err := socket(unix.AF_INET)
	if err != 0 {
		return evidence{keeper: -1}, []string{"kernel evidence not available: " + err.Error()}
	}
	e.keeper = fd
	if err := setInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, rxStamps); err != 0 {
		missing = append(missing, "no receive stamps from this kernel (SO_TIMESTAMPING: "+err.Error()+"): read_lag is not measured")
	} else {
		e.stamps = true
	}
	if _, ok := readTCPInfo(fd); ok {
		e.info = true
	} else {
		missing = append(missing, "no TCP_INFO from this kernel: connect_lag and retransmissions are not measured")
	}
	return e, missing
}

// release lets the host's stamping be switched off again.
func (e *evidence) release() {
	if e.keeper >= 0 {
		closeFD(e.keeper)
	}
}

// saturate is n as the smallest type that is enough for a story.
func saturate(n uint32) uint8 { return uint8(min(n, 255)) }

// connectEvidence compares our connect with the kernel's: its SYN's round
// trip, unless a SYN was lost, is how long the server and the network took,
// and the rest is how late we noticed.
func (s *shard) connectEvidence(c *conn) {
	if !s.run.evidence.info {
		return
	}
	info, ok := readTCPInfo(int(c.fd))
	if !ok {
		return
	}
	c.synRetransmits = saturate(info.retransmits)
	if info.retransmits == 0 && info.rtt > 0 {
		c.connectLag = max(c.connected-c.dialed-info.rtt, 1)
	}
}

// endEvidence is what was sent again since the connect.
func (s *shard) endEvidence(c *conn) {
	if !s.run.evidence.info || c.connected == 0 {
		if s.run.evidence.info && c.dialed != 0 && c.fd >= 0 {
			if info, ok := readTCPInfo(int(c.fd)); ok {
				c.synRetransmits = saturate(info.retransmits)
			}
		}
		return
	}
	if info, ok := readTCPInfo(int(c.fd)); ok {
		c.dataRetransmits = saturate(max(info.retransmits, uint32(c.synRetransmits)) - uint32(c.synRetransmits))
	}
}
