package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hecai/access"
	"hecai/contest"
	show "hecai/stage/cue"
	"hecai/vote"
)

// documents are the documents that a change is kept as, by the kind of thing.
var documents = map[string][]reflect.Type{
	"contest": {reflect.TypeFor[struct {
		Name     string `json:"name"`
		From, To contest.Date
	}]()},
	"entry": {reflect.TypeFor[contest.Entry](), reflect.TypeFor[struct {
		Left []string `json:"left"`
	}]()},
	"judge": {reflect.TypeFor[contest.Judge]()}, "session": {reflect.TypeFor[contest.Session]()}, "rundown": {reflect.TypeFor[show.Rundown]()},
	"ballot": {reflect.TypeFor[vote.Ballot]()}, "link": {reflect.TypeFor[access.Link]()}, "take": {reflect.TypeFor[contest.Take]()},
	"account": {reflect.TypeFor[access.Account](), reflect.TypeFor[struct {
		Expires int64 `json:"expires"`
	}]()},
	"camera": {reflect.TypeFor[struct {
		Label string `json:"label"`
	}]()},
	"ticket": {reflect.TypeFor[struct {
		Count int `json:"count"`
		Level int `json:"level"`
	}]()},
	"lineup": {reflect.TypeFor[[]string]()}, "panel": {reflect.TypeFor[[]string]()},
}

// silent are values that the office does not tell: keys, and what a row says anyhow.
var silent = strings.Fields(`account.id ballot.id ballot.no ballot.weight ballot.quota.tz ballot.options.no ballot.options.track ballot.options.entry
	entry.id judge.id link.id link.created link.createdBy link.last rundown.cues.id rundown.session session.id take.show take.session take.take`)

// paths lists the values of a document, as a change names them.
func paths(path string, of reflect.Type, out *[]string) {
	if len(*out) > 200 {
		panic("a document without end")
	}
	switch of.Kind() {
	case reflect.Slice:
		if path == "cues" || path == "options" { // which are known by an id: one more, one less, another order
			*out = append(*out, path, path+".order")
		}
		paths(path, of.Elem(), out)
	case reflect.Map: // of lines by moment, and of a scene's texts
		for _, key := range map[string][]string{"lines": {"mark", "trim", "score", "hold", "turn", "list", "board", "tally", "verify"}, "args": {"text"}}[path[strings.LastIndexByte(path, '.')+1:]] {
			paths(path+"."+key, of.Elem(), out)
		}
	case reflect.Struct:
		for i := range of.NumField() {
			f := of.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			if name != "-" {
				paths(strings.TrimPrefix(path+"."+name, "."), f.Type, out)
			}
		}
	default:
		*out = append(*out, path)
	}
}

// members are the values of which there are few, each of which has a word.
func members() map[string][]string {
	roles := func(list []access.Role) (out []string) {
		for _, r := range list {
			out = append(out, string(r))
		}
		return out
	}
	words := strings.Fields
	return map[string][]string{
		"account.roles": roles(access.StaffRoles[:]), "link.role": roles(access.LinkRoles[:]), "judge.sector": contest.Sectors(),
		"entry.state": words("qualified withdrawn disqualified"), "session.kind": words("prelim defence final ceremony salon roadshow other"),
		"ballot.state": words("draft armed open closed revealed"), "ballot.visibility": words("hidden count live"), "ballot.level": words("0 2"),
		"ballot.quota.window": words("ballot day"), "ballot.quota.change": words("true false"), "ticket.level": words("2"), "rundown.cues.lane": words("director host"),
		"rundown.cues.actions.kind":  words("scene entry timer timer_stop ballot_open ballot_close sheets_open sheets_lock seal reveal danmaku camera end"),
		"rundown.cues.actions.scene": words("idle title entry timer vote marks board list award podium verify message align"),
		"rundown.cues.actions.what":  words("marks board award tally verify"), "rundown.cues.actions.mode": words("off review open"), "rundown.cues.actions.entry": words("*"),
	}
}

// toldInWords asks the page for the words of every verb, every value and every member
// of a closed set, in both languages, and reads the whole record as it is drawn.
func toldInWords(t *testing.T, h *house, verbs []access.Verb) {
	b := newBrowser(t)
	values := map[string][]string{}
	for _, v := range verbs {
		noun, _, _ := strings.Cut(string(v), "/")
		if _, ok := documents[noun]; !ok {
			t.Errorf("of what %s is nobody says", v)
		}
	}
	for noun, types := range documents {
		for _, of := range types {
			var list []string
			paths("", of, &list)
			for _, path := range list {
				if !strings.Contains(" "+strings.Join(silent, " ")+" ", " "+noun+"."+path+" ") {
					values[noun] = append(values[noun], path)
				}
			}
		}
	}
	v := &venue{house: h}
	o := v.adminAt(b, 1440, 900)
	asked, err := json.Marshal(map[string]any{"verbs": verbs, "values": values, "closed": members()})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} { // the changes are read in Chinese, where no English word may stand
		o.Go(v.url + "/admin?lang=" + lang + "#changes")
		o.WaitFor("the record", `document.querySelector('#changes tbody tr')`, 30*time.Second)
		bare := get[string](o.Page, fmt.Sprintf(`import(performance.getEntriesByType('resource').map((x) => x.name).find((x) => x.includes('admin/told'))).then((told) => {
			const asked = %s, bare = [], english = (x) => %q === 'zh' && /[A-Za-z_]{2}/.test(x);
			const look = (what, x) => { if (!x || english(x) || /^[a-z]+[./_]/.test(x)) bare.push(what + ': ' + x); };
			for (const verb of asked.verbs) for (const fresh of [true, false]) look(verb, told.verbText({ verb, new: fresh }));
			for (const [noun, list] of Object.entries(asked.values)) for (const path of list) look(noun + ' ' + path, told.pathText(noun, path));
			for (const [at, list] of Object.entries(asked.closed)) for (const v of list) {
				const [noun, ...path] = at.split('.'), x = told.valueText(noun, path.join('.'), [v], '');
				look(at + ' ' + v, x === v && %q === 'zh' && at !== 'judge.sector' ? '' : x);
			}
			for (const at of ['opensAt', 'closesAt', 'openedAt', 'deadline']) if (!/^\d{4}-\d\d-\d\d \d\d:\d\d/.test(told.valueText('ballot', at, ['1725580800000'], ''))) bare.push(at);
			return bare.join('\n');
		})`, asked, lang, lang))
		if bare != "" {
			t.Errorf("%s: without words:\n%s", lang, bare)
		}
	}
	o.WaitFor("the whole record", `(() => { const more = document.querySelector('#changes-older, [data-more]'); if (more) more.click(); return !more; })()`, 30*time.Second)
	left := get[string](o.Page, `[...document.querySelectorAll('#changes tbody tr')].flatMap((r) => [...r.querySelectorAll('td:nth-child(3), td:nth-child(5) .muted, td:nth-child(5) del, td:nth-child(5) ins')].map((x) => x.textContent)
		.filter((x) => /\d{10}|[a-z]+[A-Z]|[a-z_]{3}/.test(x.replace(/\b(organiser|\d*e\d+|main)\b/g, ''))).map((x) => r.dataset.verb + ': ' + x)).join('\n')`)
	if left != "" {
		t.Errorf("not told in words:\n%s", left)
	}
	o.see("changes-words")
}
