package e2e

import (
	"strings"
	"testing"
	"time"

	"hecai/access"
)

// TestCrewClosesNoVoteByASlip: while a vote has time left, the key that would
// close it is held, at the desk and in the host's hand; at its end, and where a
// person ends it anyway, one press does.
func TestCrewClosesNoVoteByASlip(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 2, nil)
	for _, id := range []string{"long", "hosted", "short", "byhand"} {
		v.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例投票 " + id, "session": "final", "entries": v.entries,
			"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	}
	hosted := cue("close-hosted", false, act("ballot_close", "ballot", "hosted"))
	hosted["lane"] = "host"
	v.plan(
		cue("open-long", false, act("ballot_open", "ballot", "long", "seconds", 900), scene("vote")),
		cue("close-long", false, act("ballot_close", "ballot", "long"), scene("title")),
		cue("open-hosted", false, act("ballot_open", "ballot", "hosted", "seconds", 900), scene("vote")),
		hosted,
		cue("open-byhand", false, act("ballot_open", "ballot", "byhand", "seconds", 0)),
		cue("close-byhand", false, act("ballot_close", "ballot", "byhand")),
		cue("open-short", false, act("ballot_open", "ballot", "short", "seconds", 3)),
		cue("close-short", false, act("ballot_close", "ballot", "short")),
		cue("end", false, scene("title")))
	state := func(id string) string {
		t.Helper()
		var board struct{ State string }
		v.org.Do("GET", "/v1/ballots/"+id, nil, &board)
		return board.State
	}
	next := func(p *Page, key, id, mode string) {
		t.Helper()
		p.WaitFor(id+" by "+mode, `(() => { const k = document.querySelector('`+key+`'); return k && k.dataset.cue === '`+id+`' && k.dataset.mode === '`+mode+`' && !k.disabled; })()`, 30*time.Second)
	}
	desk := v.deskAt(b, 1440, 900)
	next(desk, "#fire", "open-long", "next")
	desk.Click("#fire")
	next(desk, "#fire", "close-long", "fire")
	desk.keep("director-early-1440")
	desk.Click("#fire")
	desk.key(" ", "Space", 0)
	desk.Hold("#fire", 300*time.Millisecond)
	if s := state("long"); s != "open" {
		t.Fatalf("a press closed a vote with a quarter of an hour left: %s", s)
	}
	small := v.deskAt(b, 1024, 768)
	next(small, "#fire", "close-long", "fire")
	small.keep("director-early-1024")
	desk.Hold("#fire", time.Second)
	next(desk, "#fire", "open-hosted", "next")
	if s := state("long"); s != "closed" {
		t.Errorf("after a hold the vote is %s", s)
	}

	host := b.Open("host", v.linkTo("host", "host", "主持"), 390, 844)
	v.fire("open-hosted")
	next(host, "#next", "close-hosted", "hold")
	host.keep("host-early-390")
	host.Click("#next")
	if s := state("hosted"); s != "open" {
		t.Fatalf("the host's press closed a vote with time left: %s", s)
	}
	host.Hold("#next", time.Second)
	next(desk, "#fire", "open-byhand", "next")
	if s := state("hosted"); s != "closed" {
		t.Errorf("after the host's hold the vote is %s", s)
	}
	desk.Click("#fire")
	next(desk, "#fire", "close-byhand", "next")
	desk.Click("#fire")
	next(desk, "#fire", "open-short", "next")
	if s := state("byhand"); s != "closed" {
		t.Errorf("a vote without an end is %s after the key", s)
	}
	desk.Click("#fire")
	next(desk, "#fire", "close-short", "next") // its three seconds are over
	desk.Click("#fire")
	next(desk, "#fire", "end", "next")
}

