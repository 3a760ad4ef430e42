package practice

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
)

// upgradeHead is a 101 up to the value of Sec-WebSocket-Accept.
const upgradeHead = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Server: practice\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: "

// garbage is what another daemon on the port might say.
const garbage = "220 practice ESMTP ready\r\n"

// appendUpgrade appends a whole 101 for a request with that key.
func appendUpgrade(b []byte, key, subprotocol string) []byte {
	b = append(b, upgradeHead...)
	b = appendAccept(b, key)
	if subprotocol != "" {
		b = append(b, "\r\nSec-WebSocket-Protocol: "...)
		b = append(b, subprotocol...)
	}
	return append(b, "\r\n\r\n"...)
}

// appendAccept appends the Sec-WebSocket-Accept that answers a key: the
// base64 of the SHA-1 of the key and a fixed GUID (RFC 6455 §4.2.2).
func appendAccept(b []byte, key string) []byte {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	var room [24 + len(guid)]byte // a valid key has 24 characters
	sum := sha1.Sum(append(append(room[:0], key...), guid...))
	return base64.StdEncoding.AppendEncode(b, sum[:])
}

// reasons are the phrases gateways put behind the codes they send.
var reasons = map[int]string{
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	408: "Request Time-out",
	426: "Upgrade Required",
	429: "Too Many Requests",
	431: "Request Header Fields Too Large",
	500: "Internal Server Error",
	502: "Bad Gateway",
	503: "Service Temporarily Unavailable",
	504: "Gateway Time-out",
}

// extras are header lines that belong to a status: what RFC 6455 §4.2.2 and
// RFC 9110 §15.5.22 ask of a 426, and §15.5.6 of a 405.
var extras = map[int]string{
	405: "Allow: GET\r\n",
	426: "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
}

// refusal builds a whole reply of that status, with a page as a gateway
// writes it, after which the connection is closed. A 204 or 304 has no
// content (RFC 9110 §6.4.1).
func refusal(status int) []byte {
	reason := reasons[status]
	if reason == "" {
		reason = "Practice"
	}
	connection := "close"
	if status == 426 {
		connection = "Upgrade, close"
	}
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nServer: practice\r\n%sConnection: %s\r\n", status, reason, extras[status], connection)
	if status == 204 || status == 304 {
		return []byte(head + "\r\n")
	}
	page := fmt.Sprintf("<html>\r\n<head><title>%d %[2]s</title></head>\r\n<body>\r\n<center><h1>%[1]d %[2]s</h1></center>\r\n"+
		"<hr><center>practice</center>\r\n</body>\r\n</html>\r\n", status, reason)
	return fmt.Appendf(nil, "%sContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", head, len(page), page)
}
