package contest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of an entry, in runes.
const (
	MaxEntryName = 60 // title, team, lead unit, partner
	MaxSummary   = 200
	MaxPartners  = 10
)

// PlanImport tells what importing the rows would do to the existing entries:
// which would be added, changed or stay the same, and everything that is wrong,
// by line. Nothing is applied here, and with any problem nothing may be. A row
// finds its entry by code or, without one, by title and lead unit; entries that
// no row names stay as they are. New entries get the next numbers and codes, in
// the order of the rows, and are qualified.
func PlanImport(plan *Plan, existing []Entry, rows []EntryRow) ImportPreview {
	im := &importer{
		plan: plan, byID: make(map[EntryID]Entry), byName: make(map[string]Entry), byTeam: make(map[string]EntryID),
		taken:    make(map[EntryID]bool),
		lineOfID: make(map[EntryID]int), lineOfTeam: make(map[string]int), lineOfName: make(map[string]int),
	}
	for _, e := range existing {
		im.byID[e.ID], im.byName[nameKey(e)], im.byTeam[teamKey(e)] = e, e, e.ID
		im.lastNo, im.lastOrder = max(im.lastNo, e.No), max(im.lastOrder, e.Order)
	}
	im.preview = ImportPreview{Add: []Entry{}, Change: []EntryChange{}, Same: []EntryID{}, Problems: []Problem{}}
	for _, row := range rows {
		if id := EntryID(strings.TrimSpace(row.Code)); id != "" {
			im.taken[id] = true
		}
	}
	for _, row := range rows {
		im.row(row)
	}
	return im.preview
}

type importer struct {
	plan      *Plan
	byID      map[EntryID]Entry
	byName    map[string]Entry // by title and lead
	byTeam    map[string]EntryID
	taken     map[EntryID]bool // codes named in the rows
	lastNo    int
	lastOrder int

	lineOfID   map[EntryID]int
	lineOfTeam map[string]int
	lineOfName map[string]int
	preview    ImportPreview
}

func nameKey(e Entry) string { return e.Title + "\x00" + e.Lead }
func teamKey(e Entry) string { return e.Team + "\x00" + e.Lead }

// row judges one row. A row with a problem is neither added nor changed.
func (im *importer) row(row EntryRow) {
	before := len(im.preview.Problems)
	e := im.read(row)
	old, found := im.byID[e.ID]
	if e.ID == "" {
		old, found = im.byName[nameKey(e)]
	}
	if found {
		e.ID = old.ID
	}
	im.duplicates(row, e)
	im.clashes(row, e)
	if len(im.preview.Problems) > before {
		return
	}
	if !found {
		im.add(e)
		return
	}
	e.No, e.Order, e.State, e.Sample = old.No, old.Order, old.State, old.Sample
	if diffs := im.diff(old, e); len(diffs) > 0 {
		im.preview.Change = append(im.preview.Change, EntryChange{Line: row.Line, Entry: e, Fields: diffs})
		return
	}
	im.preview.Same = append(im.preview.Same, e.ID)
}

func (im *importer) add(e Entry) {
	im.lastNo++
	im.lastOrder++
	e.No, e.Order, e.State = im.lastNo, im.lastOrder, Qualified
	for n := e.No; e.ID == ""; n++ {
		id := EntryID(fmt.Sprintf("e%03d", n))
		if _, used := im.byID[id]; !used && !im.taken[id] {
			e.ID = id
			im.taken[id] = true
		}
	}
	im.preview.Add = append(im.preview.Add, e)
}

func (im *importer) problem(row EntryRow, column, code string, args map[string]any) {
	im.preview.Problems = append(im.preview.Problems, Problem{Path: column, Line: row.Line, Code: code, Args: args})
}

// read turns the row's texts into an entry and notes what can't be.
func (im *importer) read(row EntryRow) Entry {
	e := Entry{
		ID:    EntryID(strings.TrimSpace(row.Code)),
		Title: im.words(row, "title", row.Title, MaxEntryName, true),
		Team:  im.words(row, "team", row.Team, MaxEntryName, true),
		Lead:  im.words(row, "lead", row.Lead, MaxEntryName, true),
		// Partners and Summary may be empty.
		Partners: im.partners(row),
		Summary:  im.words(row, "summary", row.Summary, MaxSummary, false),
	}
	if e.ID != "" && !ValidID(string(e.ID)) {
		im.problem(row, "code", "entry.bad_code", map[string]any{"value": clip(string(e.ID))})
	}
	im.track(row, &e)
	for i, unit := range append([]string{e.Lead}, e.Partners...) {
		if im.organises(unit) {
			column := "partners"
			if i == 0 {
				column = "lead"
			}
			im.problem(row, column, "entry.organiser", map[string]any{"value": unit})
		}
	}
	return e
}

