package engine

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"

	"stampede/results"
)

// Why TLS failed (kind TLS), beside the alerts of RFC 8446 §6 by their names.
const (
	reasonUnknownAuthority results.Reason = "unknown_authority"
	reasonNameMismatch     results.Reason = "name_mismatch"
	reasonExpired          results.Reason = "expired"
	reasonNotYetValid      results.Reason = "not_yet_valid"
	reasonBadCertificate   results.Reason = "invalid_certificate"
	reasonNotTLS           results.Reason = "not_tls"
	reasonHandshake        results.Reason = "handshake_failed"
	reasonRenegotiation    results.Reason = "renegotiation" // the server asked for a second handshake
	reasonBadRecord        results.Reason = "bad_record"    // behind the handshake: no record of this session, or one too many of its own
)

// alertNames are the alerts a peer may send (IANA's TLS Alerts registry).
var alertNames = map[uint8]results.Reason{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
	42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
	46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
	51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 109: "missing_extension", 110: "unsupported_extension",
	112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity",
	116: "certificate_required", 120: "no_application_protocol",
}

// tlsOutcome says what an error of crypto/tls means in the phase it came up
// in: the handshake, or later, since a TLS 1.3 server refuses a client's
// certificate only after the client is done.
func tlsOutcome(err error, phase results.Phase) results.Outcome {
	if reason := tlsReason(err); reason == reasonNotTLS && phase != results.PhaseTLS {
		return results.Outcome{Kind: results.TLS, Phase: phase, Reason: reasonBadRecord} // it was TLS before
	} else if reason != "" {
		return results.Outcome{Kind: results.TLS, Phase: phase, Reason: reason}
	}
	var errno syscall.Errno
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return results.Outcome{Kind: results.Closed, Phase: phase}
	case errors.As(err, &errno) && (errno == syscall.ECONNRESET || errno == syscall.EPIPE):
		return results.Outcome{Kind: results.Reset, Phase: phase}
	case errors.As(err, &errno) && errno == syscall.ETIMEDOUT:
		return results.Outcome{Kind: results.Timeout, Phase: phase}
	}
	reason := reasonHandshake
	switch {
	case phase != results.PhaseTLS:
		reason = reasonBadRecord
	case strings.Contains(err.Error(), "unsupported protocol version"): // an old server's choice, of which crypto/tls makes no error of its own
		reason = "protocol_version"
	}
	return results.Outcome{Kind: results.TLS, Phase: phase, Reason: reason}
}

// tlsReason is the reason of an error that is TLS's own; "" for one of the
// connection below.
func tlsReason(err error) results.Reason {
	var header tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &header):
		return reasonNotTLS
	case errors.As(err, &authority):
		return reasonUnknownAuthority
	case errors.As(err, &name):
		return reasonNameMismatch
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore):
		return reasonNotYetValid // x509 tells both by one reason
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return reasonExpired
	case errors.As(err, &verification), errors.As(err, &invalid):
		return reasonBadCertificate
	}
	return alertReason(err)
}

// noRenegotiation is the alert with which crypto/tls answers a HelloRequest.
const noRenegotiation = 100

// alertReason is the name of the alert the peer sent. crypto/tls keeps the
// alert's type to itself, but it is a number below. Of those it sends itself,
// one tells what the peer wanted.
func alertReason(err error) results.Reason {
	var op *net.OpError
	if !errors.As(err, &op) || op.Err == nil {
		return ""
	}
	v := reflect.ValueOf(op.Err)
	switch {
	case op.Op == "local error" && v.Kind() == reflect.Uint8 && v.Uint() == noRenegotiation:
		return reasonRenegotiation
	case op.Op != "remote error":
		return ""
	}
	if v.Kind() != reflect.Uint8 {
		return reasonHandshake
	}
	if name, ok := alertNames[uint8(v.Uint())]; ok {
		return name
	}
	return results.Reason("alert_" + strconv.Itoa(int(v.Uint())))
}

// sessionOf is what a result keeps of a completed handshake.
func sessionOf(s tls.ConnectionState) results.Session {
	return results.Session{Version: s.Version, Cipher: s.CipherSuite, Curve: s.CurveID, Resumed: s.DidResume}
}
