package scenario

import "testing"

func TestMaskedParameters(t *testing.T) {
	tests := []struct{ name, url, want string }{
		{"a token", "ws://h/a?room=1&token=opensesame", "ws://h/a?room=1&token=***"},
		{"part of a name", "ws://h/a?X-Amz-Signature=opensesame", "ws://h/a?X-Amz-Signature=***"},
		{"percent-encoded", "ws://h/a?jwt=open%2Fsesame", "ws://h/a?jwt=***"},
		{"a Unix socket", "ws+unix:/run/app.sock:/a?apikey=opensesame", "ws+unix:/run/app.sock:/a?apikey=***"},
		{"no path", "ws://h?token=opensesame", "ws://h?token=***"},
		{"too short to be looked for", "ws://h/?token=open", "ws://h/?token=open"},
		{"what the host is called by", "ws://staging.example.test/?session=staging", "ws://staging.example.test/?session=staging"},
		{"no secret by its name", "ws://h/?room=opensesame", "ws://h/?room=opensesame"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			built := &Scenario{Target: Target{URL: test.url}, Load: []Shape{{Kind: KindBurst, Count: 1}}}
			if err := built.Validate(); err != nil {
				t.Fatal(err)
			}
			parsed, err := Parse([]byte("target: {url: '"+test.url+"'}\nload: [burst: {count: 1}]\n"), testOptions)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*Scenario{built, parsed} {
				if got := s.Masked(test.url); got != test.want {
					t.Errorf("%s, want %s", got, test.want)
				}
			}
			if got := parsed.Masked("open/sesame"); test.name == "percent-encoded" && got != mask {
				t.Errorf("%s shows decoded", got)
			}
		})
	}
}

// What data filled in for an arrival is a secret in what answers it, as it was
// sent and as the file has it.
func TestMaskedFor(t *testing.T) {
	s, err := Parse([]byte("target: {url: 'ws://h/{{users.token}}', headers: {X-Room: 'room {{users.id}}', Cookie: theme=evening; sid=opensesame-too}}\n"+
		"data: {users: users.csv}\nload: [burst: {count: 3}]\n"), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		n          int64
		text, want string
	}{
		{0, "no room 1 for opensesame", "no room 1 for ***"},
		{1, `/x%2C%22y%22%20z%2F%C3%BC is x,"y" z/ü`, "/*** is ***"},
		{0, "cut off in opense", "cut off in ***"},
		{0, "cut off in ope", "cut off in ope"},
		{1, `{"was":"x,\"y\" z\/ü"} <p>x,&quot;y&quot; z/ü`, `{"was":"***"} <p>***`},
		{2, "opensesame for another arrival", "opensesame for another arrival"},
		{2, "sid opensesame-too", "sid ***"},
	}
	for _, test := range tests {
		if got := s.MaskedFor(test.n, test.text); got != test.want {
			t.Errorf("answer to arrival %d: %s, want %s", test.n, got, test.want)
		}
	}
}
