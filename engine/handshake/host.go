package handshake

import (
	"net"
	"strings"
)

// HostField is the value of Host for a URL's host, with its port or without.
// The zone of an IPv6 address means something on this host alone and is never
// sent (RFC 6874 §4).
func HostField(host string) string {
	zone, end := strings.IndexByte(host, '%'), strings.LastIndexByte(host, ']')
	if zone < 0 || end < zone {
		return host
	}
	return host[:zone] + host[end:]
}

// ServerName is the name that TLS asks for and verifies where host is the value
// of Host, or an address by itself: without its port, and of an IPv6 address
// without brackets and zone.
func ServerName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	host, _, _ = strings.Cut(host, "%")
	return host
}
