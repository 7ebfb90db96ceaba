package office

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// What is on a session: its rundown, its entries and its panel. Each change is
// checked, stored, and only then put on stage, one at a time.

// Roster is who may be on a session.
type Roster interface {
	Entries(ctx context.Context, in contest.Code) ([]contest.Entry, error)
	SessionEntries(ctx context.Context, show contest.ShowID) ([]contest.Entry, error)
	Judges(ctx context.Context, in contest.Code) ([]contest.Judge, error)
	SessionJudges(ctx context.Context, show contest.ShowID) ([]contest.Judge, error)
	Setups(ctx context.Context, in contest.Code) ([]contest.Session, error)
}

// Catalog is what a session's cues may name. A session without entries or judges of
// its own has all of them; one that reveals another's result has that one's.
func Catalog(ctx context.Context, r Roster, plan *contest.Plan, ballots []vote.Ballot, show contest.ShowID) (cue.Catalog, error) {
	setups, err := r.Setups(ctx, show.Contest())
	if err != nil {
		return cue.Catalog{}, err
	}
	return catalogAmong(ctx, r, plan, ballots, setups, show)
}

// catalogAmong is the catalog of a show among these sessions.
func catalogAmong(ctx context.Context, r Roster, plan *contest.Plan, ballots []vote.Ballot, setups []contest.Session, show contest.ShowID) (c cue.Catalog, err error) {
	c = cue.Catalog{Show: show, Plan: plan}
	c.Reveals, c.RevealedIn = results(setups, show)
	of := show.Live() // whose line-up it is
	if c.Reveals.Show != "" {
		of = c.Reveals.Show
	}
	if c.Entries, c.Judges, err = onSession(ctx, r, of); err != nil {
		return c, err
	}
	for _, s := range setups {
		if slices.Contains(s.Joins, show.Session()) {
			c.JoinedIn = cue.Other{Show: s.Show, Title: s.Title}
		}
		if s.Show != of {
			continue
		}
		for _, part := range s.Joins {
			i := slices.IndexFunc(setups, func(o contest.Session) bool { return o.Show.Session() == part })
			if i < 0 {
				continue
			}
			j := cue.Joined{Other: cue.Other{Show: setups[i].Show, Title: setups[i].Title}}
			if j.Entries, j.Judges, err = onSession(ctx, r, j.Show); err != nil {
				return c, err
			}
			c.Joined = append(c.Joined, j)
		}
	}
	for _, b := range ballots {
		if b.ID.Contest() == show.Contest() && contest.KeyTake(string(b.ID)) == show.Take() {
			c.Ballots = append(c.Ballots, b.ID)
		}
	}
	return c, nil
}

// onSession are the entries of a session in running order and its panel by seat: all
// that there are where it has none of its own.
func onSession(ctx context.Context, r Roster, show contest.ShowID) (entries []contest.Entry, judges []contest.Judge, err error) {
	if entries, err = r.SessionEntries(ctx, show); err != nil {
		return nil, nil, err
	}
	if len(entries) == 0 {
		if entries, err = r.Entries(ctx, show.Contest()); err != nil {
			return nil, nil, err
		}
	}
	if judges, err = r.SessionJudges(ctx, show); err != nil {
		return nil, nil, err
	}
	if len(judges) == 0 {
		if judges, err = r.Judges(ctx, show.Contest()); err != nil {
			return nil, nil, err
		}
		slices.SortFunc(judges, func(a, b contest.Judge) int { return naturally(string(a.ID), string(b.ID)) })
	}
	return entries, judges, nil
}

// results tells whose result a show reveals in place of its own, and which one
// reveals its.
func results(setups []contest.Session, show contest.ShowID) (reveals, revealedIn cue.Other) {
	own := contest.Session{}
	if i := slices.IndexFunc(setups, func(s contest.Session) bool { return s.Show == show.Live() }); i >= 0 {
		own = setups[i]
	}
	for _, s := range setups {
		if own.Reveals != "" && s.Show.Session() == own.Reveals {
			reveals = cue.Other{Show: s.Show, Title: s.Title}
		}
		if s.Reveals == show.Session() {
			revealedIn = cue.Other{Show: s.Show, Title: s.Title}
		}
	}
	return reveals, revealedIn
}

