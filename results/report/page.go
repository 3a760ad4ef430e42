package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"stampede/results"
	"stampede/results/report/plot"
)

var (
	//go:embed page.tmpl
	pageSource string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Parse(pageSource))
)

// maxPage bounds a page, in bytes, whatever it is of.
const maxPage = 500_000

// HTML writes a judged result as one page that needs nothing else: no network,
// no script. It stays under half a megabyte whatever the result has: steps of
// the timeline are put together, long lists and texts are cut and say so, and
// result.json has all of it. Parts with nothing to say are left out, and
// whatever a server or a file said is escaped.
func HTML(w io.Writer, r *results.Result) error {
	return writeFitting(w, "page", maxPage, func(halved int) *page { return pageOf(r, sections, halved) })
}

// maxHalvings is how often what a page lists is halved at most: then there is
// one of everything, and of each text a few hundred runes.
const maxHalvings = 8

// writeFitting writes the first of the pages that fits most bytes, the i-th
// with what it lists halved i times: whole, or not at all.
func writeFitting(w io.Writer, template string, most int, of func(halved int) *page) error {
	var text strings.Builder
	for halved := range maxHalvings + 1 {
		text.Reset()
		if err := pageTemplate.ExecuteTemplate(&text, template, of(halved)); err != nil {
			return fmt.Errorf("drawing the %s: %w", template, err)
		}
		if text.Len() <= most {
			break
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// page is what the template draws.
type page struct {
	Style    template.CSS
	Name     string
	Verdict  string // as a word
	Class    string // of its colour
	Reason   string
	About    []string
	Tiles    []tile
	Sections []section
	Halved   bool // it shows less than a page of its kind does
}

// tile is one number of the page's head.
type tile struct {
	Class, Name, Value, Of string
}

// section is a part of the page under a heading of its own.
type section struct {
	ID, Title string
	Blocks    []block
}

// block is one thing in a section; one field is set.
type block struct {
	Text    string
	Finding *finding
	Figure  *plot.Figure
	Small   []*plot.Figure // side by side
	Table   *plot.Table
	Sample  *sample
}

// finding is a results.Finding in the page's words.
type finding struct {
	Share, Text, Next string
}

// sample is text as a server or a file has it.
type sample struct {
	Name, Text string
}

// pageOf makes a page of the parts that r has something for, with half as many
// of what they list for each of halved.
func pageOf(r *results.Result, parts []func(view) section, halved int) *page {
	word, reason := headline(r)
	p := &page{
		Style: template.CSS(pageStyle), Name: short(escape(r.Name), maxPageNote), Verdict: short(word, maxPageNote), Halved: halved > 0,
		Class: headlineClass(r, word), Reason: short(strings.TrimLeft(reason, " :·"), maxPageReason), About: about(r), Tiles: tiles(r),
	}
	v := view{Result: r, halved: halved}
	v.course = courseOf(r, v.most(maxColumns))
	for _, of := range parts {
		if s := of(v); len(s.Blocks) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	return p
}

// headlineClass is the class of the verdict's colour.
func headlineClass(r *results.Result, word string) string {
	all := r.Compared()
	if len(all) == 0 || r.Gate != nil || r.Compare != nil && r.Compare.GeneratorLimited {
		return strings.ToLower(word)
	}
	has := func(o results.Change) bool {
		return slices.ContainsFunc(all, func(c *results.Comparison) bool { return c.Outcome == o })
	}
	switch {
	case has(results.Slower):
		return "fail"
	case has(results.Undecided):
		return "inconclusive"
	}
	return "pass"
}

// about says what was run, against what, when and for how long.
func about(r *results.Result) (parts []string) {
	if r.Target.URL != "" {
		parts = append(parts, short(escape(r.Target.URL), maxPageReason))
	}
	if !r.StartedAt.IsZero() {
		parts = append(parts, r.StartedAt.UTC().Format("2 January 2006, 15:04:05 UTC"))
	}
	if d := r.EndedAt.Sub(r.StartedAt); d > 0 {
		parts = append(parts, duration(d))
	}
	if r.Planned != r.Arrivals {
		parts = append(parts, results.FormatCount(r.Arrivals)+" of "+results.FormatCount(r.Planned)+" planned arrivals")
	}
	return parts
}

func tiles(r *results.Result) []tile {
	if answered(r) && r.Arrivals == 0 {
		return nil
	}
	all := censusOf(r)
	h := &r.Metrics.Handshake
	list := []tile{
		{"", "arrivals", results.FormatCount(r.Arrivals), ""},
		{"established", "established", results.FormatCount(all[familyEstablished]), percent(ratio(all[familyEstablished], r.Arrivals))},
	}
	for k, n := range all[:familyEstablished] {
		if n > 0 {
			list = append(list, tile{families[k].class, families[k].name, results.FormatCount(n), percent(ratio(n, r.Arrivals))})
		}
	}
	if h.Count == 0 {
		return list
	}
	for _, q := range quantilesOf(h) {
		if q.key == "p50" || q.key == "p99" {
			list = append(list, tile{"", "handshake " + q.name, cell(r, h, q), ""})
		}
	}
	return list
}