// organises reports whether the unit is one of the plan's own bodies, which may
// not take part.
func (im *importer) organises(unit string) bool {
	return slices.ContainsFunc(im.plan.Bodies, func(b Body) bool { return b.Role != RoleJury && b.Name == unit })
}

func (im *importer) track(row EntryRow, e *Entry) {
	name := strings.TrimSpace(row.Track)
	if name == "" {
		im.problem(row, "track", "entry.required", nil)
		return
	}
	i := slices.IndexFunc(im.plan.Tracks, func(t Track) bool { return isTrack(t, name) })
	if i < 0 {
		im.problem(row, "track", "entry.unknown_track", map[string]any{"value": clip(name)})
		return
	}
	t := im.plan.Tracks[i]
	e.Track = t.ID
	name = strings.TrimSpace(row.Direction)
	if name == "" {
		im.problem(row, "direction", "entry.required", nil)
		return
	}
	no, err := strconv.Atoi(name)
	for _, d := range t.Directions {
		if d.Title == name || err == nil && d.No == no {
			e.Direction = d.No
			return
		}
	}
	im.problem(row, "direction", "entry.unknown_direction",
		map[string]any{"value": clip(name), "track": t.Short, "max": len(t.Directions)})
}

// isTrack matches a track's id, number or name, long or short, with or without
// the words around it.
func isTrack(t Track, s string) bool {
	return s == string(t.ID) || s == strconv.Itoa(t.No) || s == t.Name || s == t.Short ||
		strings.TrimSuffix(strings.TrimSuffix(s, "赛道"), "领域") == t.Short
}

func (im *importer) partners(row EntryRow) []string {
	out := []string{}
	for _, part := range strings.FieldsFunc(row.Partners, func(r rune) bool { return strings.ContainsRune("；;、\n", r) }) {
		if unit := im.words(row, "partners", part, MaxEntryName, false); unit != "" {
			out = append(out, unit)
		}
	}
	if len(out) > MaxPartners {
		im.problem(row, "partners", "entry.too_many_partners", map[string]any{"max": MaxPartners, "got": len(out)})
	}
	return out
}

func (im *importer) words(row EntryRow, column, s string, most int, required bool) string {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case s == "" && required:
		im.problem(row, column, "entry.required", nil)
	case n > most:
		im.problem(row, column, "entry.too_long", map[string]any{"max": most, "got": n})
	case !printable(s) || !utf8.ValidString(s):
		im.problem(row, column, "entry.control_character", nil)
	}
	return s
}

// duplicates notes rows that claim the same code, project or team as another:
// a team has one project, and a project is entered once.
func (im *importer) duplicates(row EntryRow, e Entry) {
	if line, dup := im.lineOfID[e.ID]; dup && e.ID != "" {
		im.problem(row, "code", "entry.duplicate", map[string]any{"value": clip(string(e.ID)), "line": line})
		return
	}
	if line, dup := im.lineOfName[nameKey(e)]; dup && e.Title != "" {
		im.problem(row, "title", "entry.duplicate", map[string]any{"value": clip(e.Title), "line": line})
		return
	}
	if e.ID != "" {
		im.lineOfID[e.ID] = row.Line
	}
	im.lineOfName[nameKey(e)] = row.Line
	team := teamKey(e)
	if line, dup := im.lineOfTeam[team]; dup && e.Team != "" {
		im.problem(row, "team", "entry.duplicate_team", map[string]any{"value": clip(e.Team), "line": line})
		return
	}
	im.lineOfTeam[team] = row.Line
}

// clashes notes rows that would make a second entry of a project or a team that
// already has one.
func (im *importer) clashes(row EntryRow, e Entry) {
	if other, ok := im.byName[nameKey(e)]; ok && other.ID != e.ID {
		im.problem(row, "title", "entry.exists", map[string]any{"value": clip(e.Title), "id": string(other.ID)})
		return
	}
	if id, ok := im.byTeam[teamKey(e)]; ok && id != e.ID {
		im.problem(row, "team", "entry.team_exists", map[string]any{"value": clip(e.Team), "id": string(id)})
	}
}

// diff lists the fields that differ, as a person would read them.
func (im *importer) diff(old, e Entry) []FieldDiff {
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
