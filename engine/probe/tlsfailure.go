package probe

import (
	"fmt"
	"strings"

	"stampede/results"
)

// tlsFailures are the cases where TLS did not come about.
var tlsFailures = []symptom{
	{"clear_port", all(reason(notTLS), func(p *Probe) bool { return p.TLS != nil && strings.HasPrefix(p.TLS.FirstBytes, "HTTP") }),
		func(p *Probe) (string, string) {
			return "The port speaks HTTP in clear, and no TLS.", "Try " + withScheme(p, "ws") + ", or the port that has TLS."
		}},
	{"not_tls", reason(notTLS), func(p *Probe) (string, string) {
		return fmt.Sprintf(`The port does not speak TLS: it began with "%s".`, p.TLS.FirstBytes), // escaped already
			"Check the port; or try " + withScheme(p, "ws") + "."
	}},
	{"known_certificate", all(reason(unknownAuthority, wrongHost), func(p *Probe) bool { _, ok := knownCertificate(p.TLS); return ok }), func(p *Probe) (string, string) {
		known, _ := knownCertificate(p.TLS)
		return known.means, known.do
	}},
	{"weak_signature", all(reason(unknownAuthority), func(p *Probe) bool { return strings.Contains(p.TLS.Why, "insecure algorithm") }), always(
		"The certificate is signed with SHA-1 or MD5, which proves nothing any more: no client of today takes it.",
		"Have it issued anew, signed with SHA-256.")},
	{"self_signed", all(reason(unknownAuthority), func(p *Probe) bool { return len(p.TLS.Chain) == 1 && p.TLS.Chain[0].SelfSigned }), always(
		"The certificate is signed by itself, so that nobody vouches for it.",
		"Trust it with --ca CERT.pem, or go on without verification with --insecure.")},
	{"chain_incomplete", all(reason(unknownAuthority), func(p *Probe) bool { return len(p.TLS.Chain) == 1 && p.TLS.MoreCerts == 0 }), func(p *Probe) (string, string) {
		return fmt.Sprintf("The signer, %s, is not trusted here, and the server sent no certificate for it. If the signer is a public authority, the server leaves out the intermediate certificate; browsers often know it and hide that.", p.TLS.Chain[0].Issuer),
			"Let the server send the full chain (fullchain.pem). For an authority of your own: --ca CA.pem, or --insecure."
	}},
	{"unknown_authority", reason(unknownAuthority), always(
		"The certificate is signed by an authority that is not trusted here: your own, or that of a firewall that opens TLS.",
		"Trust it with --ca CA.pem, or go on without verification with --insecure.")},
	{"expired", reason(expired), func(p *Probe) (string, string) {
		for _, c := range p.TLS.Chain {
			if c.DaysLeft < 0 {
				return fmt.Sprintf("The certificate of %s expired on %s.", c.Subject, c.NotAfter.UTC().Format("2006-01-02 15:04 MST")),
					"Renew it, and reload the server: it may still hold the old one. --insecure goes on all the same."
			}
		}
		return "A certificate of the chain has expired.", "Renew it. --insecure goes on all the same."
	}},
	{"not_yet_valid", reason(notYetValid), func(p *Probe) (string, string) {
		return fmt.Sprintf("The certificate is not valid before %s: this machine's clock is slow, or the certificate is for later.", p.TLS.Chain[0].NotBefore.UTC().Format("2006-01-02 15:04 MST")), "Compare the clocks."
	}},
	{"wrong_host", reason(wrongHost), func(p *Probe) (string, string) {
		do := "Use a name it is for, or give that with --server-name; a proxy with several certificates chooses by that name."
		if p.TLS.ServerName == "" {
			do = "The target is an address, so no server name was sent and the server chose its default. Put the name in the URL and the address in --connect-to, or give --server-name."
		}
		return fmt.Sprintf("The certificate is not for %s but for %s.", p.TLS.Name, certificateNames(p.TLS)), do
	}},
	{"unfit_certificate", reason(unfitCertificate), func(p *Probe) (string, string) {
		means := "The certificate can't be used: " + p.TLS.Why + "."
		if strings.Contains(p.TLS.Why, "incompatible key usage") {
			means += " It is not for servers: its extended key usage lacks serverAuth, as a client's certificate does."
		}
		return means, "Have it issued anew; --insecure goes on all the same."
	}},
	{"unrecognized_name", reason("unrecognized_name"), func(p *Probe) (string, string) {
		means := "The server has nothing for the server name that was sent: " + sni(p) + "."
		if p.TLS.ServerName == "" {
			means = "The server wants a server name it knows, and none was sent, as the target is an address."
		}
		return means, "Give the one it knows with --server-name, or put it in the URL and the address in --connect-to."
	}},
	{"alpn_h2_only", reason("no_application_protocol", "unasked_alpn"), always(
		"The server does not offer http/1.1 in ALPN, most likely h2 alone; an upgrade needs HTTP/1.1.",
		"Let it offer http/1.1 beside h2.")},
	{"client_certificate", reason("certificate_required"), clientCertificate},
	{"renegotiation", reason(renegotiation), always(
		"The server asked for a second TLS handshake once it had read the request, as servers do that want a client's certificate for some paths only (SSLVerifyClient in a Location of Apache, client certificates in IIS, API Management). TLS 1.3 has no such thing, browsers do it in TLS 1.2 alone, and stampede does not.",
		"Let the server ask for the certificate in the first handshake: for the whole host name, or on a port or name of its own. Then give it with --cert and --key.")},
	{"clear_text_inside", all(reason(badRecord), func(p *Probe) bool { return p.TLS != nil && p.TLS.FirstBytes != "" }), func(p *Probe) (string, string) {
		return fmt.Sprintf(`The TLS handshake was good, and then the server sent something that is no TLS record: it began with "%s".`, p.TLS.FirstBytes), // escaped already
			"Find who writes past TLS into the connection: a program that answers or logs on the bare socket, or a proxy that gives up TLS halfway."
	}},
	{"bad_record", reason(badRecord), func(p *Probe) (string, string) {
		return "The TLS handshake was good, and then came a record that does not belong to the session: " + p.Outcome.Detail + ".",
			"Something between changes or repeats bytes, or the server's TLS is at fault. Probe from another network, and the server itself with --connect-to ADDRESS:PORT."
	}},
	{"client_certificate", all(clientAsked, reason("bad_certificate", "handshake_failure", "unknown_ca",
		"certificate_unknown", "certificate_expired", "certificate_revoked", "access_denied", "unsupported_certificate")), clientCertificate},
	{"tls_version", reason("protocol_version"), always(
		"Client and server have no TLS version in common. stampede, as browsers do, speaks 1.2 and 1.3.",
		"Switch TLS 1.2 on at the server: 1.0 and 1.1 are deprecated (RFC 8996).")},
	{"no_common_cipher", reason("handshake_failure", "insufficient_security"), func(p *Probe) (string, string) {
		return "The server finds nothing in common: no cipher or curve, or no certificate for the server name (" + sni(p) + "). Only ciphers with ECDHE are offered here: a server that has RSA or DHE key exchange alone can't be met.",
			"Check --server-name first, then the server's ciphers (ECDHE with AES-GCM or ChaCha20) and its kind of key."
	}},
	{"server_tls_error", reason("internal_error"), func(p *Probe) (string, string) {
		return "The server failed inside TLS. Go's servers and Caddy answer so where they have no certificate for the server name (" + sni(p) + ").",
			"Check --server-name, and the server's log."
	}},
	{"tls_failed", anything, func(p *Probe) (string, string) {
		return "TLS failed: " + words(p.Outcome.Reason) + ".", "The server's log has its side; " + p.Outcome.Detail + "."
	}},
}

