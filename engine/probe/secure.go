package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

var errNoCertificate = errors.New("the server sent no certificate")

// handshakeTLS makes the TLS handshake over conn. It verifies the chain itself,
// to tell what a refused chain holds, and refuses it unless p.Insecure. The
// ALPN offer is http/1.1 alone: that is all an upgrade can be sent in.
func (p *plan) handshakeTLS(ctx context.Context, conn net.Conn) (*tls.Conn, *TLS, error) {
	t := &TLS{Name: p.serverName, Insecure: p.Insecure}
	if _, err := netip.ParseAddr(p.serverName); err != nil {
		t.ServerName = p.serverName // an address has no place in SNI (RFC 6066 §3)
	}
	c := tls.Client(conn, &tls.Config{
		ServerName:         p.serverName,
		InsecureSkipVerify: true, // VerifyConnection verifies
		NextProtos:         []string{"http/1.1"},
		VerifyConnection: func(cs tls.ConnectionState) error {
			if err := t.describe(cs, p.Roots, time.Now()); err != nil && !p.Insecure {
				return err
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			t.ClientAsked = true
			if p.Certificate == nil {
				return &tls.Certificate{}, nil
			}
			t.ClientSent = true
			return p.Certificate, nil
		},
	})
	err := c.HandshakeContext(ctx)
	if group := c.ConnectionState().CurveID; err == nil && group != 0 {
		t.Exchange = group.String() // known only now in TLS 1.2
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		t.FirstBytes = oneLine(record.RecordHeader[:])
	}
	return c, t, err
}
