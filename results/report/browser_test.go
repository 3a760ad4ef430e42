package report

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stampede/internal/browsertest"
	"stampede/internal/missing"
	"stampede/results"
)

// tab is the page of a result, open in a browser with the network off.
type tab struct {
	*browsertest.Page
	t *testing.T
}

// openPage writes the page of r to a file and opens it.
func openPage(t *testing.T, browser *browsertest.Browser, r *results.Result, l browsertest.Looks) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(pageText(t, r)), 0o644); err != nil {
		t.Fatal(err)
	}
	l.Offline = true
	return &tab{browser.Open(t, (&url.URL{Scheme: "file", Path: file}).String(), l), t}
}

// eventful is a run in which much happened: a steady load, 40 answers of 504
// in second 12, a burst at 20 s of which some waited 1, 2 or 3 s for their SYN
// to be sent again, and texts of a hostile server.
func eventful(t *testing.T) *results.Result {
	t.Helper()
	m := newRun(2640, results.Burst{At: 20 * time.Second, Count: 600})
	for i := range 2000 {
		m.attempt(time.Duration(i)*15*ms, time.Duration(i)*15*ms+1, -1, ok, 20*ms+time.Duration(i%40)*ms)
	}
	for range 40 {
		m.attempt(12*time.Second, 12*time.Second+ms, -1, gatewayTimeout, 400*ms)
	}
	for i := range 600 {
		m.attempt(20*time.Second, 20*time.Second+time.Duration(i)*10*time.Microsecond, 0, ok, time.Duration(i/150)*time.Second+25*ms)
	}
	m.r.Sample(gatewayTimeout, hostile)
	m.r.Warn(hostile, 1)
	m.r.Note(hostile)
	m.about.Name, m.about.Scenario, m.about.URL = hostile, "name: "+hostile, "ws://127.0.0.1/"+hostile
	m.about.Environment = map[string]string{hostile: hostile}
	m.about.Generator.Checks = append(m.about.Generator.Checks, results.Check{Name: hostile, Note: hostile, OK: true})
	r := m.judged(t, "handshake p99 < 250ms", "504 rate < 0.1%")
	r.Findings = append(results.Explain(r, results.Kernel{}), results.Finding{Name: "hostile", Text: hostile, Next: hostile})
	r.Thresholds[0].Note = hostile
	return r
}

// hostile is text that would be a page of its own if it were not escaped.
const hostile = `</pre></style></title></svg></table><script>document.title='taken'</script><img src=x onerror="document.title='taken'">` +
	"\u202e{{.Name}} &amp; \"quoted\" 'single'"

func TestPageInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	p := openPage(t, browser, eventful(t), browsertest.Looks{Width: 1280})
	p.quiet()
	t.Run("every figure has its marks", func(t *testing.T) {
		for id, least := range map[string]int{"outcomes": 2, "failures": 1, "quantiles": 3, "heat": 4, "percentiles": 4, "burst-1": 2, "open": 2} {
			marks := browsertest.Ask[int](p.Page, `[...document.querySelectorAll("#`+id+` .marks path")].filter(m => m.getBBox().width > 0).length`)
			if marks < least {
				t.Errorf("%s has %d marks, want at least %d", id, marks, least)
			}
		}
	})
	t.Run("504s stand in their second alone", func(t *testing.T) {
		at := browsertest.Ask[[]string](p.Page, `[...document.querySelectorAll("#failures path.gateway-timeout")].map(m => m.textContent)`)
		if len(at) != 1 || at[0] != "12 s: 40 × 504" {
			t.Errorf("504s at %q", at)
		}
	})
	t.Run("modes of 1, 2 and 3 s stand apart in the heat map", func(t *testing.T) {
		apart := browsertest.Ask[int](p.Page, bandsOfSecond20)
		if apart != 4 {
			t.Errorf("%d bands at 20 s, want those of 20 to 60 ms, 1 s, 2 s and 3 s", apart)
		}
	})
	t.Run("hostile text is text", func(t *testing.T) {
		if title := browsertest.Ask[string](p.Page, "document.title"); title == "taken" {
			t.Error("a script of the server ran")
		}
		if n := browsertest.Ask[int](p.Page, `document.querySelectorAll("script, img, iframe, object, embed").length`); n != 0 {
			t.Errorf("%d elements came from text", n)
		}
		shown := browsertest.Ask[int](p.Page, `document.body.textContent.split("<script>document.title='taken'</"+"script>").length - 1`)
		if shown < 10 {
			t.Errorf("hostile text is shown %d times, want wherever it was", shown)
		}
	})
	t.Run("everything is said without colour and pictures", func(t *testing.T) {
		figures := browsertest.Ask[int](p.Page, `document.querySelectorAll("figure").length`)
		named := browsertest.Ask[int](p.Page, `[...document.querySelectorAll("figure")].filter(f => {
			const s = f.querySelector("svg[role=img]");
			const texts = s.getAttribute("aria-labelledby").split(" ").map(id => document.getElementById(id).textContent);
			return texts.length == 2 && texts.every(x => x.length > 10) && /Population|population/.test(f.querySelector("figcaption").textContent) && /[0-9]/.test(f.querySelector("figcaption").textContent);
		}).length`)
		tables := browsertest.Ask[int](p.Page, `[...document.querySelectorAll("figure details table")].filter(t => t.rows.length > 1).length`)
		if figures != 7 || named != figures || tables != figures-1 {
			t.Errorf("%d figures, %d of them say what they show, %d have their data", figures, named, tables)
		}
	})
}

