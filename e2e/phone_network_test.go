package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hecai/access"
)

// TestASilentNetworkIsLeft: a network whose connections stay up and carry
// nothing is noticed by every page, and left without the minute that Chromium
// waits for a closing handshake; when it carries again, the page is live again.
func TestASilentNetworkIsLeft(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})
	net := newHall(t, h.url)
	screen := h.holder("screen", "main", "final")
	host := h.holder("host", "示例主持", "final")
	pages := []*Page{
		b.Open("phone", net.url+"/live/final", 390, 844), b.Open("vote", net.url+"/vote/b", 390, 844),
		b.Open("screen", net.url+"/screen/main#t="+screen.bearer, 1280, 720), b.Open("host", net.url+"/host#t="+host.bearer, 390, 844),
	}
	ready := []string{`[data-tab]`, `.card`, `.stage[data-scene]`, `.prompter`}
	for i, p := range pages {
		p.WaitFor("a live page", `document.querySelector('`+ready[i]+`') && !document.querySelector('.lost')`, 20*time.Second)
	}
	net.Silence()
	for _, p := range pages { // far below the minute
		p.WaitFor("word of the lost network", `document.querySelector('[data-lost]')`, 40*time.Second)
	}
	net.Restore()
	for _, p := range pages {
		p.WaitFor("a live page again", `!document.querySelector('[data-lost]')`, 40*time.Second)
	}
}

// TestOfflineIsLeftAtOnce: the browser says that there is no network; the page
// says so at once, and goes on when there is one.
func TestOfflineIsLeftAtOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})
	p := b.Open("vote", h.url+"/vote/b", 390, 844)
	p.WaitFor("a live page", `document.querySelector('.card') && performance.getEntriesByType('resource').some((r) => r.name.endsWith('/v1/ws-tickets'))`, 20*time.Second)
	got := get[bool](p, `(async () => {
		const { Hub } = await import(document.querySelector('link[href$="lib/hub.js"]').href);
		const hub = new Hub({ as: 'audience' }).start();
		while (hub.status !== 'live') await new Promise((f) => setTimeout(f, 20));
		dispatchEvent(new Event('offline'));
		const left = hub.status === 'lost' && hub.ws === null;
		while (hub.status !== 'live') await new Promise((f) => setTimeout(f, 20));
		hub.stop();
		return left;
	})()`)
	if !got {
		t.Error("the socket is kept when the browser says that there is no network")
	}
}

// TestWithoutSockets is the case voter-without-sockets: a proxy that lets no
// WebSocket through. The board is read and the vote is cast over HTTP, the stage
// is shown, and both follow what happens.
func TestWithoutSockets(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Upgrade") // as nginx does without being told otherwise
		r.Header.Del("Connection")
		return false
	})
	vote := b.Open("vote", base+"/vote/b", 390, 844)
	vote.Tap(`.card[data-entry="` + entries[1] + `"]`)
	vote.Tap("#confirm")
	vote.WaitFor("a receipt", `document.querySelector('[data-vote-state="done"]')`, 20*time.Second)
	vote.WaitFor("word of the slow way", `document.querySelector('[data-lost="plain"]')`, 20*time.Second)

	live := b.Open("live", base+"/live/final", 390, 844)
	live.WaitFor("the stage or, since one is open, the vote", `document.querySelector('.now article, .ballot')`, 20*time.Second)
	live.WaitFor("the open vote", `document.querySelector('[data-tab="vote"][aria-selected="true"]') || document.querySelector('[data-tab="vote"]')`, 20*time.Second)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例通知"}, nil)
	live.WaitText("示例通知", 20*time.Second)
	h.org.Do("POST", "/v1/admin/ballots/b/close", object{}, nil)
	vote.WaitFor("the end", `document.querySelector('.ballot[data-ballot-state="closed"]')`, 20*time.Second)
}

// TestAProxysRefusalIsTold is the case proxy-says-too-large: an answer that is
// not ours is told as what it is, with its status, and not as a dead network.
func TestAProxysRefusalIsTold(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	var status atomic.Int32
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		if s := int(status.Load()); s != 0 && strings.HasPrefix(r.URL.Path, "/v1/") {
			return refuse(w, r, s)
		}
		return false
	})
	p := b.Open("site", base+"/", 1366, 768)
	p.WaitFor("the page and its texts", `document.querySelector('link[href$="lib/api.js"]') && !document.querySelector('#app .wait')`, 10*time.Second)
	for code, want := range map[int]string{
		413: "net.too_large", 502: "net.gateway", 503: "net.gateway", 504: "net.gateway", 403: "net.foreign", 200: "net.foreign",
	} {
		status.Store(int32(code))
		got := get[string](p, `(async () => {
			const { api } = await import(document.querySelector('link[href$="lib/api.js"]').href);
			const { errorText } = await import(document.querySelector('link[href$="lib/i18n.js"]').href);
			try { await api('/v1/contest'); return 'no error'; } catch (e) { return [e.code, e.status, e.away, errorText(e)].join('|'); }
		})()`)
		part := strings.Split(got, "|")
		if part[0] != want || len(part) != 4 || part[2] != "true" || !strings.Contains(part[3], part[1]) || part[1] != strconv.Itoa(code) {
			t.Errorf("%d is told as %q", code, got)
		}
	}
	status.Store(0)
	var made struct{ URL string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例新组织者", "roles": []access.Role{access.Organiser}}, &made)
	_, secret, _ := strings.Cut(made.URL, "#login=")
	admin := b.Open("admin", base+"/admin#login="+secret, 1366, 768)
	admin.WaitFor("the desk", `document.querySelector('[data-tab="entries"]')`, 15*time.Second)
	admin.Click(`[data-tab="entries"]`)
	admin.WaitFor("the import", `document.querySelector('#import-file')`, 10*time.Second)
	status.Store(413)
	get[bool](admin, `(() => {
		const input = document.querySelector('#import-file'), dt = new DataTransfer();
		dt.items.add(new File([new Uint8Array(2 << 20)], 'entries.xlsx'));
		input.files = dt.files;
		return input.dispatchEvent(new Event('change', { bubbles: true }));
	})()`)
	admin.WaitFor("what the proxy said", `[...document.querySelectorAll('.importing [role="alert"]')].some((x) => x.innerText.includes('413') && x.innerText.includes('太大'))`, 15*time.Second)
}
