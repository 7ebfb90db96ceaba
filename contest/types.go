// Package contest is the vocabulary of a competition: ids, the published plan,
// entries, judges, criteria and awards, and what is true of their names. How a
// plan is read stands in contest/plan, how a list of entries is imported in
// contest/roster, how sheets and votes become ranks and awards in contest/score.
// All four are pure: no clock, no input or output, no goroutine and no package
// state. Everything here is safe for concurrent use as long as callers do not
// change values that they have handed over.
package contest

// The identifiers. Each is a short slug (see ValidID) that is unique among its
// kind and is never shown to the public in place of a name.
type (
	TrackID     string
	EntryID     string
	JudgeID     string
	SessionID   string // "final", of a session within its contest
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

// Plan is a contest as published. Load one with plan.Parse, which is the only
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
	Reason    string     `json:"reason,omitempty"` // why it is withdrawn or disqualified
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

// The bounds of an entry, in runes.
const (
	MaxEntryName = 60 // title, team, lead unit, partner
	MaxSummary   = 200
	MaxPartners  = 10
)

// The least numbers of judges: below MinQuorum nobody is ranked; trimming one
// of each side leaves at least one mark, and needs MinTrim; two need
// MinTrimWide.
const (
	MinQuorum   = 3
	MinTrim     = 4
	MinTrimWide = 6
)
