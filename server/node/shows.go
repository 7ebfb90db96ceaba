package node

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/lease"
	"hecai/live"
	"hecai/office"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// shows holds the sessions, those that run here and those that other nodes run.
type shows struct {
	n    *Node
	news *glance // at shows that there are since

	adding sync.Mutex // one new show at a time

	mu    sync.RWMutex
	all   map[contest.ShowID]*show                          // guarded by mu
	takes map[contest.ShowID][]contest.Take                 // guarded by mu; of each show that was rehearsed, by number
	cards map[contest.Code]map[contest.EntryID]contest.Card // guarded by mu; names for public boards
}

// show is one session with its stage.
type show struct {
	*stage.Stage
	n   *Node
	id  contest.ShowID
	row atomic.Pointer[store.Session] // as the office has it
	own lease.Lease                   // that the stage is under
	ran atomic.Bool                   // the stage was run; another one takes its place when it is to run again

	edit   sync.Mutex // one change of what is staged at a time
	staged staged     // guarded by edit

	mu    sync.Mutex
	pulse pulse // guarded by mu; last told
}

// staged is what a stage was given last.
type staged struct {
	rundown cue.Rundown
	catalog cue.Catalog
}

// openShows loads the sessions.
func (n *Node) openShows(ctx context.Context) error {
	n.shows = &shows{n: n, news: newGlance(glanceEvery), all: map[contest.ShowID]*show{}}
	if _, err := n.shows.loadCards(ctx); err != nil {
		return err
	}
	if err := n.shows.discover(ctx); err != nil {
		return err
	}
	for _, b := range n.box.Ballots() {
		n.shows.Announce(b.ID)
		n.logs.look(b)
	}
	return nil
}