// bandsOfSecond20 counts stretches of cells, one above the other with space
// between, that the heat map has in the middle of second 20.
const bandsOfSecond20 = `(() => {
	const x = 1000 * 20.5 / 31, edges = [];
	for (const m of document.querySelectorAll("#heat path.heat"))
		for (const box of m.getAttribute("d").split("z")) {
			const n = box.match(/-?[0-9.]+/g)?.map(Number);
			if (n && n[0] <= x && x <= n[0] + n[2]) edges.push([n[1] + n[3], n[1]]);
		}
	edges.sort((a, b) => a[0] - b[0]);
	let bands = 0, end = -100;
	for (const [from, to] of edges) {
		if (from > end + 15) bands++;
		end = Math.max(end, to);
	}
	return bands;
})()`

// quiet holds the page to have asked for nothing but itself, and said nothing.
func (p *tab) quiet() {
	p.t.Helper()
	if list := p.Requests(); len(list) != 1 || !strings.HasPrefix(list[0], "file://") {
		p.t.Errorf("the page asked for %q", list)
	}
	if list := p.Said(); len(list) > 0 {
		p.t.Errorf("the console says %q", list)
	}
}

func TestPageNeedsNoScript(t *testing.T) {
	browser := browsertest.Start(t)
	r := eventful(t)
	with, without := openPage(t, browser, r, browsertest.Looks{Width: 1280}), openPage(t, browser, r, browsertest.Looks{Width: 1280, NoScripts: true})
	const drawn = `[...document.querySelectorAll("figure svg.marks path, figure svg text")].filter(m => m.getBoundingClientRect().height > 0).length`
	if a, b := browsertest.Ask[int](with.Page, drawn), browsertest.Ask[int](without.Page, drawn); a != b || a < 60 {
		t.Errorf("%d marks and texts with scripts, %d without", a, b)
	}
	without.quiet()
}

// Whoever has no mouse gets past the head in two keys, and to every link, table
// and sample, each of which shows that it is reached.
func TestPageByKeyboard(t *testing.T) {
	p := openPage(t, browsertest.Start(t), eventful(t), browsertest.Looks{Width: 1280})
	const stops = `[...document.querySelectorAll("a[href], summary, [tabindex='0']")].filter(x => x.checkVisibility()).length`
	want := browsertest.Ask[int](p.Page, stops)
	p.Press("\t")
	const skip = `(x => x.className + " " + (x.getBoundingClientRect().left >= 0))(document.activeElement)`
	if got := browsertest.Ask[string](p.Page, skip); got != "skip true" {
		t.Errorf("the first stop is %q, want the link past the head, in sight", got)
	}
	p.Press("\r")
	if got := browsertest.Ask[string](p.Page, `document.activeElement.id + location.hash`); got != "main#main" {
		t.Errorf("it leads to %q", got)
	}
	browsertest.Ask[bool](p.Page, `document.activeElement.blur(); window.scrollTo(0, 0); location.hash = ""; document.querySelector(".skip").focus(); true`)
	for n := 1; n < want; n++ {
		p.Press("\t")
		const seen = `(x => x !== document.body && getComputedStyle(x).outlineStyle !== "none" && x.getBoundingClientRect().height > 0)(document.activeElement)`
		if !browsertest.Ask[bool](p.Page, seen) {
			t.Fatalf("stop %d of %d does not show: %s", n+1, want, browsertest.Ask[string](p.Page, `document.activeElement.outerHTML.slice(0, 100)`))
		}
		browsertest.Ask[bool](p.Page, `document.activeElement.dataset.reached = 1; true`)
	}
	if got := browsertest.Ask[int](p.Page, `document.querySelectorAll("[data-reached]").length`); got != want-1 || want < 20 {
		t.Errorf("%d stops behind the first are reached, want %d", got, want-1)
	}
}

