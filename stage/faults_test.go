package stage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/strict"
	"hecai/vote"
)

// prefix is a record that has only so many facts.
type prefix struct {
	stage.Store
	facts []cue.Fact
}

func (p prefix) LoadFacts(context.Context, contest.ShowID, int64) ([]cue.Fact, error) {
	return p.facts, nil
}

// TestNothingStoredNothingTold: the command fails, nobody hears of it, and it
// can be given again as it was.
func TestNothingStoredNothingTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	standing, events, rev := r.standing(), len(r.pub.told("show/final")), s.Rev()
	r.store.set(refuses, false)
	wantCode(t, "fire", r.do("fire", "card"), "stage.not_stored")
	if fault.KindOf(r.do("fire", "card")) != fault.Internal {
		t.Error("a failure of ours is told as somebody else's")
	}
	r.store.set(sound, false)
	if n := len(r.pub.told("show/final")); n != events || s.Rev() != rev {
		t.Errorf("%d events were told, revision %d was %d", n-events, s.Rev(), rev)
	}
	same(t, "standing", r.standing(), standing)
	r.honest()
	got, err := s.Do(bg, director, cue.Command{Rev: rev, Kind: "fire", Cue: "card"})
	if err != nil || got != rev+1 || s.View().Entry == nil {
		t.Errorf("again: revision %d, %v", got, err)
	}
	r.honest()
	r.shown()
}

// TestKnownNotToBeStored: the record knows that it has nothing, so nothing is read
// back, and nobody waits for that.
func TestKnownNotToBeStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.store.set(busy, true)
	for range 2 {
		err := r.do("fire", "card")
		wantCode(t, "fire", err, "stage.not_stored")
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a later try can help, and it is told as %s", fault.KindOf(err))
		}
	}
	r.store.set(sound, false)
	r.fire("card")
	if s.View().Entry == nil {
		t.Error("the card is not shown")
	}
	r.honest()
	r.shown()
}

// TestACutNeedsNoRecord: viewers see the other camera whatever can be stored or
// read, and the fact comes when it can.
func TestACutNeedsNoRecord(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{busy, refuses, mumbles} {
		r := newRig(t)
		s := r.start()
		r.store.set(mode, mode != busy)
		for _, camera := range []string{"close", "main", "close"} {
			_, err := s.Do(bg, director, cue.Command{Kind: "camera", Name: camera})
			wantCode(t, mode+": cut", err, "")
			if on := r.cams.onAir(); on != camera {
				t.Errorf("%s: %q is on the programme, want %q", mode, on, camera)
			}
		}
		r.store.set(sound, false)
		eventually(t, "the cut is told", func() bool { p := s.View().Program; return p != nil && p.Camera == "close" })
		r.honest()
		r.shown()
	}
}

// TestStoredAndDenied: a record that reports an error for what it has stored.
// The stage reads it back, so the console hears the truth: it was done.
func TestStoredAndDenied(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.store.set(mumbles, false)
	for _, c := range []string{"card", "open", "close"} {
		must(t, r.do("fire", c))
	}
	r.store.set(sound, false)
	if s.View().Ballot.Open || s.StaffView().Cues[2].State != "done" {
		t.Errorf("the show stands at %s", text(t, s.View().Ballot))
	}
	r.honest()
	r.shown()
}

// TestStoredAndUnreadable: it was stored, the record says it was not and can't
// be read. The console is told that it is not known to be done, and nobody is
// told anything until the record can be read; then everybody is.
func TestStoredAndUnreadable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	rev, events := s.Rev(), len(r.pub.told("show/final"))
	r.store.set(mumbles, true)
	wantCode(t, "fire", r.do("fire", "card"), "stage.not_stored")
	wantCode(t, "fire again", r.do("fire", "card"), "stage.unavailable")
	_, err := s.Judging().Sheets(bg, "j1")
	wantCode(t, "a judge's list", err, "stage.unavailable")
	if s.View().Entry != nil || len(r.pub.told("show/final")) != events {
		t.Error("what may not be stored was told")
	}
	r.store.set(sound, false)
	_, err = s.Do(bg, director, cue.Command{Rev: rev, Kind: "fire", Cue: "card"})
	wantCode(t, "the same once it can be read", err, "stage.stale_rev")
	if s.View().Entry == nil || s.Rev() != rev+1 {
		t.Error("what was stored is not told")
	}
	r.honest()
	r.shown()
}

