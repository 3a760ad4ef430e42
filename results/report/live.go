package report

import (
	_ "embed"
	"html/template"
	"io"

	"stampede/results"
)

var (
	//go:embed live.tmpl
	liveSource string

	liveTemplate = template.Must(template.New("live").Parse(liveSource))
)

// goingOn are the sections of a run that has not ended: what moves.
var goingOn = []func(view) section{outcomesOverTime, latencyOverTime, beside, bursts, open, remarked}

// LiveFrame writes a page for a run that goes on, in the report's looks: an
// element with the id run for what Moment writes, one with the id state for a
// word on it, and the script that fills them.
func LiveFrame(w io.Writer, name, script string) error {
	return liveTemplate.Execute(w, struct {
		Name   string
		Style  template.CSS
		Script template.JS
	}{escape(name), template.CSS(pageStyle), template.JS(script)})
}

// maxMoment bounds a moment of a run that goes on, in bytes: one is sent and
// drawn every second.
const maxMoment = 200_000

// Moment writes a result as the inside of a page: of a partial one, whose run
// goes on, the figures that move, else all that HTML draws. What a server or a
// file said is escaped.
func Moment(w io.Writer, r *results.Result) error {
	if !r.Partial {
		return writeFitting(w, "content", maxPage, func(halved int) *page { return pageOf(r, sections, halved) })
	}
	return writeFitting(w, "content", maxMoment, func(halved int) *page { return runningPage(r, halved) })
}

// runningPage is the page of a run that goes on. Of the figures that stand side
// by side the numbers come with the report.
func runningPage(r *results.Result, halved int) *page {
	p := pageOf(r, goingOn, halved)
	p.Verdict, p.Class = "RUNNING", "running"
	p.Reason = results.FormatCount(r.Arrivals) + " of " + several(r.Planned, "planned arrival") + " have ended"
	for _, s := range p.Sections {
		for _, b := range s.Blocks {
			for _, f := range b.Small {
				f.Table = nil
			}
		}
	}
	return p
}
