package probe

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/engine/handshake"
)

func header(name, value string) []handshake.Header {
	return []handshake.Header{{Name: name, Value: value}}
}

// TestSecretsStayOut looks for secrets in everything that is drawn, also
// where the server sends them back.
func TestSecretsStayOut(t *testing.T) {
	o := Options{URL: "ws://example.test/ws?room=a:b&access_token=qu3ry%2Dtoken&v=1", Headers: []handshake.Header{
		{Name: "Authorization", Value: "Bearer tok3n-of-gold"}, {Name: "Cookie", Value: "sid=s3ssion-id; b=other-s3cret"}, {Name: "Proxy-Authorization", Value: "Basic cHJveHk6cGFzcw=="}}}
	reply := "HTTP/1.1 403 Forbidden\r\nX-Echo: tok3n-of-gold\r\nSet-Cookie: sid=fresh-s3cret; Path=/\r\nSet-Cookie: folded=\r\n fresh-s3cret\r\n\r\nno access with qu3ry-token, s3ssion-id, other-s3cret, cHJveHk6cGFzcw=="
	secrets := []string{"qu3ry%2Dtoken", "qu3ry-token", "tok3n-of-gold", "s3ssion-id", "other-s3cret", "fresh-s3cret", "cHJveHk6cGFzcw"}
	draw := func(o Options) string {
		p := replayed(t, o, []byte(reply), 0, io.EOF)
		var b bytes.Buffer
		for _, write := range []func(io.Writer) error{p.Write, p.WriteJSON, p.WriteHAR} {
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
		}
		curl, err := Curl(o, CurlFiles{})
		if err != nil {
			t.Fatal(err)
		}
		return b.String() + curl
	}
	masked := draw(o)
	o.ShowSecrets = true
	shown := draw(o)
	for _, s := range secrets {
		if strings.Contains(masked, s) {
			t.Errorf("%s is shown", s)
		}
		if !strings.Contains(shown, s) {
			t.Errorf("%s is masked though asked for", s)
		}
	}
	for _, kept := range []string{"sid=***; Path=/", "Authorization: ***", "403 Forbidden", "/ws?room=a:b&access_token=***&v=1"} {
		if !strings.Contains(masked, kept) {
			t.Errorf("lacks %q", kept)
		}
	}
}

