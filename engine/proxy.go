package engine

import (
	"fmt"
	"net"
	"net/url"

	"golang.org/x/net/http/httpproxy"

	"stampede/engine/handshake"
	"stampede/scenario"
)

// ProxyInEnvironment is the proxy that the environment's HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY name for a ws:// or wss:// URL; "" for none. Only a
// scenario with proxy: environment uses it.
func ProxyInEnvironment(rawURL string) string {
	e, err := endpointOf(rawURL)
	if err != nil {
		return ""
	}
	u, err := environmentProxy(e)
	if err != nil || u == nil {
		return ""
	}
	return u.String()
}

func environmentProxy(e endpoint) (*url.URL, error) {
	scheme := "http"
	if e.secure {
		scheme = "https"
	}
	return httpproxy.FromEnvironment().ProxyFunc()(&url.URL{Scheme: scheme, Host: net.JoinHostPort(e.host, e.port)})
}

// proxyOf is the proxy that a URL of the target is reached through.
func proxyOf(t *scenario.Target, e endpoint) (string, error) {
	if t.Proxy != scenario.ProxyFromEnvironment {
		return t.Proxy, nil
	}
	u, err := environmentProxy(e)
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the proxy of the environment: %w", err)
	case u == nil:
		return "", nil
	case u.Scheme != "http":
		return "", fmt.Errorf("the environment's proxy is %s://; only an http:// proxy can be asked to connect", u.Scheme)
	}
	return u.String(), nil
}

// proxyAddress is where a proxy listens.
func proxyAddress(proxy string) (host, port string, err error) {
	u, err := url.Parse(proxy)
	if err != nil || u.Hostname() == "" {
		return "", "", fmt.Errorf("reading target.proxy: want http://host:port")
	}
	if port = u.Port(); port == "" {
		port = "80"
	}
	return u.Hostname(), port, nil
}

// tunnelRequest asks a proxy to connect to authority.
func tunnelRequest(proxy, authority string) ([]byte, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		return nil, fmt.Errorf("reading target.proxy: want http://host:port")
	}
	return handshake.TunnelRequest(u, authority), nil
}