// TestTheRecordComesBackByItself: nobody has to press a key for the stage to
// find what was stored.
func TestTheRecordComesBackByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.store.set(mumbles, true)
	wantCode(t, "fire", r.do("fire", "card"), "stage.not_stored")
	r.store.set(sound, false)
	eventually(t, "the card is shown", func() bool { return s.View().Entry != nil })
	r.honest()
	r.shown()
}

// TestAnEffectWithoutItsFact: the ballot was opened and the facts were not
// stored. The world finds out that it is open, the cue has not been fired, and
// firing it takes the open ballot as it is: nobody's vote is lost.
func TestAnEffectWithoutItsFact(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.fire("card")
	r.store.set(refuses, false)
	wantCode(t, "open", r.do("fire", "open"), "stage.not_stored")
	if b, _, _ := r.box.Ballot("b"); b.State != vote.StateArmed {
		t.Errorf("a ballot was opened of which nothing could be stored: %s", b.State)
	}
	r.store.set(halfway, false)
	wantCode(t, "open", r.do("fire", "open"), "stage.not_stored")
	if v := s.View(); v.Ballot != nil {
		t.Errorf("told, not stored: %s", text(t, v.Ballot))
	}
	r.cast(votes)
	r.store.set(sound, false)
	eventually(t, "the open ballot is shown", func() bool { b := s.View().Ballot; return b != nil && b.Open })
	if st := s.StaffView().Cues[1].State; st != "planned" {
		t.Errorf("the cue is %s", st)
	}
	was := s.View().Ballot
	r.fire("open")
	if b, tally, _ := r.box.Ballot("b"); b.Round != 1 || tally.Voters != 6 || s.View().Ballot.Deadline != was.Deadline {
		t.Errorf("round %d with %d voters", b.Round, tally.Voters)
	}

	r.score()
	r.store.set(refuses, false)
	wantCode(t, "close", r.do("fire", "close"), "stage.not_stored")
	wantCode(t, "lock", r.do("fire", "lock"), "stage.not_stored")
	r.store.set(sound, false)
	r.fire("close", "lock")
	must(t, r.do("arm", "seal"))
	r.store.set(refuses, false)
	wantCode(t, "seal", r.do("fire", "seal"), "stage.not_stored")
	if s.View().Verify != nil || s.StaffView().Cues[6].State != "armed" {
		t.Error("the seal is told")
	}
	r.pub.forget()
	r.restart() // with the record still refusing: it comes up, and tells what is stored
	s = r.s()
	r.store.set(sound, false)
	r.finish("seal", "third", "second", "first", "verify")
	_, root, err := s.Sealed(bg)
	if err != nil || root != s.View().Verify.Root {
		t.Errorf("shown %s, sealed under %s: %v", s.View().Verify.Root, root, err)
	}
	r.honest()
	r.shown()
}

// TestARandomlyFailingRecord: whatever fails, everything that was told is
// stored, and once the record is sound the world hears the rest.
func TestARandomlyFailingRecord(t *testing.T) {
	shows := 12
	if testing.Short() {
		shows = 3
	}
	for seed := range uint64(shows) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 4))
			r := newRig(t)
			r.start()
			for range 40 {
				r.store.set([]string{sound, sound, refuses, mumbles, readOnly}[rng.IntN(5)], rng.IntN(4) == 0)
				switch s := r.s(); rng.IntN(6) {
				case 0:
					_, _ = s.Do(bg, director, cue.Command{Kind: "notice", Text: fmt.Sprint(rng.Int())})
				case 1:
					e, j := rng.IntN(9), rng.IntN(5)
					judge, entry := r.catalog.Judges[j].ID, r.catalog.Entries[e].ID
					if sheet, err := s.Judging().Save(bg, judge, entry, 0, r.marks(markOf(e, j)), ""); err == nil {
						_, _ = s.Judging().Submit(bg, judge, entry, sheet.Rev)
					}
				case 2:
					if next := s.StaffView().Next; next != nil {
						_ = r.do("arm", *next)
					}
				default:
					_ = r.do("next", "")
				}
				honestSoFar(t, r)
			}
			r.store.set(sound, false)
			eventually(t, "everything stored is told", func() bool {
				_, err := r.s().Judging().Sheets(bg, "j1")
				state, ferr := cue.Fold(r.rundown, r.catalog, r.facts())
				return err == nil && ferr == nil && r.pub.doc("stage/final") == text(t, cue.Public(state).Doc())
			})
			dotsFollow(t, r)
			r.settle() // what is stored is told
			r.honest()
			r.shown()
			standing := r.standing()
			r.pub.forget()
			r.restart()
			same(t, "after a restart", r.standing(), standing)
			r.honest()
		})
	}
}

