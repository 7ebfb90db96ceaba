package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/server/httpd"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// shows holds the running sessions. The set is fixed while the node runs; what
// is on their ballots and rundowns is not.
type shows struct {
	n *Node

	mu    sync.RWMutex
	all   map[contest.SessionID]*show      // guarded by mu
	cards map[contest.EntryID]contest.Card // guarded by mu; names for public boards
}

// show is one session with its stage.
type show struct {
	n     *Node
	row   store.Session
	stage *stage.Stage

	mu     sync.Mutex
	online int // guarded by mu; last told
}

// openShows loads the sessions.
func (n *Node) openShows(ctx context.Context) error {
	n.shows = &shows{n: n, all: map[contest.SessionID]*show{}}
	rows, err := n.db.Sessions(ctx)
	if err != nil {
		return err
	}
	if err := n.shows.loadCards(ctx); err != nil {
		return err
	}
	for _, row := range rows {
		if err := n.shows.add(ctx, row); err != nil {
			return err
		}
	}
	for _, b := range n.box.Ballots() {
		n.shows.Announce(b.ID)
	}
	return nil
}

// planSessions makes, on the first start, a session of the final and of each
// event of the plan, with a rundown that the organiser fills.
func (n *Node) planSessions(ctx context.Context) error {
	if had, err := n.db.Sessions(ctx); err != nil || len(had) > 0 {
		return err
	}
	order := 0
	add := func(id, title, kind string) error {
		order++
		mode := cue.ModeLive
		if n.cfg.Watermark {
			mode = cue.ModeRehearsal
		}
		row := store.Session{ID: contest.SessionID(id), Title: title, Kind: kind, Mode: mode, Order: order}
		if err := n.db.SaveSession(ctx, row); err != nil {
			return err
		}
		r := cue.Blank(row.ID, title)
		r.Mode = mode
		return n.db.SaveRundown(ctx, r)
	}
	if err := add("final", "决赛", "final"); err != nil {
		return err
	}
	for _, e := range n.plan.Events {
		if e.ID == "final" {
			continue
		}
		if err := add(e.ID, e.Title, e.Kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *shows) loadCards(ctx context.Context) error {
	entries, err := s.n.db.Entries(ctx)
	if err != nil {
		return err
	}
	cards := make(map[contest.EntryID]contest.Card, len(entries))
	for _, e := range entries {
		cards[e.ID] = s.n.plan.Card(e)
	}
	s.mu.Lock()
	s.cards = cards
	s.mu.Unlock()
	return nil
}

// catalog is what a session's cues may name. A session without entries or
// judges of its own has all of them.
func (s *shows) catalog(ctx context.Context, id contest.SessionID) (cue.Catalog, error) {
	c := cue.Catalog{Plan: s.n.plan}
	var err error
	if c.Entries, err = s.n.db.SessionEntries(ctx, id); err != nil {
		return c, err
	}
	if len(c.Entries) == 0 {
		if c.Entries, err = s.n.db.Entries(ctx); err != nil {
			return c, err
		}
	}
	if c.Judges, err = s.n.db.SessionJudges(ctx, id); err != nil {
		return c, err
	}
	if len(c.Judges) == 0 {
		if c.Judges, err = s.n.db.Judges(ctx); err != nil {
			return c, err
		}
	}
	for _, b := range s.n.box.Ballots() {
		c.Ballots = append(c.Ballots, b.ID)
	}
	return c, nil
}

func (s *shows) add(ctx context.Context, row store.Session) error {
	rundown, err := s.n.db.Rundown(ctx, row.ID)
	if err != nil {
		return err
	}
	catalog, err := s.catalog(ctx, row.ID)
	if err != nil {
		return err
	}
	sh := &show{n: s.n, row: row}
	sh.stage, err = stage.New(ctx, stage.Config{
		Rundown: rundown, Catalog: catalog, Store: s.n.db, Messages: s.n.db, Box: s.n.box,
		Publisher: publisher{s.n}, Ledger: s.n.db, Cameras: cameras{s.n}, Live: sh.live, Now: s.n.cfg.Now, Log: s.n.cfg.Log,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.all[row.ID] = sh
	s.mu.Unlock()
	return nil
}

func (s *shows) list() []*show {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*show, 0, len(s.all))
	for _, sh := range s.all {
		out = append(out, sh)
	}
	slices.SortFunc(out, func(a, b *show) int { return cmp.Compare(a.row.Order, b.row.Order) })
	return out
}

func (s *shows) find(id contest.SessionID) (*show, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sh, ok := s.all[id]
	if !ok {
		return nil, fault.New(fault.NotFound, "stage.unknown_session", "%s", id)
	}
	return sh, nil
}

// Show implements httpd.Shows.
func (s *shows) Show(id contest.SessionID) (httpd.Show, error) {
	sh, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return sh, nil
}

// Sessions implements httpd.Shows.
func (s *shows) Sessions() []httpd.SessionInfo {
	out := []httpd.SessionInfo{}
	for _, sh := range s.list() {
		out = append(out, sh.info())
	}
	return out
}

// Ballot implements httpd.Shows: a ballot that the public may know of.
func (s *shows) Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, error) {
	b, t, ok := s.n.box.Ballot(id)
	if !ok || b.State == vote.StateDraft {
		return b, t, fault.New(fault.NotFound, "vote.unknown_ballot", "%s", id)
	}
	return b, t, nil
}

// Board implements httpd.Shows.
func (s *shows) Board(id vote.BallotID) (vote.PublicBoard, bool) {
	b, t, err := s.Ballot(id)
	if err != nil {
		return vote.PublicBoard{}, false
	}
	return s.board(b, t), true
}

// board builds the public board; figures come in only by the ballot's
// visibility, or by the token of a tally that the stage has revealed.
func (s *shows) board(b vote.Ballot, t vote.Tally) vote.PublicBoard {
	var token *vote.Revealed
	if sh, err := s.find(b.Session); err == nil {
		if r, ok := sh.stage.Revealed(b); ok {
			token = &r
		}
	}
	return vote.Public(b, t, token).Named(func(id contest.EntryID) vote.Card {
		s.mu.RLock()
		defer s.mu.RUnlock()
		c := s.cards[id]
		return vote.Card{Title: c.Title, TrackName: c.TrackName, Lead: c.Lead}
	})
}

// verifiable reports whether the log of a ballot may be shown: it is closed and
// its figures are public, by visibility, by a revealed tally, or because the
// session's seal was verified.
func (s *shows) verifiable(b vote.Ballot) bool {
	if b.State != vote.StateClosed && b.State != vote.StateRevealed {
		return false
	}
	if b.Visibility == vote.Live {
		return true
	}
	sh, err := s.find(b.Session)
	if err != nil {
		return false
	}
	_, revealed := sh.stage.Revealed(b)
	return revealed || sh.stage.View().Verify != nil
}

func (s *shows) boardKnown(id string) bool {
	_, _, err := s.Ballot(vote.BallotID(id))
	return err == nil
}

// Announce implements httpd.Shows: it publishes a ballot's board.
func (s *shows) Announce(id vote.BallotID) {
	if b, t, err := s.Ballot(id); err == nil {
		publisher{s.n}.State("ballot/"+string(b.ID), s.board(b, t).Fields())
	}
}

// announceRevealed publishes the boards whose figures the stage has revealed: the
// ballot itself doesn't change by that. A board that is out already is not sent
// again.
func (s *shows) announceRevealed(id contest.SessionID) {
	sh, err := s.find(id)
	if err != nil {
		return
	}
	for _, b := range s.n.box.Ballots() {
		if b.Session != id {
			continue
		}
		if _, ok := sh.stage.Revealed(b); ok {
			s.Announce(b.ID)
		}
	}
}

func (s *shows) ballotChanged(b vote.Ballot, t vote.Tally) {
	if b.State != vote.StateDraft {
		publisher{s.n}.State("ballot/"+string(b.ID), s.board(b, t).Fields())
	}
	if sh, err := s.find(b.Session); err == nil {
		sh.stage.BallotChanged(b)
	}
}

func (s *shows) camerasChanged(id contest.SessionID) {
	if sh, err := s.find(id); err == nil {
		sh.stage.CamerasChanged()
	}
}

// Reload implements httpd.Shows: entries, judges or ballots have changed, and
// the running shows may name them now.
func (s *shows) Reload(ctx context.Context) error {
	if err := s.loadCards(ctx); err != nil {
		return err
	}
	for _, sh := range s.list() {
		r, err := s.n.db.Rundown(ctx, sh.row.ID)
		if err != nil {
			return err
		}
		c, err := s.catalog(ctx, sh.row.ID)
		if err != nil {
			return err
		}
		if err := sh.stage.Replace(ctx, r, c); err != nil {
			return err
		}
	}
	for _, b := range s.n.box.Ballots() {
		s.Announce(b.ID)
	}
	return nil
}

// publisher fits the hub to the stage. The hub neither blocks nor fails on what
// the stage says; a document that cannot be encoded is a bug and is logged.
type publisher struct{ n *Node }

// State implements stage.Publisher.
func (p publisher) State(topic string, doc map[string]any) {
	if err := p.n.hub.State(topic, doc); err != nil {
		p.n.cfg.Log.Error("state not sent", "topic", topic, "err", err)
	}
	if session, ok := strings.CutPrefix(topic, "stage/"); ok {
		p.n.shows.announceRevealed(contest.SessionID(session))
	}
}

// Event implements stage.Publisher.
func (p publisher) Event(topic string, seq int64, body any) {
	if err := p.n.hub.Event(topic, seq, body); err != nil {
		p.n.cfg.Log.Error("event not sent", "topic", topic, "err", err)
	}
}

func (sh *show) info() httpd.SessionInfo {
	v := sh.stage.View()
	out := httpd.SessionInfo{ID: sh.row.ID, Title: sh.row.Title, Subtitle: sh.row.Subtitle, Kind: sh.row.Kind, Mode: sh.row.Mode, Ballots: []vote.BallotID{}}
	if v.Session != nil {
		out.Title, out.Subtitle, out.Mode = v.Session.Title, v.Session.Subtitle, v.Session.Mode
	}
	for _, b := range sh.n.box.Ballots() {
		if b.Session == sh.row.ID && b.State != vote.StateDraft {
			out.Ballots = append(out.Ballots, b.ID)
		}
	}
	return out
}

// live is what the director's desk measures.
func (sh *show) live() stage.Live {
	out := stage.Live{Online: map[contest.JudgeID]bool{}, Screens: []cue.Screen{}, AckP99: sh.n.box.Stats().P99}
	topic := "stage/" + string(sh.row.ID)
	newest := sh.n.hub.Version(topic)
	now := sh.n.cfg.Now().UnixMilli()
	for _, p := range sh.n.hub.Peers(func(id hub.Identity) bool { return id.Session == string(sh.row.ID) }) {
		switch access.Role(p.Identity.Role) {
		case access.Judge:
			out.Online[contest.JudgeID(p.Identity.Name)] = true
		case access.Screen:
			s := cue.Screen{Name: p.Identity.Name, Online: true, Scene: p.Seen.Scene, Version: p.Seen.V}
			if p.Seen.V < newest && p.Seen.At > 0 {
				s.Lag = now - p.Seen.At
			}
			out.Screens = append(out.Screens, s)
		}
	}
	slices.SortFunc(out.Screens, func(a, b cue.Screen) int { return cmp.Compare(a.Name, b.Name) })
	out.Audience = sh.n.hub.Listeners(topic)
	return out
}

// refresh tells how many are there, when it changed.
func (sh *show) refresh() {
	online := sh.n.hub.Listeners("stage/" + string(sh.row.ID))
	sh.mu.Lock()
	changed := online != sh.online
	sh.online = online
	sh.mu.Unlock()
	if changed {
		publisher{sh.n}.State("pulse/"+string(sh.row.ID), map[string]any{"online": online})
	}
}

// The rest implements httpd.Show over the stage.

func (sh *show) View() cue.View { return sh.stage.View() }

func (sh *show) Desk() cue.StaffView { return sh.stage.StaffView() }

func (sh *show) Facts(ctx context.Context, after int64) ([]cue.Fact, error) {
	return sh.stage.Facts(ctx, after)
}

func (sh *show) Sealed(ctx context.Context) ([]byte, string, error) { return sh.stage.Sealed(ctx) }

func (sh *show) Do(ctx context.Context, actor stage.Actor, cmd cue.Command) (int64, error) {
	return sh.stage.Do(ctx, actor, cmd)
}

// ReplaceRundown checks and keeps a new rundown.
func (sh *show) ReplaceRundown(ctx context.Context, _ string, r cue.Rundown) error {
	c, err := sh.n.shows.catalog(ctx, sh.row.ID)
	if err != nil {
		return err
	}
	r.Session = sh.row.ID
	if err := sh.stage.Replace(ctx, r, c); err != nil {
		return err
	}
	return sh.n.db.SaveRundown(ctx, r)
}

func (sh *show) JudgeDesk(ctx context.Context, judge contest.JudgeID) (httpd.JudgeDesk, error) {
	desk := httpd.JudgeDesk{Session: sh.info(), Criteria: sh.n.plan.Criteria, Entries: []httpd.JudgeEntry{}}
	tasks, err := sh.stage.Judging().Sheets(ctx, judge)
	if err != nil {
		return desk, err
	}
	c, err := sh.n.shows.catalog(ctx, sh.row.ID)
	if err != nil {
		return desk, err
	}
	for _, j := range c.Judges {
		if j.ID == judge {
			desk.Judge = j
		}
	}
	for _, task := range tasks {
		desk.Entries = append(desk.Entries, httpd.JudgeEntry{Card: task.Card, Open: task.Open, Locked: task.Locked, Sheet: task.Sheet})
	}
	return desk, nil
}

func (sh *show) SaveSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64,
	marks map[contest.CriterionID]contest.Mark, comment string,
) (contest.Sheet, error) {
	return sh.stage.Judging().Save(ctx, judge, entry, rev, marks, comment)
}

func (sh *show) SubmitSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64) (contest.Sheet, error) {
	return sh.stage.Judging().Submit(ctx, judge, entry, rev)
}

func (sh *show) RecuseSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, reason string) (contest.Sheet, error) {
	return sh.stage.Judging().Recuse(ctx, judge, entry, reason)
}

func (sh *show) Say(ctx context.Context, voter int64, text, name string) (string, string, error) {
	return sh.stage.Danmaku().Say(ctx, voter, text, name)
}

func (sh *show) Moderate(ctx context.Context, id, verdict string) error {
	return sh.stage.Danmaku().Moderate(ctx, id, verdict)
}
