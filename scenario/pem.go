package scenario

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// pemError is a mistake in a PEM file. What the file holds is never part of
// the message.
func pemError(file string, line int, hint, format string, args ...any) error {
	if file == "" {
		file = "PEM"
	}
	return badValue(hint, "%s:%d: %s", file, line, fmt.Sprintf(format, args...))
}

// pemBlocks calls f with each block of a PEM file (RFC 7468) and the line it
// begins on, until f objects. A damaged block, which pem.Decode passes over, is
// an error.
func pemBlocks(file string, text []byte, f func(b *pem.Block, line int) error) error {
	begin := []byte("-----BEGIN ")
	found := false
	for rest := text; ; found = true {
		i := bytes.Index(rest, begin)
		switch {
		case i < 0 && !found:
			return pemError(file, 1, "turn a DER file into PEM with openssl x509 -inform DER", "there is no PEM block")
		case i < 0:
			return nil
		}
		line := 1 + bytes.Count(text[:len(text)-len(rest)+i], []byte("\n"))
		b, after := pem.Decode(rest[i:])
		if b == nil || bytes.Count(rest[i:len(rest)-len(after)], begin) > 1 {
			return pemError(file, line, "", "the block that begins here is damaged")
		}
		if err := f(b, line); err != nil {
			return err
		}
		rest = after
	}
}

// certificates checks that a PEM file holds nothing but certificates, and
// returns the first of them.
func certificates(file string, text []byte) (first *x509.Certificate, err error) {
	err = pemBlocks(file, text, func(b *pem.Block, line int) error {
		if b.Type != "CERTIFICATE" {
			return pemError(file, line, "", "wants certificates, and this is a block of %s", b.Type)
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return pemError(file, line, "", "not a certificate: %v", err)
		}
		if first == nil {
			first = cert
		}
		return nil
	})
	return first, err
}

// privateKey checks that a PEM file holds a private key without a password.
func privateKey(file string, text []byte) error {
	found := false
	err := pemBlocks(file, text, func(b *pem.Block, line int) error {
		switch {
		case b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED"):
			return pemError(file, line, "take the password off with openssl pkey", "the key is encrypted")
		case strings.HasSuffix(b.Type, "PRIVATE KEY"):
			found = true
		}
		return nil
	})
	if err == nil && !found {
		return pemError(file, 1, "", "wants a private key, and there is none")
	}
	return err
}

// pair checks that the client's certificate and key belong together.
func (c *checker) pair(path string, t *TLS, first *x509.Certificate) {
	if _, err := tls.X509KeyPair(t.Cert, t.Key); err != nil {
		text := strings.TrimPrefix(err.Error(), "tls: ")
		c.add(path+".key", "", "is not the key of %s: %s", first.Subject, text)
	}
}
