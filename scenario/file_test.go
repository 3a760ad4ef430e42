package scenario

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"math/big"
	"strings"
	"sync"
	"time"
)

// testFile is Options.ReadFile of the tests.
func testFile(path string) ([]byte, error) {
	text, ok := testFiles()[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

var testFiles = sync.OnceValue(func() map[string]string {
	cert, key := certificate()
	_, other := certificate()
	block, _ := pem.Decode([]byte(cert))
	return map[string]string{
		"good.txt": "\xef\xbb\xbf# seconds\r\n0\r\n0.5 # half\n\n1m2.5s\n", "unsorted.txt": "1\n3s\n2s\n", "nothing.txt": "# none\n", "bad.txt": "1\n1:30\n",

		"users.csv":      "\xef\xbb\xbfid,token,host\r\n1,opensesame,a\r\n2,\"x,\"\"y\"\" z/ü\",b\r\n3,,c\r\n",
		"blank.csv":      "id,token\n1,opensesame\n2, padded\n",
		"control.csv":    "id,token\n1,open\n2,\"sesame\r\nX-Evil: 1\"\n",
		"empty.csv":      "",
		"lone.csv":       "id,token\n",
		"quote.csv":      "id\nopen\"sesame\n",
		"ragged.csv":     "a,b\n1,2\n1,2,3\n",
		"semicolons.csv": "id;token\n1;opensesame\n",
		"twice.csv":      "id,id\n1,2\n",
		"utf16.csv":      "\xff\xfei\x00d\x00\n\x00",

		"ca.pem":        "a comment\n" + cert,
		"ca.der":        string(block.Bytes),
		"key.pem":       key,
		"other-key.pem": other,
		"damaged.pem":   cert + strings.Replace(cert, "\n", "\n!", 3) + cert,
		"notcert.pem":   cert + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"encrypted.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
	}
})

// certificate makes a certificate that signs itself, and its key.
func certificate() (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a client"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)
}
