package scenario

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func templated(t testing.TB, url, header, rest string) *Scenario {
	t.Helper()
	s, err := Parse([]byte("target: {url: \""+url+"\", headers: {X-A: \""+header+"\"}}\ndata: {users: users.csv}\nload: [{burst: {count: 1}}]\n"+rest), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTemplates(t *testing.T) {
	tests := []struct {
		name, url, header string
		static            bool
		paths, values     []string // of arrivals 0, 1, …
	}{
		{"static", "ws://h/a?b=c", "d", true, []string{"/a?b=c"}, []string{"d"}},
		{"no path", "ws://h", "", true, []string{"/"}, []string{""}},
		{"query alone", "ws://h:80?b={{seq}}", "", false, []string{"/?b=0", "/?b=1"}, nil},
		{"seq", "ws://h/{{seq}}/{{ seq }}", "n{{seq}}n", false, []string{"/0/0", "/1/1"}, []string{"n0n", "n1n"}},
		{"rows in turn", "ws://h/{{users.id}}", "{{users.host}}", false, []string{"/1", "/2", "/3", "/1", "/2"}, []string{"a", "b", "c", "a"}},
		{"percent-encoded in a path only", "ws://h/?t={{users.token}}&x", "Bearer {{users.token}}", false,
			[]string{"/?t=opensesame&x", "/?t=x%2C%22y%22%20z%2F%C3%BC&x", "/?t=&x"}, []string{"Bearer opensesame", `Bearer x,"y" z/ü`, "Bearer "}},
		{"wss", "wss://h/{{seq}}", "", false, []string{"/0"}, nil},
		{"unix socket", "ws+unix:/run/a.sock:/x/{{seq}}?y", "", false, []string{"/x/0?y"}, nil},
		{"unix socket without path", "ws+unix:/run/a.sock", "", true, []string{"/"}, nil},
		{"braces that are none", "ws://h/", "a}}b{c}", true, nil, []string{"a}}b{c}"}},
		{"practice", "practice", "{{seq}}", false, []string{"/"}, []string{"0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := templated(t, tt.url, tt.header, "")
			if got := !s.Templated(); got != tt.static {
				t.Errorf("static: %t, want %t", got, tt.static)
			}
			if diff := cmp.Diff(tt.paths, expandAll(t, s.Path(0), len(tt.paths))); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.values, expandAll(t, s.HeaderValue(0), len(tt.values))); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if got := s.HeaderValue(0).String(); got != tt.header {
				t.Errorf("it is shown as %q, want %q", got, tt.header)
			}
		})
	}
}

// expandAll fills the template in for arrivals 0 to count−1, each in no more
// bytes than it promised.
func expandAll(t *testing.T, tt *Template, count int) []string {
	t.Helper()
	var all []string
	for n := range count {
		text := string(tt.AppendTo(nil, int64(n)))
		if len(text) > tt.MaxLen() {
			t.Errorf("%q has %d bytes, and MaxLen is %d", text, len(text), tt.MaxLen())
		}
		all = append(all, text)
	}
	return all
}

func TestUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, seed := range []string{"seed: 1\n", "seed: 2\n"} {
		s := templated(t, "ws://h/{{uuid}}", "{{uuid}}", seed)
		ids := expandAll(t, s.HeaderValue(0), 5000)
		for _, id := range ids {
			if !form.MatchString(id) || seen[id] {
				t.Fatalf("%s is no UUID of version 4, or was there before", id)
			}
			seen[id] = true
		}
		if diff := cmp.Diff(ids, expandAll(t, templated(t, "ws://h/", "{{uuid}}", seed).HeaderValue(0), 5000)); diff != "" {
			t.Errorf("the same seed gives other UUIDs:\n%s", diff)
		}
		if got := string(s.Path(0).AppendTo(nil, 3)); got != "/"+ids[3] {
			t.Errorf("one arrival has %s in the path and %s in a header", got, ids[3])
		}
	}
}

func TestTemplateDoesNotAllocate(t *testing.T) {
	s := templated(t, "ws://h/{{users.token}}/{{seq}}", "{{uuid}} {{users.token}}", "")
	for name, tt := range map[string]*Template{"path": s.Path(0), "header": s.HeaderValue(0)} {
		t.Run(name, func(t *testing.T) {
			dst, n := make([]byte, 0, tt.MaxLen()), int64(0)
			if allocs := testing.AllocsPerRun(1000, func() { dst = tt.AppendTo(dst[:0], n); n++ }); allocs != 0 {
				t.Errorf("%v allocations a time", allocs)
			}
		})
	}
}

func TestTemplateTooLarge(t *testing.T) {
	o := testOptions
	o.ReadFile = func(string) ([]byte, error) { return []byte("a\n" + strings.Repeat("%", 30000) + "\n"), nil }
	_, err := Parse([]byte("target: {url: \"ws://h/{{d.a}}\", headers: {A: \"{{d.a}}\", B: \"{{d.a}}{{d.a}}{{d.a}}\"}}\ndata: {d: d.csv}\nload: [{burst: {count: 1}}]\n"), o)
	for _, want := range []string{"x.yaml:1:15: target.url: grows to 90001 bytes", "x.yaml:1:60: target.headers.B: grows to 90000 bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "headers.A") {
			t.Errorf("the error is %v, want %s…", err, want)
		}
	}
}

func TestTemplateIsShownAsWritten(t *testing.T) {
	s := templated(t, "ws://h/?t={{users.token}}", "{{users.token}}", "")
	for _, text := range []string{s.Target.URL, s.Masked(s.Target.URL), s.MaskedHeaders()[0].Value, string(s.MaskedSource)} {
		if strings.Contains(text, "opensesame") || !strings.Contains(text, "{{users.token}}") {
			t.Errorf("it is shown as %s", text)
		}
	}
}

func TestTemplateInSecretHeader(t *testing.T) {
	s := mustParse(t, "target: {url: \"ws://h/{{users.token}}\", headers: {Authorization: \"Bearer {{users.token}}\"}}\n"+
		"data: {users: users.csv}\nload: [{burst: {count: 1}}]\n")
	if got := s.Masked(s.Target.URL); got != "ws://h/{{users.token}}" {
		t.Errorf("the URL is shown as %s", got)
	}
	if got := s.MaskedHeaders()[0].Value; got != mask {
		t.Errorf("the header is shown as %s", got)
	}
}

func BenchmarkTemplate(b *testing.B) {
	s := templated(b, "ws://h/{{users.token}}/{{seq}}/{{uuid}}", "", "")
	dst, n := make([]byte, 0, 256), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		dst = s.Path(0).AppendTo(dst[:0], n)
		n++
	}
}
