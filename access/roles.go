package access

import "hecai/fault"

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

// Capability is something one may do. The set is closed.
type Capability string

// The capabilities of the permission table.
const (
	Watch      Capability = "watch"       // the stream and the public board
	CastVote   Capability = "cast_vote"   //
	PostDanmu  Capability = "post_danmu"  //
	ScoreEntry Capability = "score_entry" // own sheets only
	SeeHost    Capability = "see_host"    // prompter of the host
	SeeStaff   Capability = "see_staff"   // director's console, without results
	FireCue    Capability = "fire_cue"    // ordinary cues
	ArmReveal  Capability = "arm_reveal"  //
	FireReveal Capability = "fire_reveal" // an armed one
	RunBallot  Capability = "run_ballot"  // open, close, extend by hand
	Publish    Capability = "publish"     // a camera
	SwitchCam  Capability = "switch_cam"  //
	Preview    Capability = "preview"     // single cameras, not on the programme
	Moderate   Capability = "moderate"    //
	Administer Capability = "administer"  // entries, ballots, judges, links, rundown
	ReadAudit  Capability = "read_audit"  // chain, exports
)

// permissions is the one permission table (domain.md §4.6). Who is not listed
// may not. Nobody is listed for unrevealed results: no code path offers them.
// Staff never vote: an account cannot hold a vote.
var permissions = map[Capability][]Role{
	Watch:      {Visitor, Audience, Judge, Host, Director, Screen, Broadcaster, Moderator, Reviewer, Organiser, Auditor},
	CastVote:   {Audience},
	PostDanmu:  {Audience, Moderator},
	ScoreEntry: {Judge},
	SeeHost:    {Host, Director, Organiser},
	SeeStaff:   {Director, Moderator, Organiser},
	FireCue:    {Host, Director, Organiser},
	ArmReveal:  {Director, Organiser},
	FireReveal: {Host, Director},
	RunBallot:  {Director, Organiser},
	Publish:    {Broadcaster},
	SwitchCam:  {Director, Organiser},
	Preview:    {Director, Organiser, Broadcaster},
	Moderate:   {Director, Moderator, Organiser},
	Administer: {Organiser},
	ReadAudit:  {Organiser, Auditor},
}

// May reports whether the identity has the capability.
func (id Identity) May(c Capability) bool {
	for _, r := range permissions[c] {
		if r == Visitor || id.Is(r) {
			return true
		}
	}
	return false
}

// Require returns nil when the identity has the capability, and otherwise
// access.signin (nobody yet) or access.forbidden.
func (id Identity) Require(c Capability) error {
	if id.May(c) {
		return nil
	}
	if len(id.Roles) == 0 {
		return fault.New(fault.Unauthenticated, "access.signin", "%s needs a sign-in", c)
	}
	return fault.New(fault.Forbidden, "access.forbidden", "%v may not %s", id.Roles, c)
}

// Bound returns nil when the identity may act in the contest session: staff
// and audience anywhere, a link only in its own.
func (id Identity) Bound(session string) error {
	if id.Session != "" && session != "" && id.Session != session {
		return fault.New(fault.Forbidden, "access.other_session", "link of %s used in %s", id.Session, session)
	}
	return nil
}
