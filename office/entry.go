package office

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/roster"
	"hecai/fault"
	"hecai/sheet"
	"hecai/strict"
	"hecai/vote"
)

// Entry is an entry as the office lists it.
type Entry struct {
	contest.Entry
	Rev string `json:"rev"` // a revision, which a save must name
}

// Entries lists all entries.
func (o *Office) Entries(ctx context.Context, id access.Identity) ([]Entry, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	entries, err := o.cfg.Record.Entries(ctx, id.Contest)
	out := make([]Entry, len(entries))
	for i, e := range entries {
		out[i] = Entry{e, access.Revision(e)}
	}
	return out, err
}

// Template is an empty workbook for entries.
func (o *Office) Template(id access.Identity) ([]byte, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	var book bytes.Buffer
	err := sheet.WriteTemplate(&book, o.cfg.Plan(id.Contest))
	return book.Bytes(), err
}

// List is the entries as a workbook, which the import reads.
func (o *Office) List(ctx context.Context, id access.Identity) ([]byte, error) {
	entries, err := o.Entries(ctx, id)
	if err != nil {
		return nil, err
	}
	plain := make([]contest.Entry, len(entries))
	for i, e := range entries {
		plain[i] = e.Entry
	}
	var book bytes.Buffer
	err = sheet.WriteList(&book, o.cfg.Plan(id.Contest), plain)
	return book.Bytes(), err
}

// Preview is what an import would do, and whether it was done.
type Preview struct {
	roster.Preview
	Applied bool     `json:"applied"`
	Basis   string   `json:"basis"`             // of the entries that it was made against
	Ignored []string `json:"ignored,omitempty"` // columns that were not read
	Kept    []string `json:"kept,omitempty"`    // fields that the file has no column for: they stay
	Sheet   string   `json:"sheet,omitempty"`   // of the workbook, that was read
}

// File is a spreadsheet of entries.
type File struct {
	Data  []byte
	Sheet string // of the workbook; "" = the first that has entries
	Apply bool   // or only look
	Basis string // of the preview that was looked at; "" = whatever is there
}

// Import previews a file against the entries of record and, when asked and nothing
// is wrong, applies it whole.
func (o *Office) Import(ctx context.Context, id access.Identity, in File) (Preview, error) {
	ctx, err := o.act(ctx, id, access.ImportEntries, access.Scope{Contest: id.Contest})
	if err != nil {
		return Preview{}, err
	}
	table, problems := sheet.Read(in.Data, in.Sheet)
	out, err := o.importRows(ctx, id, listed{Table: table, problems: problems, apply: in.Apply, basis: in.Basis})
	out.Ignored, out.Sheet = table.Ignored, table.Sheet
	for _, field := range []string{"partners", "summary"} {
		if len(table.Columns) > 0 && table.Columns[field] == "" && len(out.Change)+len(out.Same) > 0 {
			out.Kept = append(out.Kept, field)
		}
	}
	return out, err
}

// Rows are entries as they are typed in. What a row does not name stays as it is.
type Rows struct {
	Rows []NewRow `json:"rows"`
	Look bool     `json:"look,omitempty"` // only tell what they would do
}

// NewRow is one of them.
type NewRow struct {
	roster.Row
	Partners *string `json:"partners,omitempty"`
	Summary  *string `json:"summary,omitempty"`
	Rev      string  `json:"rev,omitempty"` // of the entry that is written over, "none" of a new one; "" = whatever is there
}

// row is what the import judges.
func (r NewRow) row(line int) roster.Row {
	out := r.Row
	out.Line, out.Keep = line, roster.Keep{Partners: r.Partners == nil, Summary: r.Summary == nil}
	if r.Partners != nil {
		out.Partners = *r.Partners
	}
	if r.Summary != nil {
		out.Summary = *r.Summary
	}
	return out
}

// AddEntries applies rows that were typed in, if nothing is wrong with them and they
// are not only to be looked at.
func (o *Office) AddEntries(ctx context.Context, id access.Identity, in Rows) (Preview, error) {
	ctx, err := o.act(ctx, id, access.ImportEntries, access.Scope{Contest: id.Contest})
	if err != nil {
		return Preview{}, err
	}
	rows, revs := make([]roster.Row, len(in.Rows)), make([]string, len(in.Rows))
	for i, r := range in.Rows {
		rows[i], revs[i] = r.row(i+1), r.Rev
	}
	return o.importRows(ctx, id, listed{Table: sheet.Table{Rows: rows}, apply: !in.Look, revs: revs})
}

// listed are rows to import: of a file, or typed in.
type listed struct {
	sheet.Table
	problems []strict.Problem // of the file
	apply    bool
	basis    string   // of the preview that was looked at; "" = whatever is there
	revs     []string // of the entries that are written over, by their rows; none = whatever is there
}

