package probe

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// CurlFiles are the files that curl would read in place of what Options holds.
// "" leaves an option out.
type CurlFiles struct{ CA, Certificate, Key string }

// Curl returns the command that sends the same request with curl, quoted for a
// POSIX shell. Secrets are masked unless o.ShowSecrets. The Sec-WebSocket-Key
// is the one in RFC 6455 §1.3. The error is that of Run for the same options.
func Curl(o Options, files CurlFiles) (string, error) {
	p, err := o.plan(sampleKey)
	if err != nil {
		return "", err
	}
	args := []string{"curl", "--include", "--no-buffer", "--http1.1", "--max-time", strconv.FormatFloat(p.Timeout.Seconds(), 'f', -1, 64)}
	args = append(args, p.curlRoute(files)...)
	for _, h := range readHead(p.request.AppendTo(nil, &p.key, 0)) {
		if h.Name == "Host" && h.Value == p.curlHost() {
			continue
		}
		h = p.masks.header(h)
		args = append(args, "-H", h.Name+": "+h.Value)
	}
	scheme := "http"
	if p.secure {
		scheme = "https"
	}
	args = append(args, scheme+"://"+p.curlHost()+p.masks.text(p.url.RequestURI()))
	for i, a := range args {
		args[i] = shellQuoted(a)
	}
	return strings.Join(args, " "), nil
}

// sampleKey is the key of the example in RFC 6455 §1.3.
var sampleKey = [24]byte([]byte("dGhlIHNhbXBsZSBub25jZQ=="))

// curlHost is the host of the URL for curl, which takes the server name from
// there: it has no other knob for that.
func (p *plan) curlHost() string {
	if !p.secure || p.serverName == p.url.Hostname() {
		return p.url.Host
	}
	if port := p.url.Port(); port != "" {
		return net.JoinHostPort(p.serverName, port)
	}
	return bracketed(p.serverName)
}

// curlRoute are the arguments about addresses and TLS.
func (p *plan) curlRoute(files CurlFiles) (args []string) {
	switch p.Family {
	case IPv4:
		args = append(args, "-4")
	case IPv6:
		args = append(args, "-6")
	}
	if p.ConnectTo != "" || p.curlHost() != p.url.Host {
		args = append(args, "--connect-to", fmt.Sprintf("::%s:%d", bracketed(p.targetHost), p.targetPort))
	}
	if p.Socket != "" {
		args = append(args, "--unix-socket", p.Socket)
	}
	if p.proxy != nil {
		args = append(args, "--proxytunnel", "--proxy", p.masks.text(p.Proxy))
	}
	if p.Insecure {
		args = append(args, "--insecure")
	}
	for _, f := range []struct{ flag, file string }{{"--cacert", files.CA}, {"--cert", files.Certificate}, {"--key", files.Key}} {
		if f.file != "" {
			args = append(args, f.flag, f.file)
		}
	}
	return args
}

// shellQuoted quotes s for a POSIX shell where it needs that.
func shellQuoted(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:,@%+=", c))
	})
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
