package handshake

import (
	"crypto/sha1"
	"encoding/base64"
)

// acceptGUID is what a server appends to the key before hashing it (RFC 6455 §1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Key is the value of Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455
// §4.1). The zero value is no valid key.
type Key [24]byte

// NewKey makes the key of 16 bytes, which should be fresh and random for each
// handshake.
func NewKey(random [16]byte) Key {
	var k Key
	base64.StdEncoding.Encode(k[:], random[:])
	return k
}

// Accept returns the Sec-WebSocket-Accept value that answers k: the base64 of
// the SHA-1 of the key and a fixed GUID (RFC 6455 §4.2.2, item 5.4).
func (k *Key) Accept() [28]byte {
	var text [len(k) + len(acceptGUID)]byte
	copy(text[:], k[:])
	copy(text[len(k):], acceptGUID)
	sum := sha1.Sum(text[:])
	var accept [28]byte
	base64.StdEncoding.Encode(accept[:], sum[:])
	return accept
}
