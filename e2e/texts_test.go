package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hecai/access"
	"hecai/server/node"
)

// onBothEngines runs the test on SQLite and on a real PostgreSQL.
func onBothEngines(t *testing.T, test func(t *testing.T, h *house)) {
	t.Run("sqlite", func(t *testing.T) { test(t, openHouse(t, nil)) })
	t.Run("postgres", func(t *testing.T) {
		database := startPostgres(t).Database(t)
		test(t, openHouse(t, func(c *node.Config) { c.Database = database }))
	})
}

// texts are the requests that write texts, each with a body that is taken as it
// is, and who sends it.
func (h *house) texts() []permission {
	entries := importEntries(h.org, 3)
	row := object{"code": "n9", "title": "示例新项目", "track": "气象服务", "direction": "1", "team": "示例新队", "lead": "示例新单位",
		"partners": "示例甲", "summary": "示例"}
	return []permission{
		{"POST", "/v1/admin/entries", object{"rows": []any{row}}, organiser, "ok"},
		{"POST", "/v1/admin/entries/" + entries[0] + "/state", object{"state": "withdrawn", "reason": "示例原因"}, organiser, "ok"},
		{"POST", "/v1/admin/judges", []any{object{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, organiser, "ok"},
		{"POST", "/v1/admin/ballots", object{"id": "b9", "title": "示例选票", "session": "final", "visibility": "count",
			"quota": object{"window": "ballot", "max": 1}}, organiser, "ok"},
		{"POST", "/v1/admin/staff", object{"name": "示例导演", "roles": []any{"director"}}, organiser, "ok"},
		{"POST", "/v1/admin/links", object{"role": "host", "name": "示例主持", "session": "final"}, organiser, "ok"},
		{"POST", "/v1/admin/cameras", object{"session": "final", "name": "cam9", "label": "示例机位"}, organiser, "ok"},
		{"POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例通知"}, directing, "ok"},
		{"POST", "/v1/stage/final/commands", object{"kind": "hide", "text": "示例原因"}, directing, ""},
		{"POST", "/v1/danmaku/final", object{"text": "示例弹幕", "name": "示例"}, phones, ""},
		{"PUT", "/v1/judge/sheets/" + entries[0], object{"rev": 0, "marks": object{}, "comment": "示例评语"}, jurors, ""},
		{"POST", "/v1/judge/sheets/" + entries[0] + "/recuse", object{"reason": "示例原因"}, jurors, ""},
	}
}

// leaves calls f for each text in a JSON value, with the value that has another
// in its place.
func leaves(v any, path string, f func(path string, put func(string) any)) {
	switch v := v.(type) {
	case string:
		f(path, func(s string) any { return s })
	case []any:
		for i, item := range v {
			leaves(item, path+"["+strconv.Itoa(i)+"]", func(path string, put func(string) any) {
				f(path, func(s string) any {
					out := slices.Clone(v)
					out[i] = put(s)
					return out
				})
			})
		}
	case object:
		for key, item := range v {
			sub := key
			if path != "" {
				sub = path + "." + key
			}
			leaves(item, sub, func(path string, put func(string) any) {
				f(path, func(s string) any {
					out := maps.Clone(v)
					out[key] = put(s)
					return out
				})
			})
		}
	}
}

func generic(v any) (out any) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err)
	}
	return objects(out)
}

// objects makes the maps of a decoded value objects.
func objects(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = objects(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = objects(v[k])
		}
		return object(v)
	}
	return v
}

// TestNoControlCharacterComesIn is "names-with-control-characters": whichever
// text of whichever request holds one is refused with the field's name, on both
// engines, and so is every parameter of an address. The requests are those of the
// permission matrix, and a field that no request has yet: a new route or a new
// field is held to the same.
func TestNoControlCharacterComesIn(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, h *house) {
		h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
		people := h.people()
		who := func(p permission) *Client {
			if len(p.who) > 0 {
				return people[p.who[0]]
			}
			return people[access.Organiser]
		}
		refused := func(p permission, path string, body any, field string) {
			t.Helper()
			err := who(p).Try(p.method, path, body, nil)
			e, ok := err.(*apiError)
			if !ok || e.Status != 400 || e.Code != "text.control_character" || e.Args["field"] != field {
				t.Errorf("%s %s with a control character in %s: %v", p.method, path, field, err)
			} else {
				wantText(t, e.Code, e.Args)
			}
		}
		tried := 0
		for _, p := range append(h.texts(), matrix...) {
			ownBody := strings.HasSuffix(p.path, "/entries/import") || strings.HasPrefix(p.path, "/v1/admin/rundown/") || !strings.HasPrefix(p.path, "/v1/")
			if p.body != nil && !ownBody && reads(who(p), p) {
				leaves(generic(p.body), "", func(field string, put func(string) any) {
					refused(p, p.path, put("示\x00例"), field)
					refused(p, p.path, put("示\x1b例"), field)
					tried += 2
				})
				refused(p, p.path, object{"new": object{"field": []string{"\x00"}}}, "new.field[0]")
			}
			path, query, _ := strings.Cut(p.path, "?")
			for i, part := range strings.Split(path, "/") {
				if i > 2 && isParameter(p, i) {
					parts := strings.Split(path, "/")
					parts[i] = "%00" + part
					err := who(p).Try(p.method, strings.Join(parts, "/"), p.body, nil)
					if e, ok := err.(*apiError); !ok || e.Status >= 500 || e.Code != "text.control_character" && e.Code != "http.not_found" {
						t.Errorf("%s %s: %v", p.method, strings.Join(parts, "/"), err)
					}
					tried++
				}
			}
			for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' }) {
				name, _, _ := strings.Cut(pair, "=")
				refused(p, path+"?"+name+"="+url.QueryEscape("a\x00"), p.body, name)
				refused(p, path+"?"+name+"=%ff", p.body, name)
				tried += 2
			}
		}
		if tried < 100 {
			t.Errorf("only %d texts were tried", tried)
		}
		t.Logf("%d texts and parameters", tried)
	})
}