// honestSoFar checks that what was told is stored, as the record really is.
func honestSoFar(t *testing.T, r *rig) {
	t.Helper()
	stored := r.public()
	for _, e := range r.pub.told("show/final") {
		if e.seq > int64(len(stored)) || stored[e.seq-1] != e.body {
			t.Fatalf("told %d: %s\nstored: %s", e.seq, e.body, stored)
		}
	}
}

// dotsFollow waits until who has handed in is what the sheets say.
func dotsFollow(t *testing.T, r *rig) {
	t.Helper()
	eventually(t, "dots are as the sheets", func() bool {
		state, err := cue.Fold(r.rundown, r.catalog, r.facts())
		must(t, err)
		sheets, err := r.db.Sheets(bg, "final")
		must(t, err)
		in := map[string]bool{}
		for _, s := range sheets {
			in[string(s.Entry)+" "+string(s.Judge)] = s.State == score.SheetSubmitted || s.State == score.SheetLocked
		}
		for _, e := range state.OpenEntries() {
			for _, d := range state.Panel(e) {
				if d.Done != in[string(e)+" "+string(d.ID)] {
					return false
				}
			}
		}
		return true
	})
}

// TestABrokenSealIsNotRevealed: what was changed on the disk is refused, and no
// part of it is told.
func TestABrokenSealIsNotRevealed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("card", "open", "close")
	r.score()
	r.fire("lock", "seal")
	must(t, r.do("arm", "first"))
	r.db.Harm(t, `UPDATE seal SET body = replace(body, '"rank":1,', '"rank":2,')`)
	wantCode(t, "first", r.do("fire", "first"), "stage.seal_broken")
	r.db.Harm(t, `DELETE FROM seal`)
	wantCode(t, "first", r.do("fire", "first"), "stage.seal_broken")
	if v := r.s().View(); v.Award != nil || len(v.Awards) != 0 {
		t.Errorf("told: %s", text(t, v.Award))
	}
	r.honest()
}

// TestTheBoxMovesByItself: a ballot that closes at its deadline, is opened by
// hand as another round or is extended by hand comes onto the stage as a fact.
func TestTheBoxMovesByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.fire("card", "open")
	until := func(what string, ok func(b cue.Ballot) bool) {
		t.Helper()
		eventually(t, what, func() bool { return ok(*s.View().Ballot) })
	}
	was := *s.View().Ballot
	must(t, second(s.Do(bg, director, cue.Command{Kind: "extend", Seconds: 30})))
	if d := s.View().Ballot.Deadline - was.Deadline; d != 30_000 {
		t.Errorf("extended by %d ms", d)
	}
	_, err := r.box.Extend(bg, "b", -10*time.Second)
	must(t, err)
	until("the extension by hand", func(b cue.Ballot) bool { return b.Deadline == was.Deadline+20_000 })
	_, _, err = r.box.Close(bg, "b")
	must(t, err)
	until("the close by hand", func(b cue.Ballot) bool { return !b.Open })
	_, err = r.box.Open(bg, "b", time.Second)
	wantCode(t, "opened again", err, "ballot.closed")
	_, err = r.box.NewRound(bg, "b", "设备故障")
	must(t, err)
	_, err = r.box.Open(bg, "b", time.Second)
	must(t, err)
	until("the second round", func(b cue.Ballot) bool { return b.Open })
	until("its own end", func(b cue.Ballot) bool { return !b.Open })
	r.fire("close") // of a ballot that is closed: no harm
	r.fire("tally")
	if b, _, _ := r.box.Ballot("b"); b.Round != 2 {
		t.Errorf("round %d", b.Round)
	} else if _, ok := s.Revealed(b); !ok {
		t.Error("the second round's tally is not revealed")
	}
	r.honest()
	r.shown()
}

