package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// lastUse is what the links' page says of the only link.
const lastUse = `(document.querySelector('#links [data-last]') || {textContent: ''}).textContent`

// TestAnOrganiserSeesWhoGotIn: a judge's link says that nobody has used it, then that
// somebody is there, then when they last were, also after the program has stopped and
// started again.
func TestAnOrganiserSeesWhoGotIn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.tab("judges")
	o.press("#judge-add")
	o.write("#judge-form input[name=name]", long("示例评委", 40))
	o.Pick("#judge-form select[name=sector]", "高校")
	o.Click("dialog .btn.main")
	o.none()
	url := o.link("judge", "j1")
	o.WaitFor("a link that nobody has used", lastUse+` === '从未'`, soon)

	judge := o.b.Open("judge", url, 1024, 768)
	judge.WaitFor("the judge's page", `document.querySelector('header')`, soon)
	says := func(what string, texts ...string) {
		t.Helper()
		eventually(t, what, func() bool {
			o.tab("judges") // and back, as a person looks again
			o.tab("links")
			o.WaitFor("the link", lastUse+` !== ''`, soon)
			said := get[string](o.Page, lastUse)
			return slices.ContainsFunc(texts, func(text string) bool { return strings.HasSuffix(said, text) })
		})
	}
	says("who is there", "在线")
	o.see("links-online")
	judge.Go(o.n.url + "/verify")
	says("who was there", "刚刚", "分钟前")

	o.n.Stop(time.Minute)
	o.n.Start()
	o.Go(o.n.url + "/admin")
	o.WaitFor("the tabs", `document.querySelector('.tabs button[data-tab=overview]')`, time.Minute)
	says("what was kept", "刚刚", "分钟前")
	judge.Go(url)
	says("who came back", "在线")
}
