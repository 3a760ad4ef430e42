package plot

import (
	"cmp"
	_ "embed"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Figure is one drawing with its caption and the table of its numbers.
type Figure struct {
	ID      string // unique on its page; letters, digits and hyphens
	Title   string // what is shown
	Caption string // the population and its size, and how to read it
	Summary string // what there is to see, for those who don't
	Class   string // further classes of the whole
	Height  int    // of the drawing, in CSS pixels
	X, Y    Axis
	Marks   []Mark  // drawn in this order
	Points  []Point // drawn over the marks
	Labels  []Label
	Legend  []Key
	Table   *Table // nil without
}

// Axis is one side of a drawing.
type Axis struct {
	Name  string // with the unit
	Ticks []Tick
}

// Tick is a named place on an axis, from 0 to 1.
type Tick struct {
	At   float64
	Text string
}

// Ticks names values of a scale.
func Ticks(s Scale, values []float64, name func(float64) string) []Tick {
	ticks := make([]Tick, len(values))
	for i, v := range values {
		ticks[i] = Tick{s.At(v), name(v)}
	}
	return ticks
}

// Mark is one path of a drawing.
type Mark struct {
	Class string // how it looks
	Path  string
	Title string // said when pointed at; "" for nothing
}

// Label is a text inside a drawing, to the right of its place.
type Label struct {
	X, Y  float64
	Class string
	Text  string
}

// Key is an entry of a legend.
type Key struct {
	Class, Text string
	Shape       Shape
}

// Table is numbers in rows. Cells of the columns in Left are text, others
// numbers; the first column names the row.
type Table struct {
	Caption string
	Head    []string
	Left    map[int]bool
	Rows    []Row
}

// Row is one row of a table.
type Row struct {
	Class string
	Cells []string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, Row{Cells: cells}) }

//go:embed figure.tmpl
var source string

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"across": func(v float64) string { return percent(v) },
	"down":   func(v float64) string { return percent(1 - v) },
	"isText": func(t *Table, column int) bool { return column == 0 || t.Left[column] },
}).Parse(source))

func percent(v float64) string {
	return strconv.FormatFloat(math.Round(v*10000)/100, 'f', -1, 64) + "%"
}

// HTML returns the figure as a figure element. All texts are escaped.
func (f *Figure) HTML() (template.HTML, error) { return render("figure", f) }

// HTML returns the table in a region that scrolls. All texts are escaped.
func (t *Table) HTML() (template.HTML, error) { return render("table", t) }

func render(name string, data any) (template.HTML, error) {
	var text strings.Builder
	err := templates.ExecuteTemplate(&text, name, data)
	return template.HTML(text.String()), err
}

// lineHeight is how far apart labels must be, in CSS pixels.
const lineHeight = 15

// Beside puts labels at the right edge, each as near to its own height as the
// others let it.
func (f *Figure) Beside(labels ...Label) {
	slices.SortStableFunc(labels, func(a, b Label) int { return cmp.Compare(a.Y, b.Y) })
	gap := lineHeight / float64(max(f.Height, 1))
	for i := range labels {
		labels[i].X = 1
		if i > 0 {
			labels[i].Y = max(labels[i].Y, labels[i-1].Y+gap)
		}
	}
	top := 1.0
	for _, l := range slices.Backward(labels) {
		l.Y = min(l.Y, top)
		top = l.Y - gap
		f.Labels = append(f.Labels, l)
	}
}