func (o *Office) catalog(ctx context.Context, show contest.ShowID) (cue.Catalog, error) {
	return Catalog(ctx, o.cfg.Record, o.cfg.Plan(show.Contest()), o.cfg.Box.Ballots(), show)
}

// Lineup is who is on a session: its entries in running order and its panel by
// seat. A session with none of its own has all that there are.
type Lineup struct {
	Show       contest.ShowID    `json:"session"`
	Entries    []contest.EntryID `json:"entries"`
	OwnEntries bool              `json:"ownEntries"`
	EntriesRev string            `json:"entriesRev"` // a revision, which a save must name
	Judges     []contest.JudgeID `json:"judges"`
	OwnPanel   bool              `json:"ownPanel"`
	PanelRev   string            `json:"panelRev"`
	Sealed     bool              `json:"sealed"`  // nothing here changes any more
	Follows    string            `json:"follows"` // title of the session whose result is revealed here, and whose line-up this is; "" = its own
	Quorum     int               `json:"quorum"`  // how many judges the rules need here; 0 = nobody marks

	RevealedIn string `json:"revealedIn"` // title of the session that reveals its result, "" = itself
	JoinedIn   string `json:"joinedIn"`   // title of the session whose result its scores are in, "" = its own
}

// Lineup tells who is on a session.
func (o *Office) Lineup(ctx context.Context, id access.Identity, show contest.ShowID) (Lineup, error) {
	if err := id.Allow(access.ReadOffice, scope(show)); err != nil {
		return Lineup{}, err
	}
	sealed, err := o.cfg.Shows.Sealed(show)
	if err != nil {
		return Lineup{}, err
	}
	c, err := o.catalog(ctx, show)
	if err != nil {
		return Lineup{}, err
	}
	of := show
	if c.Reveals.Show != "" {
		of = c.Reveals.Show
	}
	own, err := o.cfg.Record.SessionEntries(ctx, of)
	if err != nil {
		return Lineup{}, err
	}
	panel, err := o.cfg.Record.SessionJudges(ctx, of)
	if err != nil {
		return Lineup{}, err
	}
	r, err := o.rundown(ctx, show)
	if err != nil {
		return Lineup{}, err
	}
	kind := ""
	for _, s := range o.cfg.Shows.Sessions(show.Contest()) {
		if s.ID == show {
			kind = s.Kind
		}
	}
	out := Lineup{
		Quorum: quorum(c, kind, r), Show: show, EntriesRev: access.Revision(entryIDs(own)), PanelRev: access.Revision(judgeIDs(panel)), OwnEntries: len(own) > 0, OwnPanel: len(panel) > 0, Sealed: sealed, Follows: c.Reveals.Title, RevealedIn: c.RevealedIn.Title, JoinedIn: c.JoinedIn.Title,
		Entries: entryIDs(c.Entries), Judges: judgeIDs(c.Judges),
	}
	return out, nil
}

func entryIDs(entries []contest.Entry) []contest.EntryID {
	out := make([]contest.EntryID, len(entries))
	for i, e := range entries {
		out[i] = e.ID
	}
	return out
}

func judgeIDs(judges []contest.Judge) []contest.JudgeID {
	out := make([]contest.JudgeID, len(judges))
	for i, j := range judges {
		out[i] = j.ID
	}
	return out
}

// Rundown is a rundown with its revision, which a save must name.
type Rundown struct {
	cue.Rundown
	Rev string `json:"rev"`
}

// Rundown reads a session's rundown.
func (o *Office) Rundown(ctx context.Context, id access.Identity, show contest.ShowID) (Rundown, error) {
	if err := id.Allow(access.ReadRundown, scope(show)); err != nil {
		return Rundown{}, err
	}
	r, err := o.cfg.Record.Rundown(ctx, show)
	return Rundown{r, access.Revision(r)}, err
}