// planSessions makes, when a contest is new, a session of the final and of each
// event of the plan, with a rundown that the organiser fills.
func (n *Node) planSessions(ctx context.Context) error {
	had, err := n.db.Sessions(ctx)
	if err != nil {
		return err
	}
	for _, code := range n.contests.All() {
		if slices.ContainsFunc(had, func(s store.Session) bool { return s.Contest == code }) {
			continue
		}
		if err := n.planSessionsOf(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) planSessionsOf(ctx context.Context, code contest.Code) error {
	for i, p := range n.contests.Plan(code).Sessions() {
		row := store.Session{Contest: code, ID: p.ID, Title: p.Title, Kind: p.Kind, Order: i + 1}
		if err := n.db.SaveSession(ctx, row); err != nil {
			return err
		}
		if err := n.db.SaveRundown(ctx, code, cue.Blank(row.ID, row.Title)); err != nil {
			return err
		}
	}
	return nil
}

// loadCards reads the names for public boards, and tells which are new.
func (s *shows) loadCards(ctx context.Context) (changed map[contest.Code]map[contest.EntryID]bool, err error) {
	cards := map[contest.Code]map[contest.EntryID]contest.Card{}
	for _, code := range s.n.contests.All() {
		entries, err := s.n.db.Entries(ctx, code)
		if err != nil {
			return nil, err
		}
		cards[code] = make(map[contest.EntryID]contest.Card, len(entries))
		for _, e := range entries {
			cards[code][e.ID] = s.n.contests.Plan(code).Card(e)
		}
	}
	changed = map[contest.Code]map[contest.EntryID]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for code, of := range cards {
		changed[code] = map[contest.EntryID]bool{}
		for id, c := range of {
			if !reflect.DeepEqual(s.cards[code][id], c) {
				changed[code][id] = true
			}
		}
	}
	s.cards = cards
	return changed, nil
}

// catalog is what a session's cues may name, and when it is to begin: a rehearsal of
// it begins whenever it does.
func (s *shows) catalog(ctx context.Context, id contest.ShowID) (cue.Catalog, error) {
	c, err := office.Catalog(ctx, s.n.db, s.n.contests.Plan(id.Contest()), s.n.box.Ballots(), id)
	if err != nil || id.Take() > 0 {
		return c, err
	}
	row, err := s.n.db.Session(ctx, id)
	if err != nil {
		return c, err
	}
	c.Starts = row.Setup().Starts(c.Plan.Zone())
	return c, nil
}

// add makes the stage of a show. Without a lease it is there to be looked at,
// and another takes its place when it is to run.
func (s *shows) add(ctx context.Context, id contest.ShowID, row store.Session, own lease.Lease) error {
	s.mu.RLock()
	before := s.all[id]
	s.mu.RUnlock()
	rundown, err := s.n.db.Rundown(ctx, id)
	if err != nil {
		return err
	}
	catalog, err := s.catalog(ctx, id)
	if err != nil {
		return err
	}
	eyes := stage.Cameras(cameras{s.n})
	if id.Take() > 0 {
		eyes = onlooker{cameras{s.n}}
	}
	sh := &show{n: s.n, id: id, own: own, staged: staged{rundown, catalog}}
	sh.row.Store(&row)
	sh.Stage, err = stage.New(ctx, stage.Config{
		Rundown: rundown, Catalog: catalog, Lease: own, Store: s.n.db, Messages: s.n.db, Box: s.n.box,
		Publisher: publisher{s.n}, Ledger: sealing{s.n}, Cameras: eyes, Live: sh.live, Other: s.state, Now: s.n.cfg.Now, Log: s.n.cfg.Log,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.Epoch == 0 && (s.all[id] != before || before != nil && before.own.Epoch != 0 && s.n.theatre.Here()) {
		return nil // one was begun here, and runs
	}
	s.all[id] = sh
	return nil
}

// discover takes in the shows of contests that were made since, those that another
// node has made, and rehearsals that were begun; one that has ended is there no more.
// The theatre runs them where the shows are.
func (s *shows) discover(ctx context.Context) error {
	if err := s.n.loadPlans(ctx); err != nil {
		return err
	}
	s.adding.Lock()
	defer s.adding.Unlock()
	rows, takes, err := s.stored(ctx)
	if err != nil {
		return err
	}
	fresh := false
	for id, row := range rows {
		if _, err := s.find(id); err == nil {
			continue
		}
		fresh = true
		own, err := s.n.lease(ctx, lease.Show(id))
		if err == nil {
			err = s.add(ctx, id, row, own)
		}
		if err != nil && id.Take() > 0 { // the shows themselves go on without it, and it can be ended
			s.n.cfg.Log.Error("a rehearsal is not staged", "show", id, "err", err)
			continue
		}
		if err != nil {
			return err
		}
	}
	s.rehearse(rows, takes, fresh)
	return nil
}

// stored lists the shows that there are, with their sessions: each session itself, and
// its take that is on. It returns all takes as well, by the show that they rehearse.
func (s *shows) stored(ctx context.Context) (map[contest.ShowID]store.Session, map[contest.ShowID][]contest.Take, error) {
	sessions, err := s.n.db.Sessions(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.n.db.Takes(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, takes := map[contest.ShowID]store.Session{}, map[contest.ShowID][]contest.Take{}
	for _, row := range sessions {
		rows[row.Show()] = row
	}
	for _, t := range all {
		live := t.Show.Live()
		takes[live] = append(takes[live], t)
		if row, ok := rows[live]; ok && t.On() {
			rows[t.Show] = row
		}
	}
	return rows, takes, nil
}

// rehearse takes over which takes there are, and lets those shows go that are no more.
// The theatre looks at once where there are others than before.
func (s *shows) rehearse(rows map[contest.ShowID]store.Session, takes map[contest.ShowID][]contest.Take, others bool) {
	var moved []contest.ShowID
	s.mu.Lock()
	for live := range takes {
		if !slices.Equal(s.takes[live], takes[live]) {
			moved = append(moved, live)
		}
	}
	s.takes = takes
	for id := range s.all {
		if _, there := rows[id]; !there {
			delete(s.all, id)
			others = true
		}
	}
	s.mu.Unlock()
	for _, live := range moved {
		s.n.hub.Changed("on/" + string(live))
	}
	if len(moved) > 0 || others {
		s.n.theatre.Look()
	}
}

// on is the show that is on: the session's own, or the rehearsal of it. Its number
// grows with each beginning and end.
func (s *shows) on(show contest.ShowID) (on live.OnAir, number int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	on.Show = show
	of := s.takes[show]
	if len(of) == 0 {
		return on, 1
	}
	last := of[len(of)-1]
	number = 1 + 2*int64(last.No)
	if last.On() {
		on.Show, on.Take, number = last.Show, last.No, number-1
	}
	return on, number
}

// On implements live.Shows.
func (s *shows) On(show contest.ShowID) (on live.OnAir, err error) {
	if err := s.Known(show); err != nil {
		return on, err
	}
	on, _ = s.on(show)
	return on, nil
}

// running lists the takes that are on.
func (s *shows) running() []contest.ShowID {
	var out []contest.ShowID
	for _, sh := range s.list() {
		if sh.id.Take() > 0 {
			out = append(out, sh.id)
		}
	}
	return out
}

// again looks at a show anew that runs at another node.
func (s *shows) again(ctx context.Context, id contest.ShowID) error {
	row, err := s.n.db.Session(ctx, id)
	if err == nil && id.Take() > 0 {
		_, err = s.find(id) // or it has ended
	}
	if err != nil {
		return err
	}
	return s.add(ctx, id, row, lease.Lease{})
}

func (s *shows) list() []*show {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*show, 0, len(s.all))
	for _, sh := range s.all {
		out = append(out, sh)
	}
	slices.SortFunc(out, func(a, b *show) int {
		x, y := a.row.Load(), b.row.Load()
		return cmp.Or(x.Setup().Compare(y.Setup()), cmp.Compare(x.Order, y.Order), cmp.Compare(a.id, b.id))
	})
	return out
}

func (s *shows) find(id contest.ShowID) (*show, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sh, ok := s.all[id]
	if !ok && slices.ContainsFunc(s.takes[id.Live()], func(t contest.Take) bool { return t.Show == id && !t.On() }) {
		return nil, fault.New(fault.Conflict, "take.over", "%s has ended", id)
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "stage.unknown_session", "%s", id)
	}
	return sh, nil
}

// current is find, for who needs the show as it stands now.
func (s *shows) current(id contest.ShowID) (*show, error) {
	sh, err := s.find(id)
	if err == nil && sh.own.Epoch == 0 && s.n.theatre.Here() { // nobody runs this stage: another one is about to take its place
		err = moving(nil)
	}
	return sh, err
}

// Show implements live.Shows.
func (s *shows) Show(id contest.ShowID) (live.Show, error) {
	sh, err := s.current(id)
	if err != nil {
		return nil, err
	}
	return sh, nil
}

// Sessions implements live.Shows and office.Shows.
func (s *shows) Sessions(in contest.Code) []stage.Info {
	out := []stage.Info{}
	for _, sh := range s.list() {
		if sh.id.Contest() == in && sh.id.Take() == 0 {
			out = append(out, sh.Info())
		}
	}
	return out
}

// Known implements office.Shows: a session's show itself.
func (s *shows) Known(id contest.ShowID) error {
	_, err := s.find(id)
	if err == nil && id.Take() > 0 {
		err = fault.New(fault.NotFound, "stage.unknown_session", "%s is a take", id)
	}
	return err
}

// Stands implements office.Shows. A session that was made a moment ago may not be
// staged yet.
func (s *shows) Stands(id contest.ShowID) contest.SessionState {
	sh, err := s.find(id)
	if err != nil {
		return contest.SessionPlanned
	}
	on, _ := s.on(id)
	return sh.Stage.Stands(on.Take > 0)
}

// UnderWay implements office.Shows.
func (s *shows) UnderWay(id contest.ShowID) (bool, error) {
	sh, err := s.current(id)
	return err == nil && sh.UnderWay(), err
}

// Purged implements office.Shows.
func (s *shows) Purged(ctx context.Context, by string, said cue.TakePurged) error {
	sh, err := s.find(said.Take.Live())
	if err != nil {
		return err
	}
	return sh.Purged(ctx, stage.Actor{Role: string(access.Organiser), Name: by}, said)
}

// Sealed implements office.Shows.
func (s *shows) Sealed(id contest.ShowID) (bool, error) {
	sh, err := s.current(id)
	return err == nil && (sh.IsSealed() || s.sealedIn(id)), err
}

// OnRecord implements office.Shows: some show has shown or scored the entry, and not
// only rehearsed it.
func (s *shows) OnRecord(in contest.Code, id contest.EntryID) bool {
	return slices.ContainsFunc(s.list(), func(sh *show) bool { return sh.id.Contest() == in && sh.id.Take() == 0 && sh.OnRecord(id) })
}

// InShow implements office.Shows: a show reveals the ballot.
func (s *shows) InShow(b vote.Ballot) bool {
	return slices.ContainsFunc(s.list(), func(sh *show) bool { return sh.Concerns(b) })
}

// Ballot implements live.Shows: a ballot that the public may know of.
func (s *shows) Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, error) {
	b, t, ok := s.n.box.Ballot(id)
	if !ok || b.State == vote.StateDraft {
		return b, t, fault.New(fault.NotFound, "vote.unknown_ballot", "%s", id)
	}
	return b, t, nil
}

// Board implements live.Shows.
func (s *shows) Board(id vote.BallotID) (vote.PublicBoard, error) {
	b, t, err := s.Ballot(id)
	if err != nil {
		return vote.PublicBoard{}, err
	}
	return s.board(b, t), nil
}

// board builds the public board; figures come in only by the ballot's
// visibility, or by the token of a tally that the stage has revealed.
func (s *shows) board(b vote.Ballot, t vote.Tally) vote.PublicBoard {
	var token *vote.Revealed
	if r, err := vote.Reveal(b); err == nil && published(b) {
		token = &r
	} else {
		for _, sh := range s.revealing(b) {
			if r, ok := sh.Revealed(b); ok {
				token = &r
			}
		}
	}
	if slices.Contains(s.n.box.Aside(), b.ID) { // its figures are not known: nobody takes a nought for a count
		b.Visibility, token = vote.Hidden, nil
	}
	return vote.Public(b, t, token).Named(func(id contest.EntryID) vote.Card {
		s.mu.RLock()
		defer s.mu.RUnlock()
		c := s.cards[b.ID.Contest()][id]
		return vote.Card{Title: c.Title, TrackName: c.TrackName, Lead: c.Lead}
	}).Closed(s.n.logs.fingerprint(b))
}

// Verifiable implements live.Shows: it reports whether the log of a ballot may be shown: it is closed and
// its figures are public, by visibility, by a revealed tally, because it counts in
// a seal that was verified, or because it was published.
func (s *shows) Verifiable(b vote.Ballot) bool {
	if b.State != vote.StateClosed && b.State != vote.StateRevealed {
		return false
	}
	if b.Visibility == vote.Live || published(b) {
		return true
	}
	return slices.ContainsFunc(s.revealing(b), func(sh *show) bool { return sh.FiguresPublic(b) })
}

// published reports whether the figures of a ballot of no session are public.
func published(b vote.Ballot) bool { return b.Show == "" && b.State == vote.StateRevealed }

func (s *shows) camerasChanged(id contest.ShowID) {
	on, _ := s.on(id)
	for _, id := range []contest.ShowID{id, on.Show} { // a rehearsal sees them too
		if sh, err := s.find(id); err == nil {
			sh.CamerasChanged()
		}
	}
}

// Info implements live.Show.
func (sh *show) Info() stage.Info {
	v := sh.View()
	row := sh.row.Load()
	out := stage.Info{ID: sh.id, Title: row.Title, Subtitle: row.Subtitle, Kind: row.Kind, Date: row.Date, Time: row.Time, Place: row.Place, Ballots: []vote.BallotID{}, State: sh.n.shows.Stands(sh.id)}
	if row.Reveals != "" {
		out.Reveals = contest.NewShow(row.Contest, row.Reveals, 0)
	}
	if v.Session != nil {
		out.Title, out.Subtitle, out.Sample = v.Session.Title, v.Session.Subtitle, v.Session.Sample
	}
	for _, b := range sh.n.box.Ballots() {
		if b.Show == sh.id && b.State != vote.StateDraft {
			out.Ballots = append(out.Ballots, b.ID)
		}
	}
	return out
}

// live is what the director's desk measures.
func (sh *show) live() stage.Live {
	out := stage.Live{Online: map[contest.JudgeID]bool{}, Screens: []cue.Screen{}, AckP99: sh.n.box.Stats().P99}
	topic := "stage/" + string(sh.id)
	since, _ := sh.n.hub.Version(topic)
	newest := since.Wire()
	now := sh.n.cfg.Now().UnixMilli()
	var here []hub.Presence
	if on, _ := sh.n.shows.on(sh.id.Live()); on.Show == sh.id { // the crew is where the pages are
		here = sh.present()
	}
	for _, p := range here {
		switch access.Role(p.Role) {
		case access.Judge:
			out.Online[contest.JudgeID(p.Name)] = true
		case access.Screen:
			s := cue.Screen{Name: p.Name, Online: true, Scene: p.Seen.Scene, Version: p.Seen.V}
			if p.Seen.V < newest && p.Seen.At > 0 {
				s.Lag = now - p.Seen.At
			}
			out.Screens = append(out.Screens, s)
		}
	}
	slices.SortFunc(out.Screens, func(a, b cue.Screen) int { return cmp.Compare(a.Name, b.Name) })
	out.Audience = sh.audience()
	out.Alarms = sh.alarms()
	return out
}

// restage puts what is stored on stage, if it is not there already.
func (sh *show) restage(ctx context.Context) error {
	sh.edit.Lock()
	defer sh.edit.Unlock()
	row, err := sh.n.db.Session(ctx, sh.id)
	if err != nil {
		return err
	}
	sh.row.Store(&row)
	r, err := sh.n.db.Rundown(ctx, sh.id)
	if err != nil {
		return err
	}
	c, err := sh.n.shows.catalog(ctx, sh.id)
	if err != nil {
		return err
	}
	now := staged{r, c}
	if reflect.DeepEqual(now, sh.staged) {
		return nil
	}
	if err := sh.Replace(ctx, r, c); err != nil {
		return err
	}
	sh.staged = now
	return nil
}

// Judge implements live.Show: one who is on the panel.
func (sh *show) Judge(ctx context.Context, id contest.JudgeID) (contest.Judge, error) {
	c, err := sh.n.shows.catalog(ctx, sh.id)
	if err != nil {
		return contest.Judge{}, err
	}
	for _, j := range c.Judges {
		if j.ID == id {
			return j, nil
		}
	}
	return contest.Judge{}, nil
}
