package scenario

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlanWrite(t *testing.T) {
	for name, width := range map[string]int{"80": 80, "40": 0} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, tt := range loads {
				b.WriteString("# " + tt.name + "\n")
				s := Scenario{Load: tt.load, Hold: Hold{For: time.Minute}}
				if err := s.Plan().Write(&b, width, false); err != nil {
					t.Fatal(err)
				}
			}
			file := "testdata/plan" + name + ".txt"
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanAddsUpAndFits(t *testing.T) {
	for _, tt := range loads {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{Load: tt.load}
			p := s.Plan()
			sum, drawn := int64(0), int64(0)
			for _, r := range p.Rows {
				sum += r.Arrivals
			}
			for _, n := range p.schedule.slices(p.End, 70) {
				drawn += n
			}
			if sum != p.Arrivals || drawn != p.Arrivals {
				t.Errorf("rows add up to %d and bars to %d, want %d", sum, drawn, p.Arrivals)
			}
			var b strings.Builder
			if err := p.Write(&b, 80, false); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

func TestLoadTextTellsShapesApart(t *testing.T) {
	s := Scenario{Target: Target{URL: "ws://127.0.0.1:1/"}, Load: []Shape{
		{Kind: KindBurst, Count: 400}, {Kind: KindSteady, Rate: 300 * PerSecond, For: 10 * time.Second, Arrivals: Poisson}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.LoadText(), "burst 400 at once; steady 300/s, poisson from 0s to 10s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
