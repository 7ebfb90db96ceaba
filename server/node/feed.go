package node

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// feed brings what the back office changes to the parts of the node that it
// concerns, whichever process on the record did it. A row says what may be out of
// date; that is read again, and stays on the list until it was.
type feed struct {
	n    *Node
	poke chan struct{} // another node has written rows; buffer 1

	mu      sync.Mutex              // one look at a time
	seen    int64                   // guarded by mu; number of the last row that was read
	made    bool                    // guarded by mu; there may be another contest
	takes   bool                    // guarded by mu; a rehearsal began, ended or is gone
	copies  bool                    // guarded by mu; a rehearsal may have other ballots, or another rundown
	names   bool                    // guarded by mu; entries have other names or standings
	rights  bool                    // guarded by mu; somebody may have lost a right
	cameras bool                    // guarded by mu
	ballots map[vote.BallotID]bool  // guarded by mu
	shows   map[contest.ShowID]bool // guarded by mu
}

// Bounds of the feed.
const (
	feedEvery = time.Second     // how often rows of other processes are looked for
	feedBatch = 100             // rows that are read at once
	feedLook  = 5 * time.Second // of one look, and so of whom it keeps waiting
)

// openFeed begins behind what the parts have read already.
func (n *Node) openFeed(ctx context.Context) error {
	n.feed = &feed{n: n, poke: make(chan struct{}, 1), ballots: map[vote.BallotID]bool{}, shows: map[contest.ShowID]bool{}}
	n.feed.all()
	var err error
	n.feed.seen, err = n.db.LastChange(ctx)
	return err
}

// all puts everything on the list: what was changed while the parts were opened.
func (f *feed) all() {
	f.made, f.names, f.cameras = true, true, true
	f.everyShow()
	for _, b := range f.n.box.Ballots() {
		f.ballots[b.ID] = true
	}
}

// everyShow is for changes that concern many. Where the shows run elsewhere there is
// nothing to stage: who takes them reads them then.
func (f *feed) everyShow() {
	if f.n.elsewhere() {
		return
	}
	for _, sh := range f.n.shows.list() {
		f.shows[sh.id] = true
	}
}

// run looks at every change of this process, and once a second for others'.
func (f *feed) run(ctx context.Context) error {
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-f.poke:
		case <-f.n.db.Noted():
			if f.n.roll != nil {
				f.n.roll.say(call{Look: true})
			}
		}
		f.Settle(ctx)
	}
}

// look has the rows of another process read at once.
func (f *feed) look() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// Settle implements office.Feed.
func (f *feed) Settle(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, feedLook) // of this look: what is answered is in force, if the record answers at all
	defer cancel()
	for {
		rows, err := f.n.db.ChangesAfter(ctx, f.seen, feedBatch)
		if err != nil {
			if ctx.Err() == nil {
				f.n.cfg.Log.Warn("changes can't be read", "err", err)
			}
			return
		}
		for _, c := range rows {
			f.note(c)
			f.seen = c.No
		}
		if len(rows) < feedBatch {
			break
		}
	}
	f.refresh(ctx)
}

// note puts what a row concerns on the list.
func (f *feed) note(c access.Change) {
	kind, _, _ := strings.Cut(string(c.Verb), "/")
	switch kind {
	case "entry", "judge", "session", "rundown", "ballot":
		f.copies = f.copies || contest.KeyTake(c.ID) == 0
	}
	switch kind {
	case "take":
		f.takes = true
	case "contest":
		f.made, f.names = true, true
	case "entry":
		f.names = true
		f.everyShow()
		for _, b := range f.n.box.Ballots() {
			if b.State == vote.StateDraft || b.State == vote.StateArmed { // it may have left it
				f.ballots[b.ID] = true
			}
		}
	case "judge":
		f.rights = f.rights || c.Verb == access.DropJudge
		f.everyShow()
	case "session", "rundown":
		if c.Verb == access.DropSession {
			f.made, f.rights = true, true
			delete(f.shows, contest.ShowID(c.ID))
			return
		}
		f.shows[contest.ShowID(c.ID)] = true
		f.made = f.made || c.Before == nil
		if c.Verb != access.SaveRundown { // its line-up and its title may be another's too
			f.everyShow()
		}
	case "ballot":
		f.ballots[vote.BallotID(c.ID)] = true
		if c.Before == nil || c.After == nil { // which ballots cues may name
			f.everyShow()
		}
	case "camera":
		f.cameras, f.rights = true, f.rights || c.Verb == access.DropCamera
	case "link", "account":
		f.rights = true
	case "ticket":
		if c.Verb == access.ReleaseTicket {
			f.n.desk.Forget("") // the row does not say whose it was
		}
	}
}

