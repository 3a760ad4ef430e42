package probe

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math"
	"time"

	"stampede/results"
)

const (
	maxChain = 20
	maxNames = 50
	maxName  = 300 // bytes of a subject or name
)

// TLS is what the TLS handshake settled, as far as it came.
type TLS struct {
	ServerName string `json:"server_name"`       // sent in SNI; "" for none, as for an IP address
	Version    string `json:"version,omitempty"` // as "TLS 1.3"; "" if none was agreed on
	Cipher     string `json:"cipher,omitempty"`
	Exchange   string `json:"key_exchange,omitempty"` // the group of the key exchange
	ALPN       string `json:"alpn,omitempty"`         // "" for none

	Chain     []Certificate    `json:"chain,omitempty"` // as sent, the server's own first; at most 20
	MoreCerts int              `json:"more_certificates,omitempty"`
	Verified  bool             `json:"verified"`
	Reason    results.Reason   `json:"reason,omitempty"`   // why not verified
	Why       string           `json:"why,omitempty"`      // the same in words
	Faults    []results.Reason `json:"faults,omitempty"`   // all that is wrong with the chain, Reason first
	NameFits  bool             `json:"name_fits"`          // the certificate is for the name that was asked for
	Name      string           `json:"name"`               // that name
	Insecure  bool             `json:"insecure,omitempty"` // an unverified certificate was accepted, as asked

	ClientAsked bool   `json:"client_certificate_asked,omitempty"`
	ClientSent  bool   `json:"client_certificate_sent,omitempty"`
	FirstBytes  string `json:"first_bytes,omitempty"` // of a server that spoke something else, or behind the handshake something that is no record
}

// Certificate is one certificate of the chain.
type Certificate struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	Names      []string  `json:"names,omitempty"` // DNS names and addresses it is for; at most 50
	MoreNames  int       `json:"more_names,omitempty"`
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	DaysLeft   int       `json:"days_left"` // whole days; negative once expired
	SelfSigned bool      `json:"self_signed,omitempty"`
	Authority  bool      `json:"authority,omitempty"` // it may sign others
	Key        string    `json:"key"`
	KeyBits    int       `json:"key_bits,omitempty"` // of an RSA key; 0 for another
}

// describe takes over what a handshake settled and judges the chain at an
// instant.
func (t *TLS) describe(cs tls.ConnectionState, roots *x509.CertPool, at time.Time) *verifyError {
	t.Version, t.Cipher = tls.VersionName(cs.Version), tls.CipherSuiteName(cs.CipherSuite)
	t.ALPN = oneLine(cs.NegotiatedProtocol)
	chain := cs.PeerCertificates
	for _, c := range chain[:min(len(chain), maxChain)] {
		t.Chain = append(t.Chain, describeCertificate(c, at))
	}
	t.MoreCerts = len(chain) - len(t.Chain)
	t.NameFits = len(chain) > 0 && chain[0].VerifyHostname(t.Name) == nil
	err := verify(chain, t.Name, roots, at)
	if err == nil {
		t.Verified = true
		return nil
	}
	t.Reason, t.Why = err.reason, atMost(oneLine(err.Error()), maxName)
	t.Faults = []results.Reason{err.reason}
	if err.reason != wrongHost && len(chain) > 0 && !t.NameFits {
		t.Faults = append(t.Faults, wrongHost)
	}
	if further := verify(chain, "", roots, at); err.reason == wrongHost && further != nil {
		t.Faults = append(t.Faults, further.reason)
	}
	return err
}

// verify checks the chain as crypto/tls would; name "" leaves the name out.
func verify(chain []*x509.Certificate, name string, roots *x509.CertPool, at time.Time) *verifyError {
	if len(chain) == 0 {
		return &verifyError{unfitCertificate, errNoCertificate}
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: name, CurrentTime: at})
	if err == nil {
		return nil
	}
	return &verifyError{verifyReason(err, at.Before(chain[0].NotBefore)), err}
}

func describeCertificate(c *x509.Certificate, at time.Time) Certificate {
	d := Certificate{
		Subject: atMost(oneLine(c.Subject.String()), maxName), Issuer: atMost(oneLine(c.Issuer.String()), maxName),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		DaysLeft:   int(math.Floor(c.NotAfter.Sub(at).Hours() / 24)),
		SelfSigned: string(c.RawSubject) == string(c.RawIssuer),
		Authority:  c.IsCA, Key: c.PublicKeyAlgorithm.String(),
	}
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		d.KeyBits = key.N.BitLen()
	}
	total := len(c.DNSNames) + len(c.IPAddresses)
	for _, n := range c.DNSNames[:min(len(c.DNSNames), maxNames)] {
		d.Names = append(d.Names, atMost(oneLine(n), maxName))
	}
	for _, a := range c.IPAddresses[:min(len(c.IPAddresses), maxNames-len(d.Names))] {
		d.Names = append(d.Names, a.String())
	}
	d.MoreNames = total - len(d.Names)
	return d
}
