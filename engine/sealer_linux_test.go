package engine

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// sealer writes the records of a TLS 1.3 server with AES-128-GCM by hand, and
// so can send what crypto/tls never would (RFC 8446 §5.2, §7.3).
type sealer struct {
	c      net.Conn
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

// label is HKDF-Expand-Label without a context (RFC 8446 §7.1).
func label(secret []byte, name string, n int) []byte {
	name = "tls13 " + name
	info := string(binary.BigEndian.AppendUint16(nil, uint16(n))) + string(byte(len(name))) + name + "\x00"
	key, err := hkdf.Expand(sha256.New, secret, info, n)
	if err != nil {
		panic(err)
	}
	return key
}

func newSealer(c net.Conn, secret []byte) *sealer {
	block, err := aes.NewCipher(label(secret, "key", 16))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return &sealer{c: c, secret: secret, aead: aead, iv: label(secret, "iv", 12)}
}

// send sends content as one record of the kind.
func (s *sealer) send(kind byte, content string) error {
	inner := append([]byte(content), kind)
	header := binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(inner)+s.aead.Overhead()))
	nonce := bytes.Clone(s.iv)
	for i, b := range binary.BigEndian.AppendUint64(nil, s.seq) {
		nonce[4+i] ^= b
	}
	s.seq++
	_, err := s.c.Write(s.aead.Seal(header, nonce, inner, header))
	return err
}

// updateKey goes over to the next key, and asks the client to as well.
func (s *sealer) updateKey() error {
	err := s.send(22, "\x18\x00\x00\x01\x01")
	*s = *newSealer(s.c, label(s.secret, "traffic upd", sha256.Size))
	return err
}

// forging is a server that opens a connection as it should and then lets
// forge send records.
func forging(t *testing.T, pair tls.Certificate, forge func(*sealer) error) *Target {
	address := rawServer(t, func(raw *net.TCPConn) {
		_ = raw.SetReadBuffer(4 << 10)
		var keys bytes.Buffer
		c := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true, KeyLogWriter: &keys})
		if c.Handshake() != nil || c.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
			return
		}
		_, log, _ := strings.Cut(keys.String(), "SERVER_TRAFFIC_SECRET_0 ")
		secret, err := hex.DecodeString(strings.Fields(log)[1])
		if err != nil {
			return
		}
		behave(c, func(_ net.Conn, accept string) {
			s := newSealer(raw, secret)
			for err := s.send(23, valid(accept)); err == nil; {
				err = forge(s)
			}
		})
	})
	return secureTarget(address, &tls.Config{InsecureSkipVerify: true})
}

// TestTLSForgeries: what TLS allows a server behind its handshake ends too.
func TestTLSForgeries(t *testing.T) {
	pair := newAuthority(t).pair(nil)
	ticket := "\x04\x00\x00\x16" + "\x00\x00\x00\x3c" + "age!" + "\x01n" + "\x00\x09ticketsss" + "\x00\x00"
	broken := results.EarlyClose{Code: 1006, How: "frame_error"}
	for _, tt := range []struct {
		name  string
		forge func(*sealer) error
		hostileTest
	}{
		{"endless tickets", func(s *sealer) error { return s.send(22, ticket) }, hostileTest{early: broken}},
		{"endless key updates", (*sealer).updateKey, hostileTest{early: broken}},
		{"endless empty records", func(s *sealer) error { return s.send(23, "") }, hostileTest{early: broken}},
		{"endless warnings", func(s *sealer) error { return s.send(21, "\x01\x5a") }, hostileTest{early: broken}},
		{"a request to renegotiate", func(s *sealer) error { return s.send(22, "\x00\x00\x00\x00") }, hostileTest{early: broken}},
		{"an alert", func(s *sealer) error { return s.send(21, "\x02\x50") }, hostileTest{early: broken}},
		{"bytes that are no records", func(s *sealer) error { _, err := s.c.Write([]byte(evil + evil)); return err }, hostileTest{early: broken}},
		{"endless key updates, each before a pong", func(s *sealer) error {
			if err := s.updateKey(); err != nil {
				return err
			}
			return s.send(23, "\x8a\x00")
		}, hostileTest{held: forced, limit: hostileHold + closeTimeout}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want = "established"
			tt.run(t, forging(t, pair, tt.forge))
		})
		t.Run(tt.name+" instead of an answer", func(t *testing.T) {
			l := load{target: forging(t, pair, tt.forge), shapes: rate(400, hostileCount*time.Second/400), ready: scenario.Ready{Within: hostileHold}}
			o := l.run(t.Context(), t)
			checkPrintable(t, o.result)
			for _, row := range o.result.Outcomes {
				if name := row.Outcome().Name(); name != "tls bad_record" && name != "tls internal_error" && name != "timeout ready" {
					t.Errorf("%d %s", row.Count, name)
				}
			}
		})
	}
}