// SaveRundown replaces the rundown of a show. Every mistake is named by path and
// nothing is changed then. rev is the revision that it was made from, and another
// one since is a conflict; "" goes over whatever is there.
func (o *Office) SaveRundown(ctx context.Context, id access.Identity, show contest.ShowID, body []byte, rev string) (Rundown, error) {
	ctx, err := o.act(ctx, id, access.SaveRundown, scope(show))
	if err != nil {
		return Rundown{}, err
	}
	r, problems := cue.ParseRundown(body)
	if len(problems) > 0 {
		return Rundown{}, fault.New(fault.Invalid, "rundown.mistakes", "%d", len(problems)).With("problems", problems)
	}
	if err := o.cfg.Shows.Known(show); err != nil {
		return Rundown{}, err
	}
	o.edit.Lock()
	defer o.edit.Unlock()
	c, err := o.catalog(ctx, show)
	if err != nil {
		return Rundown{}, err
	}
	r.Session = show.Session()
	if problems := r.Validate(c); len(problems) > 0 {
		return Rundown{}, fault.New(fault.Invalid, "stage.rundown", "%d problems", len(problems)).With("problems", problems)
	}
	if err := o.cfg.Record.SaveRundown(access.Over(ctx, string(show), rev), id.Contest, r); err != nil {
		return Rundown{}, err
	}
	o.cfg.Feed.Settle(ctx)
	return o.Rundown(ctx, id, show)
}

// OnStage are the entries of a session in running order; none = all that there are.
type OnStage struct {
	Entries []contest.EntryID `json:"entries"`
	Rev     string            `json:"rev"`
}

// SetEntries makes these the entries of the session. The rundown must not name any
// other, and nothing changes under a seal.
func (o *Office) SetEntries(ctx context.Context, id access.Identity, show contest.ShowID, in OnStage) (Lineup, error) {
	ctx, err := o.act(ctx, id, access.SetEntries, scope(show))
	if err != nil {
		return Lineup{}, err
	}
	err = o.change(ctx, show, func() error {
		if err := o.entriesFit(ctx, show, in.Entries); err != nil {
			return err
		}
		return o.cfg.Record.SetSessionEntries(access.Over(ctx, string(show), in.Rev), show, in.Entries)
	})
	if err != nil {
		return Lineup{}, err
	}
	o.cfg.Log.Info("session entries", "session", show, "by", id.Name)
	return o.Lineup(ctx, id, show)
}

// change has a line-up changed, unless it is sealed, and put on stage.
func (o *Office) change(ctx context.Context, show contest.ShowID, store func() error) error {
	o.edit.Lock()
	defer o.edit.Unlock()
	sealed, err := o.cfg.Shows.Sealed(show)
	if err != nil {
		return err
	}
	if sealed {
		return fault.New(fault.Conflict, "session.sealed", "%s is sealed", show)
	}
	setups, err := o.cfg.Record.Setups(ctx, show.Contest())
	if err != nil {
		return err
	}
	if of, _ := results(setups, show); of.Show != "" {
		return fault.New(fault.Conflict, "session.follows", "%s has the line-up of %s", show, of.Show).With("title", of.Title)
	}
	if err := store(); err != nil {
		return err
	}
	o.cfg.Feed.Settle(ctx)
	return nil
}

// entriesFit refuses a choice of entries that the rundown names others than.
func (o *Office) entriesFit(ctx context.Context, show contest.ShowID, ids []contest.EntryID) error {
	all, err := o.cfg.Record.Entries(ctx, show.Contest())
	if err != nil {
		return err
	}
	c, err := o.catalog(ctx, show)
	if err != nil {
		return err
	}
	r, err := o.cfg.Record.Rundown(ctx, show)
	if err != nil {
		return err
	}
	c.Entries = all
	if len(ids) > 0 {
		if c.Entries, err = picked(all, ids, func(e contest.Entry) contest.EntryID { return e.ID }, "session.unknown_entry"); err != nil {
			return err
		}
	}
	for _, p := range r.Validate(c) {
		if p.Code == "rundown.unknown_entry" {
			id, _ := p.Args["entry"].(string)
			f := fault.New(fault.Conflict, "session.entry_in_rundown", "%s names %s", p.Path, id).With("entry", id).With("path", p.Path)
			if i := slices.IndexFunc(all, func(e contest.Entry) bool { return string(e.ID) == id }); i >= 0 {
				f = f.With("title", all[i].Title)
			}
			return f
		}
	}
	return nil
}