func clientCertificate(p *Probe) (string, string) {
	if p.TLS.ClientSent {
		return fmt.Sprintf("The server refuses the client's certificate: %s.", words(p.Outcome.Reason)), "Give one from the authority it trusts, with --cert and --key; check its dates."
	}
	return "The server wants a certificate of the client.", "Give one with --cert and --key."
}

func clientAsked(p *Probe) bool { return p.TLS != nil && p.TLS.ClientAsked }

func words(r results.Reason) string { return strings.ReplaceAll(string(r), "_", " ") }

// certificateNames lists what the server's own certificate is for.
func certificateNames(t *TLS) string {
	c := t.Chain[0]
	switch {
	case len(c.Names) == 0:
		return "no name at all (the common name in its subject does not count any more)"
	case len(c.Names) > 5:
		return fmt.Sprintf("%s and %d more", strings.Join(c.Names[:5], ", "), len(c.Names)-5+c.MoreNames)
	}
	return strings.Join(c.Names, ", ")
}

// certificateKind is a certificate that tells by its names where it is from.
type certificateKind struct {
	name      string // part of its subject or issuer, in lower case
	means, do string
}

const opensTLS = "A program or firewall between opens TLS and signs in place of the server: the certificate is by "

var certificateKinds = []certificateKind{
	{"ingress controller fake certificate", "The ingress of Kubernetes answered with the certificate it has for names it does not know: no Ingress has a tls section for this host, or its secret is missing or malformed.",
		"Compare host and secretName with the Ingress and its namespace; the controller's log says why a secret was not taken."},
	{"traefik default cert", "Traefik answered with its default certificate: no router with TLS fits this name, or its certificate has not been issued.",
		"Look at the router's rule and tls section, and at the log of the certificate resolver."},
	{"cloudflare origin", "The certificate is one of Cloudflare's for servers behind it: only Cloudflare trusts it, and clients are not meant to see it.",
		"Probe through Cloudflare, or go on without verification with --insecure."},
	{"(staging)", "The certificate is by Let's Encrypt's staging authority, which is for trials and trusted by nobody.",
		"Have it issued anew by the production authority: drop --staging or --test-cert, or set the ACME server."},
	{"caddy local authority", "Caddy made the certificate by its internal authority, as it does for names and addresses that no public one serves, and for tls internal.",
		"Trust Caddy's root with --ca (pki/authorities/local/root.crt in its data directory), or give the site a public name."},
	{"mkcert", "The certificate is by mkcert, an authority for development on one machine.", "Trust it with --ca \"$(mkcert -CAROOT)/rootCA.pem\"."},
	{"zscaler", opensTLS + "Zscaler.", passTLS}, {"fortinet", opensTLS + "Fortinet.", passTLS}, {"netskope", opensTLS + "Netskope.", passTLS},
	{"palo alto networks", opensTLS + "Palo Alto Networks.", passTLS}, {"cisco umbrella", opensTLS + "Cisco Umbrella.", passTLS},
	{"mitmproxy", opensTLS + "mitmproxy.", passTLS}, {"charles proxy", opensTLS + "Charles.", passTLS}, {"portswigger", opensTLS + "Burp.", passTLS},
}

const passTLS = "Such devices often break upgrades, too. Let this host pass there unopened, probe from another network, or trust its authority with --ca."

// knownCertificate finds the kind of the server's own certificate.
func knownCertificate(t *TLS) (certificateKind, bool) {
	if t == nil || len(t.Chain) == 0 {
		return certificateKind{}, false
	}
	names := strings.ToLower(t.Chain[0].Subject + "\n" + t.Chain[0].Issuer)
	for _, k := range certificateKinds {
		if strings.Contains(names, k.name) {
			return k, true
		}
	}
	return certificateKind{}, false
}
