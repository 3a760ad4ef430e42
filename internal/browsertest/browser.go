// Package browsertest opens pages in Debian's Chromium for tests, and keeps
// what they asked for and complained of.
package browsertest

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
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

	"stampede/internal/missing"
)

// patience bounds all that is done with one browser. It is never the thing
// asserted.
const patience = time.Minute

// Browser is a Chromium with a profile of its own.
type Browser struct{ ctx context.Context }

// Start starts a browser, which ends with the test. Without Chromium the test
// does as missing.Part says.
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing.Part(t, "chromium: %v", err)
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
	return &Browser{ctx}
}

// Looks is how a page is looked at. The zero value is online, light, with
// scripts and as wide as the browser likes.
type Looks struct {
	Dark      bool
	Width     int64 // in CSS pixels; 0: the browser's own
	NoScripts bool  // the page's own don't run; what a test asks does
	Offline   bool
	Printed   bool // as paper has it, of which Width is the width between its margins
}

// String names the looks as files may be named.
func (l Looks) String() string { return fmt.Sprintf("%s-%d", l.scheme(), l.Width) }

func (l Looks) scheme() string {
	if l.Dark {
		return "dark"
	}
	return "light"
}

// Page is a page that is open, and what it did.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex // of what follows, which the browser's reader writes
	requests []string
	said     []string
}

// Open opens url in a tab of its own.
func (b *Browser) Open(t testing.TB, url string, l Looks) *Page {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	t.Cleanup(end)
	p := &Page{t: t, ctx: ctx}
	p.must(chromedp.Listen(ctx, p.note))
	p.must(call(ctx, network.Enable, network.EnableParams{}))
	p.must(call(ctx, log.Enable, cdp.Empty{}))
	if l.Offline {
		p.must(call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}}))
	}
	p.must(call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: map[bool]string{true: "print"}[l.Printed], Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme()}}}))
	p.must(call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	p.must(call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScripts}))
	if l.Width > 0 {
		p.must(chromedp.Do(ctx, chromedp.EmulateViewport(l.Width, 900)))
	}
	p.must(chromedp.Do(ctx, chromedp.Navigate(url)))
	return p
}

// call runs a command whose answer nobody needs.
func call[P, R any](ctx context.Context, command cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, command, params)
	return err
}

func (p *Page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// note keeps what the page asked for and said.
func (p *Page) note(event any) {
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

// Requests are the URLs that were asked for, the page's own first.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Said is what stands on the console, and what went wrong.
func (p *Page) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// Picture is the whole page as PNG.
func (p *Page) Picture() []byte {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	return png
}

// Press presses keys, one after the other: \t is Tab, \r Enter.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}

// Ask evaluates an expression in the page, and waits for a promise.
func Ask[T any](p *Page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.100s: %v", expression, err)
	}
	return v
}

// Until waits for an expression to hold in the page.
func (p *Page) Until(expression string) {
	p.t.Helper()
	for !Ask[bool](p, expression) {
		time.Sleep(20 * time.Millisecond)
	}
}