// Panel are the judges of a session by seat; none = all that there are.
type Panel struct {
	Judges []contest.JudgeID `json:"judges"`
	Rev    string            `json:"rev"`
}

// SetPanel makes these the judges of the session. One who has handed in here keeps
// the seat, and nothing changes under a seal.
func (o *Office) SetPanel(ctx context.Context, id access.Identity, show contest.ShowID, in Panel) (Lineup, error) {
	ctx, err := o.act(ctx, id, access.SetPanel, scope(show))
	if err != nil {
		return Lineup{}, err
	}
	err = o.change(ctx, show, func() error {
		if err := o.panelFits(ctx, show, in.Judges); err != nil {
			return err
		}
		return o.cfg.Record.SetSessionJudges(access.Over(ctx, string(show), in.Rev), show, in.Judges)
	})
	if err != nil {
		return Lineup{}, err
	}
	o.cfg.Log.Info("session panel", "session", show, "by", id.Name)
	return o.Lineup(ctx, id, show)
}

// panelFits refuses a panel that leaves out who has handed in.
func (o *Office) panelFits(ctx context.Context, show contest.ShowID, ids []contest.JudgeID) error {
	all, err := o.cfg.Record.Judges(ctx, show.Contest())
	if err != nil {
		return err
	}
	seated := all
	if len(ids) > 0 {
		if seated, err = picked(all, ids, func(j contest.Judge) contest.JudgeID { return j.ID }, "session.unknown_judge"); err != nil {
			return err
		}
	}
	sheets, err := o.cfg.Record.Sheets(ctx, show)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		if s.State == score.SheetDraft || slices.ContainsFunc(seated, func(j contest.Judge) bool { return j.ID == s.Judge }) {
			continue
		}
		name := string(s.Judge)
		if i := slices.IndexFunc(all, func(j contest.Judge) bool { return j.ID == s.Judge }); i >= 0 {
			name = all[i].Name
		}
		return fault.New(fault.Conflict, "session.judge_has_sheets", "%s handed in %s", s.Judge, s.Entry).With("judge", string(s.Judge)).With("name", name)
	}
	return nil
}

// picked returns the named ones in their order, each once.
func picked[T any, ID ~string](all []T, ids []ID, id func(T) ID, code string) ([]T, error) {
	out := make([]T, 0, len(ids))
	for i, want := range ids {
		at := slices.IndexFunc(all, func(x T) bool { return id(x) == want })
		if at < 0 || slices.Index(ids, want) < i {
			return nil, fault.New(fault.Invalid, code, "%q", want).With("id", string(want))
		}
		out = append(out, all[at])
	}
	return out, nil
}

// naturally orders names as a person would: "j2" before "j10".
func naturally(a, b string) int {
	for a != "" && b != "" {
		x, restA := chunk(a)
		y, restB := chunk(b)
		n, errA := strconv.ParseUint(x, 10, 64)
		m, errB := strconv.ParseUint(y, 10, 64)
		order := strings.Compare(x, y)
		if errA == nil && errB == nil {
			order = cmp.Or(cmp.Compare(n, m), order)
		}
		if order != 0 {
			return order
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// chunk splits off the leading digits, or what stands before the first digit.
func chunk(s string) (head, rest string) {
	digit := func(r byte) bool { return '0' <= r && r <= '9' }
	i := 1
	for i < len(s) && digit(s[i]) == digit(s[0]) {
		i++
	}
	return s[:i], s[i:]
}
