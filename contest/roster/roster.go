// Package roster imports lists of entries: it tells what a list would add and
// change, and everything that is wrong with it, by line. Nothing is applied here.
package roster

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hecai/contest"
	"hecai/strict"
)

// Import tells what importing the rows would do to the existing entries:
// which would be added, changed or stay the same, and everything that is wrong,
// by line. Nothing is applied here, and with any problem nothing may be. A row
// finds its entry by code or, without one, by title and lead unit; entries that
// no row names stay as they are. New entries get the next numbers and codes, in
// the order of the rows, and are qualified. Names and codes are compared as Fold
// makes them: what looks the same is the same.
func Import(plan *contest.Plan, existing []contest.Entry, rows []Row) Preview {
	im := &importer{
		plan: plan, byID: make(map[string]contest.Entry), byName: make(map[string]contest.Entry), byTeam: make(map[string]contest.EntryID),
		taken:    make(map[string]bool),
		lineOfID: make(map[string]int), lineOfTeam: make(map[string]int), lineOfName: make(map[string]int),
		titles: make(map[string]look), teams: make(map[string]look),
	}
	for _, e := range existing {
		im.titles[contest.Fold(e.Title)], im.teams[contest.Fold(e.Team)] = look{e.ID, e.Lead}, look{e.ID, e.Lead}
		im.byID[idKey(e.ID)], im.byName[nameKey(e)], im.byTeam[teamKey(e)] = e, e, e.ID
		im.lastNo, im.lastOrder = max(im.lastNo, e.No), max(im.lastOrder, e.Order)
	}
	im.preview = Preview{Add: []contest.Entry{}, Change: []Change{}, Same: []contest.EntryID{}, Problems: []strict.Problem{}, Notices: []strict.Problem{}}
	for _, row := range rows {
		if key := contest.Fold(row.Code); key != "" {
			im.taken[key] = true
		}
	}
	for _, row := range rows {
		im.row(row)
	}
	return im.preview
}

type importer struct {
	plan      *contest.Plan
	byID      map[string]contest.Entry // by idKey
	byName    map[string]contest.Entry // by title and lead
	byTeam    map[string]contest.EntryID
	taken     map[string]bool // codes named in the rows, by idKey
	lastNo    int
	lastOrder int

	lineOfID   map[string]int
	lineOfTeam map[string]int
	lineOfName map[string]int
	titles     map[string]look // by folded title
	teams      map[string]look // by folded name of the team
	preview    Preview
}

func idKey(id contest.EntryID) string { return contest.Fold(string(id)) }
func nameKey(e contest.Entry) string  { return contest.Fold(e.Title) + "\x00" + contest.Fold(e.Lead) }
func teamKey(e contest.Entry) string  { return contest.Fold(e.Team) + "\x00" + contest.Fold(e.Lead) }

// row judges one row. A row with a problem is neither added nor changed.
func (im *importer) row(row Row) {
	before := len(im.preview.Problems)
	e := im.read(row)
	old, found := im.byID[idKey(e.ID)]
	if e.ID == "" {
		old, found = im.byName[nameKey(e)]
	}
	if found {
		e.ID = old.ID
	}
	im.duplicates(row, e)
	im.clashes(row, e)
	im.lookalikes(row, e)
	if len(im.preview.Problems) > before || row.Wrong {
		return
	}
	if !found {
		im.add(e)
		return
	}
	e.No, e.Order, e.State, e.Sample = old.No, old.Order, old.State, old.Sample
	if row.Keep.Partners {
		e.Partners = old.Partners
	}
	if row.Keep.Summary {
		e.Summary = old.Summary
	}
	if diffs := im.diff(old, e); len(diffs) > 0 {
		im.preview.Change = append(im.preview.Change, Change{Line: row.Line, Entry: e, Fields: diffs})
		return
	}
	im.preview.Same = append(im.preview.Same, e.ID)
}

func (im *importer) add(e contest.Entry) {
	im.lastNo++
	im.lastOrder++
	e.No, e.Order, e.State = im.lastNo, im.lastOrder, contest.Qualified
	for n := e.No; e.ID == ""; n++ {
		id := contest.EntryID(fmt.Sprintf("e%03d", n))
		if _, used := im.byID[idKey(id)]; !used && !im.taken[idKey(id)] {
			e.ID = id
			im.taken[idKey(id)] = true
		}
	}
	im.preview.Add = append(im.preview.Add, e)
}

func (im *importer) problem(row Row, column, code string, args map[string]any) {
	im.preview.Problems = append(im.preview.Problems, strict.Problem{Path: column, Line: row.Line, Code: code, Args: args})
}

func (im *importer) notice(row Row, column, code string, args map[string]any) {
	im.preview.Notices = append(im.preview.Notices, strict.Problem{Path: column, Line: row.Line, Code: code, Args: args})
}