// refresh reads again what is on the list.
func (f *feed) refresh(ctx context.Context) {
	done := func(what string, err error) bool {
		if err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Unavailable {
			f.n.cfg.Log.Error("a change is not in force", "what", what, "err", err)
		}
		return err == nil || fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.Internal && ctx.Err() == nil
	}
	elsewhere := f.n.elsewhere()
	if f.copies && !elsewhere {
		f.copies = !done("ballots of rehearsals", f.copy(ctx))
	}
	if f.takes { // what a rehearsal votes on is there before it
		f.takes = !done("ballots of rehearsals", f.rehearsed(ctx))
		f.made = true
	}
	if f.made || elsewhere {
		f.made = !done("new shows", f.n.shows.discover(ctx))
	}
	for id := range f.ballots {
		if done("ballot "+string(id), f.ballot(ctx, id)) {
			delete(f.ballots, id)
		}
	}
	if f.names {
		changed, err := f.n.shows.loadCards(ctx)
		f.names = !done("entries", err)
		for _, b := range f.n.box.Ballots() {
			if slices.ContainsFunc(b.Options, func(o vote.Option) bool { return changed[b.ID.Contest()][o.Entry] }) {
				f.n.shows.Announce(b.ID)
			}
		}
	}
	for id := range f.shows {
		sh, err := f.n.shows.find(id)
		switch {
		case elsewhere:
			if err = f.n.shows.again(ctx, id); f.n.theatre.Here() {
				continue // they have come here meanwhile: it may have been staged before the change
			}
		case err == nil:
			err = sh.restage(ctx)
		}
		if done("show "+string(id), err) {
			delete(f.shows, id)
		}
	}
	if f.cameras {
		f.cameras = !done("cameras", f.n.openCameras(ctx))
	}
	if f.rights {
		f.rights = false
		f.n.sweep(ctx, func(access.Identity) bool { return true })
	}
}

// copy gives the rehearsals that are on what their sessions have got since.
func (f *feed) copy(ctx context.Context) error {
	for _, take := range f.n.shows.running() {
		if err := f.n.db.TakeBallots(ctx, take); err != nil && fault.CodeOf(err) != "take.over" {
			return err
		}
		f.takes, f.shows[take] = true, true
	}
	return nil
}

// rehearsed gives the box the ballots of rehearsals, and has it forget those that are
// gone.
func (f *feed) rehearsed(ctx context.Context) error {
	stored, err := f.n.db.LoadBallots(ctx)
	if err != nil {
		return err
	}
	for _, b := range append(stored, f.n.box.Ballots()...) {
		if contest.KeyTake(string(b.ID)) == 0 {
			continue
		}
		if err := f.ballot(ctx, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// ballot gives the box a ballot that is not as it knows it.
func (f *feed) ballot(ctx context.Context, id vote.BallotID) error {
	stored, err := f.n.db.LoadBallot(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		if _, _, found := f.n.box.Ballot(id); !found {
			return nil
		}
		err := f.n.box.Drop(ctx, id, func(context.Context) error { return nil })
		f.n.logs.forget(id)
		f.n.docs.forget(id)
		return err
	}
	if err != nil {
		return err
	}
	if have, _, found := f.n.box.Ballot(id); found && reflect.DeepEqual(have, stored) {
		return nil
	}
	return f.n.box.Add(ctx, stored)
}
