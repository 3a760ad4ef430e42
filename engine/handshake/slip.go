package handshake

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// exampleAccept answers the example key that RFC 6455 §1.3 prints.
const exampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// slip is a way to come to a wrong Sec-WebSocket-Accept.
type slip struct {
	value string // what comes of it
	name  string
}

// slips are those that give one certain value for k.
func slips(k *Key) []slip {
	key := string(k[:])
	raw, _ := base64.StdEncoding.DecodeString(key) // of a key that is none, as much as goes
	sum := sha1.Sum([]byte(key + acceptGUID))
	wide := sha256.Sum256([]byte(key + acceptGUID))
	const trim = "the key was not trimmed before it was hashed"
	return []slip{
		{"", "it is empty"},
		{key, "it is the key itself, not hashed"},
		{exampleAccept, "it answers the example key of RFC 6455 §1.3: it is fixed in the server, or was stored"},
		{digest(key), "the GUID was left out"},
		{digest(acceptGUID), "the key was empty: it did not reach who answered"},
		{digest(key + strings.ToLower(acceptGUID)), "the GUID was hashed in lower case"},
		{digest(strings.ToLower(key) + acceptGUID), "the key was hashed in lower case"},
		{digest(string(raw) + acceptGUID), "the key was decoded before it was hashed"},
		{digest(key + "\r\n" + acceptGUID), trim},
		{digest(key + "\r" + acceptGUID), trim},
		{digest(key + "\n" + acceptGUID), trim},
		{digest(" " + key + acceptGUID), trim},
		{digest(key + " " + acceptGUID), trim},
		{base64.StdEncoding.EncodeToString(wide[:]), "SHA-256 was used in place of SHA-1"},
		{base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:]))), "the digest was written in hexadecimal before base64"},
		{base64.URLEncoding.EncodeToString(sum[:]), "base64's alphabet for URLs was used"},
		{base64.RawURLEncoding.EncodeToString(sum[:]), "base64's alphabet for URLs was used, without padding"},
	}
}

func digest(text string) string {
	sum := sha1.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// acceptSlip says by which slip got may stand where the answer to k should;
// "" if it can't tell. It is for what is shown and not for every attempt.
func acceptSlip(k *Key, got string) string {
	accept := k.Accept()
	right := string(accept[:])
	sum := sha1.Sum([]byte(string(k[:]) + acceptGUID))
	switch {
	case got == right:
		return ""
	case strings.Trim(got, `"'`) == right:
		return "it is right but for the quotes"
	case strings.TrimRight(got, "=") == strings.TrimRight(right, "="):
		return "it is right but for its padding"
	case strings.EqualFold(got, right):
		return "it is right but for upper and lower case"
	case strings.EqualFold(got, hex.EncodeToString(sum[:])):
		return "the digest was written in hexadecimal in place of base64"
	}
	for _, s := range slips(k) {
		if s.value == got {
			return s.name
		}
	}
	return ""
}