// read turns the row's texts into an entry and notes what can't be.
func (im *importer) read(row Row) contest.Entry {
	e := contest.Entry{
		ID:    contest.EntryID(contest.Compact(row.Code)),
		Title: im.name(row, "title", row.Title, true),
		Team:  im.name(row, "team", row.Team, true),
		Lead:  im.name(row, "lead", row.Lead, true),
		// Partners and Summary may be empty.
		Partners: im.partners(row),
		Summary:  im.words(row, "summary", strings.TrimSpace(contest.Tidy(row.Summary)), contest.MaxSummary, false),
	}
	if e.ID != "" && !contest.ValidID(string(e.ID)) {
		im.problem(row, "code", "entry.bad_code", map[string]any{"value": strict.Clip(string(e.ID))})
	}
	im.track(row, &e)
	im.organisers(row, "lead", e.Lead)
	for _, unit := range e.Partners {
		im.organisers(row, "partners", unit)
	}
	return e
}

// organisers refuses a unit that is one of the plan's own bodies, which may not
// take part, also as one of several names with a blank or any sign between them.
// A longer name with a body's name in it may be another body of its own: a
// person has to look.
func (im *importer) organisers(row Row, column, unit string) {
	whole := contest.Fold(unit)
	var parts []string
	for _, part := range strings.FieldsFunc(contest.Tidy(unit), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		parts = append(parts, contest.Fold(part))
	}
	for _, b := range im.plan.Bodies {
		name := contest.Fold(b.Name)
		switch {
		case b.Role == contest.RoleJury:
		case whole == name || slices.Contains(parts, name):
			im.problem(row, column, "entry.organiser", map[string]any{"value": unit})
			return
		case strings.Contains(whole, name):
			im.notice(row, column, "entry.like_organiser", map[string]any{"value": unit, "body": b.Name})
			return
		}
	}
}

func (im *importer) track(row Row, e *contest.Entry) {
	name := contest.Compact(row.Track)
	if name == "" {
		im.problem(row, "track", "entry.required", nil)
		return
	}
	i := slices.IndexFunc(im.plan.Tracks, func(t contest.Track) bool { return isTrack(t, name) })
	if i < 0 {
		im.problem(row, "track", "entry.unknown_track", map[string]any{"value": strict.Clip(name)})
		return
	}
	t := im.plan.Tracks[i]
	e.Track = t.ID
	name = contest.Compact(row.Direction)
	if name == "" {
		im.problem(row, "direction", "entry.required", nil)
		return
	}
	no, number := wholeNumber(name)
	for _, d := range t.Directions {
		if contest.Fold(d.Title) == contest.Fold(name) || number && d.No == no {
			e.Direction = d.No
			return
		}
	}
	im.problem(row, "direction", "entry.unknown_direction",
		map[string]any{"value": strict.Clip(name), "track": t.Short, "max": len(t.Directions)})
}

// isTrack matches a track's id, number or name, long or short, with or without
// the words around it.
func isTrack(t contest.Track, s string) bool {
	no, number := wholeNumber(s)
	s = contest.Fold(s)
	return s == contest.Fold(string(t.ID)) || number && no == t.No || s == contest.Fold(t.Name) || s == contest.Fold(t.Short) ||
		strings.TrimSuffix(strings.TrimSuffix(s, "赛道"), "领域") == contest.Fold(t.Short)
}

// wholeNumber reads a whole number however a program spells it: 1, 01, 1.0, 1E0.
func wholeNumber(s string) (int, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1e9 {
		return 0, false
	}
	return int(f), true
}

// partSigns part the partners. A comma does not where it belongs to the name of
// a company, as in "Example Co., Ltd.".
var (
	partSigns = regexp.MustCompile(`[；;，,、\n]`)
	inCompany = regexp.MustCompile(`(?i)[,，](\s*(?:Ltd|Limited|Inc|LLC|L\.L\.C|LLP|Corp|Co|S\.A|GmbH|PLC)\b)`)
)

func (im *importer) partners(row Row) []string {
	const kept = "\x1a" // stands for a comma that is no separator; as a control character it is in no name
	out := []string{}
	text := contest.Tidy(row.Partners)
	if !contest.HasControl(text) {
		text = inCompany.ReplaceAllString(text, kept+"$1")
	}
	for _, part := range partSigns.Split(text, -1) {
		if unit := im.name(row, "partners", strings.ReplaceAll(part, kept, ","), false); unit != "" {
			out = append(out, unit)
		}
	}
	if len(out) > contest.MaxPartners {
		im.problem(row, "partners", "entry.too_many_partners", map[string]any{"max": contest.MaxPartners, "got": len(out)})
	}
	return out
}

// name reads a text of one line.
func (im *importer) name(row Row, column, s string, required bool) string {
	return im.words(row, column, contest.OneLine(s), contest.MaxEntryName, required)
}

func (im *importer) words(row Row, column, s string, most int, required bool) string {
	switch n := utf8.RuneCountInString(s); {
	case s == "" && required:
		im.problem(row, column, "entry.required", nil)
	case n > most:
		im.problem(row, column, "entry.too_long", map[string]any{"max": most, "got": n})
	case !contest.Legible(s):
		im.problem(row, column, "entry.control_character", nil)
	}
	return s
}

