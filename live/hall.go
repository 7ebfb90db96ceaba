// Package live is what people do at a contest: cast, say, mark, command, listen,
// and look at what is public. Each verb asks whether they may, bounds how often,
// and calls one keeper: the ballot box, a show's stage, the record. HTTP and the
// sockets are two doors to the same verbs. What organisers do behind the scenes is
// package office. A Hall is safe for concurrent use.
package live

import (
	"context"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/box"
	"hecai/vote/logbook"
)

// Shows finds the running shows, and what the public may see of ballots.
type Shows interface {
	Sessions(in contest.Code) []stage.Info
	Show(id contest.ShowID) (Show, error)
	On(show contest.ShowID) (OnAir, error)
	Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, error) // one that the public may know of
	Board(id vote.BallotID) (vote.PublicBoard, error)
	Verifiable(b vote.Ballot) bool // its log may be shown
}

// Show is one running show.
type Show interface {
	Info() stage.Info
	View() cue.View
	StaffView() cue.StaffView
	Facts(ctx context.Context, after int64) ([]cue.Fact, error)
	Sealed(ctx context.Context) (text []byte, root string, err error)
	Report(ctx context.Context) (cue.Report, error)
	Do(ctx context.Context, actor stage.Actor, cmd cue.Command) (rev int64, err error)
	Judging() stage.Judging
	Danmaku() *stage.Danmaku
	Judge(ctx context.Context, id contest.JudgeID) (contest.Judge, error)
}

// Record is what people read of the record.
type Record interface {
	MyPapers(ctx context.Context, id vote.BallotID, voter int64) ([]vote.Paper, error)
}

// Logs are the logs of closed rounds.
type Logs interface {
	Closed(ctx context.Context, id vote.BallotID, round int) (*logbook.Log, error)
	Origin() string
	VerifierKey() string
}

// Config is what a hall works with; only Now may be left out.
type Config struct {
	Desk   *access.Desk
	Box    *box.Box
	Shows  Shows
	Record Record
	Logs   Logs
	Plan   func(contest.Code) *contest.Plan
	Now    func() time.Time // nil: time.Now
}

// Hall does what people ask for.
type Hall struct {
	cfg    Config
	enrols *access.Limiter // devices that get a row, by network
	codes  *access.Limiter // ticket codes, by device
	tries  *access.Limiter // ticket codes, by network
	votes  *access.Limiter // votes, by voter
	says   *access.Limiter // danmaku, by network: less than the stage takes from all
	proofs *access.Limiter // inclusion proofs, by receipt
	reads  *access.Limiter // what costs more than a look into memory, by network
}

// New returns a hall. A hall of 4,000 may share one network; whoever floods from
// there slows down newcomers of their own network only.
func New(cfg Config) *Hall {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Hall{
		cfg:    cfg,
		enrols: access.NewLimiter(200, 4000, cfg.Now),
		codes:  access.NewLimiter(0.5, 20, cfg.Now),
		tries:  access.NewLimiter(100, 4000, cfg.Now),
		votes:  access.NewLimiter(5, 20, cfg.Now),
		says:   access.NewLimiter(40, 80, cfg.Now),
		proofs: access.NewLimiter(0.5, 20, cfg.Now),
		reads:  access.NewLimiter(200, 8000, cfg.Now),
	}
}

// scope is a show as a scope.
func scope(show contest.ShowID) access.Scope { return access.Scope{Show: show} }

// enrolPatience bounds the wait for a record that is silent.
const enrolPatience = 5 * time.Second

// enrol gives an audience device its row before it does something that is kept.
// A device is free, so rows are bounded by network.
func (h *Hall) enrol(ctx context.Context, id access.Identity) (access.Identity, error) {
	if id.Voter != 0 || !id.Is(access.Audience) {
		return id, nil
	}
	if err := h.enrols.Allow(id.From); err != nil {
		return id, err
	}
	ctx, cancel := context.WithTimeout(ctx, enrolPatience)
	defer cancel()
	return h.cfg.Desk.Enrol(ctx, id)
}

// Redeem binds a ticket to an audience device, and returns what the device has
// proven then.
func (h *Hall) Redeem(ctx context.Context, id access.Identity, code string) (Level, error) {
	if err := id.Allow(access.RedeemTicket, access.Scope{Contest: id.Contest}); err != nil {
		return Level{}, err
	}
	// Devices are free, so by network too.
	if err := access.AllowAll(access.Bound{Limiter: h.tries, Key: id.From}, access.Bound{Limiter: h.codes, Key: id.Key}); err != nil {
		return Level{}, err
	}
	id, err := h.cfg.Desk.Redeem(ctx, id, code)
	return Level{id.Level}, err
}

// Level is the identity level that a device has proven.
type Level struct {
	Level int `json:"level"`
}