// onRecord refuses what a list would change of entries that people have seen on
// stage or that a seal names.
func (o *Office) onRecord(in contest.Code, changes []roster.Change) (problems []strict.Problem) {
	for _, ch := range changes {
		for _, f := range ch.Fields {
			if f.Frozen && o.cfg.Shows.OnRecord(in, ch.Entry.ID) {
				problems = append(problems, strict.Problem{Path: f.Field, Line: ch.Line, Code: "entry.on_record", Args: map[string]any{"entry": string(ch.Entry.ID), "value": f.Old}})
			}
		}
	}
	return problems
}

func (o *Office) importRows(ctx context.Context, id access.Identity, in listed) (Preview, error) {
	existing, err := o.cfg.Record.Entries(ctx, id.Contest)
	if err != nil {
		return Preview{}, err
	}
	preview := roster.Import(o.cfg.Plan(id.Contest), existing, in.Rows)
	preview.Problems = append(join(in.problems, preview.Problems), o.onRecord(id.Contest, preview.Change)...)
	now := access.Revision(existing)
	if in.apply && in.basis != "" && in.basis != now {
		return Preview{}, fault.New(fault.Conflict, "entry.stale_import", "the list was previewed against other entries")
	}
	told := slices.Concat(in.Notices, preview.Notices, o.undrawn(in.Rows))
	preview.Notices = append([]strict.Problem{}, told...) // a list in JSON, also when empty
	in.Locate(preview.Problems)
	in.Locate(preview.Notices)
	if !in.apply || len(preview.Problems) > 0 {
		return Preview{Preview: preview, Basis: now}, nil
	}
	change := make([]contest.Entry, len(preview.Change))
	for i, ch := range preview.Change {
		change[i] = ch.Entry
		if ch.Line <= len(in.revs) {
			ctx = access.Over(ctx, string(ch.Entry.ID), in.revs[ch.Line-1])
		}
	}
	if err := o.cfg.Record.ApplyImport(ctx, id.Contest, existing, preview.Add, change); err != nil {
		return Preview{}, err
	}
	o.cfg.Feed.Settle(ctx)
	return Preview{Preview: preview, Applied: true, Basis: now}, nil
}

// join lists the problems of a file and then those of its rows, less what is said
// of a cell that the file already was refused for.
func join(file, rows []strict.Problem) []strict.Problem {
	type cell struct {
		line int
		path string
	}
	out, told := []strict.Problem{}, map[cell]bool{}
	for _, p := range file {
		out, told[cell{p.Line, p.Path}] = append(out, p), true
	}
	for _, p := range rows {
		if !told[cell{p.Line, p.Path}] {
			out = append(out, p)
		}
	}
	return out
}

// undrawn tells names that the venue screens could show as empty boxes.
func (o *Office) undrawn(rows []roster.Row) (notices []strict.Problem) {
	const most = 200
	for _, r := range rows {
		for _, name := range []struct{ field, text string }{{"title", r.Title}, {"team", r.Team}, {"lead", r.Lead}, {"partners", r.Partners}} {
			if missing := o.cfg.Undrawn(contest.Tidy(name.text)); missing != "" && len(notices) < most {
				notices = append(notices, strict.Problem{Path: name.field, Line: r.Line, Code: "entry.undrawn", Args: map[string]any{"value": missing}})
			}
		}
	}
	return notices
}

// Standing is how an entry stands now, and the ballots that it has left.
type Standing struct {
	ID      contest.EntryID    `json:"id"`
	State   contest.EntryState `json:"state"`
	Reason  string             `json:"reason"`
	Ballots []vote.BallotID    `json:"ballots"`
}

// NewStanding takes an entry out of the contest or back into it.
type NewStanding struct {
	State  contest.EntryState `json:"state"`
	Reason string             `json:"reason"`
	Rev    string             `json:"rev"` // of the entry
}

// SetStanding takes an entry out of the contest or back into it. Whoever is out has
// a reason on record, leaves the ballots that have not opened, and is neither scored
// nor sealed from then on.
func (o *Office) SetStanding(ctx context.Context, id access.Identity, entry contest.EntryID, in NewStanding) (Standing, error) {
	ctx, err := o.act(ctx, id, access.SetStanding, access.Scope{Contest: id.Contest})
	if err != nil {
		return Standing{}, err
	}
	reason := strings.TrimSpace(in.Reason)
	if err := contest.StateChange(in.State, reason); err != nil {
		return Standing{}, err
	}
	left, err := o.cfg.Record.SetEntryState(access.Over(ctx, string(entry), in.Rev), id.Contest, entry, in.State, reason)
	if err != nil {
		return Standing{}, err
	}
	o.cfg.Log.Info("entry state", "entry_id", entry, "state", in.State, "reason", reason, "by", id.Name)
	ballots := []vote.BallotID{}
	for _, b := range left {
		ballots = append(ballots, b.ID)
	}
	o.cfg.Feed.Settle(ctx)
	return Standing{entry, in.State, reason, ballots}, nil
}
