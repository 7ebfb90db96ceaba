package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hecai/needtest"
)

// Browser is one headless Chromium. Its API moves between versions, so only
// this file touches it.
type Browser struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

// newBrowser starts Chromium with a fake camera and microphone.
func newBrowser(t *testing.T) *Browser {
	t.Helper()
	path := needtest.Program(t, "chromium")
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
func (b *Browser) Open(name, address string, width, height int64) *Page {
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
			if strings.HasPrefix(m.Text, "no text of ") && ctx.Err() == nil {
				b.t.Errorf("%s: %s: the page does not load its catalogue", name, m.Text)
			}
		}
	}()
	if err := chromedp.Listen(ctx, p.hold()); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	p.keepToasts()
	p.Go(address)
	return p
}

// keepToasts has each page of the tab note what it tells for a while only.
func (p *Page) keepToasts() {
	p.t.Helper()
	const note = `window.toasts = [];
		new MutationObserver((all) => {
			for (const e of all.flatMap((m) => [...m.addedNodes]).flatMap((n) => (n.nodeType === 1 ? [n, ...n.querySelectorAll('.toast')] : []))) {
				if (e.classList.contains('toast')) toasts.push(e.className + ' ' + e.textContent);
			}
		}).observe(document, {childList: true, subtree: true});`
	err := chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: note})
		return err
	}))
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// WaitToast waits until the page has told such a thing for a while, whether or not it
// still does: a machine that stands still for seconds sees nothing in passing.
func (p *Page) WaitToast(text string) {
	p.t.Helper()
	p.WaitFor("a word of "+text, fmt.Sprintf("window.toasts && toasts.some((x) => x.includes(%q))", text), patience)
}

// hold holds what the page and a node say to each other against openapi.yaml.
func (p *Page) hold() func(ev any) {
	open := map[network.RequestID]*exchange{}
	return func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			u, err := url.Parse(ev.Request.URL)
			if _, ours := nodes.Load(u.Host); err != nil || !ours {
				return
			}
			x := &exchange{method: ev.Request.Method, url: u, kind: "application/json"}
			for _, part := range ev.Request.PostDataEntries {
				x.sent = append(x.sent, part.Bytes...)
			}
			for name, v := range ev.Request.Headers {
				if strings.EqualFold(name, "Content-Type") {
					x.kind = fmt.Sprint(v)
				}
			}
			open[ev.RequestID] = x
		case *network.EventResponseReceived:
			if x := open[ev.RequestID]; x != nil {
				x.status, x.header = int(ev.Response.Status), http.Header{"Content-Type": {ev.Response.MimeType}}
			}
		case *network.EventLoadingFinished:
			if x := open[ev.RequestID]; x != nil {
				delete(open, ev.RequestID)
				go p.report(ev.RequestID, x)
			}
		}
	}
}

// report fails the test for an exchange that is not as openapi.yaml says. A page
// that has been left keeps no answers.
func (p *Page) report(id network.RequestID, x *exchange) {
	if x.status != http.StatusNoContent {
		body, err := chromedp.Call(p.ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
		if err != nil {
			return
		}
		x.got = body.Body
	}
	x.report(p.t)
}

// Go loads an address.
func (p *Page) Go(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		p.t.Fatalf("%s: open %s: %v", p.name, url, err)
	}
}

// Eval runs an expression in the page; promises are awaited.
func eval[T any](p *Page, js string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// patience is how long a page may take for what it does at once on an idle
// machine. A slow machine is no fault, so no wait is shorter.
const patience = 2 * time.Minute

// WaitFor waits until the expression is true, within at least patience.
func (p *Page) WaitFor(what, js string, within time.Duration) {
	p.t.Helper()
	within = max(within, patience)
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

// Click clicks the first element that matches, once it is there and can be clicked.
// Who sees that the page moved the button away from under the hand clicks again.
func (p *Page) Click(selector string) {
	p.t.Helper()
	listen := fmt.Sprintf(`(() => {
		const s = %q, el = document.querySelector(s);
		if (!el || el.disabled || !el.getClientRects().length) return false;
		removeEventListener('click', window.clickHeard, true);
		window.clicked = false;
		window.clickHeard = (e) => { if (el.contains(e.target) || e.target.closest && e.target.closest(s)) window.clicked = true; };
		addEventListener('click', window.clickHeard, true);
		return true;
	})()`, selector)
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		p.WaitFor(selector, listen, patience)
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		if err == nil && p.true("window.clicked !== false") { // another page knows nothing of it
			return
		}
	}
	p.Shot(filepath.Join(os.TempDir(), "hecai-failed-"+p.name+".png"))
	p.t.Fatalf("%s: click %s: it does not get there: %v\nconsole:\n%s", p.name, selector, err, p.Console())
}

// true reports whether an expression is, asked again where the page goes to another.
func (p *Page) true(js string) bool {
	p.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var is bool
		if is, err = eval[bool](p, js); err == nil {
			return is
		}
	}
	p.t.Fatalf("%s: %v\n%s", p.name, err, js)
	return false
}

