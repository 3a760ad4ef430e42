package handshake

import "bytes"

// extension is one element of Sec-WebSocket-Extensions (RFC 6455 §9.1).
type extension struct {
	name    string  // empty for a malformed element
	deflate deflate // its parameters, for permessage-deflate
}

const deflateName = "permessage-deflate"

// deflate is the parameters of permessage-deflate (RFC 7692 §7.1). The zero
// value is the extension without parameters.
type deflate struct {
	serverNoTakeover bool
	clientNoTakeover bool
	serverBits       uint8 // server_max_window_bits, 8 to 15; 0 if absent
	clientBits       uint8 // client_max_window_bits, 8 to 15; 0 if absent or without a value
	clientBitsNamed  bool  // client_max_window_bits is there
}

// parseExtensions reads the value of a request's Sec-WebSocket-Extensions; ""
// is no extension. ok is false if an element is malformed.
func parseExtensions(list []byte) (offers []extension, ok bool) {
	if len(list) == 0 {
		return nil, true
	}
	for {
		var element []byte
		if element, list = cutList(list); len(element) == 0 {
			return offers, len(offers) > 0
		}
		name, d, ok := parseExtension(element)
		if !ok {
			return nil, false
		}
		offers = append(offers, extension{string(name), d})
	}
}

// parseExtension reads one element: a token and its parameters. Parameters of
// extensions other than permessage-deflate are checked for form only.
func parseExtension(element []byte) (name []byte, d deflate, ok bool) {
	name, params, more := bytes.Cut(element, []byte{';'})
	if name = trimBlanks(name); !isToken(name) {
		return nil, d, false
	}
	for more {
		var param []byte
		param, params, more = bytes.Cut(params, []byte{';'})
		key, value, valued := bytes.Cut(param, []byte{'='})
		key, value = trimBlanks(key), unquote(trimBlanks(value))
		if !isToken(key) || valued && !isToken(value) {
			return nil, d, false
		}
		if string(name) == deflateName && !d.set(key, value) {
			return nil, d, false
		}
	}
	return name, d, true
}

// unquote takes the quotes off a quoted string. Its content must be a token
// (RFC 6455 §9.1), so that a quoted pair, which no token needs, is not undone.
func unquote(value []byte) []byte {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// set notes one parameter; false if it is unknown, repeated, or has a value it
// can't have (RFC 7692 §7.1).
func (d *deflate) set(key, value []byte) bool {
	switch string(key) {
	case "server_no_context_takeover":
		ok := !d.serverNoTakeover && len(value) == 0
		d.serverNoTakeover = true
		return ok
	case "client_no_context_takeover":
		ok := !d.clientNoTakeover && len(value) == 0
		d.clientNoTakeover = true
		return ok
	case "server_max_window_bits":
		ok := d.serverBits == 0
		d.serverBits = windowBits(value)
		return ok && d.serverBits != 0
	case "client_max_window_bits":
		ok := !d.clientBitsNamed
		d.clientBitsNamed, d.clientBits = true, windowBits(value)
		return ok && (d.clientBits != 0 || len(value) == 0)
	}
	return false
}

// windowBits reads a number from 8 to 15 without leading zeros; 0 for anything else.
func windowBits(value []byte) uint8 {
	switch {
	case len(value) == 1 && (value[0] == '8' || value[0] == '9'):
		return value[0] - '0'
	case len(value) == 2 && value[0] == '1' && '0' <= value[1] && value[1] <= '5':
		return 10 + value[1] - '0'
	}
	return 0
}

// answers reports whether d, from a reply, accepts the offer (RFC 7692 §7.1.1
// and §7.1.2): it keeps what the offer demands of the server, and demands of
// the client only what the offer allows.
func (d deflate) answers(offer deflate) bool {
	switch {
	case offer.serverNoTakeover && !d.serverNoTakeover:
		return false
	case offer.serverBits != 0 && (d.serverBits == 0 || d.serverBits > offer.serverBits):
		return false
	case d.clientBitsNamed && (d.clientBits == 0 || !offer.clientBitsNamed):
		return false
	case offer.clientBits != 0 && d.clientBits > offer.clientBits:
		return false
	}
	return true
}

// answersAny reports whether an element of the reply's Sec-WebSocket-Extensions
// accepts one of the offers.
func answersAny(element []byte, offers []extension) bool {
	name, d, ok := parseExtension(element)
	if !ok {
		return false
	}
	for _, offer := range offers {
		if string(name) == offer.name && (offer.name != deflateName || d.answers(offer.deflate)) {
			return true
		}
	}
	return false
}
