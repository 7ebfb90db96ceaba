package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"hecai/access"
)

// whoami is the name of the link that a tab speaks for.
func (p *Page) whoami() string {
	p.t.Helper()
	return get[string](p, `(async () => {
		const { api } = await import(document.querySelector('link[href$="lib/api.js"]').href);
		return (await api('/v1/me')).name;
	})()`)
}

// noSecret fails when the address bar shows a secret.
func (p *Page) noSecret(secret string) {
	p.t.Helper()
	p.WaitFor("an address without the secret", `!location.href.includes(`+quote(secret)+`)`, 10*time.Second)
}

// TestATabSpeaksForWhomItWasOpened is the case two-judges-one-browser, on each
// page that is opened by a link: two links in two tabs of one browser, each
// reloaded; a second link pasted into a tab; a tab without any link.
func TestATabSpeaksForWhomItWasOpened(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	for _, c := range []struct {
		page, names string
		role        access.Role
	}{
		{"/judge", "j1 j2", access.Judge}, {"/host", "甲 乙", access.Host},
		{"/broadcast", "cam1 cam2", access.Broadcaster}, {"/screen/main", "main main2", access.Screen},
	} {
		t.Run(strings.Trim(strings.ReplaceAll(c.page, "/", " "), " "), func(t *testing.T) {
			one, two, _ := strings.Cut(c.names, " ")
			first, second := h.holder(c.role, one, "final").bearer, h.holder(c.role, two, "final").bearer
			who := func(p *Page, want string) {
				t.Helper()
				p.WaitFor("the page", `document.querySelector('#app') && document.querySelector('#app').children.length && !document.querySelector('#app > .wait:only-child')`, 15*time.Second)
				if got := p.whoami(); got != want {
					t.Errorf("%s speaks for %q, want %q", p.name, got, want)
				}
				p.noSecret(first)
				p.noSecret(second)
			}
			a := b.Open("first", h.url+c.page+"#t="+first, 820, 1180)
			who(a, one)
			z := a.Beside("second", h.url+c.page+"#t="+second, 820, 1180)
			who(z, two)
			a.Reload()
			who(a, one)
			z.Reload()
			who(z, two)
			// Without a link of its own: a wall's browser after a restart.
			none := a.Beside("bare", h.url+c.page, 820, 1180)
			who(none, two)
			a.Go(h.url + c.page) // the same address typed again
			who(a, one)
			// A second link in the same tab changes the fragment alone.
			get[bool](a, `(window.stale = true, location.hash = 't='+`+quote(url.QueryEscape(second))+`, true)`)
			a.WaitFor("a page that began anew", `!window.stale`, 10*time.Second)
			who(a, two)
		})
	}
}

// TestASecondSignInLinkInOneTab: the staff's one-time links, pasted into a tab
// that shows the page already, sign in and leave the address bar.
func TestASecondSignInLinkInOneTab(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	p := b.Open("admin", h.url+"/admin", 1366, 768)
	p.WaitFor("the door", `document.querySelector('form')`, 15*time.Second)
	get[bool](p, `(window.stale = true, location.hash = 'login='+`+quote(h.unused)+`, true)`)
	p.WaitFor("a page that began anew", `!window.stale`, 10*time.Second)
	p.noSecret(h.unused)
	p.WaitFor("somebody", `(async () => (await (await fetch('/v1/me')).json()).roles.length > 0)()`, 15*time.Second)
}
