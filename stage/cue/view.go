package cue

import (
	"hecai/contest"
	"hecai/vote"
)

// View is what everyone may see, folded from facts alone. A nil part is absent.
// Each field is a top-level key of the state topic.
type View struct {
	Session  *Session     `json:"session"`
	Scene    *Scene       `json:"scene"`
	Timer    *Timer       `json:"timer"`
	Entry    *EntryCard   `json:"entry"`
	Ballot   *Ballot      `json:"ballot"`
	Dots     *Dots        `json:"dots"`
	Sheets   int64        `json:"sheets"` // moves whenever a judge may score other entries than before
	Marks    *Marks       `json:"marks"`
	Board    *Board       `json:"board"`
	Awards   []AwardLevel `json:"awards"`
	Award    *AwardCard   `json:"award"`
	Tally    *Tally       `json:"tally"`
	Verify   *Verify      `json:"verify"`
	Program  *Program     `json:"program"`
	Danmaku  *DanmakuMode `json:"danmaku"`
	Blackout bool         `json:"blackout"`
	Notice   *Notice      `json:"notice"`
}

// The parts of a view. Times are unix milliseconds; scores are decimal texts,
// rounded once.
type (
	// Session is which session this is.
	Session struct {
		ID       contest.ShowID `json:"id"`
		Title    string         `json:"title"`
		Subtitle string         `json:"subtitle"`
		Mode     string         `json:"mode"`   // "live", or "rehearsal" of a take
		Sample   bool           `json:"sample"` // the entries are made up (示例数据)
		Begun    bool           `json:"begun"`  // a cue of it was fired
		Ended    bool           `json:"ended"`
	}
	// Scene is what the venue screen shows.
	Scene struct {
		Name string            `json:"name"`
		At   int64             `json:"at"`
		Args map[string]string `json:"args"`
	}
	// Timer is a countdown to Ends; past it, time counts up as overtime.
	Timer struct {
		ID    string `json:"id"`
		Label string `json:"label"`
		Ends  int64  `json:"ends"`
		Total int    `json:"total"` // seconds
	}
	// EntryCard is the entry on stage.
	EntryCard = contest.Card
	// Ballot is the ballot on stage; its figures are on its own topic.
	Ballot struct {
		ID       vote.BallotID `json:"id"`
		Title    string        `json:"title"`
		Open     bool          `json:"open"`
		Deadline int64         `json:"deadline"` // the public one; 0 = closed by hand
	}
	// Dot is a judge and whether their sheet is in.
	Dot struct {
		ID   contest.JudgeID `json:"id"`
		Name string          `json:"name"`
		Done bool            `json:"done"`
	}
	// Dots is the state of the sheets of one entry: who, not what.
	Dots struct {
		Entry  contest.EntryID `json:"entry"`
		Judges []Dot           `json:"judges"`
		Locked bool            `json:"locked"`
	}
	// Marks are the jury's totals of one entry as far as they are revealed.
	Marks struct {
		Entry  contest.EntryID `json:"entry"`
		Title  string          `json:"title"`
		Judges []JudgeMark     `json:"judges"`
		Score  *string         `json:"score"`
	}
	// JudgeMark is one judge's tile.
	JudgeMark struct {
		ID      contest.JudgeID `json:"id"`
		Name    string          `json:"name"`
		Total   *string         `json:"total"`
		Dropped *string         `json:"dropped"` // "high", "low"
	}
	// Board is a revealed leaderboard.
	Board struct {
		Title string     `json:"title"`
		Rows  []BoardRow `json:"rows"`
	}
	// BoardRow is a place. A frozen one (封榜) says nothing but its rank.
	BoardRow struct {
		Rank      int             `json:"rank"`
		Frozen    bool            `json:"frozen,omitempty"`
		Entry     contest.EntryID `json:"entry"`
		Title     string          `json:"title"`
		Track     contest.TrackID `json:"track"`
		TrackName string          `json:"trackName"`
		Lead      string          `json:"lead"`
		Score     string          `json:"score"`
	}
	// AwardLevel is a level with the winners revealed so far, best place first,
	// or in running order for a list.
	AwardLevel struct {
		Level   contest.AwardID `json:"level"`
		Name    string          `json:"name"`
		Mode    string          `json:"mode"`
		Quota   int             `json:"quota"`
		Winners []Winner        `json:"winners"`
	}
	// AwardCard is the award card on screen; without a winner it is held.
	AwardCard struct {
		Level  contest.AwardID `json:"level"`
		Name   string          `json:"name"`
		Place  int             `json:"place"` // within the level, from 1; 0 = the whole list
		Of     int             `json:"of"`
		Held   bool            `json:"held"`
		Winner *Winner         `json:"winner"` // nil while held, and for a vacant place or a list
	}
	// Winner is a revealed winner.
	Winner struct {
		Entry     contest.EntryID `json:"entry"`
		Title     string          `json:"title"`
		Team      string          `json:"team"`
		Lead      string          `json:"lead"`
		Partners  []string        `json:"partners"`
		Track     contest.TrackID `json:"track"`
		TrackName string          `json:"trackName"`
		Total     string          `json:"total"`
		Jury      string          `json:"jury"`
		Votes     int64           `json:"votes"`
	}
	// Tally is a revealed count, in option order.
	Tally struct {
		Ballot vote.BallotID `json:"ballot"`
		Title  string        `json:"title"`
		Rows   []TallyRow    `json:"rows"`
		Voters int64         `json:"voters"`
	}
	// TallyRow is one entry's votes.
	TallyRow struct {
		Entry     contest.EntryID `json:"entry"`
		Title     string          `json:"title"`
		Track     contest.TrackID `json:"track"`
		TrackName string          `json:"trackName"`
		Votes     int64           `json:"votes"`
	}
	// Verify is the root that the result was sealed under.
	Verify struct {
		Root   string `json:"root"`
		Leaves int64  `json:"leaves"` // ledger records behind it
		At     int64  `json:"at"`
	}
	// Program is the picture on programme.
	Program struct {
		Camera string `json:"camera"`
		Label  string `json:"label"`
		State  string `json:"state"` // "live", "slate"
	}
	// DanmakuMode is whether the audience may write.
	DanmakuMode struct {
		Mode string `json:"mode"`
	}
	// Notice is a line laid over every page.
	Notice struct {
		Text string `json:"text"`
	}
)

