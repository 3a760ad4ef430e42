package plot

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	tests := []struct {
		name string
		draw func(p *Path)
		want string
	}{
		{"nothing", func(p *Path) {}, ""},
		{"box", func(p *Path) { p.Box(0.1, 0.25, 0, 0.5) }, "M100 1000h150v-500h-150z"},
		{"line", func(p *Path) { p.Point(0, 0); p.Point(1, 1) }, "M0 1000L1000 0"},
		{"two lines", func(p *Path) { p.Step(0, 0.5, 0.2); p.Lift(); p.Step(0.75, 1, 0.3) }, "M0 800L500 800M750 700L1000 700"},
		{"a line after a box", func(p *Path) { p.Box(0, 1, 0, 1); p.Point(0, 0) }, "M0 1000h1000v-1000h-1000zM0 1000"},
		{"rounded to a ten-thousandth", func(p *Path) { p.Point(1/3.0, 2/3.0) }, "M333.3 333.3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var p Path
			test.draw(&p)
			if p.String() != test.want || p.Empty() != (test.want == "") {
				t.Errorf("%q, want %q", p.String(), test.want)
			}
		})
	}
}

func TestBesideKeepsLabelsApart(t *testing.T) {
	f := Figure{Height: 150} // a line of text is a tenth
	f.Beside(Label{Text: "high", Y: 1}, Label{Text: "higher", Y: 1}, Label{Text: "low", Y: 0.2}, Label{Text: "lower", Y: 0.19})
	want := map[string]float64{"high": 0.9, "higher": 1, "low": 0.29, "lower": 0.19}
	for _, l := range f.Labels {
		if d := l.Y - want[l.Text]; d > 1e-9 || d < -1e-9 || l.X != 1 {
			t.Errorf("%s is at %v, %v; want 1, %v", l.Text, l.X, l.Y, want[l.Text])
		}
	}
	if len(f.Labels) != len(want) {
		t.Errorf("%d labels, want %d", len(f.Labels), len(want))
	}
}

func TestFigureEscapesEveryText(t *testing.T) {
	const text = `"><script>'`
	f := Figure{
		ID: text, Title: text, Caption: text, Summary: text, Class: text, X: Axis{text, []Tick{{0, text}}}, Y: Axis{text, []Tick{{0, text}}},
		Marks: []Mark{{text, text, text}}, Labels: []Label{{0, 0, text, text}}, Legend: []Key{{text, text, Square}, {text, text, Disc}}, Points: []Point{{Class: text, Title: text}},
		Table: &Table{Caption: text, Head: []string{text}, Rows: []Row{{text, []string{text, text}}}},
	}
	page, err := f.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "<script>") || strings.Contains(string(page), `"">`) {
		t.Errorf("a text became part of the page:\n%s", page)
	}
	if n := strings.Count(string(page), "&lt;script&gt;"); n < 28 {
		t.Errorf("the text is in the page %d times, want it wherever it was", n)
	}
}