// reads reports whether the request's handler reads its body: some actions have
// nothing to say, and their handlers never look.
func reads(c *Client, p permission) bool {
	e, ok := c.raw(p.method, p.path, "application/json", strings.NewReader("{"), nil).(*apiError)
	return ok && e.Code == "http.malformed"
}

// isParameter reports whether part i of the path is a parameter of its route.
func isParameter(p permission, i int) bool {
	table, err := os.ReadFile("../server/httpd/routes.go")
	if err != nil {
		panic(err)
	}
	path, _, _ := strings.Cut(p.path, "?")
	for _, r := range routeRow.FindAllStringSubmatch(string(table), -1) {
		parts := strings.Split(r[2], "/")
		if r[1] == p.method && covers(shape(r[2]), path) && i < len(parts) && strings.HasPrefix(parts[i], ":") {
			return true
		}
	}
	return false
}

// TestNothingUnseenIsKept: a text that turns the reading direction or holds what
// shows as nothing is kept without it or refused, whoever writes it, on both
// engines; nothing that is read back has it.
func TestNothingUnseenIsKept(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, h *house) {
		h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
		people := h.people()
		for i, p := range h.texts() {
			leaves(generic(p.body), "", func(field string, put func(string) any) {
				for _, unseen := range []string{"\u202e", "\u2067", "\u200b", "\ufeff", "\u2060"} {
					err := people[p.who[0]].Try(p.method, p.path, put(fmt.Sprintf("示%s例%d", unseen, i)), nil)
					if e, ok := err.(*apiError); err != nil && (!ok || e.Status >= 500) {
						t.Errorf("%s %s with %+q in %s: %v", p.method, p.path, unseen, field, err)
					}
				}
			})
			if p.says == "ok" { // as it is, with one in each text
				turned := generic(p.body)
				raw, _ := json.Marshal(turned)
				body := json.RawMessage(strings.ReplaceAll(string(raw), "示例", "\u202e示\u200b例"))
				people[p.who[0]].Do(p.method, p.path, body, nil)
			}
		}
		for _, path := range []string{"/v1/admin/entries", "/v1/admin/judges", "/v1/admin/ballots", "/v1/admin/staff", "/v1/admin/links",
			"/v1/admin/cameras?session=final", "/v1/stage/final", "/v1/stage/final/desk", "/v1/stage/final/facts", "/v1/ballots/b9"} {
			var back any
			h.org.Do("GET", path, nil, &back)
			raw, _ := json.Marshal(back)
			if strings.ContainsAny(string(raw), "\u202e\u2067\u200b\ufeff\u2060") {
				t.Errorf("%s has unseen characters: %+q", path, raw)
			}
			if path == "/v1/admin/judges" && !strings.Contains(string(raw), "示例评委") {
				t.Errorf("%s lacks the name: %s", path, raw)
			}
		}
	})
}

// TestNoControlCharacterInARundown puts one in each text of a rundown: each is
// refused by its path.
func TestNoControlCharacterInARundown(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, h *house) {
		cue := object{"id": "a", "title": "示例", "say": "示例", "plan": 5, "actions": []any{
			object{"kind": "scene", "scene": "title", "title": "示例", "text": "示例"}}}
		whole := object{"session": "final", "title": "示例", "cues": []any{cue}}
		leaves(generic(whole), "", func(field string, put func(string) any) {
			for _, bad := range []string{"\x00", "\u202e", "\u200b"} {
				err := h.org.Try("PUT", "/v1/admin/rundown/final", put("示"+bad+"例"), nil)
				if e, ok := err.(*apiError); !ok || e.Status != 400 {
					t.Errorf("%+q in %s: %v", bad, field, err)
				}
			}
		})
	})
}
