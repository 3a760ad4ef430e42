package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"stampede/results"
)

var (
	//go:embed live.tmpl
	liveSource string

	liveTemplate = template.Must(template.New("live").Parse(liveSource))
)

// goingOn are the sections of a run that has not ended: what moves.
var goingOn = []func(view) section{outcomesOverTime, latencyOverTime, bursts, open, remarked}

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

// Moment writes a result as the inside of a page: of a partial one, whose run
// goes on, the figures that move, else all that HTML draws. What a server or a
// file said is escaped.
func Moment(w io.Writer, r *results.Result) error {
	p := pageOf(r, sections)
	if r.Partial {
		p = pageOf(r, goingOn)
		p.Verdict, p.Class = "RUNNING", "running"
		p.Reason = results.FormatCount(r.Arrivals) + " of " + several(r.Planned, "planned arrival") + " have ended"
	}
	var text strings.Builder // written whole or not at all
	if err := pageTemplate.ExecuteTemplate(&text, "content", p); err != nil {
		return fmt.Errorf("drawing the moment: %w", err)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
