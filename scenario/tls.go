package scenario

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// TLS is how connections of wss:// URLs are secured. The zero value is what a
// browser does that comes for the first time: a full handshake, verified
// against the system's roots for the URL's host, Go's own choice of
// versions and key exchanges, and http/1.1 by ALPN.
type TLS struct {
	CA         []byte        // PEM certificates to trust; empty: the system's
	Cert       []byte        // PEM chain of the client, its own certificate first (RFC 8446 §4.4.2); empty: none is shown
	Key        []byte        // PEM private key of Cert
	ServerName string        // sent as SNI and verified; empty: the URL's host
	Insecure   bool          // nothing is verified
	Resumption bool          // handshakes after the first may resume a session
	MinVersion uint16        // as tls.VersionTLS12; zero: Go's default
	MaxVersion uint16        // as tls.VersionTLS13; zero: Go's default
	Curves     []tls.CurveID // key exchanges offered; none: Go's default
	ALPN       []string      // offered in this order (RFC 7301); nil: http/1.1; empty, but not nil: none

	CAFile, CertFile, KeyFile string // where CA, Cert and Key came from, for messages
}

// HTTP1 is the ALPN name of HTTP/1.1, the only protocol RFC 6455's opening
// handshake is spoken in.
const HTTP1 = "http/1.1"

// isZero reports whether nothing was asked for.
func (t *TLS) isZero() bool {
	return len(t.CA)+len(t.Cert)+len(t.Key)+len(t.Curves) == 0 && t.CAFile+t.CertFile+t.KeyFile+t.ServerName == "" &&
		!t.Insecure && !t.Resumption && t.MinVersion == 0 && t.MaxVersion == 0 && t.ALPN == nil
}

var (
	versionWords = []string{"1.0", "1.1", "1.2", "1.3"} // of tls.VersionTLS10 and up
	curveWords   = []string{"X25519", "P-256", "P-384", "P-521", "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"}
	curveIDs     = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521, tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024}
)

// parseVersion reads a version of TLS, such as 1.2.
func parseVersion(text string) (uint16, error) {
	if i := slices.Index(versionWords, text); i >= 0 {
		return tls.VersionTLS10 + uint16(i), nil
	}
	hint := ""
	if bare := strings.TrimLeft(strings.ToLower(text), "tlsv "); slices.Contains(versionWords, bare) {
		hint = "did you mean " + bare + "?"
	}
	return 0, badValue(hint, "%q is not one of %s", text, strings.Join(versionWords, ", "))
}

// parseCurve reads the name of a key exchange, as RFC 8446 §4.2.7 and NIST
// spell it.
func parseCurve(text string) (tls.CurveID, error) {
	i, err := index(text, curveWords)
	return curveIDs[i], err
}

func curveName(id tls.CurveID) string {
	if i := slices.Index(curveIDs, id); i >= 0 {
		return curveWords[i]
	}
	return id.String()
}

// needsTLS13 reports whether a key exchange is a hybrid with ML-KEM, which
// older versions don't have.
func needsTLS13(id tls.CurveID) bool { return strings.Contains(curveName(id), "MLKEM") }

func (c *checker) tls(t *Target) {
	const path = "target.tls"
	if !t.TLS.isZero() && !t.Secured() && c.sound("target.url", "target.urls") {
		c.add(path, "", "says how wss:// is secured, and no URL is wss://")
	}
	c.trust(path, &t.TLS)
	c.clientCertificate(path, &t.TLS)
	c.versions(path, &t.TLS)
	c.curves(path, &t.TLS)
	c.alpn(path, t.TLS.ALPN)
	if name := t.TLS.ServerName; name != "" {
		c.hostName(path+".server_name", name)
	}
}

func (c *checker) trust(path string, t *TLS) {
	path += ".ca"
	if t.Insecure && len(t.CA) > 0 {
		c.add(path, "leave one of them out", "has no effect with insecure: true, which verifies nothing")
	}
	if len(t.CA) > 0 || t.CAFile != "" && c.sound(path) {
		if _, err := certificates(t.CAFile, t.CA); err != nil {
			c.fault(path, err)
		}
	}
}

func (c *checker) clientCertificate(path string, t *TLS) {
	hasCert, hasKey := t.CertFile != "" || len(t.Cert) > 0, t.KeyFile != "" || len(t.Key) > 0
	switch {
	case !c.sound(path+".cert", path+".key") || !hasCert && !hasKey:
		return
	case !hasCert:
		c.add(path+".key", "add cert: FILE", "a key without its certificate")
		return
	case !hasKey:
		c.add(path+".cert", "add key: FILE", "a certificate without its key")
		return
	}
	first, err := certificates(t.CertFile, t.Cert)
	if err != nil {
		c.fault(path+".cert", err)
	}
	if fault := privateKey(t.KeyFile, t.Key); fault != nil {
		c.fault(path+".key", fault)
	} else if err == nil {
		c.pair(path, t, first)
	}
}

func (c *checker) versions(path string, t *TLS) {
	for _, v := range []struct {
		key     string
		version uint16
	}{{".min_version", t.MinVersion}, {".max_version", t.MaxVersion}} {
		if v.version != 0 && (v.version < tls.VersionTLS10 || v.version > tls.VersionTLS13) {
			c.add(path+v.key, "", "%#04x is no version of TLS from 1.0 to 1.3", v.version)
		}
	}
	if t.MinVersion > t.MaxVersion && t.MaxVersion != 0 {
		c.add(path+".min_version", "swap them", "%s is above max_version, %s", tls.VersionName(t.MinVersion), tls.VersionName(t.MaxVersion))
	}
}

func (c *checker) curves(path string, t *TLS) {
	older := t.MaxVersion != 0 && t.MaxVersion < tls.VersionTLS13
	for i, id := range t.Curves {
		at := fmt.Sprintf("%s.curves[%d]", path, i)
		switch {
		case !c.sound(at):
		case !slices.Contains(curveIDs, id):
			c.add(at, "", "%s is not one of %s", curveName(id), strings.Join(curveWords, ", "))
		case slices.Contains(t.Curves[:i], id):
			c.add(at, "", "%s is there twice", curveName(id))
		case older && needsTLS13(id):
			c.add(at, "", "%s needs TLS 1.3, and max_version is below it", curveName(id))
		}
	}
}

func (c *checker) alpn(path string, names []string) {
	if len(names) > maxList {
		c.add(path+".alpn", "", "%d protocols are more than %d", len(names), maxList)
	}
	for i, name := range names {
		at := fmt.Sprintf("%s.alpn[%d]", path, i)
		switch {
		case name == "" && !c.sound(at):
		case name == "h2" || name == "h3":
			c.add(at, "write "+HTTP1, "a server would choose %s, and stampede speaks HTTP/1.1 (RFC 6455 §4.1)", name)
		case name == "" || len(name) > 255:
			c.add(at, "", "a protocol's name has 1 to 255 bytes (RFC 7301 §3.1)")
		case slices.Contains(names[:i], name):
			c.add(at, "", "%s is there twice", name)
		}
	}
}
