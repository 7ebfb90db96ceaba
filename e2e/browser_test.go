package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Browser is one headless Chromium. Its API moves between versions, so only
// this file touches it.
type Browser struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

// requireTool skips the test when a program is not installed, and fails it
// where everything must be.
func requireTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("REQUIRE_ALL") == "1" {
		t.Fatalf("%s is not installed, and REQUIRE_ALL=1", name)
	}
	t.Skipf("skipped: %s is not installed", name)
	return ""
}

// newBrowser starts Chromium with a fake camera and microphone.
func newBrowser(t *testing.T) *Browser {
	t.Helper()
	path := requireTool(t, "chromium")
	dir, err := os.MkdirTemp("", "hecai-chromium")
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns,Translate"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("mute-audio", false),
	)
	if os.Getenv("SHOTS") != "" { // phones in a dark hall
		opts = append(opts, chromedp.Flag("blink-settings", "preferredColorScheme=0"))
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	b := &Browser{t: t, ctx: ctx, cancel: func() { cancel(); stopAlloc() }}
	t.Cleanup(func() {
		b.cancel()
		for range 50 { // Chromium's children may still write for a moment
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return b
}

// Page is one tab.
type Page struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu      sync.Mutex
	console []string // guarded by mu
}

// Open opens a tab of this size in CSS pixels. Every tab has its own cookies.
func (b *Browser) Open(name, url string, width, height int64) *Page {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	p := &Page{t: b.t, name: name, ctx: ctx}
	opts := []chromedp.EmulateViewportOption{}
	if width < 600 {
		opts = append(opts, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height, opts...)); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	go func() {
		for m := range chromedp.Console(ctx) {
			p.mu.Lock()
			p.console = append(p.console, fmt.Sprintf("%s: %s", m.Type, m.Text))
			p.mu.Unlock()
		}
	}()
	p.Go(url)
	return p
}

// Go loads an address.
func (p *Page) Go(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		p.t.Fatalf("%s: open %s: %v", p.name, url, err)
	}
}

// Eval runs an expression in the page; promises are awaited.
func eval[T any](p *Page, js string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// WaitFor waits until the expression is true.
func (p *Page) WaitFor(what, js string, within time.Duration) {
	p.t.Helper()
	deadline := time.Now().Add(within)
	var last error
	for time.Now().Before(deadline) {
		ok, err := eval[bool](p, "(async () => !!(await ("+js+")))()")
		if err == nil && ok {
			return
		}
		last = err
		time.Sleep(50 * time.Millisecond)
	}
	p.Shot(filepath.Join(os.TempDir(), "hecai-failed-"+p.name+".png"))
	text, _ := eval[string](p, "document.body ? document.body.innerText.slice(0, 1500) : ''")
	p.t.Fatalf("%s: no %s within %v (%v)\nconsole:\n%s\npage:\n%s", p.name, what, within, last, p.Console(), text)
}

// WaitText waits until the page shows the text.
func (p *Page) WaitText(text string, within time.Duration) {
	p.t.Helper()
	p.WaitFor("text "+text, fmt.Sprintf("document.body && document.body.innerText.includes(%q)", text), within)
}

// Click clicks the first visible element that matches.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.WaitFor(selector, fmt.Sprintf("document.querySelector(%q) && document.querySelector(%q).getClientRects().length", selector, selector), 10*time.Second)
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		p.t.Fatalf("%s: click %s: %v\nconsole:\n%s", p.name, selector, err, p.Console())
	}
}

// Fill types into a field as a person does.
func (p *Page) Fill(selector, text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(selector), text)); err != nil {
		p.t.Fatalf("%s: fill %s: %v", p.name, selector, err)
	}
}

// Hold presses an element for the given time, as the dangerous keys ask.
func (p *Page) Hold(selector string, d time.Duration) {
	p.t.Helper()
	_, err := eval[bool](p, fmt.Sprintf(`(async () => {
		const el = document.querySelector(%q);
		const at = (type) => el.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, button: 0, isPrimary: true}));
		at('pointerdown');
		await new Promise(done => setTimeout(done, %d));
		at('pointerup');
		return true;
	})()`, selector, d.Milliseconds()))
	if err != nil {
		p.t.Fatalf("%s: hold %s: %v", p.name, selector, err)
	}
}

// Shot writes a screenshot.
func (p *Page) Shot(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("%s: screenshot: %v", p.name, err)
		return
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, png, 0o644)); err != nil {
		p.t.Fatal(err)
	}
}

// Console returns what the page logged.
func (p *Page) Console() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.console, "\n")
}
