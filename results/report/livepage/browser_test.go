package livepage

import (
	"strings"
	"testing"

	"stampede/internal/browsertest"
)

// In a browser the figures follow the run, what a reader has opened stays
// open, and the page's own policy forbids nothing that it does.
func TestPageMovesInBrowser(t *testing.T) {
	p := &Page{Name: "evening <i>"}
	page := browsertest.Start(t).Open(t, serve(t, p), browsertest.Looks{})
	page.Until(`document.getElementById("state").textContent === "Waiting for the run."`)
	p.Show(moment(10, true))
	page.Until(`document.querySelector("#run dd")?.textContent === "10" && document.querySelectorAll("#outcomes path").length > 0`)
	page.Until(`document.querySelector("#outcomes details").open = true`)
	p.Show(moment(400, true))
	page.Until(`document.querySelector("#run dd").textContent === "400"`)
	page.Until(`document.querySelector("#outcomes details").open && document.getElementById("state").textContent === "The run goes on."`)
	p.End(moment(500, false))
	page.Until(`document.querySelector("#run h1.pass") !== null && document.getElementById("state").textContent === "The run has ended."`)
	page.Until(`document.title.startsWith("evening <i>") && getComputedStyle(document.querySelector("#outcomes path")).fill !== "rgb(0, 0, 0)"`)
	if list := page.Said(); len(list) > 0 {
		t.Errorf("the page complained: %s", strings.Join(list, "; "))
	}
}
