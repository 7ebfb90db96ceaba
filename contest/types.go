// Package contest holds the rules of the competition as pure functions: the
// published plan and its loader, entries and their import, score sheets, panel
// scores, votes turned into points, ranking, ties and award allocation. It has
// no clock, no input or output, no goroutine and no package state: the same
// input gives the same output, whatever its order. All arithmetic is exact
// (integers in hundredths, or math/big.Rat) and is rounded once, by Decimal.
// Everything here is safe for concurrent use as long as callers do not change
// values that they have handed over.
package contest

import "math/big"

// The identifiers. Each is a short slug (see ValidID) that is unique among its
// kind and is never shown to the public in place of a name.
type (
	TrackID     string
	EntryID     string
	JudgeID     string
	SessionID   string
	CriterionID string
	AwardID     string
	VenueID     string
	BodyRole    string
)

// The roles of a body in the plan.
const (
	RoleGuide    BodyRole = "guide"    // 指导单位
	RoleHost     BodyRole = "host"     // 主办单位; also the exclusion list of entrants
	RoleExecutor BodyRole = "executor" // 承办单位; excluded likewise
	RoleJury     BodyRole = "jury"     // 专家评审委员会
)

// The kinds of a phase and of an event.
const (
	PhaseRegistration = "registration"
	PhasePrelim       = "prelim"
	PhaseFinal        = "final"
	PhaseCeremony     = "ceremony"

	EventSalon    = "salon"
	EventRoadshow = "roadshow"
	EventCeremony = "ceremony"
)

// Mark is a judge's mark in hundredths of a point: 9250 is 92.50.
type Mark int64

// Plan is a contest as published. Load one with ParsePlan, which is the only
// place that checks it; a Plan in memory is taken to be sound.
type Plan struct {
	Code      string      `json:"code"`      // "JL-2024"
	Name      string      `json:"name"`      // the full official name
	ShortName string      `json:"shortName"` // for headings
	Theme     string      `json:"theme"`
	City      string      `json:"city"`
	Timezone  string      `json:"timezone"` // "Asia/Shanghai", or a fixed offset "+08:00"
	From      Date        `json:"from"`     // first day of the season
	To        Date        `json:"to"`       // last day, inclusive
	Basis     string      `json:"basis"`
	Bodies    []Body      `json:"bodies"`
	Rules     []Clause    `json:"rules"` // who and what may enter, as published
	Phases    []Phase     `json:"phases"`
	Events    []Event     `json:"events"`
	Tracks    []Track     `json:"tracks"`
	Criteria  []Criterion `json:"criteria"`
	Awards    []Award     `json:"awards"` // best level first
	AwardNote string      `json:"awardNote"`
	Scoring   Scoring     `json:"scoring"`
	Defaults  Defaults    `json:"defaults"`
	Venues    []Venue     `json:"venues"`
	Contacts  []Contact   `json:"contacts"`
}

// Body is an organisation with a part in the contest, named as published.
type Body struct {
	Role BodyRole `json:"role"`
	Name string   `json:"name"`
	Note string   `json:"note,omitempty"`
}

// Clause is one numbered condition of entry.
type Clause struct {
	Group string `json:"group"` // "参赛单位要求"
	No    int    `json:"no"`    // dense from 1 within the group
	Text  string `json:"text"`
}

// Phase is a stage of the contest: a window for activity, whole days in the
// plan's time zone, both ends inclusive (see Plan.Window).
type Phase struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"` // registration, prelim, final, ceremony
	Title   string  `json:"title"`
	From    Date    `json:"from"`
	To      Date    `json:"to"`
	Weekday string  `json:"weekday,omitempty"` // as typed in the plan; never shown
	Place   VenueID `json:"place,omitempty"`
	Form    string  `json:"form,omitempty"` // 评审形式 / 形式
	Text    string  `json:"text"`
}

// Event is a salon, the roadshow or the ceremony.
type Event struct {
	ID             string  `json:"id"`
	Kind           string  `json:"kind"` // salon, roadshow, ceremony
	Title          string  `json:"title"`
	Date           Date    `json:"date"`
	Weekday        string  `json:"weekday,omitempty"` // as typed in the plan; never shown
	Venue          VenueID `json:"venue"`
	Theme          string  `json:"theme,omitempty"`
	ThemeTentative bool    `json:"themeTentative,omitempty"`
	Audience       string  `json:"audience,omitempty"`
	Form           string  `json:"form,omitempty"`
}

// Track is a 赛道.
type Track struct {
	ID         TrackID     `json:"id"`
	No         int         `json:"no"`    // dense from 1
	Name       string      `json:"name"`  // "气象服务领域赛道"
	Short      string      `json:"short"` // "气象服务"
	Summary    string      `json:"summary"`
	Directions []Direction `json:"directions"`
}

