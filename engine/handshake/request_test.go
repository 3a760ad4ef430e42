package handshake

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeyAccept uses the example of RFC 6455 §1.3.
func TestKeyAccept(t *testing.T) {
	key := NewKey([16]byte([]byte("the sample nonce")))
	if got, want := string(key[:]), "dGhlIHNhbXBsZSBub25jZQ=="; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
	accept := key.Accept()
	if got, want := string(accept[:]), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("accept %q, want %q", got, want)
	}
}

func TestRequest(t *testing.T) {
	r, err := NewRequest(RequestOptions{
		Target:       "/socket?room=1",
		Host:         "app.example.test:8080",
		Headers:      []Header{{Name: "Origin", Value: "https://app.example.test"}, {Name: "Cookie", Value: "a=b"}, {Name: "Cookie", Value: "c=d"}},
		Subprotocols: []string{"graphql-ws", "chat"},
		Extensions:   "permessage-deflate",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := string(r.AppendTo([]byte("before"), &testKey, 0))
	want := strings.ReplaceAll(`beforeGET /socket?room=1 HTTP/1.1
Host: app.example.test:8080
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: `+string(testKey[:])+`
Sec-WebSocket-Protocol: graphql-ws, chat
Sec-WebSocket-Extensions: permessage-deflate
Origin: https://app.example.test
Cookie: a=b
Cookie: c=d

`, "\n", "\r\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if r.Len() != len(want)-len("before") {
		t.Errorf("Len = %d, want %d", r.Len(), len(want)-len("before"))
	}
}

func TestRequestKeysDoNotStay(t *testing.T) {
	r := requestOffering(t)
	other := NewKey([16]byte{1})
	first := r.AppendTo(nil, &testKey, 0)
	r.AppendTo(nil, &other, 0)
	if !bytes.Contains(first, testKey[:]) || bytes.Contains(r.AppendTo(nil, &testKey, 0), other[:]) {
		t.Error("a key stayed in the template")
	}
}

// TestRequestIsRead has net/http read requests, a plain and a large one.
func TestRequestIsRead(t *testing.T) {
	large := strings.Repeat("x", 64<<10)
	for _, o := range []RequestOptions{
		{Host: "example.test"},
		{Host: "[::1]:80", Target: "/?q=%20", Headers: []Header{{Name: "Cookie", Value: large}, {Name: "X-Empty", Value: ""}, {Name: "X-Text", Value: "caf\u00e9\t1"}}},
	} {
		r, err := NewRequest(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.AppendTo(nil, &testKey, 0))))
		if err != nil {
			t.Fatal(err)
		}
		if got.Host != o.Host || got.Header.Get("Sec-WebSocket-Key") != string(testKey[:]) || got.Header["Sec-Websocket-Extensions"] != nil {
			t.Errorf("read as host %q, header %v", got.Host, got.Header)
		}
		for _, h := range o.Headers {
			if got.Header.Get(h.Name) != h.Value {
				t.Errorf("%s: %d bytes, want %d", h.Name, len(got.Header.Get(h.Name)), len(h.Value))
			}
		}
	}
}