// Public returns what everyone may see. It shares slices with the state, which
// never changes them in place.
func Public(s *State) View {
	v := View{
		Scene: s.scene, Timer: s.timer, Entry: s.entry, Board: s.board, Awards: s.awards, Award: s.award,
		Tally: s.tally, Verify: s.verify, Program: s.program, Notice: s.notice,
		Danmaku: &DanmakuMode{Mode: s.danmaku}, Blackout: s.blackout, Sheets: s.sheets,
	}
	if s.session.ID != "" {
		v.Session = &Session{ID: s.session.ID, Title: s.session.Title, Subtitle: s.session.Subtitle, Mode: modeLive, Sample: s.catalog.sample(), Begun: s.Begun(), Ended: s.ended}
		if s.session.ID.Take() > 0 {
			v.Session.Mode = modeRehearsal
		}
	}
	if b, ok := s.ballots[s.ballot]; ok {
		v.Ballot = &Ballot{ID: s.ballot, Title: b.title, Open: b.open, Deadline: b.deadline}
	}
	if p, ok := s.panels[s.focus]; ok {
		v.Dots = &Dots{Entry: s.focus, Judges: p.judges, Locked: p.locked}
	}
	if m, ok := s.marks[s.focus]; ok {
		v.Marks = &m
	}
	if v.Awards == nil {
		v.Awards = []AwardLevel{}
	}
	return v
}

// Doc returns the view as the top-level values of its topic: every key, always,
// with nil for what is absent.
func (v View) Doc() map[string]any {
	return map[string]any{
		"session": orNil(v.Session), "scene": orNil(v.Scene), "timer": orNil(v.Timer), "entry": orNil(v.Entry),
		"ballot": orNil(v.Ballot), "dots": orNil(v.Dots), "sheets": v.Sheets, "marks": orNil(v.Marks), "board": orNil(v.Board),
		"awards": v.Awards, "award": orNil(v.Award), "tally": orNil(v.Tally), "verify": orNil(v.Verify),
		"program": orNil(v.Program), "danmaku": orNil(v.Danmaku), "blackout": v.Blackout,
		"notice": orNil(v.Notice),
	}
}

// orNil keeps a nil pointer from becoming a non-nil interface.
func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}
