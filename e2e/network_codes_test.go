package e2e

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// says is what a page shows for a code, in Chinese, without arguments.
func says(t *testing.T, code string) string {
	t.Helper()
	wantText(t, code, nil)
	texts, err := errorTexts()
	if err != nil {
		t.Fatal(err)
	}
	return texts[0][code]
}

// TestANetworkThatFailsASaveIsTold: a save that the network cuts, or never answers,
// is told in the form, which keeps what was written; the same button saves it once
// the network is back.
func TestANetworkThatFailsASaveIsTold(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	var fails atomic.Value // a code, "" carries
	fails.Store("")
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != "POST" || r.URL.Path != "/v1/admin/judges" || fails.Load() == "" {
			return false
		}
		if fails.Load() == "net.offline" {
			panic(http.ErrAbortHandler)
		}
		<-r.Context().Done() // until the page has enough
		return true
	})
	p := h.officeAt(b, base, "judges")
	for i, code := range []string{"net.offline", "net.timeout"} {
		fails.Store(code)
		p.Click("#judge-add:not(:disabled)")
		p.Fill("#judge-form input[name=name]", fmt.Sprintf("示例评委%d", i+1))
		p.Pick("#judge-form select[name=sector]", "高校")
		p.Click("dialog .btn.main")
		p.WaitFor(code, fmt.Sprintf(`document.querySelector('#judge-form [role=alert]') && document.querySelector('#judge-form [role=alert]').innerText === %q`, says(t, code)), 40*time.Second)
		fails.Store("")
		p.Click("dialog .btn.main")
		p.WaitFor("the judge", fmt.Sprintf(`!document.querySelector('dialog[open]') && document.querySelectorAll('#judges tbody tr').length === %d`, i+1), 30*time.Second)
	}
}

// TestAnAnswerThatIsCutOffIsTold: the network goes while a line is on its way; the
// line is kept, and can be sent when the network is back.
func TestAnAnswerThatIsCutOffIsTold(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "danmaku", "text": "open"}, nil)
	net := newHall(t, h.url)
	p := b.Open("live", net.url+"/live/final", phoneWidth, phoneHeight)
	p.Tap(`[data-tab="talk"]`)
	p.Fill(".say input", "示例弹幕")
	p.WaitFor("a live page", `!document.querySelector('[data-lost]')`, 30*time.Second)
	net.Silence()
	p.Tap(".say button")
	p.WaitFor("a line on its way", `document.querySelector('.say button').disabled`, 10*time.Second)
	get[bool](p, `dispatchEvent(new Event('offline'))`) // as the browser says it
	p.WaitText(says(t, "net.lost"), 10*time.Second)
	p.WaitFor("the line", `document.querySelector('.say input').value === '示例弹幕'`, 10*time.Second)
	net.Restore()
	p.WaitFor("a live page again", `!document.querySelector('[data-lost]')`, 40*time.Second)
	// What waited in the network may have come through: then it is too soon for another.
	p.WaitFor("the line, said", `(() => {
		const input = document.querySelector('.say input'), said = [...document.querySelectorAll('.talk li')].some((x) => x.innerText.includes('示例弹幕'));
		if (input.value) document.querySelector('.say button').click();
		return said && !input.value;
	})()`, 60*time.Second)
}
