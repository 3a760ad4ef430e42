package engine

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// record is a TLS record of any kind and content (RFC 8446 §5.1).
func record(kind byte, length int, content string) string {
	b := binary.BigEndian.AppendUint16([]byte{kind, 3, 3}, uint16(length))
	return string(b) + content
}

// TestTLSGarbage: what is no TLS, or no end of it, is never waited for longer
// than the deadline and never taken for anything else.
func TestTLSGarbage(t *testing.T) {
	const alert, handshake = 21, 22
	oldHello := "\x02\x00\x00\x26\x03\x01" + strings.Repeat("\x05", 32) + "\x00\xc0\x13\x00"
	hello := "\x02\x00\x00\x30" + strings.Repeat("\x03", 0x30)
	tests := []struct {
		name, start, again string
		end                func(net.Conn)
		want               string
	}{
		{name: "plain HTTP", start: "HTTP/1.1 400 Bad Request\r\n\r\n" + evil, want: "tls not_tls"},
		{name: "commands", start: evil, want: "tls not_tls"},
		{name: "a huge record", start: record(handshake, 65535, ""), want: "tls not_tls"},
		{name: "a truncated record", start: record(handshake, 1000, "\x02\x00"), end: closesWrite, want: "closed tls"},
		{name: "a truncated record and a reset", start: record(handshake, 1000, "\x02\x00"), end: reset, want: "reset tls"},
		{name: "a truncated record and silence", start: record(handshake, 1000, "\x02\x00"), want: "timeout tls"},
		{name: "a malformed hello", start: record(handshake, len(hello), hello), want: "tls handshake_failed"},
		{name: "a hello of TLS 1.0", start: record(handshake, len(oldHello), oldHello), want: "tls protocol_version"},
		{name: "a huge message", start: record(handshake, 4, "\x02\xff\xff\xff"), again: record(handshake, 1000, strings.Repeat("a", 1000)), want: "tls handshake_failed"},
		{name: "endless empty records", again: record(handshake, 0, ""), want: "tls handshake_failed"},
		{name: "endless warnings", again: record(alert, 2, "\x01\x5a"), want: "tls handshake_failed"},
		{name: "an alert nobody knows", start: record(alert, 2, "\x02\xc8"), want: "tls alert_200"},
		{name: "records a byte each 400 ms", start: "\x16", again: "\x03", want: "timeout tls"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pause := time.Duration(0)
			if len(tt.again) == 1 {
				pause = 400 * time.Millisecond
			}
			address := rawServer(t, func(c *net.TCPConn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, tt.start)
				switch {
				case tt.end != nil:
					tt.end(c)
				case tt.again != "":
					flood(c, "", tt.again, pause)
				default:
					_, _ = io.Copy(io.Discard, c)
				}
			})
			h := hostileTest{want: tt.want}
			h.run(t, secureTarget(address, &tls.Config{}))
		})
	}
}

// TestTLSNoise: bytes without any meaning are refused one way or another.
func TestTLSNoise(t *testing.T) {
	seeds := make(chan uint64, 64)
	for n := range uint64(cap(seeds)) {
		seeds <- n
	}
	address := rawServer(t, func(c *net.TCPConn) {
		noise := make([]byte, 2000)
		_, _ = rand.NewChaCha8([32]byte{byte(<-seeds)}).Read(noise)
		if noise[0]&1 == 0 {
			copy(noise, record(22, 500, "\x02\x00\x01\x00\x03\x03")) // as if a hello began
		}
		_, _ = c.Read(make([]byte, 4096))
		_, _ = c.Write(noise)
		closesWrite(c)
	})
	l := load{target: secureTarget(address, &tls.Config{InsecureSkipVerify: true}), shapes: rate(400, 64*time.Second/400)}
	o := l.run(t.Context(), t)
	for _, a := range o.attempts {
		if k := a.Outcome.Kind; k != results.TLS && k != results.Closed || a.Outcome.Phase != results.PhaseTLS {
			t.Errorf("arrival %d: %s", a.N, a.Outcome.Name())
		}
	}
	checkPrintable(t, o.result)
}

