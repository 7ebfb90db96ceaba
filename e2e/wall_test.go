package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestWallOfMarks: every number of judges that a panel may have fits the wall,
// sits in the order of its seats, and keeps its names and marks readable.
func TestWallOfMarks(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for _, n := range []int{5, 8, 9, 15, 21} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			v := openVenue(t, 1, n, nil)
			e := v.entries[0]
			v.plan(
				cue("open", false, act("entry", "entry", e), act("timer", "label", "评委打分", "seconds", 60), act("sheets_open", "entry", e), scene("marks")),
				cue("lock", false, act("sheets_lock", "entry", e)),
				cue("marks", false, act("reveal", "what", "marks", "entry", e)))
			screen := b.Open("screen", v.linkTo("screen/main", "screen", "main"), 1920, 1080)
			v.fire("open")
			screen.WaitFor("the tiles", fmt.Sprintf(`document.querySelectorAll('.tiles li').length === %d`, n), 10*time.Second)
			for i, j := range v.judges {
				v.score(j, v.entries, func(int) int {
					if i == n-1 {
						return 10000
					}
					return 8412 + 71*i
				})
			}
			v.fire("lock", "marks")
			screen.WaitFor("the score", `document.querySelector('[data-score]') && document.querySelector('[data-score]').textContent === document.querySelector('[data-score]').dataset.score`, 10*time.Second)
			screen.keep(fmt.Sprintf("marks-%02d", n))
			screen.none("parts that are cut", outside(".tiles li, .tiles li *, .mean b, .marks-scene h1"))
			screen.none("tiles on one another or on words", overlaps(".tiles li", ".tiles li, .mean b, .marks-scene h1, .foot span, .kicker"))
			screen.none("marks wider than their tile", `[...document.querySelectorAll('.tiles b')].filter((x) => x.scrollWidth > x.parentNode.clientWidth).map((x) => x.textContent)`)
			screen.none("names that are cut", `[...document.querySelectorAll('.tiles small')].filter((x) => x.scrollHeight > x.clientHeight + 2).map((x) => x.textContent)`)
			screen.none("type that is too small", `[...document.querySelectorAll('.tiles small, .tiles em')].filter((x) => x.textContent && parseFloat(getComputedStyle(x).fontSize) < 25.9).map((x) => x.textContent)`)
			screen.none("judges out of their seats", `[...document.querySelectorAll('.tiles small')].map((x) => x.textContent).filter((x, i) => Number(x.slice(-2)) !== i + 1)`)
			if text := get[string](screen, `document.querySelector('.foot').textContent`); text != "" {
				t.Errorf("the foot of a show with real entries says %q", text)
			}
		})
	}
}

// TestWallOfBoards: a board of any length turns readable pages, all screens the
// same one.
func TestWallOfBoards(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	pages := 5
	if raced {
		pages = 2 // six hundred sheets take minutes there
	}
	v := openVenue(t, 24*pages, 5, nil)
	v.plan(
		cue("sheets", false, act("sheets_open", "entry", "*")),
		cue("lock", false, act("sheets_lock", "entry", "*")),
		cue("seal", true, act("seal")),
		cue("board", true, scene("board"), act("reveal", "what", "board", "label", "总成绩榜", "from", 11)),
		cue("list", true, scene("list"), act("reveal", "what", "award", "award", "excellence")))
	v.fire("sheets")
	for i, j := range v.judges {
		v.score(j, v.entries, func(e int) int { return 5000 + 37*e + i })
	}
	v.fire("lock", "seal", "board")
	screen := b.Open("screen", v.linkTo("screen/main", "screen", "main"), 1920, 1080)
	other := b.Open("screen2", v.linkTo("screen/side", "screen", "side"), 1280, 720)
	seen := map[string]bool{}
	const page = `(document.querySelector('[data-page]') || {dataset: {}}).dataset.page || ''`
	for range pages {
		screen.WaitFor("another page", fmt.Sprintf(`(() => { const p = %s; return p && !%s.includes(p); })()`, page, list(seen)), 40*time.Second)
		now := get[string](screen, page)
		seen[now] = true
		other.WaitFor("the same page", page+" === '"+now+"'", 12*time.Second)
		screen.keep("board-page-" + now)
		screen.none("word of a lost network", `[...document.querySelectorAll('.stale-mark')].map((x) => x.textContent)`)
		screen.none("rows that are cut", outside("[data-score-row], [data-score-row] .place, [data-score-row] > b, .board-scene h1, .of"))
		screen.none("names that are cut", `[...document.querySelectorAll('[data-score-row] .name')].filter((x) => x.scrollHeight > x.clientHeight + 12 || x.clientWidth < 200).map((x) => x.textContent)`)
		if n := get[int](screen, `document.querySelectorAll('[data-score-row]').length`); n != 24 {
			t.Errorf("page %s has %d rows", now, n)
		}
	}
	v.fire("list")
	screen.WaitFor("the list", `document.querySelectorAll('[data-award-entry]').length > 0`, 10*time.Second)
	screen.keep("list")
	screen.none("winners that are cut", outside("[data-award-entry]"))
	v.command(object{"kind": "notice", "text": "请各位来宾不要离席：颁奖之后在大厅合影，随后由工作人员引导各代表队按分区离场，随身物品请妥善保管，谢谢大家的配合与支持！返程大巴将在二十点三十分准时从东门出发，请携带好证件。"})
	screen.WaitFor("the notice", `document.querySelector('.notice')`, 10*time.Second)
	screen.keep("list-notice")
	screen.none("a notice over a result", overlaps(".notice", "[data-award-entry], .award-name, .foot span, .pages"))
	screen.none("a notice that is cut", `[...document.querySelectorAll('.notice span')].filter((x) => x.scrollHeight > x.clientHeight + 12).map((x) => x.textContent)`)
}

// list is the keys as a JavaScript array.
func list(m map[string]bool) string {
	out := "["
	for k := range m {
		out += "'" + k + "',"
	}
	return out + "]"
}