// Direction is a 赛题方向 of a track; an entry has exactly one.
type Direction struct {
	No    int    `json:"no"` // dense from 1 within the track
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Criterion is one line of a score sheet. The weights of a plan add up to 100.
type Criterion struct {
	ID     CriterionID `json:"id"`
	Name   string      `json:"name"`
	Text   string      `json:"text"`
	Weight int         `json:"weight"` // percent, 1..100
	Max    int         `json:"max"`    // points, 1..1000
}

// Award is a level of prizes.
type Award struct {
	ID    AwardID   `json:"id"`
	Name  string    `json:"name"`
	Quota int       `json:"quota"` // at most this many winners
	Mode  AwardMode `json:"mode"`
}

// AwardMode says how a level is revealed.
type AwardMode string

// The award modes.
const (
	AwardOne    AwardMode = "one"  // winner by winner, from the last place to the first
	AwardListed AwardMode = "list" // all at once, in running order, never in rank order
)

// Scoring is the rule set that turns sheets and votes into a ranking.
type Scoring struct {
	Trim         string  `json:"trim"`         // "judge" drops whole judge totals, "criterion" drops marks per criterion
	TrimFrom     int     `json:"trimFrom"`     // drop 1+1 from this many counted judges; 0 never
	TrimWideFrom int     `json:"trimWideFrom"` // drop 2+2 from this many; 0 never
	Quorum       int     `json:"quorum"`       // counted judges needed; 0: max(3, ceil(2/3 of assigned less recused))
	VoteMethod   string  `json:"voteMethod"`   // "rank", "share", "max_ratio", "min_max"
	Floor        int     `json:"floor"`        // lowest vote points of rank and min_max, 0..99
	SpreadMatch  bool    `json:"spreadMatch"`  // give vote points the jury's mean and spread before weighting
	Weights      Weights `json:"weights"`
	Rounding     string  `json:"rounding"` // "half_up", "gbt8170"
	Places       int     `json:"places"`   // decimals published, 0..4
	Tentative    bool    `json:"tentative"`
}

// Weights are percents that add up to 100.
type Weights struct {
	Jury  int `json:"jury"`
	Votes int `json:"votes"`
}

// The values of Scoring's text fields.
const (
	TrimJudge     = "judge"
	TrimCriterion = "criterion"

	MethodRank     = "rank"
	MethodShare    = "share"
	MethodMaxRatio = "max_ratio"
	MethodMinMax   = "min_max"

	RoundHalfUp  = "half_up"
	RoundGBT8170 = "gbt8170"
)

// Defaults are what the program starts with where the plan is silent. All of
// it can be edited until frozen.
type Defaults struct {
	Finalists     int       `json:"finalists"`
	Judges        int       `json:"judges"`
	MinSectors    int       `json:"minSectors"` // sources of judges a panel should span
	Nominees      int       `json:"nominees"`   // recommended to the national final; 0 not stated
	PrelimWeights Weights   `json:"prelimWeights"`
	PrelimVote    VoteQuota `json:"prelimVote"`
	FinalVote     VoteQuota `json:"finalVote"`
	PitchSeconds  int       `json:"pitchSeconds"`
	AskSeconds    int       `json:"askSeconds"`
	MarkSeconds   int       `json:"markSeconds"`
	Tentative     bool      `json:"tentative"` // 待组委会确认
}

// VoteQuota is how often one voter may vote. Zero means no limit of that kind.
type VoteQuota struct {
	Window   string `json:"window"` // "ballot" or "day"
	MaxVotes int    `json:"maxVotes"`
	PerEntry int    `json:"perEntry"`
	PerTrack int    `json:"perTrack"`
}

// Venue is a place, named as published.
type Venue struct {
	ID   VenueID `json:"id"`
	Name string  `json:"name"`
}

// Contact is an office and its landline: never a person, never a mobile.
type Contact struct {
	Office string `json:"office"`
	Phone  string `json:"phone"`
}

// Entry is a project that takes part (参赛项目).
type Entry struct {
	ID        EntryID    `json:"id"`
	No        int        `json:"no"` // dense from 1; order of registration
	Title     string     `json:"title"`
	Track     TrackID    `json:"track"`
	Direction int        `json:"direction"`
	Team      string     `json:"team"`
	Lead      string     `json:"lead"` // 牵头参赛单位
	Partners  []string   `json:"partners"`
	Summary   string     `json:"summary"`
	Order     int        `json:"order"` // running order, from the draw; never from a result
	State     EntryState `json:"state"`
	Sample    bool       `json:"sample"`
}

// EntryState is where an entry stands.
type EntryState string

// The entry states. Only qualified entries are on ballots and receive awards.
const (
	Qualified    EntryState = "qualified"
	Withdrawn    EntryState = "withdrawn"
	Disqualified EntryState = "disqualified"
)

// Card is what the public sees of an entry.
type Card struct {
	ID        EntryID  `json:"id"`
	Order     int      `json:"order"`
	Title     string   `json:"title"`
	Track     TrackID  `json:"track"`
	TrackName string   `json:"trackName"` // the short name, "气象服务"
	Team      string   `json:"team"`
	Lead      string   `json:"lead"`
	Partners  []string `json:"partners"`
	Summary   string   `json:"summary"`
}

// Judge is a member of the jury. Sector is one of Sectors.
type Judge struct {
	ID     JudgeID `json:"id"`
	Name   string  `json:"name"`
	Org    string  `json:"org"`
	Sector string  `json:"sector"`
	Sample bool    `json:"sample"`
}

// Sectors returns the five sources that the plan draws judges from.
func Sectors() []string {
	return []string{"高校", "科研院所", "投融资机构", "行业协会", "大型企业"}
}

// Sheet is one judge's marks for one entry in one session.
type Sheet struct {
	Session   SessionID            `json:"session"`
	Entry     EntryID              `json:"entry"`
	Judge     JudgeID              `json:"judge"`
	Marks     map[CriterionID]Mark `json:"marks"` // hundredths of a point
	Comment   string               `json:"comment"`
	Rev       int64                `json:"rev"` // grows by one with each change; 0 never saved
	State     SheetState           `json:"state"`
	UpdatedAt int64                `json:"updatedAt"` // unix ms
}

// SheetState is where a sheet stands.
type SheetState string

// The sheet states. A sheet with the zero state is a draft that was never saved.
const (
	SheetDraft     SheetState = "draft"
	SheetSubmitted SheetState = "submitted"
	SheetLocked    SheetState = "locked"
	SheetRecused   SheetState = "recused"
)

// JudgeTotal is one counted judge's weighted total, 0..100.
type JudgeTotal struct {
	Judge   JudgeID
	Total   *big.Rat
	Dropped string // "", "high" or "low"
}

// PanelScore is what a panel says of one entry.
type PanelScore struct {
	Totals    []JudgeTotal             // counted judges, by judge id
	Score     *big.Rat                 // after trimming, 0..100; nil when nobody counts
	Counted   int                      // judges counted, before trimming
	Rankable  bool                     // enough judges for a ranking
	Criteria  map[CriterionID]*big.Rat // each criterion's own trimmed mean, in points
	Untrimmed *big.Rat                 // mean of all totals; nil when nobody counts
}

// Candidate is one entry of a ranking.
type Candidate struct {
	Entry      EntryID
	Track      TrackID
	Panel      PanelScore
	Votes      int64
	Chair      int  // the chair's recorded ballot among exact equals: 1 first; 0 none
	Ineligible bool // withdrawn or disqualified: left out before anything is counted
}

// Ranked is a candidate's place. Rank 0 means unplaced: see TieNote.
type Ranked struct {
	Entry      EntryID
	Rank       int      // from 1; exact ties share it, "1-2-2-4"
	Total      *big.Rat // nil when unplaced
	Jury       *big.Rat
	VotePoints *big.Rat // as weighted, so after spread matching
	Votes      int64
	TieNote    string // "", or one of the Tie… texts: what decided among equal totals
}

// AwardList is a proposal of winners. It may be sealed only without blockers.
type AwardList struct {
	Levels   []AwardLevel
	Blockers []Blocker
}

// AwardLevel is one level's winners: best first, or in running order when the
// mode is AwardListed.
type AwardLevel struct {
	Award   AwardID
	Name    string
	Quota   int
	Mode    AwardMode
	Winners []EntryID
}

// Blocker is a reason why the list can't be sealed.
type Blocker struct {
	Code    string    // "award.boundary_tie", "award.not_rankable"
	Award   AwardID   // the best level concerned, may be empty
	Entries []EntryID // in running order
}

// EntryRow is one line of an import table, as read; PlanImport judges it.
type EntryRow struct {
	Line      int    `json:"line"` // in the file, from 1
	Code      string `json:"code"` // the entry's id; may be empty for a new one
	Title     string `json:"title"`
	Track     string `json:"track"`     // id, number or name
	Direction string `json:"direction"` // number or title
	Team      string `json:"team"`
	Lead      string `json:"lead"`
	Partners  string `json:"partners"` // separated by ；or ;
	Summary   string `json:"summary"`
}

// ImportPreview tells what an import would do. It is applied whole, or, with
// any problem, not at all.
type ImportPreview struct {
	Add      []Entry       `json:"add"`
	Change   []EntryChange `json:"change"`
	Same     []EntryID     `json:"same"`
	Problems []Problem     `json:"problems"`
}

// EntryChange is an entry that would change.
type EntryChange struct {
	Line   int         `json:"line"`
	Entry  Entry       `json:"entry"` // as it would be
	Fields []FieldDiff `json:"fields"`
}

// FieldDiff is one changed field. Frozen marks what the plan forbids to change
// after registration: title, track, direction and lead unit.
type FieldDiff struct {
	Field  string `json:"field"`
	Old    string `json:"old"`
	New    string `json:"new"`
	Frozen bool   `json:"frozen"`
}

// Problem is one fault in a file, with the place to mend it.
type Problem struct {
	Path string         `json:"path"` // "tracks[3].directions[0].title", or a column's name
	Line int            `json:"line"` // from 1; 0 unknown
	Code string         `json:"code"` // stable, such as "plan.required"
	Args map[string]any `json:"args,omitempty"`
}

// Warning is a contradiction or gap in a plan that is shown, not refused.
type Warning struct {
	ID   string `json:"id"`   // "W-01"
	Path string `json:"path"` // "events[0].weekday"
	Zh   string `json:"zh"`
	En   string `json:"en"`
}
