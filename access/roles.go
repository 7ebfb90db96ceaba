package access

import (
	"cmp"
	"maps"
	"slices"

	"hecai/contest"
	"hecai/fault"
)

// Role is who someone is in the show.
type Role string

// The roles, as the paper calls them.
const (
	Visitor     Role = "visitor"     // nobody yet
	Audience    Role = "voter"       // 投票人: an audience device
	Judge       Role = "judge"       // 评委
	Host        Role = "host"        // 主持
	Director    Role = "director"    // 导演
	Screen      Role = "screen"      // 大屏
	Broadcaster Role = "broadcaster" // 推流
	Moderator   Role = "moderator"   // 审核
	Reviewer    Role = "reviewer"    // 资格审查
	Organiser   Role = "organiser"   // 组委会
	Auditor     Role = "auditor"     // 审计
)

// StaffRoles may be given to an account.
var StaffRoles = [...]Role{Organiser, Director, Moderator, Reviewer, Auditor}

// LinkRoles may be given to a link.
var LinkRoles = [...]Role{Judge, Screen, Host, Broadcaster}

// Verb is something that is done, by the name that the record has for it. The set is
// closed: what is not in the table may nobody.
type Verb string

// What people do. The commands of a show are verbs by their own kinds.
const (
	Watch         Verb = "watch" // the programme and what is public
	CastVote      Verb = "vote/cast"
	RedeemTicket  Verb = "ticket/redeem"
	SayLine       Verb = "line/say"
	ModerateLine  Verb = "line/moderate"
	MarkSheet     Verb = "sheet/mark"     // one's own
	SeeHost       Verb = "host/see"       // the prompter
	SeeDesk       Verb = "desk/see"       // the director's, without results
	SendCamera    Verb = "camera/send"    // the one that the link names
	PreviewCamera Verb = "camera/preview" // a single one, not on the programme
)

// What organisers do.
const (
	ReadOffice     Verb = "office/read"
	ReadChanges    Verb = "change/read"
	MakeContest    Verb = "contest/make" // another one, by who founded the installation
	ImportEntries  Verb = "entry/import"
	SetStanding    Verb = "entry/state"
	SaveJudges     Verb = "judge/save"
	DropJudge      Verb = "judge/drop"
	SaveSession    Verb = "session/save"
	DropSession    Verb = "session/drop"
	SetEntries     Verb = "session/entries"
	SetPanel       Verb = "session/panel"
	BeginTake      Verb = "take/begin"
	EndTake        Verb = "take/end"
	PurgeTake      Verb = "take/purge"
	ReadRundown    Verb = "rundown/read"
	SaveRundown    Verb = "rundown/save"
	SaveBallot     Verb = "ballot/save"
	DropBallot     Verb = "ballot/drop"
	OpenBallot     Verb = "ballot/open"
	ExtendBallot   Verb = "ballot/extend"
	CloseBallot    Verb = "ballot/close"
	RearmBallot    Verb = "ballot/round"
	PublishBallot  Verb = "ballot/publish"
	RecountBallot  Verb = "ballot/recount"
	ReadCameras    Verb = "camera/read"
	SaveCamera     Verb = "camera/save"
	DropCamera     Verb = "camera/drop"
	MakeLink       Verb = "link/make"
	RevokeLink     Verb = "link/revoke"
	MakeAccount    Verb = "account/make"
	InviteAccount  Verb = "account/invite"
	DisableAccount Verb = "account/disable"
	EnableAccount  Verb = "account/enable"
	MakeTickets    Verb = "ticket/make"
	PrintTickets   Verb = "ticket/print"
	ReleaseTicket  Verb = "ticket/release"
)

// Who may, by their trade.
var (
	everyone  = []Role{Visitor}
	organiser = []Role{Organiser}
	directing = []Role{Director, Organiser}
	desk      = []Role{Director, Moderator, Organiser}
	onStage   = []Role{Host, Director, Organiser}
	auditing  = []Role{Organiser, Auditor}
)

// permissions is the one permission table. Who is not listed may not. Nobody is
// listed for unrevealed results: no code path offers them. Staff never vote: an
// account cannot hold a vote.
var permissions = map[Verb][]Role{
	Watch: everyone, CastVote: {Audience}, RedeemTicket: {Audience}, SayLine: {Audience, Moderator}, ModerateLine: desk,
	MarkSheet: {Judge}, SeeHost: onStage, SeeDesk: desk, SendCamera: {Broadcaster}, PreviewCamera: {Director, Organiser, Broadcaster},

	// Commands of a show: the host fires cues of the own lane, and armed ones.
	"fire": onStage, "next": onStage, "arm": directing, "disarm": directing, "skip": directing, "extend": directing,
	"timer_add": directing, "blackout": directing, "camera": directing, "danmaku": desk, "notice": directing,
	"hide": directing, "decide": directing, "reopen": directing, "publish": directing,

	ReadOffice: organiser, ReadChanges: auditing, MakeContest: organiser, ImportEntries: organiser, SetStanding: organiser,
	SaveJudges: organiser, DropJudge: organiser, SaveSession: organiser, DropSession: organiser, SetEntries: organiser, SetPanel: organiser,
	BeginTake: organiser, EndTake: organiser, PurgeTake: organiser,
	ReadRundown: desk, SaveRundown: organiser,
	SaveBallot: organiser, DropBallot: organiser, OpenBallot: directing, ExtendBallot: directing, CloseBallot: directing, RearmBallot: directing,
	PublishBallot: organiser, RecountBallot: auditing, ReadCameras: directing, SaveCamera: directing, DropCamera: directing,
	MakeLink: organiser, RevokeLink: organiser,
	MakeAccount: organiser, InviteAccount: organiser, DisableAccount: organiser, EnableAccount: organiser,
	MakeTickets: organiser, PrintTickets: organiser, ReleaseTicket: organiser,
}

// Verbs lists the table.
func Verbs() []Verb { return slices.Sorted(maps.Keys(permissions)) }

// Scope is where something is done. An empty part is everywhere: only what is about
// no contest, or no show, leaves it out.
type Scope struct {
	Contest contest.Code
	Show    contest.ShowID // names its contest
}

// At is the contest of the scope, "" for none.
func (s Scope) At() contest.Code { return cmp.Or(s.Show.Contest(), s.Contest) }

// Allow returns nil when the identity may do it there, and otherwise access.signin
// (nobody yet), access.forbidden, or access.other_session: a link counts in its own
// show only, and wherever that is rehearsed. What everyone may, everyone may everywhere.
func (id Identity) Allow(v Verb, in Scope) error {
	roles := permissions[v]
	if slices.Contains(roles, Visitor) {
		return nil
	}
	if at := in.At(); at != "" {
		id = id.In(at)
	}
	switch {
	case !slices.ContainsFunc(roles, id.Is) && len(id.Roles) == 0 && id.Handle == "":
		return fault.New(fault.Unauthenticated, "access.signin", "%s needs a sign-in", v)
	case !slices.ContainsFunc(roles, id.Is):
		return fault.New(fault.Forbidden, "access.forbidden", "%v may not %s in %s", id.Roles, v, id.Contest)
	case id.Show != "" && in.Show != "" && id.Show != in.Show.Live():
		return fault.New(fault.Forbidden, "access.other_session", "link of %s used in %s", id.Show, in.Show)
	}
	return nil
}