func TestRequestFaults(t *testing.T) {
	tests := []struct {
		name string
		o    RequestOptions
		want []string // "Field value"
	}{
		{"zero", RequestOptions{}, []string{"Host "}},
		{"relative target", RequestOptions{Host: "h", Target: "x"}, []string{"Target x"}},
		{"absolute target", RequestOptions{Host: "h", Target: "ws://h/"}, []string{"Target ws://h/"}},
		{"target with a blank", RequestOptions{Host: "h", Target: "/a b"}, []string{"Target /a b"}},
		{"target with a fragment", RequestOptions{Host: "h", Target: "/a#b"}, []string{"Target /a#b"}},
		{"target with a line end", RequestOptions{Host: "h", Target: "/a\r\nX: y"}, []string{"Target /a\r\nX: y"}},
		{"target not in ASCII", RequestOptions{Host: "h", Target: "/\u00e9"}, []string{"Target /\u00e9"}},
		{"host with a path", RequestOptions{Host: "h/x"}, []string{"Host h/x"}},
		{"host with a user", RequestOptions{Host: "u@h"}, []string{"Host u@h"}},
		{"host with a line end", RequestOptions{Host: "h\r\n"}, []string{"Host h\r\n"}},
		{"header name", RequestOptions{Host: "h", Headers: []Header{{Name: "X Y", Value: "z"}, {Name: "", Value: "z"}}}, []string{"Headers X Y", "Headers "}},
		{"header value", RequestOptions{Host: "h", Headers: []Header{{Name: "X", Value: "a\nb"}, {Name: "Y", Value: "a\x00"}}}, []string{"Headers X", "Headers Y"}},
		{"own header", RequestOptions{Host: "h", Headers: []Header{{Name: "sec-websocket-KEY", Value: "x"}, {Name: "HOST", Value: "x"}}},
			[]string{"Headers sec-websocket-KEY", "Headers HOST"}},
		{"subprotocol", RequestOptions{Host: "h", Subprotocols: []string{"a b", "c", "c", ""}},
			[]string{"Subprotocols a b", "Subprotocols c", "Subprotocols "}},
		{"extensions", RequestOptions{Host: "h", Extensions: "a b"}, []string{"Extensions a b"}},
		{"extensions without any", RequestOptions{Host: "h", Extensions: " , "}, []string{"Extensions  , "}},
		{"extensions with a line end", RequestOptions{Host: "h", Extensions: "a\r\nX: y"}, []string{"Extensions a\r\nX: y"}},
		{"extensions ending in a line end", RequestOptions{Host: "h", Extensions: "a\r\n"}, []string{"Extensions a\r\n"}},
		{"deflate parameter", RequestOptions{Host: "h", Extensions: "permessage-deflate; server_max_window_bits=99"},
			[]string{"Extensions permessage-deflate; server_max_window_bits=99"}},
		{"all at once", RequestOptions{Target: "x#", Subprotocols: []string{""}}, []string{"Target x#", "Target x#", "Host ", "Subprotocols "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewRequest(tt.o)
			if r != nil || err == nil {
				t.Fatalf("NewRequest = %v, %v; want an error", r, err)
			}
			var got []string
			for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
				var fault *OptionError
				if !errors.As(e, &fault) || fault.Fault == "" || !strings.Contains(e.Error(), fault.Fault) {
					t.Fatalf("%v is no whole *OptionError", e)
				}
				got = append(got, fault.Field+" "+fault.Value)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRequestErrorKeepsSecrets checks that no header's value is told.
func TestRequestErrorKeepsSecrets(t *testing.T) {
	_, err := NewRequest(RequestOptions{Host: "h", Headers: []Header{{Name: "Authorization", Value: "Bearer s3cret\n"}}})
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
}

// numbered fills in the attempt's number.
type numbered struct{ prefix string }

func (f numbered) AppendTo(dst []byte, n int64) []byte {
	return strconv.AppendInt(append(dst, f.prefix...), n, 10)
}
func (f numbered) MaxLen() int { return len(f.prefix) + 19 }

// What differs from attempt to attempt is filled in where it belongs, and the
// key with it, whatever stands before and behind.
func TestFilledRequest(t *testing.T) {
	for name, o := range map[string]RequestOptions{
		"target":          {FillTarget: numbered{"/u/"}},
		"header":          {Target: "/", Headers: []Header{{Name: "X-A", Value: "1"}, {Name: "X-N", Fill: numbered{"n"}}, {Name: "X-Z", Value: "2"}}},
		"target, headers": {FillTarget: numbered{"/?q="}, Headers: []Header{{Name: "X-N", Fill: numbered{""}}, {Name: "X-M", Fill: numbered{"m"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Host = "h"
			r, err := NewRequest(o)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int64{0, 7, 1 << 40} {
				text := r.AppendTo([]byte("before"), &testKey, n)[len("before"):]
				if len(text) > r.Len() {
					t.Errorf("%d bytes, Len says %d at most", len(text), r.Len())
				}
				got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
				if err != nil {
					t.Fatalf("%v in %q", err, text)
				}
				if key := got.Header.Get("Sec-WebSocket-Key"); key != string(testKey[:]) {
					t.Errorf("key %q", key)
				}
				if o.FillTarget != nil && got.RequestURI != string(o.FillTarget.AppendTo(nil, n)) {
					t.Errorf("target %q", got.RequestURI)
				}
				for _, h := range o.Headers {
					want := h.Value
					if h.Fill != nil {
						want = string(h.Fill.AppendTo(nil, n))
					}
					if v := got.Header.Get(h.Name); v != want {
						t.Errorf("%s: %q, want %q", h.Name, v, want)
					}
				}
			}
		})
	}
}