// TestSecretsQuoted holds secrets to be hidden in whatever form a reply quotes them.
func TestSecretsQuoted(t *testing.T) {
	const secret = `a/b+c="d'&<e>`
	tests := []struct{ name, quoted string }{
		{"as it is", secret},
		{"in a URL", "a%2Fb%2Bc%3D%22d%27%26%3Ce%3E"},
		{"in a URL, in lower case", "a%2fb%2bc%3d%22d%27%26%3ce%3e"},
		{"in a URL in a URL", "a%252Fb%252Bc%253D%2522d%2527%2526%253Ce%253E"},
		{"in a page", "a/b+c=&#34;d&#39;&amp;&lt;e&gt;"},
		{"in a page, by name", "a/b+c=&quot;d&#x27;&amp;&lt;e&gt;"},
		{"in JSON", `a/b+c=\"d'\u0026\u003ce\u003e`},
		{"in JSON, with slashes escaped", `a\/b+c=\"d'&<e>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{URL: "ws://example.test/ws", Headers: header("Authorization", "Bearer "+secret)}
			p := replayed(t, o, []byte("HTTP/1.1 302 Found\r\nX-Error: "+test.quoted+"\r\nLocation: /x?t="+test.quoted+"\r\n\r\nyou sent "+test.quoted), 0, io.EOF)
			var b bytes.Buffer
			if err := p.Write(&b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), test.quoted) || !strings.Contains(b.String(), "you sent ***") {
				t.Errorf("%s", b.String())
			}
		})
	}
}

func TestCurl(t *testing.T) {
	const tail = " -H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='"
	tests := []struct {
		name  string
		o     Options
		files CurlFiles
		want  string // between the fixed parts
		end   string
	}{
		{"plain", Options{URL: "ws://a.test/ws"}, CurlFiles{}, "--max-time 10", " http://a.test/ws"},
		{"port and query", Options{URL: "ws://a.test:81/ws?a=1&b='x'"}, CurlFiles{}, "--max-time 10", ` 'http://a.test:81/ws?a=1&b='\''x'\'''`},
		{"header", Options{URL: "ws://a.test/", Headers: header("X-A", "it's $HOME `x`")}, CurlFiles{}, "--max-time 10", ` -H 'X-A: it'\''s $HOME ` + "`x`" + `' http://a.test/`},
		{"secret", Options{URL: "ws://a.test/", Headers: header("Cookie", "a=b")}, CurlFiles{}, "--max-time 10", ` -H 'Cookie: ***' http://a.test/`},
		{"trust", Options{URL: "wss://a.test/", Insecure: true, Timeout: 1500 * time.Millisecond}, CurlFiles{"ca.pem", "c d.pem", "k.pem"}, "--max-time 1.5 --insecure --cacert ca.pem --cert 'c d.pem' --key k.pem", " https://a.test/"},
		{"elsewhere", Options{URL: "wss://a.test/", ConnectTo: "[::1]:8443", Family: IPv6}, CurlFiles{}, "--max-time 10 -6 --connect-to '::[::1]:8443'", " https://a.test/"},
		{"server name", Options{URL: "wss://127.0.0.1:8443/", ServerName: "b.test"}, CurlFiles{}, "--max-time 10 --connect-to ::127.0.0.1:8443 -H 'Host: 127.0.0.1:8443'", " https://b.test:8443/"},
		{"subprotocol", Options{URL: "ws://a.test/", Subprotocols: []string{"a", "b"}}, CurlFiles{}, "--max-time 10", " -H 'Sec-WebSocket-Protocol: a, b' http://a.test/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Curl(test.o, test.files)
			if err != nil {
				t.Fatal(err)
			}
			if want := "curl --include --no-buffer --http1.1 " + test.want + tail + test.end; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestHAR holds the archive to the structure of HAR 1.2: every field that the
// format demands, of its type.
func TestHAR(t *testing.T) {
	replies := map[string]string{
		"101":     "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {{ACCEPT}}\r\n\r\n",
		"refused": "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Type: text/plain\r\n\r\nmoved",
		"nothing": "",
		"garbage": "SSH-2.0-x\r\n",
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			p := replayed(t, Options{URL: "wss://example.test/ws?a=b%20c&d"}, []byte(reply), time.Millisecond, io.EOF)
			p.Steps = append(p.Steps, Step{StepTLS, 0, time.Millisecond})
			var b bytes.Buffer
			if err := p.WriteHAR(&b); err != nil {
				t.Fatal(err)
			}
			var har any
			if err := json.Unmarshal(b.Bytes(), &har); err != nil {
				t.Fatal(err)
			}
			demand(t, har, "log", harShape)
		})
	}
}

// harShape is what HAR 1.2 demands: names with the kind of value, "list" or a
// shape for the elements, and nested shapes.
var harShape = map[string]any{"log": map[string]any{
	"version": "string", "creator": map[string]any{"name": "string", "version": "string"},
	"entries": []any{map[string]any{
		"startedDateTime": "time", "time": "number", "cache": map[string]any{},
		"request": map[string]any{"method": "string", "url": "string", "httpVersion": "string", "cookies": []any{}, "headersSize": "number", "bodySize": "number",
			"headers":     []any{map[string]any{"name": "string", "value": "string"}},
			"queryString": []any{map[string]any{"name": "string", "value": "string"}}},
		"response": map[string]any{"status": "number", "statusText": "string", "httpVersion": "string", "cookies": []any{}, "headersSize": "number", "bodySize": "number",
			"headers": []any{map[string]any{"name": "string", "value": "string"}}, "redirectURL": "string",
			"content": map[string]any{"size": "number", "mimeType": "string"}},
		"timings": map[string]any{"send": "number", "wait": "number", "receive": "number", "dns": "number", "connect": "number", "ssl": "number", "blocked": "number"},
	}},
}}

// demand checks that got has the shape.
func demand(t *testing.T, got any, path string, shape any) {
	t.Helper()
	ok := false
	switch want := shape.(type) {
	case map[string]any:
		var fields map[string]any
		if fields, ok = got.(map[string]any); ok {
			for name, s := range want {
				demand(t, fields[name], path+"."+name, s)
			}
		}
	case []any:
		var list []any
		if list, ok = got.([]any); ok && len(want) > 0 {
			for _, element := range list {
				demand(t, element, path+"[]", want[0])
			}
		}
	case string:
		switch v := got.(type) {
		case string:
			_, err := time.Parse(time.RFC3339, v)
			ok = want == "string" || want == "time" && err == nil
		case float64:
			ok = want == "number"
		}
	}
	if !ok {
		t.Errorf("%s is %v, want %v", path, got, shape)
	}
}

func TestOptionFaults(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"http", Options{URL: "http://a.test/"}, "probe URL: a WebSocket URL starts with ws://, not http://"},
		{"https", Options{URL: "https://a.test/"}, "probe URL: a WebSocket URL starts with wss://, not https://"},
		{"nothing", Options{}, "probe URL: want ws://host[:port]/path or wss://…"},
		{"no host", Options{URL: "ws:///x"}, "probe URL: want ws://host[:port]/path or wss://…"},
		{"password", Options{URL: "ws://u:hidden@a.test/"}, "probe URL: a name and password don't belong in a WebSocket URL; give the header Authorization"},
		{"port", Options{URL: "ws://a.test:0/"}, `probe URL: port "0" is not in 1..65535`},
		{"large port", Options{URL: "ws://a.test:70000/"}, `probe URL: port "70000" is not in 1..65535`},
		{"connect-to", Options{URL: "ws://a.test/", ConnectTo: "b.test"}, `probe ConnectTo: "b.test": want host:port`},
		{"own header", Options{URL: "ws://a.test/", Headers: header("Upgrade", "x")}, `request Headers "Upgrade": is written by the handshake itself`},
		{"both", Options{URL: "ws://a.test/", ConnectTo: "x", Headers: header("A B", "c")}, "probe ConnectTo: \"x\": want host:port\nrequest Headers \"A B\": name is not a token (RFC 9110 §5.1)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Run(t.Context(), test.o)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNames holds Host and the server name apart from the address dialled.
func TestNames(t *testing.T) {
	tests := []struct {
		name               string
		o                  Options
		host, server, dial string
	}{
		{"from the URL", Options{URL: "wss://a.test/x"}, "a.test", "a.test", "a.test"},
		{"default port left out", Options{URL: "wss://a.test:443/x"}, "a.test", "a.test", "a.test"},
		{"port", Options{URL: "wss://a.test:8443/x"}, "a.test:8443", "a.test", "a.test"},
		{"Host leads the server name", Options{URL: "wss://192.0.2.1/", Headers: header("host", "b.test:1")}, "b.test:1", "b.test", "192.0.2.1"},
		{"all three", Options{URL: "wss://a.test/", Headers: header("Host", "b.test"), ServerName: "c.test", ConnectTo: "d.test:1"}, "b.test", "c.test", "d.test"},
		{"IPv6", Options{URL: "wss://[::1]:443/"}, "[::1]", "::1", "::1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := test.o.plan(testKey)
			if err != nil {
				t.Fatal(err)
			}
			if p.host != test.host || p.serverName != test.server || p.dialHost != test.dial {
				t.Errorf("host %q, server name %q, dialled %q", p.host, p.serverName, p.dialHost)
			}
		})
	}
}
