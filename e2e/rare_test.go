package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/access"
	"hecai/needtest"
)

// dejaVuOnly makes programs started from here see no fonts but DejaVu, as on a
// machine that was never set up for Chinese.
func dejaVuOnly(t *testing.T) {
	t.Helper()
	fonts, _ := filepath.Glob("/usr/share/fonts/truetype/dejavu/DejaVuSans*.ttf")
	if len(fonts) == 0 {
		needtest.Missing(t, "the DejaVu fonts are not installed")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "fonts.conf")
	text := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>` +
		`<dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>` + dir + `</cachedir></fontconfig>`
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FONTCONFIG_FILE", conf)
}

// unseen lists the characters of an element's text that show as the box of a
// missing one, drawn with the fonts that the page has loaded for it.
func (p *Page) unseen(selector string) string {
	p.t.Helper()
	return get[string](p, fmt.Sprintf(`(async () => {
		await document.fonts.ready;
		const el = document.querySelector(%q), style = getComputedStyle(el);
		const draw = (s) => {
			const c = document.createElement('canvas'), g = c.getContext('2d', { willReadFrequently: true });
			c.width = 80; c.height = 80;
			g.font = style.fontWeight + ' 60px ' + style.fontFamily;
			g.fillText(s, 5, 65);
			return g.getImageData(0, 0, 80, 80).data.join();
		};
		const box = draw('\u{10fffd}'), empty = draw(' ');
		return [...el.textContent].filter((s) => s.trim() && [box, empty].includes(draw(s))).join('');
	})()`, selector))
}

// TestRareCharactersOnTheScreen is "rare-characters-on-the-screen": a screen
// without any Chinese font draws the entry that is shown, with what the program
// brings.
func TestRareCharactersOnTheScreen(t *testing.T) {
	dejaVuOnly(t)
	b := newBrowser(t)
	h := openHouse(t, nil)
	entry := object{"code": "r001", "title": "𠮷田䶮智慧气象Ⅲ期项目", "track": "气象服务", "direction": "1",
		"team": "王㛃·𬭎·𨱏团队", "lead": "示例㮾单位α", "summary": "示例"}
	var reply struct{ Notices mistakes }
	h.org.Do("POST", "/v1/admin/entries", object{"rows": []object{entry}}, &reply)
	if len(reply.Notices) > 0 {
		t.Errorf("told to look at %q", reply.Notices.at())
	}
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例", "cues": []object{
		{"id": "a", "title": "示例", "actions": []object{{"kind": "entry", "entry": "r001"}, {"kind": "scene", "scene": "entry"}}}}}, nil)
	var desk struct{ Rev int64 }
	h.org.Do("GET", "/v1/stage/final/desk", nil, &desk)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "next", "rev": desk.Rev}, nil)
	var link struct{ URL string }
	h.org.Do("POST", "/v1/admin/links", object{"role": access.Screen, "name": "main", "session": "final"}, &link)
	p := b.Open("screen", h.url+link.URL[strings.Index(link.URL, "/screen/"):], 1920, 1080)
	p.WaitFor("the entry", `document.querySelector('[data-scene="entry"] h1') && document.querySelector('[data-scene="entry"]').innerText.includes('㛃')`, 20*time.Second)
	p.shot("screen-rare")
	p.WaitFor("its fonts", `document.fonts.status === 'loaded'`, 20*time.Second)
	if missing := p.unseen(`[data-scene="entry"]`); missing != "" {
		t.Errorf("empty boxes for %q", missing)
	}
	// The same finds what is not there.
	get[bool](p, `(() => { const e = document.createElement('p'); e.id = 'none'; e.textContent = '吉\u{f0000}林'; document.body.append(e); return true; })()`)
	if missing := p.unseen("#none"); missing != "\U000f0000" {
		t.Errorf("of a text with one character that no font has, %q is missing", missing)
	}
}
