package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Beside opens another tab of the same browser: it has the same cookies and the
// same storage.
func (p *Page) Beside(name, url string, width, height int64) *Page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	q := &Page{t: p.t, name: name, ctx: ctx}
	q.keepToasts()
	q.Size(width, height)
	q.Go(url)
	return q
}

// Size makes the tab a touch screen of this size.
func (p *Page) Size(width, height int64) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height, chromedp.EmulateTouch)); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// Tap touches the first visible element that matches, where a finger would: it
// fails when something else lies over the element.
func (p *Page) Tap(selector string) {
	p.t.Helper()
	p.WaitFor("a place to tap on "+selector, `(() => {
		const el = document.querySelector(`+quote(selector)+`);
		if (!el || el.disabled) return false;
		el.scrollIntoView({block: 'center', behavior: 'instant'});
		const r = el.getBoundingClientRect(), at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
		return !!at && (el === at || el.contains(at));
	})()`, 15*time.Second)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Tap(chromedp.CSS(selector))); err != nil {
		p.t.Fatalf("%s: tap %s: %v\nconsole:\n%s", p.name, selector, err, p.Console())
	}
}

// Reload loads the page anew, as a person does: again where the page was about to go
// somewhere by itself.
func (p *Page) Reload() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Reload())
	for err != nil && ctx.Err() == nil {
		time.Sleep(200 * time.Millisecond)
		err = chromedp.Do(ctx, chromedp.Reload())
	}
	if err != nil {
		p.t.Fatalf("%s: reload: %v", p.name, err)
	}
}

func quote(s string) string { return "`" + s + "`" }

// hall is a network between the phones and the node that can fall silent: its
// connections stay up and carry nothing, as behind a full Wi-Fi.
type hall struct {
	url    string
	target string

	mu    sync.Mutex
	wake  *sync.Cond
	dark  bool // guarded by mu; nothing comes through
	deaf  bool // guarded by mu; nothing comes back
	ended bool // guarded by mu
}

func newHall(t *testing.T, target string) *hall {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{url: "http://" + l.Addr().String(), target: strings.TrimPrefix(target, "http://")}
	h.wake = sync.NewCond(&h.mu)
	t.Cleanup(func() {
		l.Close()
		h.set(func() { h.ended = true })
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go h.carry(c)
		}
	}()
	return h
}

func (h *hall) set(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	h.wake.Broadcast()
}

// Silence makes the network carry nothing.
func (h *hall) Silence() { h.set(func() { h.dark = true }) }

// Deafen makes it carry what phones say, and no answer.
func (h *hall) Deafen() { h.set(func() { h.deaf = true }) }

// Restore makes it carry again what waits.
func (h *hall) Restore() { h.set(func() { h.dark, h.deaf = false, false }) }

// carries waits until the network carries; false when the test is over.
func (h *hall) carries(back bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for (h.dark || back && h.deaf) && !h.ended {
		h.wake.Wait()
	}
	return !h.ended
}

func (h *hall) carry(c net.Conn) {
	defer c.Close()
	if !h.carries(false) {
		return
	}
	up, err := net.Dial("tcp", h.target)
	if err != nil {
		return
	}
	defer up.Close()
	done := make(chan struct{}, 2)
	pass := func(to, from net.Conn, back bool) {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			if !h.carries(back) || n == 0 && err != nil {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	go pass(up, c, false)
	go pass(c, up, true)
	<-done
}

// proxy is an HTTP proxy before the node; before may answer a request itself
// and says so by true.
func proxy(t *testing.T, target string, before func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	fwd := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !before(w, r) {
			fwd.ServeHTTP(w, r)
		}
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return "http://" + l.Addr().String()
}

// refuse answers as a proxy does, in its own words.
func refuse(w http.ResponseWriter, r *http.Request, status int) bool {
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	io.WriteString(w, "<html><center><h1>"+http.StatusText(status)+"</h1></center><hr>nginx</html>")
	return true
}
