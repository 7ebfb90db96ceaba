package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestWallOfVotes: the foot and the code say what is true of the ballot: whether
// figures are public, and whether one can still vote. A silent network is told,
// with the clock that no longer counts in grey.
func TestWallOfVotes(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 8, 5, nil)
	var cues []object
	titles := map[string]string{"hidden": "现场人气", "count": longTitle, "live": strings.Repeat(longTitle, 4)[:3*120]}
	for _, seen := range []string{"hidden", "count", "live"} {
		v.org.Do("POST", "/v1/admin/ballots", object{"id": seen, "title": titles[seen], "session": "final", "entries": v.entries,
			"visibility": seen, "quota": object{"window": "ballot", "max": 1, "perEntry": 1}}, nil)
		cues = append(cues, cue("open-"+seen, false, act("ballot_open", "ballot", seen, "seconds", 600), scene("vote")),
			cue("close-"+seen, false, act("ballot_close", "ballot", seen)))
	}
	v.plan(cues...)
	net := newHall(t, v.url)
	link := v.holder("screen", "main", "final")
	screen := b.Open("screen", net.url+"/screen/main#t="+link.bearer, 1920, 1080)
	const foot, join, call = `document.querySelector('.foot').textContent`, `(document.querySelector('.join figcaption') || {textContent: ''}).textContent`, `document.querySelector('.vote-body').textContent`
	for _, c := range []struct{ seen, open, closed string }{
		{"hidden", "票数在揭晓时公布", "投票已截止，票数在揭晓时公布"},
		{"count", "票数在揭晓时公布", "投票已截止，票数在揭晓时公布"},
		{"live", "榜单实时更新，最终结果以截止后核验为准", "投票已截止，结果可在散场后扫码核验"},
	} {
		v.fire("open-" + c.seen)
		screen.WaitFor(c.seen+" open", foot+" === '"+c.open+"' && "+join+" === '扫码投票'", 30*time.Second)
		screen.keep("vote-" + c.seen)
		screen.none("something of "+c.seen+" is not on the wall", outside("h1, .state, .ring, .join, .turnout, .voters"))
		screen.none("something of "+c.seen+" is over another", overlaps("h1, .state, .race li:not(.out)", "h1, .state, .join, .ring, .race li:not(.out)"))
		if c.seen == "live" {
			break
		}
		v.fire("close-" + c.seen)
		screen.WaitFor(c.seen+" closed", foot+" === '"+c.closed+"' && !document.querySelector('.join') && "+call+".includes('投票已截止') && !"+call+".includes('请投票')", 30*time.Second)
	}
	net.Silence()
	screen.WaitFor("word of the silence", `document.querySelector('.stale-mark') && /数据截至 \d\d:\d\d:\d\d$/.test(document.querySelector('.stale-mark').textContent)`, 30*time.Second)
	screen.keep("vote-stale")
	screen.none("a mark over something", overlaps(".stale-mark", "h1, .state, .race li, .join, .ring"))
	if grey := get[bool](screen, `(() => { const c = (s) => getComputedStyle(document.querySelector(s)); return c('.ring .arc').stroke !== 'rgb(127, 227, 255)' && c('.ring b').color === c('.vote-scene header .muted').color; })()`); !grey {
		t.Error("the ring of a stale screen is not grey")
	}
	net.Restore()
	screen.WaitFor("news", `!document.querySelector('.stale-mark')`, 40*time.Second)
	v.fire("close-live")
	screen.WaitFor("the close", foot+" === '投票已截止，结果可在散场后扫码核验' && !document.querySelector('.join')", 30*time.Second)
}

// TestWallOfDanmaku: lines stay in the top of the picture, above title and code,
// and are on no other scene; a notice makes room for itself on each of them.
func TestWallOfDanmaku(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 5, nil)
	v.plan(
		cue("idle", false, scene("idle"), act("danmaku", "mode", "open")),
		cue("title", false, scene("title")),
		cue("podium", false, scene("podium")),
		cue("card", false, act("entry", "entry", v.entries[0]), act("timer", "label", "项目展示", "seconds", 600), scene("entry")))
	screen := b.Open("screen", v.linkTo("screen/main", "screen", "main"), 1920, 1080)
	say := func(text string) {
		phone := v.phone()
		phone.Do("POST", "/v1/danmaku/final", object{"text": text, "name": ""}, nil)
	}
	for _, name := range []string{"idle", "title"} {
		v.fire(name)
		screen.WaitFor("the scene", `document.querySelector('[data-scene="`+name+`"] canvas.flying')`, 30*time.Second)
		eventually(t, "lines that fly", func() bool { // said again where they were gone before anybody looked
			for range 3 {
				say("这一行足够长，好让它在画面上飞一阵子，谁也不会看漏了它的样子")
			}
			return get[bool](screen, `(async () => {
				for (const end = Date.now() + 5000; Date.now() < end; await new Promise((f) => setTimeout(f, 50))) {
					const c = document.querySelector('canvas.flying');
					if (c.width > 300 && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((x) => x)) return true;
				}
				return false;
			})()`)
		})
		screen.keep("danmaku-" + name)
		low := get[float64](screen, `(() => {
			const c = document.querySelector('canvas.flying'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
			let last = 0;
			for (let i = 3; i < d.length; i += 4) if (d[i]) last = i;
			const top = Math.min(...[...document.querySelectorAll('h1, .join, .kicker')].map((x) => x.getBoundingClientRect().top));
			return Math.floor(last / 4 / c.width) / c.height * 1080 - top;
		})()`)
		if low > 0 {
			t.Errorf("%s: lines reach %.0f px below the highest word or code", name, low)
		}
	}
	for _, name := range []string{"podium", "card"} {
		v.fire(name)
		screen.WaitFor("the scene", `document.querySelector('.stage') && !document.querySelector('canvas.flying')`, 30*time.Second)
	}
	v.command(object{"kind": "notice", "text": "请各位来宾不要离席"})
	screen.WaitFor("the notice", `document.querySelector('.notice')`, 30*time.Second)
	screen.keep("entry-notice")
	screen.none("a notice over something", overlaps(".notice", "h1, .team, .units, .summary, .clock, .foot span"))
	desk := v.deskAt(b, 1440, 900)
	desk.WaitFor("nobody in the hall", `document.querySelector('.crowd b') && document.querySelector('.crowd b').textContent === '0'`, 30*time.Second)
	b.Open("live", v.url+"/live/final", 390, 844)
	desk.WaitFor("one phone", `document.querySelector('.crowd b').textContent === '1'`, 30*time.Second)
}
