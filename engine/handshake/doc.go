// Package handshake is one WebSocket opening handshake (RFC 6455 §4) as bytes
// in and bytes out: it writes the request and reads the reply. It has no
// sockets and no clock, so whoever calls it decides about time; and it
// allocates nothing for a reply that arrives whole and is good.
//
// # Reading a reply
//
// A [Parser] is fed whatever a read returned, cut anywhere, and says when the
// reply's fate is known: at the blank line that ends the final head, or
// earlier, at the first byte or line that no HTTP reply can hold. It never
// waits for a body. The same bytes give the same outcome however they are cut.
//
// Faults are looked for in this order, and the first one found names the
// outcome; [Verdict].Detail names the others too:
//
//  1. The status line: bad_status_line unless it starts with "HTTP/" and its
//     words are parted by single spaces, with a code of three digits not below
//     100 (RFC 9112 §4). The reason phrase and the space before it may be
//     missing. Codes 600 to 999 are well formed though outside RFC 9110 §15;
//     they are reported as the status they are, with a warning.
//  2. The version: bad_version unless the major version is 1, and for a 101 of
//     HTTP/1.0, which has no Upgrade. A minor version above 1 is read as 1.1,
//     with a warning (RFC 9110 §2.5).
//  3. Header lines, in the order they arrive: bad_header for a line without a
//     colon, a name that is no token (so also a blank before the colon, RFC
//     9112 §5.1), a control character in a value (RFC 9110 §5.5), and a fold
//     with nothing to continue. Folds are read as a blank (RFC 9112 §5.2), a
//     bare LF as a line's end (§2.2), both with a warning.
//  4. Size: header_too_large beyond 64 KB or 1,000 header lines, counted over
//     the interim replies and the final one together; too_many_interim beyond
//     100 interim replies (1xx other than 101).
//  5. Any status but 101: that status. The headers below are not looked at.
//  6. Upgrade: every element of the list must be "websocket", in any case
//     (RFC 6455 §4.1, check 2). The same element twice is a warning.
//  7. Connection: a list of tokens, one of them "upgrade" (check 3).
//  8. Sec-WebSocket-Accept: exactly one, equal to the key's answer (check 4;
//     §11.3.3 forbids a second).
//  9. Sec-WebSocket-Protocol: at most one, and one that was offered, in the
//     same case (check 6). None although some were offered is a warning.
//  10. Sec-WebSocket-Extensions: only what was offered (check 5), and for
//     permessage-deflate only parameters that answer an offer (RFC 7692 §7.1).
//
// A header that is there but empty counts as bad, not as missing. A 101 must
// not announce a body (RFC 9110 §8.6, RFC 9112 §6.1); one that does is
// established with a warning, since every 101 ends at its blank line whatever
// its headers say (RFC 9112 §6.3).
package handshake
