package practice

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// TLSMode is how the server secures its connections. The zero value is not at
// all.
type TLSMode uint8

// The ways to secure a connection.
const (
	NoTLS     TLSMode = iota
	ServerTLS         // the server shows a certificate
	MutualTLS         // it asks for the client's as well, and takes any or none
)

var tlsModeNames = [...]string{"none", "server", "mutual"}

// conn is a connection before or behind TLS. CloseWrite says that no more
// comes: a FIN, or close_notify (RFC 8446 §6.1).
type conn interface {
	net.Conn
	CloseWrite() error
}

// secure is what the server talks through to a peer. The TLS handshake is made
// by the first read.
func (s *Server) secure(c *net.TCPConn) conn {
	if s.tls == nil {
		return c
	}
	return tls.Server(c, s.tls)
}

// tlsConfig is the server's side of TLS, and the authority that issued its
// certificate as PEM; nil and nothing without TLS. The client chooses: every
// version and key exchange that it may be told to offer is taken, and so are
// resumed sessions.
func (c *Config) tlsConfig(address net.Addr) (*tls.Config, []byte, error) {
	if c.TLS == NoTLS {
		return nil, nil, nil
	}
	pair, authority, err := throwAway(c.Listen, address)
	if err != nil {
		return nil, nil, fmt.Errorf("practice: making a certificate: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10}
	if c.TLS == MutualTLS {
		config.ClientAuth = tls.RequestClientCert
	}
	return config, authority, nil
}

// certificateLife is how long a certificate is valid. Nobody keeps its key.
const certificateLife = 30 * 24 * time.Hour

// throwAway makes a certificate for this host, the address listened on and
// the name it was asked for by, and the authority that issued it, as PEM.
// ECDSA on P-256 is what costs both ends least.
func throwAway(listen string, address net.Addr) (pair tls.Certificate, authority []byte, err error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair, nil, err
	}
	from := time.Now().Add(-time.Hour) // clocks differ
	until := from.Add(certificateLife)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "practice authority"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return pair, nil, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "practice"}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leaf.DNSNames, leaf.IPAddresses = certifiedNames(listen, address)
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority, err
}

// certifiedNames are what clients may know the server by.
func certifiedNames(listen string, address net.Addr) (names []string, addresses []net.IP) {
	names, addresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if a, ok := address.(*net.TCPAddr); ok {
		addresses = append(addresses, a.IP)
	}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" && net.ParseIP(host) == nil {
		names = append(names, host)
	}
	return names, addresses
}
