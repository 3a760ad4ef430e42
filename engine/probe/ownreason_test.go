package probe

import (
	"io"
	"strings"
	"testing"
)

func TestOwnReason(t *testing.T) {
	long := strings.Repeat("w ", 150)
	tests := []struct{ name, reply, want string }{
		{"nothing", page("403 Forbidden", ""), ""},
		{"the status again", page("403 Forbidden", "Forbidden\n"), ""},
		{"the code again", page("404 Not Found", "404 page not found\n"), ""},
		{"a page's title that is the status", page("502 Bad Gateway", "<html><title>502 Bad Gateway</title>"), ""},
		{"JSON", page("403 Forbidden", `{"error": "token expired"}`), ` It says: {"error": "token expired"}.`},
		{"a sentence in lines", page("400 Bad Request", "no room\r\n left.\r\n"), ` It says: "no room left".`},
		{"a page's title", page("403 Site Disabled", "<html><head><title lang=en>This web app is stopped</title>"), ` It says: "This web app is stopped".`},
		{"a page's heading", page("500 Internal Server Error", "<h1>The pool is used up</h1>"), ` It says: "The pool is used up".`},
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
