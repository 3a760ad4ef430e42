package scenario

import "net/netip"

// Practice is the target URL that stands for the practice server, started
// as a child of the run.
const Practice = "practice"

// ProxyFromEnvironment as Target.Proxy takes the proxy from HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY, which are not looked at otherwise.
const ProxyFromEnvironment = "environment"

// Target is where handshakes go and what they carry.
type Target struct {
	// URL is ws://…, wss://…, ws+unix:/socket[:/path], or Practice; after
	// Parse and Validate that of URLs[0]. Its path and query may hold {{…}}.
	URL string
	// URLs are what arrivals are shared out among. Parse and Validate make it
	// one entry where only URL is given, and a weight of zero 1.
	URLs []WeightedURL

	Practice            []Setting    // of the practice server, in file order; only with URL Practice
	Host                string       // value of the Host field; empty: a Host among Headers, else the URL's
	Headers             []Header     // sent with every handshake in this order
	Subprotocols        []string     // offered in this order (RFC 6455 §4.1)
	SubprotocolRequired bool         // a 101 that selects none of them is a failure
	Extensions          []string     // offered in this order, with parameters; only permessage-deflate (RFC 7692)
	ConnectTo           string       // host:port to dial instead of the URL's; Host and SNI stay the URL's; empty: the URL's
	SourceAddresses     []netip.Addr // local addresses used in turn; none: the kernel chooses
	Family              Family       // of the addresses dialled; zero: either
	Proxy               string       // http://[user:password@]host:port, asked to CONNECT (RFC 9110 §9.3.6); ProxyFromEnvironment; empty: none
	ProxyProtocol       uint8        // version, 1 or 2, of the PROXY preamble sent first on a connection; zero: none
	TLS                 TLS          // of wss:// URLs

	rota []uint8 // see Pick
}

// WeightedURL is one of several URLs. It gets Weight out of every sum of
// weights.
type WeightedURL struct {
	URL    string
	Weight int // 1 to 1000; zero counts as 1
}

// Family is a version of the Internet Protocol, 4 or 6; zero is either.
type Family uint8

// Setting is one setting of the practice server, such as capacity 300. The
// key "fault" may come several times, with values such as "504=1%".
type Setting struct{ Key, Value string }

// Header is a header field of the upgrade request. Its value may hold {{…}},
// unless it is Host.
type Header struct{ Name, Value string }

// fillURLs makes URL and URLs say the same, where one of them says nothing,
// and lays out the order of Pick.
func (t *Target) fillURLs() {
	if len(t.URLs) == 0 {
		t.URLs = []WeightedURL{{URL: t.URL}}
	}
	t.URL = t.URLs[0].URL
	urls := make([]WeightedURL, len(t.URLs)) // what the caller passed stays as it is
	weights := make([]int, len(t.URLs))
	for i, u := range t.URLs {
		urls[i] = WeightedURL{u.URL, min(max(u.Weight, 1), maxWeight)}
		weights[i] = urls[i].Weight
	}
	t.URLs, t.rota = urls, newRota(weights)
}
