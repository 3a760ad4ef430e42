package engine

import (
	"time"

	"stampede/engine/handshake"
	"stampede/results"
	"stampede/scenario"
)

// state is where a connection stands:
//
//	armed → connecting → (securing →) upgrading → (readying →) held → closing → (free)
//	dialing → (securing →) parked → upgrading …   for release: upgrade
//	… → sampling → (free)                      after a refusal, while its body arrives
type state uint8

const (
	free       state = iota
	armed            // socket made and registered, connect not called yet
	dialing          // release: upgrade, connecting ahead of the instant
	parked           // release: upgrade, connected, waiting for the instant
	connecting       // connect called, not writable yet
	tunneling        // connected to a proxy, which has not connected to the target yet
	securing         // connected, TLS handshake under way
	abandoned        // given up during the TLS handshake, which has not ended yet
	upgrading        // connected; request going out or reply awaited
	readying         // a valid 101 is there, the answer the scenario waits for is not
	held             // established and open
	closing          // our Close sent, the peer's and its FIN awaited
	sampling         // outcome decided, collecting the body for a sample
)

// conn is one connection from arming to close: no pointers a handshake
// whose reply comes in one piece has to allocate.
type conn struct {
	n         int64
	intended  time.Duration
	dialed    time.Duration // connect called
	started   time.Duration // dialed, or for release: upgrade the release
	connected time.Duration
	secured   time.Duration
	requested time.Duration
	ended     time.Duration // the outcome, or the end of the 101's head while on trial
	ready     time.Duration

	session results.Session

	connectLag, tlsLag, readLag     time.Duration // see results.Attempt
	synRetransmits, dataRetransmits uint8

	links [numLists]links
	due   [numLists]time.Duration // when the queue the connection is in lets go of it
	in    [numLists]queueID

	fd      int32
	gen     uint32 // tells events of this socket from those of an earlier one in the same slot
	burst   int32
	sent    int32 // bytes of the request written
	address uint16
	aim     uint8 // index into run.aims

	state      state
	release    scenario.Release
	extended   bool // the 101 accepted an extension
	fellBack   bool // the other family has been tried
	released   bool // release: upgrade, the instant has passed
	peerClosed bool // the peer's Close frame has been read
	closeTold  bool // its HeldClose is recorded
	early      bool // news came while parked, or with the news of the connect
	onTrial    bool // established if it is not closed at once: not settled yet
	unread     bool // in shard.unread
	hungUp     bool // the peer has sent FIN or RST: nothing stops reading before it

	key    handshake.Key
	tls    *tlsConn          // nil for ws://
	reply  *handshake.Parser // a reply in pieces; nil when it came whole
	frames *frameReader      // frames in pieces; nil between frames
	rest   *[]byte           // of a frame the socket took in part; nil otherwise, and over TLS
	body   *bodySample       // while sampling
}
