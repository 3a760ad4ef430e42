package scenario

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const varied = `
variants:
  - name: plain
  - name: other
    target: {url: "ws://127.0.0.1:9002/${NAME}", headers: {Authorization: Bearer sesame}}
    start: [server, --port, "${PORT}"]
    stop: [server, quit]
target:
  url: practice
  practice: {capacity: 3}
  headers: {Origin: http://a.test, X-B: c}
  subprotocols: [chat]
load:
  - burst: {count: 10}
`

func TestVariantsReplaceWholeKeys(t *testing.T) {
	s, err := Parse([]byte(varied), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.Of(&s.Variants[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Of(&s.Variants[1])
	if err != nil {
		t.Fatal(err)
	}
	if plain.Target.URL != Practice || len(plain.Target.Practice) != 1 || len(plain.Target.Headers) != 2 {
		t.Errorf("a variant without a target is not the scenario's: %+v", plain.Target)
	}
	o := other.Target
	if o.URL != "ws://127.0.0.1:9002/off" || len(o.URLs) != 1 || o.URLs[0].URL != o.URL || len(o.Practice) != 0 {
		t.Errorf("URL %q, URLs %v, practice %v", o.URL, o.URLs, o.Practice)
	}
	if diff := cmp.Diff([]Header{{"Authorization", "Bearer sesame"}}, o.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"chat"}, o.Subprotocols); diff != "" {
		t.Errorf("subprotocols (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"server", "--port", "9001"}, s.Variants[1].Start); diff != "" {
		t.Errorf("start (-want +got):\n%s", diff)
	}
	if plain.Variants != nil || other.Variants != nil || s.Target.URL != Practice {
		t.Error("the scenario itself was changed, or its variants have variants")
	}
	if s.Variants[0].Restarts() || !s.Variants[1].Restarts() {
		t.Error("whoever is started can be started anew, and nobody else")
	}
}

func TestVariantsKeepSecrets(t *testing.T) {
	s, err := Parse([]byte(varied), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Masked("Bearer sesame") + string(s.MaskedSource); strings.Contains(got, "sesame") {
		t.Errorf("the secret of a variant shows: %s", got)
	}
	commands := strings.Replace(varied, "server, --port", "server, --key=${TOKEN}, --port", 1)
	if s, err = Parse([]byte(commands), testOptions); err != nil {
		t.Fatal(err)
	}
	if got := s.Variants[1].Masked("started with --key=s3cret: #1 ${X} at 9001"); got != "started with --key=*** at ***" {
		t.Errorf("the secret of a command shows: %s", got)
	}
}
