package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"stampede/results"
)

// Winsock's numbers for what POSIX calls ECONNREFUSED and so on: on Windows
// the constants of package syscall are inventions that no call returns. No
// other system has error numbers this high.
const (
	wsaNetworkUnreachable = syscall.Errno(10051)
	wsaConnectionAborted  = syscall.Errno(10053)
	wsaConnectionReset    = syscall.Errno(10054)
	wsaConnectionRefused  = syscall.Errno(10061)
	wsaHostUnreachable    = syscall.Errno(10065)
)

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// classify names what err did to the handshake in a phase.
func classify(err error, phase results.Phase) results.Outcome {
	var op *net.OpError
	switch {
	case isAny(err, context.Canceled):
		return results.Outcome{Kind: results.Canceled}
	case isAny(err, os.ErrDeadlineExceeded, context.DeadlineExceeded, syscall.ETIMEDOUT):
		return results.Outcome{Kind: results.Timeout, Phase: phase}
	case isAny(err, syscall.EMFILE, syscall.ENFILE):
		return results.Outcome{Kind: results.Local, Reason: results.TooManyOpenFiles}
	case isAny(err, syscall.EADDRNOTAVAIL):
		return results.Outcome{Kind: results.Local, Reason: results.NoSourcePort}
	case isAny(err, syscall.ECONNREFUSED, wsaConnectionRefused):
		return results.Outcome{Kind: results.Refused}
	case isAny(err, syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetworkUnreachable, wsaHostUnreachable):
		return results.Outcome{Kind: results.Unreachable}
	case isAny(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, wsaConnectionReset, wsaConnectionAborted):
		return results.Outcome{Kind: results.Reset, Phase: phase}
	case errors.As(err, &op) && op.Op == "remote error":
		return results.Outcome{Kind: results.TLS, Reason: alertName(op.Err)}
	case isAny(err, io.EOF, io.ErrUnexpectedEOF):
		return results.Outcome{Kind: results.Closed, Phase: phase}
	}
	return results.Outcome{Kind: results.Local, Reason: results.LocalOther}
}

// classifyDial names what a failed connect means. A Unix socket that is not
// there, or whose listen queue is full, says so at once.
func classifyDial(err error, network string) results.Outcome {
	if network == "unix" && isAny(err, syscall.ENOENT, syscall.EAGAIN) {
		return results.Outcome{Kind: results.Refused}
	}
	return classify(err, results.PhaseConnect)
}

// classifyTLS names what ended a TLS handshake.
func classifyTLS(err error) results.Outcome {
	var record tls.RecordHeaderError
	var unverified *verifyError
	switch o := classify(err, results.PhaseTLS); {
	case errors.As(err, &record):
		return results.Outcome{Kind: results.TLS, Reason: notTLS}
	case errors.As(err, &unverified):
		return results.Outcome{Kind: results.TLS, Reason: unverified.reason}
	case o.Kind != results.Local || o.Reason != results.LocalOther:
		return o
	case strings.Contains(err.Error(), "unsupported protocol version"):
		return results.Outcome{Kind: results.TLS, Reason: "protocol_version"}
	case strings.Contains(err.Error(), "ALPN"):
		return results.Outcome{Kind: results.TLS, Reason: "unasked_alpn"}
	}
	return results.Outcome{Kind: results.TLS, Reason: tlsOther}
}

// classifySession names what ended a connection in a phase behind its TLS
// handshake, where there was one: bytes that are no record of the session are
// the peer's fault and not this machine's.
func classifySession(err error, phase results.Phase) results.Outcome {
	o := classify(err, phase)
	if o.Kind != results.Local || o.Reason != results.LocalOther || !isSessionFault(err) {
		return o
	}
	reason := badRecord
	if strings.Contains(err.Error(), "no renegotiation") {
		reason = renegotiation
	}
	return results.Outcome{Kind: results.TLS, Reason: reason}
}

// isSessionFault matches errors of crypto/tls over what it received: the alert
// it answers with, or the error alone.
func isSessionFault(err error) bool {
	var record tls.RecordHeaderError
	var op *net.OpError
	return errors.As(err, &record) || errors.As(err, &op) && op.Op == "local error" || strings.HasPrefix(err.Error(), "tls: ")
}

// alertName is a TLS alert's name as RFC 8446 §6 writes it. crypto/tls gives
// only its text: "tls: unrecognized name".
func alertName(alert error) results.Reason {
	text := strings.TrimPrefix(alert.Error(), "tls: ")
	if name, ok := alertNames[text]; ok {
		return name
	}
	return results.Reason(strings.ReplaceAll(strings.ToLower(text), " ", "_"))
}

// alertNames are the alerts whose text in crypto/tls is not their name.
var alertNames = map[string]results.Reason{
	"unknown certificate authority":   "unknown_ca",
	"protocol version not supported":  "protocol_version",
	"insufficient security level":     "insufficient_security",
	"revoked certificate":             "certificate_revoked",
	"expired certificate":             "certificate_expired",
	"unknown certificate":             "certificate_unknown",
	"error decoding message":          "decode_error",
	"error decrypting message":        "decrypt_error",
	"encrypted client hello required": "ech_required",
}

// Reasons of kind TLS that are no alert's name.
const (
	notTLS           results.Reason = "not_tls"
	unknownAuthority results.Reason = "unknown_authority"
	expired          results.Reason = "expired"
	notYetValid      results.Reason = "not_yet_valid"
	wrongHost        results.Reason = "wrong_host"
	unfitCertificate results.Reason = "unfit_certificate"
	badRecord        results.Reason = "bad_record"    // behind the handshake: no record of this session
	renegotiation    results.Reason = "renegotiation" // the server asked for a second handshake
	tlsOther         results.Reason = "other"
)

// verifyError says why a certificate chain was not trusted.
type verifyError struct {
	reason results.Reason
	cause  error
}

func (e *verifyError) Error() string { return e.cause.Error() }
func (e *verifyError) Unwrap() error { return e.cause }

// verifyReason sorts an error of x509's verification; early says that the
// certificate's time has not come yet.
func verifyReason(err error, early bool) results.Reason {
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &host):
		return wrongHost
	case errors.As(err, &authority):
		return unknownAuthority
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && early:
		return notYetValid
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return expired
	}
	return unfitCertificate
}