// duplicates notes rows that claim the same code, project or team as another:
// a team has one project, and a project is entered once.
func (im *importer) duplicates(row Row, e contest.Entry) {
	if line, dup := im.lineOfID[idKey(e.ID)]; dup && e.ID != "" {
		im.problem(row, "code", "entry.duplicate", map[string]any{"value": strict.Clip(string(e.ID)), "line": line})
		return
	}
	if line, dup := im.lineOfName[nameKey(e)]; dup && e.Title != "" {
		im.problem(row, "title", "entry.duplicate", map[string]any{"value": strict.Clip(e.Title), "line": line})
		return
	}
	if e.ID != "" {
		im.lineOfID[idKey(e.ID)] = row.Line
	}
	im.lineOfName[nameKey(e)] = row.Line
	team := teamKey(e)
	if line, dup := im.lineOfTeam[team]; dup && e.Team != "" {
		im.problem(row, "team", "entry.duplicate_team", map[string]any{"value": strict.Clip(e.Team), "line": line})
		return
	}
	im.lineOfTeam[team] = row.Line
}

// clashes notes rows that would make a second entry of a project or a team that
// already has one.
func (im *importer) clashes(row Row, e contest.Entry) {
	if other, ok := im.byName[nameKey(e)]; ok && other.ID != e.ID {
		im.problem(row, "title", "entry.exists", map[string]any{"value": strict.Clip(e.Title), "id": string(other.ID)})
		return
	}
	if id, ok := im.byTeam[teamKey(e)]; ok && id != e.ID {
		im.problem(row, "team", "entry.team_exists", map[string]any{"value": strict.Clip(e.Team), "id": string(id)})
	}
}

// lookalikes has a person look at a row whose project or team has the name of
// another's under another unit: two teams may share a name, and the same team
// entered twice looks just so.
func (im *importer) lookalikes(row Row, e contest.Entry) {
	for _, same := range []struct {
		column, name, code string
		seen               map[string]look
	}{
		{"title", e.Title, "entry.same_title", im.titles},
		{"team", e.Team, "entry.same_team", im.teams},
	} {
		key := contest.Fold(same.name)
		if key == "" {
			continue
		}
		if other, ok := same.seen[key]; ok && (e.ID == "" || idKey(other.id) != idKey(e.ID)) && contest.Fold(other.lead) != contest.Fold(e.Lead) {
			im.notice(row, same.column, same.code, map[string]any{"value": strict.Clip(same.name), "lead": strict.Clip(other.lead)})
		}
		if _, ok := same.seen[key]; !ok {
			same.seen[key] = look{id: e.ID, lead: e.Lead}
		}
	}
}

// look is the first entry that has a name.
type look struct {
	id   contest.EntryID
	lead string
}

// diff lists the fields that differ, as a person would read them.
func (im *importer) diff(old, e contest.Entry) []FieldDiff {
	var out []FieldDiff
	note := func(field, a, b string, frozen bool) {
		if a != b {
			out = append(out, FieldDiff{Field: field, Old: a, New: b, Frozen: frozen})
		}
	}
	oldTrack, _ := im.plan.Track(old.Track)
	newTrack, _ := im.plan.Track(e.Track)
	note("title", old.Title, e.Title, true)
	note("track", oldTrack.Short, newTrack.Short, true)
	note("direction", strconv.Itoa(old.Direction), strconv.Itoa(e.Direction), true)
	note("team", old.Team, e.Team, false)
	note("lead", old.Lead, e.Lead, true)
	note("partners", strings.Join(old.Partners, "；"), strings.Join(e.Partners, "；"), false)
	note("summary", old.Summary, e.Summary, false)
	return out
}

// Row is one line of an import table, as read; Import judges it.
type Row struct {
	Line      int    `json:"line"` // in the file, from 1
	Code      string `json:"code"` // the entry's id; may be empty for a new one
	Title     string `json:"title"`
	Track     string `json:"track"`     // id, number or name
	Direction string `json:"direction"` // number or title
	Team      string `json:"team"`
	Lead      string `json:"lead"`
	Partners  string `json:"partners"` // separated by ；;，, 、or a line end
	Summary   string `json:"summary"`
	Wrong     bool   `json:"-"` // a cell of it can't be read: it is judged, and never added or changed
	Keep      Keep   `json:"-"`
}

// Keep names what a row does not speak of, since its list has no such column: what
// is there stays.
type Keep struct{ Partners, Summary bool }

// Preview tells what an import would do. It is applied whole, or, with
// any problem, not at all.
type Preview struct {
	Add      []contest.Entry   `json:"add"`
	Change   []Change          `json:"change"`
	Same     []contest.EntryID `json:"same"`
	Problems []strict.Problem  `json:"problems"`
	Notices  []strict.Problem  `json:"notices"` // what a person should look at; they hold nothing back
}

// Change is an entry that would change.
type Change struct {
	Line   int           `json:"line"`
	Entry  contest.Entry `json:"entry"` // as it would be
	Fields []FieldDiff   `json:"fields"`
}

// FieldDiff is one changed field. Frozen marks what the plan forbids to change
// after registration: title, track, direction and lead unit.
type FieldDiff struct {
	Field  string `json:"field"`
	Old    string `json:"old"`
	New    string `json:"new"`
	Frozen bool   `json:"frozen"`
}
