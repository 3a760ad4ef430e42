package handshake

import (
	"encoding/base64"
	"net/url"
)

// TunnelRequest asks a proxy to connect to authority, a host and port (RFC 9110
// §9.3.6), with the user and password of the proxy's URL where it has them (RFC
// 7617). A Parser reset with no request reads the answer: any 2xx is a yes, and
// what comes behind its head is the target's word.
func TunnelRequest(proxy *url.URL, authority string) []byte {
	text := "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n"
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		text += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password)) + "\r\n"
	}
	return []byte(text + "\r\n")
}