// Fill types into a field as a person does.
func (p *Page) Fill(selector, text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(selector), text)); err != nil {
		p.t.Fatalf("%s: fill %s: %v", p.name, selector, err)
	}
}

// Hold presses an element for the given time, as the dangerous keys ask, once it can
// be. They act after 800 ms; a key that changed before under the hand, as by news from
// elsewhere, is held again.
func (p *Page) Hold(selector string, d time.Duration) {
	p.t.Helper()
	p.WaitFor("a hold of "+selector, fmt.Sprintf(`(async () => {
		const el = document.querySelector(%q), pause = (ms) => new Promise((done) => setTimeout(done, ms)), d = %d;
		if (!el || el.disabled) return false;
		const at = (type) => el.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, button: 0, isPrimary: true}));
		at('pointerdown');
		const from = performance.now(), held = () => el.isConnected && el.classList.contains('held');
		for (let ms = 0; ms < d; ms = performance.now() - from) {
			await pause(Math.min(30, d - ms));
			const now = performance.now() - from;
			if (d > 790 && now > 300 && !held()) { // let go by itself: it has acted, unless it is too early
				at('pointerup');
				return now > 780;
			}
		}
		at('pointerup');
		return true;
	})()`, selector, d.Milliseconds()), patience)
}

// Drag presses at a place, moves in steps to another and lets go there.
func (p *Page) Drag(x, y, toX, toY float64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	held := func(o *input.DispatchMouseEventParams) {
		o.Button, o.Buttons, o.ClickCount = input.MouseButtonLeft, 1, 1
	}
	steps := []chromedp.Action[chromedp.Void]{chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, held)}
	for i := 1; i <= 8; i++ {
		part := float64(i) / 8
		steps = append(steps, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+(toX-x)*part, y+(toY-y)*part, held))
	}
	steps = append(steps, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, toX, toY, held))
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: drag: %v", p.name, err)
	}
}

// Press holds the mouse down at a place while something happens, and lets go.
func (p *Page) Press(x, y float64, meanwhile func()) {
	p.t.Helper()
	held := func(o *input.DispatchMouseEventParams) { o.Button, o.ClickCount = input.MouseButtonLeft, 1 }
	send := func(kinds ...input.DispatchMouseEventType) {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		for _, kind := range kinds {
			if err := chromedp.Do(ctx, chromedp.MouseEvent(kind, x, y, held)); err != nil {
				p.t.Fatalf("%s: %s: %v", p.name, kind, err)
			}
		}
	}
	send(input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed)
	meanwhile()
	send(input.DispatchMouseEventTypeMouseReleased)
}

// Resize gives the page another size in CSS pixels.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height)); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// Paper shows the page as it would be printed, or on the screen again.
func (p *Page) Paper(on bool) {
	p.t.Helper()
	media := map[bool]string{true: "print"}[on]
	err := chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
		return err
	}))
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// Upload chooses a file in a file field.
func (p *Page) Upload(selector, file string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file})); err != nil {
		p.t.Fatalf("%s: upload to %s: %v", p.name, selector, err)
	}
}

// Pick chooses an option of a list by its value.
func (p *Page) Pick(selector, value string) {
	p.t.Helper()
	p.WaitFor("option "+value, fmt.Sprintf("[...document.querySelectorAll(%q)].some(s => [...s.options].some(o => o.value === %q))", selector, value), patience)
	_, err := eval[bool](p, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()`, selector, value))
	if err != nil {
		p.t.Fatalf("%s: pick %s in %s: %v", p.name, value, selector, err)
	}
}

// Shot writes a screenshot.
func (p *Page) Shot(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
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