// TestABallotFromBeforeTheShow: people voted online for days, and the ballot was
// closed before the show existed. Its tally can be revealed all the same.
func TestABallotFromBeforeTheShow(t *testing.T) {
	t.Parallel()
	t.Run("of the session", func(t *testing.T) { fromBefore(t, newRig(t)) })
	t.Run("of no session", func(t *testing.T) {
		fromBefore(t, newRig(t, func(r *rig) { r.free = true }, withRundown(`{"session": "final", "title": "决赛", "cues": [
			{"id": "tally", "title": "人气", "actions": [{"kind": "reveal", "what": "tally", "ballot": "b"}]}]}`)))
	})
}

func fromBefore(t *testing.T, r *rig) {
	t.Helper()
	_, err := r.box.Open(bg, "b", 0)
	must(t, err)
	r.cast(votes)
	_, _, err = r.box.Close(bg, "b")
	must(t, err)
	s := r.start()
	r.fire("tally")
	if tally := s.View().Tally; tally == nil || tally.Voters != 6 {
		t.Errorf("tally: %s", text(t, tally))
	}
	facts := len(r.facts())
	r.pub.forget()
	if r.restart(); len(r.facts()) != facts {
		t.Error("the restart made facts of it again")
	}
	r.honest()
}

func second(_ int64, err error) error { return err }

// TestCameras: the programme follows what is live, and a restart puts the same
// camera back on.
func TestCameras(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	camera := func(name string) error {
		return second(s.Do(bg, director, cue.Command{Kind: "camera", Name: name}))
	}
	must(t, camera("close"))
	if p := s.View().Program; *p != (cue.Program{Camera: "close", Label: "特写", State: "live"}) {
		t.Errorf("programme: %+v", p)
	}
	wantCode(t, "a camera unknown", camera("roof"), "stream.unknown_camera")
	r.cams.turn("close", "lost")
	s.CamerasChanged()
	eventually(t, "the slate", func() bool { return s.View().Program.State == "slate" })
	r.cams.turn("close", "live")
	s.CamerasChanged()
	eventually(t, "the picture", func() bool { return s.View().Program.State == "live" })
	if got := s.StaffView().Cameras; len(got) != 2 {
		t.Errorf("the desk has %+v", got)
	}
	must(t, r.cams.Switch("final", "main")) // by the relay itself
	s.CamerasChanged()
	eventually(t, "what the relay switched to", func() bool { return s.View().Program.Camera == "main" })
	must(t, r.cams.Switch("final", "close"))
	if r.restart(); r.s().View().Program.Camera != "main" {
		t.Error("the restart changed the picture")
	}
	cfg := r.config()
	cfg.Cameras = nil
	cfg.Rundown.Session = "blind"
	blind, err := stage.New(bg, cfg)
	must(t, err)
	defer run(t, blind.Run)()
	_, err = blind.Do(bg, director, cue.Command{Kind: "camera", Name: "main"})
	wantCode(t, "no cameras at all", err, "stage.no_camera")
}

// TestReplace puts another rundown under a running show.
func TestReplace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.fire("card")
	rev := s.Rev()
	next := r.rundown
	next.Title, next.Cues = "决赛（改）", next.Cues[:4]
	bad := next
	bad.Title = ""
	err := s.Replace(bg, bad, r.catalog)
	wantCode(t, "a bad rundown", err, "stage.rundown")
	if problems, _ := fault.Of(err).Args["problems"].([]strict.Problem); len(problems) != 1 || problems[0].Path != "title" {
		t.Errorf("problems: %v", fault.Of(err).Args)
	}
	other := next
	other.Session = "other"
	wantCode(t, "another session's", s.Replace(bg, other, r.catalog), "stage.rundown")
	r.store.set(refuses, false)
	wantCode(t, "not stored", s.Replace(bg, next, r.catalog), "stage.not_stored")
	r.store.set(sound, false)
	if s.Rev() != rev || len(s.StaffView().Cues) != len(r.rundown.Cues) {
		t.Error("a rundown that was not stored is in force")
	}
	must(t, s.Replace(bg, next, r.catalog))
	r.rundown = next
	if v := s.StaffView(); s.Rev() != rev+1 || len(v.Cues) != 4 || v.Cues[0].State != "done" || s.View().Session.Title != "决赛（改）" {
		t.Errorf("revision %d, desk %+v", s.Rev(), v.Cues)
	}
	_, err = s.Do(bg, director, cue.Command{Rev: rev, Kind: "fire", Cue: "open"})
	wantCode(t, "a console with the old rundown", err, "stage.stale_rev")
	wantCode(t, "a cue that was taken out", r.do("arm", "first"), "stage.unknown_cue")
	r.shown()
	standing := r.standing()
	r.pub.forget()
	r.restart()
	same(t, "after a restart", r.standing(), standing)
	r.honest()
}

