package livepage

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browse opens url in Debian's Chromium; said is what the page complained of.
func browse(t *testing.T, url string) (ctx context.Context, said func() []string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("NOT TESTED: there is no chromium")
		}
		t.Skip("NOT TESTED: there is no chromium; .ci/install gets it, and under CI=true this fails")
	}
	limited, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	var mu sync.Mutex
	var list []string
	note := func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			list = append(list, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			list = append(list, e.Entry.Text)
		}
	}
	if err := chromedp.Listen(ctx, note); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), list...)
	}
}

// until waits for an expression to hold in the page.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err != nil {
			t.Fatalf("waiting for %s: %v", expression, err)
		}
		if ok {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// In a browser the figures follow the run, what a reader has opened stays
// open, and the page's own policy forbids nothing that it does.
func TestPageMovesInBrowser(t *testing.T) {
	p := &Page{Name: "evening <i>"}
	ctx, said := browse(t, serve(t, p))
	until(t, ctx, `document.getElementById("state").textContent === "Waiting for the run."`)
	p.Show(moment(10, true))
	until(t, ctx, `document.querySelector("#run dd")?.textContent === "10" && document.querySelectorAll("#outcomes path").length > 0`)
	until(t, ctx, `document.querySelector("#outcomes details").open = true`)
	p.Show(moment(400, true))
	until(t, ctx, `document.querySelector("#run dd").textContent === "400"`)
	until(t, ctx, `document.querySelector("#outcomes details").open && document.getElementById("state").textContent === "The run goes on."`)
	p.End(moment(500, false))
	until(t, ctx, `document.querySelector("#run h1.pass") !== null && document.getElementById("state").textContent === "The run has ended."`)
	until(t, ctx, `document.title.startsWith("evening <i>") && getComputedStyle(document.querySelector("#outcomes path")).fill !== "rgb(0, 0, 0)"`)
	if list := said(); len(list) > 0 {
		t.Errorf("the page complained: %s", strings.Join(list, "; "))
	}
}
