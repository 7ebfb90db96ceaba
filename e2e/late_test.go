package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAPageThatDoesNotLoad: whatever keeps a page's modules away, the page says
// so in both languages and offers to try again, under the policy that it is
// served with; and a second try still has what the address brought along.
func TestAPageThatDoesNotLoad(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 2, 1, nil)
	var fails atomic.Value
	fails.Store("")
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	base := proxy(t, v.url, func(w http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("If-None-Match")
		module := strings.HasSuffix(r.URL.Path, "/judge/sheets.js")
		switch how := fails.Load().(string); {
		case how == "is not there" && module:
			return refuse(w, r, http.StatusNotFound)
		case how == "never comes" && module:
			select {
			case <-r.Context().Done():
			case <-end:
			}
			return true
		case how == "is too new" && module:
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Cache-Control", "no-store")
			io.WriteString(w, "export const Sheets = a ?#! b;")
			return true
		case how == "is no language" && r.URL.Path == "/judge": // for this browser, as modules are for an old one
			resp, err := http.Get(v.url + "/judge")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, strings.Replace(string(text), `type="module"`, `type="of-tomorrow"`, 1))
			return true
		case how == "has no texts" && strings.HasPrefix(r.URL.Path, "/v1/tracks"):
			return refuse(w, r, http.StatusBadGateway)
		}
		return false
	})
	_, secret, _ := strings.Cut(v.linkTo("judge", "judge", "j1"), "#")
	for i, how := range []string{"is not there", "never comes", "is too new", "is no language", "has no texts"} {
		fails.Store(how)
		size := [][2]int64{{390, 844}, {1024, 768}, {1440, 900}}[i%3]
		p := b.Open(fmt.Sprintf("late%d", i), base+"/healthz", size[0], size[1])
		get[bool](p, fmt.Sprintf(`(setTimeout(() => location.replace(%q), 50), true)`, "/judge?lang=zh#"+secret)) // it may never have loaded
		// Until the style is there everything counts as visible, though nothing is drawn: the key tells.
		p.WaitFor("word of a page that "+how, `(() => { const e = document.querySelector('.late'); return e && !e.querySelector('button').hidden && getComputedStyle(e).visibility === 'visible' && /没有载入/.test(e.innerText) && /did not load/.test(e.innerText); })()`, 40*time.Second)
		p.keep(fmt.Sprintf("late-%d", size[0]))
		fails.Store("")
		get[bool](p, `(document.querySelector(".late button").click(), true)`) // the browser waits for a page that is still loading
		p.WaitFor("the page of the judge", `document.querySelector('.order li')`, 40*time.Second)
	}
}