// On paper the page is dark on white whatever the screen is, as wide as a
// sheet, and without what paper can't do.
func TestPageOnPaper(t *testing.T) {
	const a4 = 718 // CSS pixels between margins of 1 cm
	browser := browsertest.Start(t)
	screen, p := openPage(t, browser, eventful(t), browsertest.Looks{Width: a4}), openPage(t, browser, eventful(t), browsertest.Looks{Width: a4, Dark: true, Printed: true})
	p.picture("print")
	p.fits()
	if got := browsertest.Ask[string](p.Page, `getComputedStyle(document.body).backgroundColor + " " + getComputedStyle(document.querySelector("h2")).color`); got != "rgb(255, 255, 255) rgb(0, 0, 0)" {
		t.Errorf("paper and ink are %s", got)
	}
	if n := browsertest.Ask[int](p.Page, `[...document.querySelectorAll("nav, .skip, details")].filter(x => x.getBoundingClientRect().height > 0).length`); n > 0 {
		t.Errorf("%d parts that paper has no use for", n)
	}
	const marks = `[...document.querySelectorAll("figure svg.marks path")].filter(x => x.getBoundingClientRect().height > 0).length`
	if seen, printed := browsertest.Ask[int](screen.Page, marks), browsertest.Ask[int](p.Page, marks); printed != seen || seen < 15 {
		t.Errorf("%d marks on the screen, %d on paper", seen, printed)
	}
}

// TestPageIsAccessible asks axe-core, which knows the rules of WCAG 2.
func TestPageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile("../../cmd/stampede/testdata/servers/node_modules/axe-core/axe.min.js")
	if err != nil {
		missing.Part(t, "axe-core: %v", err)
	}
	pages := map[string]func(*testing.T) *results.Result{"run": eventful, "ceiling": longSearch, "gate": pictures["gate"],
		"comparison": longComparison, "comparison-stored": pictures["comparison-stored"]}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			browser := browsertest.Start(t) // each has the patience for one kind of page
			for _, l := range []browsertest.Looks{{Width: 1280}, {Width: 1280, Dark: true}, {Width: 400}, {Width: 400, Dark: true}} {
				t.Run(l.String(), func(t *testing.T) {
					p := openPage(t, browser, page(t), l)
					p.quiet()
					p.picture(name + "-" + l.String())
					p.fits()
					p.violations(string(axe))
				})
			}
		})
	}
}

// fits holds the page, and the texts of its figures, to the window's width.
func (p *tab) fits() {
	p.t.Helper()
	if over := browsertest.Ask[int](p.Page, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		p.t.Errorf("the page is %d pixels wider than its window", over)
	}
	if over := browsertest.Ask[[]string](p.Page, textsOutside); len(over) > 0 {
		p.t.Errorf("texts of figures beyond the window: %q", over)
	}
}

// textsOutside are texts of figures that stand out of the window.
const textsOutside = `[...document.querySelectorAll("figure svg text")].filter(x => {
	const box = x.getBoundingClientRect();
	return box.left < 0 || box.right > document.documentElement.clientWidth;
}).map(x => x.textContent)`

// violations tells what axe-core finds, with every details element open.
func (p *tab) violations(axe string) {
	p.t.Helper()
	browsertest.Ask[bool](p.Page, axe+`; document.querySelectorAll("details").forEach(d => d.open = true); true`)
	text := browsertest.Ask[string](p.Page, `axe.run().then(found => JSON.stringify({
		passes: found.passes.length, violations: found.violations.map(v => v.impact + " " + v.id + ": " + v.nodes.map(n => n.html).slice(0, 3))}))`)
	var found struct {
		Passes     int
		Violations []string
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		p.t.Fatal(err)
	}
	if found.Passes < 20 {
		p.t.Errorf("axe-core passes only %d rules: it saw no page", found.Passes)
	}
	for _, v := range found.Violations {
		p.t.Error(v)
	}
}

// picture keeps a picture of the whole page where STAMPEDE_PICTURES says.
func (p *tab) picture(name string) {
	folder := os.Getenv("STAMPEDE_PICTURES")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), p.Picture(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}