// TestCrewSilence: in a network that carries nothing, no light of the desk says
// that all is well, and since when nothing is known is said.
func TestCrewSilence(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 2, nil)
	v.plan(cue("a", false, scene("idle")), cue("b", false, scene("title")))
	v.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "one", "label": "机位一"}, nil)
	wall := b.Open("wall", v.linkTo("screen/main", "screen", "main"), 1280, 720)
	wall.WaitFor("the wall", `document.querySelector('.stage[data-scene]')`, 30*time.Second)
	tablet := b.Open("judge", v.linkTo("judge", "judge", "j1"), 1024, 768)
	tablet.WaitFor("the judge", `document.querySelector('.order li')`, 30*time.Second)
	net := newHall(t, v.url)
	var out struct{ URL string }
	v.org.Do("POST", "/v1/admin/staff", object{"name": "导演", "roles": []access.Role{access.Director}}, &out)
	_, login, _ := strings.Cut(out.URL, "/director")
	desk := b.Open("director", net.url+"/director"+login, 1440, 900)
	well := `document.querySelector('[data-screen=main] .dot.good') && document.querySelector('[data-judge=j1].online') && !document.querySelector('[data-silent]') && !document.querySelector('[data-camera=one]').textContent.includes('不明')`
	desk.WaitFor("all well", well, 30*time.Second)
	net.Silence()
	desk.WaitFor("no light that says so", `document.querySelector('[data-silent]') && !document.querySelector('.dot.good, .chip.ready.good, [data-judge].online') && document.querySelector('[data-screen=main]').textContent.includes('不明') && document.querySelector('[data-camera=one]').textContent.includes('不明') && !document.querySelector('.screens').textContent.includes('同步')`, 60*time.Second)
	if now := get[bool](desk, `/\d\d:\d\d:\d\d/.test(document.querySelector('[data-silent]').textContent)`); !now {
		t.Error("the desk doesn't say since when it knows nothing")
	}
	for _, size := range [][2]int64{{390, 844}, {1024, 768}, {1440, 900}} {
		desk.Resize(size[0], size[1])
		desk.keep("director-silent-" + map[int64]string{390: "390", 1024: "1024", 1440: "1440"}[size[0]])
	}
	net.Restore()
	desk.WaitFor("all well again", well, 60*time.Second)
}

// TestAnEntryLeavesTheTablets: an entry that is disqualified or withdrawn at the
// office leaves the open pages of the judges; who is in the middle of its sheet is
// told, and finds the marks again when it comes back.
func TestAnEntryLeavesTheTablets(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 4, 2, nil)
	v.plan(cue("all", false, act("sheets_open", "entry", "*")), cue("b", false, scene("title")))
	v.fire("all")
	tablet := b.Open("judge", v.linkTo("judge", "judge", "j1"), 1024, 768)
	phone := b.Open("judge2", v.linkTo("judge", "judge", "j2"), 390, 844)
	for _, p := range []*Page{tablet, phone} {
		p.WaitFor("four entries", `document.querySelectorAll('.order li').length === 4`, 30*time.Second)
	}
	tablet.Click(".order li:nth-child(2) button")
	tablet.WaitFor("the second sheet", `document.querySelector('.order li:nth-child(2) button[aria-current]') && document.querySelector('.criterion .quick button:not(:disabled)')`, 30*time.Second)
	tablet.Click(".criterion .quick button:nth-child(3)")
	tablet.WaitFor("it saved", `document.querySelector('.saved.saved')`, 30*time.Second)

	o := v.adminAt(b, 1440, 900)
	out := func(row, state string) {
		t.Helper()
		o.tab("entries")
		o.Click("#entries tbody tr:nth-child(" + row + ") .textlink")
		o.Click("dialog [data-to=" + state + "]")
		o.WaitFor("a key that waits for a reason", `document.querySelector('#standing-go') && document.querySelector('#standing-go').disabled`, soon)
		o.write("#standing-reason", "示例：材料不实")
		if state == "disqualified" {
			o.three("disqualify")
		}
		o.Hold("#standing-go", time.Second)
		o.none()
		o.WaitFor("the reason in the list", `document.querySelector('#entries tbody tr:nth-child(`+row+`) .tag.'+({disqualified: 'bad'}['`+state+`'] || 'tag')) && document.querySelector('#entries tbody tr:nth-child(`+row+`)').textContent.includes('材料不实')`, soon)
	}
	out("2", "disqualified")
	out("3", "withdrawn")
	tablet.WaitFor("word of the entry that left", `document.querySelector('[data-gone=E002]') && document.querySelector('[data-gone=E002]').textContent.includes('不计入') && document.querySelectorAll('.order li').length === 2 && !document.querySelector('.criterion, #submit')`, 30*time.Second)
	for _, size := range [][2]int64{{390, 844}, {1440, 900}, {1024, 768}} {
		tablet.Resize(size[0], size[1])
		tablet.keep("judge-gone-" + map[int64]string{390: "390", 1024: "1024", 1440: "1440"}[size[0]])
	}
	phone.WaitFor("the two that are left", `document.querySelectorAll('.order li').length === 2 && document.querySelector('.criterion') && !document.querySelector('[data-gone]')`, 30*time.Second)
	tablet.Click("[data-gone] .btn")
	tablet.WaitFor("another sheet", `document.querySelector('.criterion') && document.querySelector('.order [aria-current]')`, 30*time.Second)

	o.Click("#entries tbody tr:nth-child(2) .textlink")
	o.Click("dialog [data-to=qualified]")
	o.Click("#standing-go")
	o.none()
	tablet.WaitFor("three entries", `document.querySelectorAll('.order li').length === 3`, 30*time.Second)
	tablet.Click(".order li:nth-child(2) button")
	tablet.WaitFor("the mark", `document.querySelector('.criterion .quick button.on')`, 30*time.Second)
}