// TestTheSameRundownAgain: another catalog under the same rundown is no fact and
// no revision; who has the desk open can go on pressing.
func TestTheSameRundownAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	r.fire("card")
	rev := s.Rev()
	before, err := s.Facts(bg, 0)
	must(t, err)
	c := r.catalog
	c.Judges = append(slices.Clone(c.Judges), contest.Judge{ID: "late", Name: "示例评委", Sector: "高校"})
	must(t, s.Replace(bg, r.rundown, c))
	after, err := s.Facts(bg, 0)
	must(t, err)
	if s.Rev() != rev || len(after) != len(before) {
		t.Errorf("revision %d, was %d; %d facts, were %d", s.Rev(), rev, len(after), len(before))
	}
	if v := s.StaffView(); len(v.Judges) != len(c.Judges) {
		t.Errorf("%d judges on the desk, want %d", len(v.Judges), len(c.Judges))
	}
	_, err = s.Do(bg, director, cue.Command{Rev: rev, Kind: "notice", Text: "示例"})
	must(t, err)
}

// TestLifecycle: what can't work says so, and nobody waits for a stage that is
// not there.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, edit := range map[string]func(*stage.Config){
		"no store":         func(c *stage.Config) { c.Store = nil },
		"no messages":      func(c *stage.Config) { c.Messages = nil },
		"no box":           func(c *stage.Config) { c.Box = nil },
		"no publisher":     func(c *stage.Config) { c.Publisher = nil },
		"no plan":          func(c *stage.Config) { c.Catalog.Plan = nil },
		"facts with a gap": func(c *stage.Config) { c.Store = prefix{r.store, []cue.Fact{{Seq: 2}}} },
		"an unknown fact": func(c *stage.Config) {
			c.Store = prefix{r.store, []cue.Fact{{Seq: 1, Kind: "danced", Body: json.RawMessage("{}")}}}
		},
	} {
		c := r.config()
		edit(&c)
		if _, err := stage.New(bg, c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	r.store.set(sound, true)
	if _, err := stage.New(bg, r.config()); err == nil {
		t.Error("an unreadable record: taken")
	}
	r.store.set(sound, false)

	s, err := stage.New(bg, r.config())
	must(t, err)
	gone, cancel := context.WithCancel(bg)
	cancel()
	_, err = s.Do(gone, director, cue.Command{Kind: "next"})
	wantCode(t, "before Run, by a caller who has gone", err, "stage.unavailable")
	r.current.Store(s)
	stop := run(t, s.Run)
	r.settle()
	if err := s.Run(bg); err == nil {
		t.Error("Run ran twice")
	}
	if r.s().StaffView().Audience != 42 || r.s().StaffView().AckP99Ms != 1.5 || !r.s().StaffView().Judges[1].Online {
		t.Errorf("measured: %s", text(t, r.s().StaffView()))
	}
	stop()
	_, err = s.Do(bg, director, cue.Command{Kind: "next"})
	wantCode(t, "after the end", err, "stage.unavailable")
	s.BallotChanged(vote.Ballot{ID: "b"}) // nobody is there to be told, and nobody waits
	s.CamerasChanged()
}

// TestNoWordInTime: whoever stops waiting is told that the outcome is not known, and
// what was begun is carried out.
func TestNoWordInTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	gate := make(chan struct{})
	r.store.mu.Lock()
	r.store.slow = gate
	r.store.mu.Unlock()
	ctx, cancel := context.WithCancel(bg)
	told := make(chan error, 1)
	go func() {
		_, err := s.Do(ctx, director, cue.Command{Rev: s.Rev(), Kind: "fire", Cue: "card"})
		told <- err
	}()
	<-gate // the record has it in hand
	cancel()
	wantCode(t, "a command without an answer", <-told, "stage.unconfirmed")
	r.store.mu.Lock()
	r.store.slow = nil
	r.store.mu.Unlock()
	gate <- struct{}{}
	eventually(t, "it was carried out", func() bool { return s.View().Entry != nil })
	r.honest()
}
