package probe

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestOwnReason(t *testing.T) {
	long := strings.Repeat("w ", 150)
	cut := compressed("<h1>The pool is used up</h1>")
	cut = cut[:len(cut)-8] // without its check sum and length
	tests := []struct{ name, reply, want string }{
		{"nothing", page("403 Forbidden", ""), ""},
		{"the status again", page("403 Forbidden", "Forbidden\n"), ""},
		{"the code again", page("404 Not Found", "404 page not found\n"), ""},
		{"a page's title that is the status", page("502 Bad Gateway", "<html><title>502 Bad Gateway</title>"), ""},
		{"JSON", page("403 Forbidden", `{"error": "token expired"}`), ` It says: {"error": "token expired"}.`},
		{"a sentence in lines", page("400 Bad Request", "no room\r\n left.\r\n"), ` It says: "no room left".`},
		{"a page's title", page("403 Site Disabled", "<html><head><title lang=en>This web app is stopped</title>"), ` Its status line says: "Site Disabled". It says: "This web app is stopped".`},
		{"a page's heading", page("500 Internal Server Error", "<h1>The pool is used up</h1>"), ` It says: "The pool is used up".`},
		{"a page's message", page("404 Not Found", "<title>Error</title><body><pre>Cannot GET /ws</pre>"), ` It says: "Cannot GET /ws".`},
		{"a page's one word", page("500 Internal Server Error", "<title>Oops</title><p>boom</p>"), ` It says: "Oops".`},
		{"Tomcat's message", page("400 ", "<title>HTTP Status 400 – Bad Request</title><h1>HTTP Status 400 – Bad Request</h1><p><b>Type</b> Status Report</p><p><b>Message</b> no room</p>"), ` It says: "no room".`},
		{"a page's text escaped for HTML", page("500 Internal Server Error", "<p>can&#39;t &lt;do&gt; \x1b[2J it</p>"), ` It says: "can't <do> \x1b[2J it".`},
		{"a page behind a byte-order mark", page("500 Internal Server Error", "\ufeff<h1>The pool is used up</h1>"), ` It says: "The pool is used up".`},
		{"a compressed page", page("500 Internal Server Error\r\nContent-Encoding: gzip", compressed("<h1>The pool is used up</h1>")), ` It says: "The pool is used up".`},
		{"half a compressed page", page("500 Internal Server Error\r\nContent-Encoding: x-gzip", cut), ` It says: "The pool is used up".`},
		{"a bomb", page("500 Internal Server Error\r\nContent-Encoding: gzip", compressed(strings.Repeat("x", 1<<20))), ""},
		{"not compressed, as it says", page("500 Internal Server Error\r\nContent-Encoding: gzip", "the pool is used up"), ` It says: "the pool is used up".`},
		{"the status line", page("503 Too many players here", ""), ` Its status line says: "Too many players here".`},
		{"the status line, as programs write it", page("413 Request Entity Too Large", ""), ""},
		{"the status line and the body", page("503 Too many players here", "Too many players here"), ` Its status line says: "Too many players here".`},
		{"a header for the reason", page("403 Forbidden\r\nX-WebSocket-Reject-Reason: limit reached", ""), " X-WebSocket-Reject-Reason: limit reached."},
		{"Proxy-Status", page("502 Bad Gateway\r\nProxy-Status: edge; error=connection_refused", ""), " Proxy-Status: edge; error=connection_refused."},
		{"Proxy-Status without an error", page("502 Bad Gateway\r\nProxy-Status: edge", ""), ""},
		{"a page without either", page("500 Internal Server Error", "<p>boom</p>"), ""},
		{"a header", page("404 Not Found\r\nX-Vercel-Error: DEPLOYMENT_NOT_FOUND", ""), " X-Vercel-Error: DEPLOYMENT_NOT_FOUND."},
		{"binary", page("502 Bad Gateway", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00"), ""},
		{"much text", page("500 Internal Server Error", strings.Repeat(long, 2)), ""},
		{"some text", page("500 Internal Server Error", long), ` It says: "` + long[:maxSaid] + `…".`},
		{"a secret", page("401 Unauthorized", "unknown token tok3n-of-gold"), ` It says: "unknown token ***".`},
		{"an escape", page("401 Unauthorized", "go \x1b[2J away from here now"), ` It says: "go \x1b[2J away from here now".`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{URL: "ws://example.test/ws", Headers: header("Authorization", "Bearer tok3n-of-gold")}
			p := replayed(t, o, []byte(test.reply), 0, io.EOF)
			if got := ownReason(p); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if !strings.Contains(p.Hints[0].Means, test.want) {
				t.Errorf("hint %q does not quote it", p.Hints[0].Means)
			}
		})
	}
}

func compressed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}
