// Package office is what organisers do: entries, judges, sessions, rundowns,
// ballots, cameras, links, accounts, tickets. Each verb asks whether they may, and
// makes one store call or calls one keeper; who did it is told to the record. What
// people do at a contest is package live. An Office is safe for concurrent use.
package office

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/plan"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/box"
)

// Record is what the office keeps.
type Record interface {
	Roster
	ApplyImport(ctx context.Context, in contest.Code, seen, add, change []contest.Entry) error
	SetEntryState(ctx context.Context, in contest.Code, id contest.EntryID, state contest.EntryState, reason string) (left []vote.Ballot, err error)

	AddContest(ctx context.Context, p *contest.Plan, body []byte, runs access.User) error

	SaveJudges(ctx context.Context, in contest.Code, judges []contest.Judge) error
	DropJudge(ctx context.Context, in contest.Code, id contest.JudgeID) error

	SaveBallot(ctx context.Context, b vote.Ballot) (vote.Ballot, error)
	DropBallot(ctx context.Context, id vote.BallotID) error
	Recount(ctx context.Context, id vote.BallotID) (vote.Tally, error)

	SetUpSession(ctx context.Context, s contest.Session) error
	DropSession(ctx context.Context, show contest.ShowID) error
	Rundown(ctx context.Context, show contest.ShowID) (cue.Rundown, error)
	SaveRundown(ctx context.Context, in contest.Code, r cue.Rundown) error
	SetSessionEntries(ctx context.Context, show contest.ShowID, entries []contest.EntryID) error
	SetSessionJudges(ctx context.Context, show contest.ShowID, judges []contest.JudgeID) error
	Changes(ctx context.Context, f access.ChangeFilter) ([]access.Change, error)
	Changers(ctx context.Context, in contest.Code) ([]string, error)
	Sheets(ctx context.Context, show contest.ShowID) ([]score.Sheet, error)

	Takes(ctx context.Context) ([]contest.Take, error)
	BeginTake(ctx context.Context, show contest.ShowID, by string, now int64) (contest.Take, error)
	EndTake(ctx context.Context, take contest.ShowID, aside []vote.BallotID, now int64) (contest.Take, error)
	ClearTake(ctx context.Context, take contest.ShowID, now int64) (cue.TakePurged, error)
}

// Shows are the running shows, which an act of the office may concern.
type Shows interface {
	Sessions(in contest.Code) []stage.Info
	Known(show contest.ShowID) error // it is there, and no rehearsal
	Sealed(show contest.ShowID) (bool, error)
	Report(ctx context.Context, show contest.ShowID) (in cue.Other, r cue.Report, err error) // of the show's result, wherever it is revealed
	UnderWay(show contest.ShowID) (bool, error)
	Stands(show contest.ShowID) contest.SessionState
	Here(show contest.ShowID) map[Seat]bool                           // who has a page open, or sends a picture
	Purged(ctx context.Context, by string, said cue.TakePurged) error // says so in the facts of the show that was rehearsed
	InShow(b vote.Ballot) bool                                        // some show reveals it
	OnRecord(in contest.Code, id contest.EntryID) bool                // some show has shown or scored it
}

// Feed brings changes of the record to the parts of the program that they concern.
type Feed interface {
	// Settle returns once what is stored is in force here, or soon will be: a part
	// that is busy keeps nobody waiting for long.
	Settle(ctx context.Context)
}

// Cameras are the slots of the programme.
type Cameras interface {
	Cameras(show contest.ShowID) []cue.Camera
	SaveCamera(ctx context.Context, show contest.ShowID, name, label string) error
	DropCamera(ctx context.Context, show contest.ShowID, name string) error
}

// Config is what an office works with; only Log and Now may be left out.
type Config struct {
	Record  Record
	Desk    *access.Desk
	Box     *box.Box
	Shows   Shows
	Cameras Cameras
	Plan    func(contest.Code) *contest.Plan
	Undrawn func(text string) string // characters that the venue screens have no glyph for
	Feed    Feed
	Log     *slog.Logger
	Now     func() time.Time
}

// Office does what organisers ask for.
type Office struct {
	cfg  Config
	edit sync.Mutex // one change of what is on a session at a time: it is checked against the others
}

// New returns an office.
func New(cfg Config) *Office {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Office{cfg: cfg}
}

// act asks whether one may, and names them to the record for what is done next. What
// is changed of a session is changed of the show itself: its rehearsals follow.
func (o *Office) act(ctx context.Context, id access.Identity, v access.Verb, in access.Scope) (context.Context, error) {
	at := cmp.Or(in.At(), id.Contest) // a show may be named within the contest one is in
	err := id.Allow(v, in)
	if err == nil && in.Show.Take() > 0 {
		err = ofTake(string(in.Show))
	}
	return access.Acting(ctx, access.Act{At: o.cfg.Now().UnixMilli(), Actor: id.Name, Contest: string(at), Verb: v}), err
}

func ofTake(key string) error {
	return fault.New(fault.Conflict, "take.live", "%s is of a take", key)
}

// Overview is the first look of an organiser.
type Overview struct {
	Plan     string            `json:"plan"`
	Entries  int               `json:"entries"`
	Judges   int               `json:"judges"`
	Sessions []stage.Info      `json:"sessions"`
	Ballots  []vote.StaffBoard `json:"ballots"`
	Warnings []plan.Warning    `json:"warnings"`
	Todo     []Task            `json:"todo"`
}

// Overview shows where things stand.
func (o *Office) Overview(ctx context.Context, id access.Identity) (Overview, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return Overview{}, err
	}
	entries, err := o.cfg.Record.Entries(ctx, id.Contest)
	if err != nil {
		return Overview{}, err
	}
	judges, err := o.cfg.Record.Judges(ctx, id.Contest)
	if err != nil {
		return Overview{}, err
	}
	out := Overview{Plan: o.cfg.Plan(id.Contest).Name, Entries: len(entries), Judges: len(judges), Sessions: o.cfg.Shows.Sessions(id.Contest),
		Ballots: []vote.StaffBoard{}, Warnings: plan.Warnings(o.cfg.Plan(id.Contest))}
	for _, b := range o.ballots(id.Contest) {
		if ballot, tally, found := o.cfg.Box.Ballot(b.ID); found && contest.KeyTake(string(b.ID)) == 0 {
			out.Ballots = append(out.Ballots, vote.Staff(ballot, tally))
		}
	}
	out.Todo, err = o.todo(ctx, id.Contest)
	return out, err
}

// scope is a show as a scope; "" is none.
func scope(show contest.ShowID) access.Scope { return access.Scope{Show: show} }
