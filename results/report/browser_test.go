package report

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"stampede/results"
)

// patience bounds every wait for the browser. It is never the thing asserted.
const patience = time.Minute

// newBrowser starts Debian's Chromium with a profile of its own. It ends with
// the test.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("NOT TESTED: there is no chromium")
		}
		t.Skip("NOT TESTED: there is no chromium; .ci/install gets it, and under CI=true this fails")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	limited, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	allocator, stop := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return ctx
}

// call runs a command whose answer nobody needs.
func call[P, R any](ctx context.Context, command cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, command, params)
	return err
}

// looks is how a page is looked at.
type looks struct {
	dark    bool
	width   int64
	scripts bool // run, if there were any
}

func (l looks) String() string {
	if l.dark {
		return fmt.Sprintf("dark-%d", l.width)
	}
	return fmt.Sprintf("light-%d", l.width)
}

// tab is a page open in the browser, and what it did.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex // of what follows, which the browser's reader writes
	requests []string
	said     []string // on the console, and what went wrong
}

// openPage writes the page of r to a file and opens it with the network off.
func openPage(t *testing.T, browser context.Context, r *results.Result, l looks) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := HTML(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	p := &tab{t: t, ctx: ctx}
	p.must(chromedp.Listen(ctx, p.note))
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	p.must(call(ctx, network.Enable, network.EnableParams{}))
	p.must(call(ctx, log.Enable, cdp.Empty{}))
	p.must(call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}}))
	p.must(call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
	p.must(call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.scripts}))
	p.must(chromedp.Do(ctx, chromedp.EmulateViewport(l.width, 900), chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())))
	return p
}

func (p *tab) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// note keeps what the page asked for and said.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			p.requests = append(p.requests, e.Request.URL)
		}
	case *runtime.EventConsoleAPICalled:
		p.said = append(p.said, string(e.Type))
	case *runtime.EventExceptionThrown:
		p.said = append(p.said, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.said = append(p.said, e.Entry.Text)
	}
}

// ask evaluates an expression in the page. What the test asks runs even where
// the page's own scripts don't.
func ask[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%.100s: %v", expression, err)
	}
	return v
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
	browser := newBrowser(t)
	p := openPage(t, browser, eventful(t), looks{width: 1280, scripts: true})
	p.quiet()
	t.Run("every figure has its marks", func(t *testing.T) {
		for id, least := range map[string]int{"outcomes": 2, "failures": 1, "quantiles": 3, "heat": 4, "percentiles": 4, "burst-1": 2, "open": 2} {
			marks := ask[int](p, `[...document.querySelectorAll("#`+id+` .marks path")].filter(m => m.getBBox().width > 0).length`)
			if marks < least {
				t.Errorf("%s has %d marks, want at least %d", id, marks, least)
			}
		}
	})
	t.Run("504s stand in their second alone", func(t *testing.T) {
		at := ask[[]string](p, `[...document.querySelectorAll("#failures path.gateway-timeout")].map(m => m.textContent)`)
		if len(at) != 1 || at[0] != "12 s: 40 × 504" {
			t.Errorf("504s at %q", at)
		}
	})
	t.Run("modes of 1, 2 and 3 s stand apart in the heat map", func(t *testing.T) {
		apart := ask[int](p, bandsOfSecond20)
		if apart != 4 {
			t.Errorf("%d bands at 20 s, want those of 20 to 60 ms, 1 s, 2 s and 3 s", apart)
		}
	})
	t.Run("hostile text is text", func(t *testing.T) {
		if title := ask[string](p, "document.title"); title == "taken" {
			t.Error("a script of the server ran")
		}
		if n := ask[int](p, `document.querySelectorAll("script, img, iframe, object, embed").length`); n != 0 {
			t.Errorf("%d elements came from text", n)
		}
		shown := ask[int](p, `document.body.textContent.split("<script>document.title='taken'</"+"script>").length - 1`)
		if shown < 10 {
			t.Errorf("hostile text is shown %d times, want wherever it was", shown)
		}
	})
	t.Run("everything is said without colour and pictures", func(t *testing.T) {
		figures := ask[int](p, `document.querySelectorAll("figure").length`)
		named := ask[int](p, `[...document.querySelectorAll("figure")].filter(f => {
			const s = f.querySelector("svg[role=img]");
			const texts = s.getAttribute("aria-labelledby").split(" ").map(id => document.getElementById(id).textContent);
			return texts.length == 2 && texts.every(x => x.length > 10) && /Population|population/.test(f.querySelector("figcaption").textContent) && /[0-9]/.test(f.querySelector("figcaption").textContent);
		}).length`)
		tables := ask[int](p, `[...document.querySelectorAll("figure details table")].filter(t => t.rows.length > 1).length`)
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
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) != 1 || !strings.HasPrefix(p.requests[0], "file://") {
		p.t.Errorf("the page asked for %q", p.requests)
	}
	if len(p.said) > 0 {
		p.t.Errorf("the console says %q", p.said)
	}
}

func TestPageNeedsNoScript(t *testing.T) {
	browser := newBrowser(t)
	r := eventful(t)
	with, without := openPage(t, browser, r, looks{width: 1280, scripts: true}), openPage(t, browser, r, looks{width: 1280})
	const drawn = `[...document.querySelectorAll("figure svg.marks path, figure svg text")].filter(m => m.getBoundingClientRect().height > 0).length`
	if a, b := ask[int](with, drawn), ask[int](without, drawn); a != b || a < 60 {
		t.Errorf("%d marks and texts with scripts, %d without", a, b)
	}
	without.quiet()
}

// TestPageIsAccessible asks axe-core, which knows the rules of WCAG 2.
func TestPageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile("../../cmd/stampede/testdata/servers/node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("NOT TESTED: ", err)
		}
		t.Skip("NOT TESTED: .ci/install gets axe-core, and under CI=true this fails: ", err)
	}
	pages := map[string]func(*testing.T) *results.Result{"run": eventful, "ceiling": longSearch, "gate": pictures["gate"],
		"comparison": longComparison, "comparison-stored": pictures["comparison-stored"]}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			browser := newBrowser(t) // each has the patience for one kind of page
			for _, l := range []looks{{width: 1280}, {width: 1280, dark: true}, {width: 400}, {width: 400, dark: true}} {
				l.scripts = true
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
	if over := ask[int](p, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		p.t.Errorf("the page is %d pixels wider than its window", over)
	}
	if over := ask[[]string](p, textsOutside); len(over) > 0 {
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
	ask[bool](p, axe+`; document.querySelectorAll("details").forEach(d => d.open = true); true`)
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`axe.run().then(found => JSON.stringify({
		passes: found.passes.length, violations: found.violations.map(v => v.impact + " " + v.id + ": " + v.nodes.map(n => n.html).slice(0, 3))}))`, chromedp.EvalAwaitPromise))
	p.must(err)
	var found struct {
		Passes     int
		Violations []string
	}
	p.must(json.Unmarshal([]byte(text), &found))
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
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	p.must(os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644))
}