// chain is a certificate below n others, each signed by the next.
func (a *authority) chain(n int) tls.Certificate {
	var above [][]byte
	signer := a
	for i := range n {
		next := &authority{t: a.t}
		next.key, next.cert = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: fmt.Sprintf("%s %d", evil[:8], i)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, signer)
		above = append([][]byte{next.cert.Raw}, above...)
		signer = next
	}
	leaf := signer.pair(nil)
	leaf.Certificate = append(leaf.Certificate, above...)
	return leaf
}

// names is a certificate for n names, the last of which is localhost.
func (a *authority) names(n int, form string) tls.Certificate {
	return a.pair(func(c *x509.Certificate) {
		c.DNSNames = nil
		for i := range n - 1 {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf(form, i))
		}
		c.DNSNames = append(c.DNSNames, "localhost")
	})
}

// TestMonstrousCertificates: chains and names without measure are verified,
// or refused, in time, and what is told of them is short.
func TestMonstrousCertificates(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	for _, tt := range []struct {
		name   string
		server tls.Certificate
		client *tls.Config
		want   string
	}{
		{"10,000 names", ca.names(10_000, "n%d.example.test"), &tls.Config{RootCAs: ca.pool()}, "established"},
		{"10,000 names and none that is wanted", ca.names(10_000, "n%d.example.test"), &tls.Config{RootCAs: ca.pool(), ServerName: "elsewhere.test"}, "tls name_mismatch"},
		{"50,000 names", ca.names(50_000, "n%d.example.test"), &tls.Config{RootCAs: ca.pool()}, "tls handshake_failed"},
		{"names with commands", ca.names(50, "\x1b[2J<script>%d\x07\r\n"+strings.Repeat("n", 1000)), &tls.Config{RootCAs: ca.pool(), ServerName: "elsewhere.test"}, "tls name_mismatch"},
		{"a chain of 20", ca.chain(20), &tls.Config{RootCAs: ca.pool()}, "established"},
		{"a chain of 100 from nobody", other.chain(100), &tls.Config{RootCAs: ca.pool()}, "tls invalid_certificate"},
		{"a chain of 100", ca.chain(100), &tls.Config{RootCAs: ca.pool()}, "tls invalid_certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			front := hostileServer(t, &tls.Config{Certificates: []tls.Certificate{tt.server}}, opens("", endsWell))
			heap := newHeapWatch()
			l := load{target: secureTarget(front, tt.client.Clone()), shapes: rate(20, 200*time.Millisecond), tick: heap.tick,
				hold: scenario.Hold{For: hostileHold}, timeouts: scenario.Timeouts{Total: 8 * time.Second}}
			o := l.run(t.Context(), t)
			o.want(t, map[string]int64{tt.want: 4})
			checkPrintable(t, o.result)
			for _, row := range o.result.Outcomes {
				for _, text := range row.Samples {
					if len(text) > 8<<10 {
						t.Errorf("a sample of %d bytes", len(text))
					}
				}
			}
			heap.check(t)
		})
	}
}

// ownAlert is an alert as crypto/tls wraps it.
type ownAlert uint8

func (a ownAlert) Error() string { return fmt.Sprintf("tls: alert(%d)", uint8(a)) }

// TestAlertsOfOurOwn: what crypto/tls refuses behind the handshake is the
// server's doing, and one alert tells what that was.
func TestAlertsOfOurOwn(t *testing.T) {
	for alert, want := range map[ownAlert]string{100: "tls renegotiation", 20: "tls bad_record", 10: "tls bad_record"} {
		err := &net.OpError{Op: "local error", Err: alert}
		if got := tlsOutcome(err, results.PhaseUpgrade).Name(); got != want {
			t.Errorf("alert %d is %s, want %s", alert, got, want)
		}
	}
}
