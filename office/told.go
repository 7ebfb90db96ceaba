package office

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hecai/access"
	"hecai/contest"
)

// A change is kept as two documents. For people it is a list of what is another now,
// with the names of what the documents know by id.

// mostText bounds one text of a change, in runes.
const mostText = 160

// Part is a value that is another now.
type Part struct {
	Path   string   `json:"path"`   // of the value, whichever of several it is in: "title", "cues.actions.seconds"; "" = the thing itself
	In     []Place  `json:"in"`     // which of several it is in, outermost first
	Before []string `json:"before"` // one or several; none = there was none
	After  []string `json:"after"`
}

// Place is one of several.
type Place struct {
	Name string `json:"name"` // what it is called; "" = by its number
	No   int    `json:"no"`   // from 1
}

// known are the names of a contest, by id.
type known struct {
	entries  map[string]string
	judges   map[string]string
	ballots  map[string]string
	sessions map[string]string
	cameras  map[string]string // by session and name: "final/main"
	awards   map[string]string
	tracks   map[string]contest.Track
}

// field and object are a JSON object in the order of its writer.
type field struct {
	name  string
	value any
}

type object []field

func (o object) get(name string) any {
	for _, f := range o {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

func (o object) text(name string) string { return plainly(o.get(name)) }

// read decodes a document; nil is what is none.
func read(raw json.RawMessage) any {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := next(dec)
	if err != nil {
		return nil
	}
	return v
}

func next(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		out := object{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := next(dec)
			if err != nil {
				return nil, err
			}
			out = append(out, field{fmt.Sprint(name), v})
		}
		_, err = dec.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for dec.More() {
			v, err := next(dec)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err = dec.Token()
		return out, err
	}
	return token, nil
}

// nounOf is what the documents of a verb are of.
func nounOf(v access.Verb) string {
	switch v {
	case access.SetEntries:
		return "lineup"
	case access.SetPanel:
		return "panel"
	}
	noun, _, _ := strings.Cut(string(v), "/")
	return noun
}

// untold are values that say nothing to people, by the kind of thing: keys, and what a
// change says anyhow.
var untold = map[string][]string{
	"account": {"id"}, "entry": {"id"}, "judge": {"id"}, "session": {"id"},
	"ballot": {"id", "no", "weight", "quota.tz", "options.no", "options.track", "options.entry"},
	"link":   {"id", "created", "createdBy", "last"}, "rundown": {"cues.id", "session"}, "take": {"show", "session", "take"},
}

// teller compares two documents.
type teller struct {
	noun  string
	home  string // the session that names of cameras are of
	names known
	parts []Part
}

func (t *teller) put(path string, in []Place, was, is []string) {
	if !slices.Equal(was, is) {
		t.parts = append(t.parts, Part{path, append([]Place{}, in...), append([]string{}, was...), append([]string{}, is...)})
	}
}

// compare tells what differs. of is the object that the values are of, which says
// what a name in it is the name of.
func (t *teller) compare(path string, in []Place, of object, was, is any) {
	wasObject, a := was.(object)
	isObject, b := is.(object)
	wasList, c := was.([]any)
	isList, d := is.([]any)
	switch {
	case path == "" && a && d: // one before, several after; an import counts them
		t.list(path, in, []any{was}, isList)
	case path == "" && c && b:
		t.list(path, in, wasList, []any{is})
	case a || b:
		t.object(path, in, wasObject, isObject)
	case c || d:
		t.list(path, in, wasList, isList)
	case is == nil || was == nil: // what is new or gone has nothing where it has zero
		t.put(path, in, t.texts(path, of, something(was)), t.texts(path, of, something(is)))
	default:
		t.put(path, in, t.texts(path, of, was), t.texts(path, of, is))
	}
}

func something(v any) any {
	if text := plainly(v); text == "0" || text == "false" {
		return nil
	}
	return v
}

func (t *teller) object(path string, in []Place, was, is object) {
	of := is
	if of == nil {
		of = was
	}
	names := []string{}
	for _, f := range append(append(object{}, is...), was...) {
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	for _, name := range names {
		under := strings.TrimPrefix(path+"."+name, ".")
		if !slices.Contains(untold[t.noun], under) {
			t.compare(under, in, of, was.get(name), is.get(name))
		}
	}
}

// list compares several things: those that have an id by their id, others by their
// place. Plain values are one value.
func (t *teller) list(path string, in []Place, was, is []any) {
	all := append(slices.Clone(was), is...)
	if !slices.ContainsFunc(all, func(v any) bool { _, ok := v.(object); return ok }) {
		t.put(path, in, t.each(path, was), t.each(path, is))
		return
	}
	if slices.ContainsFunc(all, func(v any) bool { return keyOf(v) == "" }) {
		for i := range max(len(was), len(is)) {
			var a, b any
			if i < len(was) {
				a = was[i]
			}
			if i < len(is) {
				b = is[i]
			}
			t.compare(path, append(slices.Clone(in), Place{No: i + 1}), nil, a, b)
		}
		return
	}
	find := func(list []any, key string) any {
		if i := slices.IndexFunc(list, func(v any) bool { return keyOf(v) == key }); i >= 0 {
			return list[i]
		}
		return nil
	}
	var wasOrder, isOrder, come, gone []string
	for _, v := range is {
		if had := find(was, keyOf(v)); had != nil {
			isOrder = append(isOrder, t.called(v))
			t.compare(path, append(slices.Clone(in), Place{Name: t.called(v)}), nil, had, v)
		} else {
			come = append(come, t.called(v))
		}
	}
	for _, v := range was {
		if has := find(is, keyOf(v)); has != nil {
			wasOrder = append(wasOrder, t.called(has))
		} else {
			gone = append(gone, t.called(v))
		}
	}
	t.put(path, in, nil, most(come))
	t.put(path, in, most(gone), nil)
	if path != "" && !slices.Equal(wasOrder, isOrder) { // what was done to several at once is in no order
		t.parts = append(t.parts, Part{path + ".order", append([]Place{}, in...), most(wasOrder), most(isOrder)})
	}
}

// most cuts a list of names: a whole import would fill the page.
func most(names []string) []string {
	if len(names) > mostParts {
		return append(slices.Clone(names[:mostParts]), "…")
	}
	return names
}

// keyOf is what one of several is known by.
func keyOf(v any) string {
	o, _ := v.(object)
	if id := o.text("id"); id != "" {
		return id
	}
	if len(o) > 0 && o.text("no") != "" {
		return o.text("entry") // an option of a ballot
	}
	return ""
}

// called is what people call a thing.
func (t *teller) called(v any) string {
	o, _ := v.(object)
	return short(cmp.Or(o.text("title"), o.text("name"), o.text("label"), t.names.entries[o.text("entry")], keyOf(o)))
}

func (t *teller) each(path string, list []any) (out []string) {
	for _, v := range list {
		out = append(out, t.texts(path, nil, v)...)
	}
	return out
}

// texts is a plain value for people: by its name, where it is an id.
func (t *teller) texts(path string, of object, v any) []string {
	text := plainly(v)
	if text == "" {
		return nil
	}
	n := t.names
	named := ""
	switch last := path[strings.LastIndexByte(path, '.')+1:]; {
	case path == "" && t.noun == "lineup", last == "entry":
		named = n.entries[text]
	case path == "" && t.noun == "panel":
		named = n.judges[text]
	case last == "ballot", last == "left":
		named = n.ballots[text]
	case last == "session", last == "reveals", last == "joins":
		named = n.sessions[text]
	case last == "camera":
		named = n.cameras[t.home+"/"+text]
	case last == "award":
		named = n.awards[text]
	case last == "track":
		named = n.tracks[text].Name
	case last == "direction":
		no, _ := strconv.Atoi(text)
		for _, d := range n.tracks[of.text("track")].Directions {
			if d.No == no {
				named = d.Title
			}
		}
	case t.noun == "link" && last == "name":
		named = n.holder(of)
	}
	return []string{short(cmp.Or(named, text))}
}

// holder is who has a link.
func (n known) holder(link object) string {
	name := link.text("name")
	switch access.Role(link.text("role")) {
	case access.Judge:
		return cmp.Or(n.judges[name], name)
	case access.Broadcaster:
		return cmp.Or(n.cameras[link.text("session")+"/"+name], name)
	}
	return name
}

// plainly is a plain value as text; what is not there and what is empty are the same.
func plainly(v any) string {
	switch v := v.(type) {
	case nil, object, []any:
		return ""
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

func short(text string) string {
	if r := []rune(text); len(r) > mostText {
		return string(r[:mostText]) + "…"
	}
	return text
}
