package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/vote"
)

// staffEvery is how often the director's desk gets fresh figures.
const staffEvery = time.Second

// How long an ask waits for its turn; it is not begun after that. A cut waits
// behind whoever waits for the record.
const (
	patience    = 5 * time.Second
	cutPatience = 15 * time.Second
)

// Config says what a stage works with. Rundown, Catalog, Store, Messages, Box
// and Publisher are needed.
type Config struct {
	Rundown   cue.Rundown
	Catalog   cue.Catalog // plan, entries and judges of the session
	Lease     lease.Lease // of the show; its zero value is that of one who is alone
	Store     Store
	Messages  MessageStore
	Box       Box
	Publisher Publisher
	Ledger    Ledger                                   // nil: seals name no ledger roots
	Cameras   Cameras                                  // nil: there are none
	Live      func() Live                              // nil: nothing measured; must not block
	Other     func(contest.ShowID) (*cue.State, error) // how another session's show stands; nil: there is none
	Now       func() time.Time
	Ticks     func() time.Duration // time that passes, whatever the clock says; nil = since New
	Log       *slog.Logger
}

// Actor is who gives a command, as the edge knows them.
type Actor struct {
	Role string // cue.RoleDirector and so on
	Name string
}

func (a Actor) String() string { return a.Role + ":" + a.Name }

// system is the actor of what happens by itself.
const system = "system:"

// Stage runs one session. New makes it; it works while Run runs.
type Stage struct {
	cfg  Config
	id   contest.ShowID
	asks chan func(context.Context) // run by the actor, one at a time
	poke chan struct{}              // the world outside has moved
	done chan struct{}              // closed when the actor has ended

	running atomic.Bool
	shown   atomic.Pointer[picture]  // never changed once stored
	report  atomic.Pointer[reported] // the last that was made
	looks   atomic.Int64             // at the director's desk

	judging Judging
	danmaku *Danmaku
	said    spoken

	mu      sync.Mutex                     // guards ballots
	ballots map[vote.BallotID]ballotNotice // last told by the box

	// The actor's own.
	state    *cue.State
	told     int64         // Seq of the last fact that was told, or is not for the public
	lost     bool          // what is stored is unknown: read it before anything else
	unnoted  bool          // the world may have moved without its fact
	rest     int64         // ticks until which a record that failed is left alone
	blockers []cue.Blocker // of the last refused seal
}

type ballotNotice struct {
	state    vote.State
	round    int
	deadline int64
}

// New reads the session's facts.
func New(ctx context.Context, cfg Config) (*Stage, error) {
	if cfg.Store == nil || cfg.Messages == nil || cfg.Box == nil || cfg.Publisher == nil || cfg.Catalog.Plan == nil {
		return nil, errors.New("stage: config is incomplete")
	}
	if cfg.Catalog.Show == "" {
		cfg.Catalog.Show = contest.ShowID(cfg.Rundown.Session)
	}
	if cfg.Lease.Epoch == 0 {
		cfg.Lease = lease.Alone(lease.Show(cfg.Catalog.Show))
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Ticks == nil {
		began := time.Now()
		cfg.Ticks = func() time.Duration { return time.Since(began) }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stage{
		cfg: cfg, id: cfg.Catalog.Show,
		asks: make(chan func(context.Context)), poke: make(chan struct{}, 1),
		done: make(chan struct{}), ballots: map[vote.BallotID]ballotNotice{},
	}
	s.cfg.Log = cfg.Log.With("show", s.id)
	facts, err := cfg.Store.LoadFacts(ctx, s.id, 0)
	if err != nil {
		return nil, err
	}
	if s.state, err = cue.Fold(cfg.Rundown, cfg.Catalog, facts); err != nil {
		return nil, err
	}
	s.shown.Store(&picture{state: s.state, public: 1, host: 1})
	s.judging = Judging{stage: s}
	if s.danmaku, err = newDanmaku(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Run runs the session until ctx is done, and finishes what it has begun. It
// may be called once.
func (s *Stage) Run(ctx context.Context) error {
	if s.running.Swap(true) {
		return errors.New("stage: Run was called before")
	}
	defer close(s.done)
	work := context.WithoutCancel(ctx) // nothing is cut off halfway
	s.boot(work)
	tick := time.NewTicker(staffEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case ask := <-s.asks:
			ask(work)
		case <-s.poke:
			s.catchUp(work)
		case <-tick.C:
			if (s.lost || s.unnoted) && s.ticks() >= s.rest {
				s.catchUp(work)
			}
			s.staffChanged()
		}
	}
}

// boot compares the facts with the world after a restart and publishes
// everything again.
func (s *Stage) boot(ctx context.Context) {
	facts, err := s.cfg.Store.LoadFacts(ctx, s.id, 0)
	if err != nil {
		s.cfg.Log.Error("stage: read facts", "err", err)
		s.lost = true
	}
	s.announce(facts)
	if p := s.state.Program(); p.Camera != "" && s.cfg.Cameras != nil {
		if err := s.cfg.Cameras.Switch(s.id, p.Camera); err != nil {
			s.cfg.Log.Warn("stage: camera of before the restart", "camera", p.Camera, "err", err)
		}
	}
	s.unnoted = true
	s.catchUp(ctx)
	s.publish()
	s.cfg.Publisher.Changed("stage/" + string(s.id)) // all is told once, whether it changed or not
	s.cfg.Publisher.Changed("host/" + string(s.id))
}

// order has the actor run do, once it knows what is stored, and waits. What was
// begun ends even if the caller has gone.
func order[T any](ctx context.Context, s *Stage, do func(context.Context) (T, error)) (T, error) {
	return turn(ctx, s, patience, func(ctx context.Context) (T, error) {
		if s.lost && !s.find(ctx) {
			var none T
			return none, fault.New(fault.Unavailable, "stage.unavailable", "facts can't be read")
		}
		return do(ctx)
	})
}

// turn has the actor run do, and waits.
func turn[T any](ctx context.Context, s *Stage, patience time.Duration, do func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	reply := make(chan answer, 1)
	ask := func(ctx context.Context) {
		v, err := do(ctx)
		reply <- answer{v, err}
	}
	var none T
	patient := time.NewTimer(patience)
	defer patient.Stop()
	select {
	case s.asks <- ask:
	case <-patient.C:
		return none, fault.New(fault.Unavailable, "stage.unavailable", "stage is busy")
	case <-ctx.Done():
		return none, fault.Wrap(fault.Unavailable, "stage.unavailable", ctx.Err(), "stage is busy").After(time.Second)
	case <-s.done:
		return none, fault.New(fault.Unavailable, "stage.unavailable", "stage has ended").After(time.Second)
	}
	select {
	case a := <-reply: // the actor answers what it has taken
		return a.value, a.err
	case <-ctx.Done():
		return none, fault.Wrap(fault.Internal, "stage.unconfirmed", ctx.Err(), "no word from the stage")
	}
}

// Do carries out a command. rev is the rundown's revision afterwards, also
// after a refusal.
func (s *Stage) Do(ctx context.Context, actor Actor, cmd cue.Command) (rev int64, err error) {
	if cmd.Kind == "camera" {
		return s.cut(ctx, actor, cmd)
	}
	return order(ctx, s, func(ctx context.Context) (int64, error) {
		if cmd.Kind == "decide" && s.sealedElsewhere() {
			return s.state.Rev(), fault.New(fault.Conflict, "stage.sealed", "a decision after the seal")
		}
		plan, refusal := cue.Decide(s.state, actor.Role, cmd, s.now())
		if refusal != nil {
			return s.state.Rev(), refusal
		}
		facts, err := s.carryOut(ctx, actor, plan)
		if err == nil {
			err = s.record(ctx, actor.String(), facts)
		} else if actor.Role == cue.RoleHost {
			err = bare(err)
		}
		if fault.KindOf(err) == fault.Unavailable {
			s.unnoted = true // asked again at once, it would only keep everyone waiting
		} else {
			s.catchUp(ctx) // an effect may have happened without its fact
		}
		if len(s.blockers) > 0 {
			s.blocks() // what stands in the way
		}
		return s.state.Rev(), err
	})
}

// cut puts a camera on the programme, whatever the record says: viewers see it
// even while nothing can be stored, and its fact follows then.
func (s *Stage) cut(ctx context.Context, actor Actor, cmd cue.Command) (rev int64, err error) {
	return turn(ctx, s, cutPatience, func(ctx context.Context) (int64, error) {
		plan, refusal := cue.Decide(s.state, actor.Role, cmd, s.now())
		if refusal != nil {
			return s.state.Rev(), refusal
		}
		facts, err := s.carryOut(ctx, actor, plan)
		if err != nil {
			return s.state.Rev(), err
		}
		if s.lost || s.ticks() < s.rest || s.record(ctx, actor.String(), facts) != nil {
			s.unnoted = true
			s.staffChanged()
		}
		return s.state.Rev(), nil
	})
}

// bare is a refusal without its reason: what stands in the way of a cue may
// depend on the result, a tie say, and the host is to read no more of it than the
// hall. The director's desk has the reasons.
func bare(err error) error {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable:
		return err
	}
	return fault.Wrap(fault.Conflict, "stage.refused", err, "refused to the host")
}

// Replace puts another rundown and catalog under the show. A rundown that
// refers to what does not exist is refused with stage.rundown and its problems.
// The same rundown again is no change of it: no fact, and every desk's revision
// stands.
func (s *Stage) Replace(ctx context.Context, r cue.Rundown, c cue.Catalog) error {
	c.Show = s.id
	if problems := r.Validate(c); len(problems) > 0 || r.Session != s.id.Session() {
		return fault.New(fault.Invalid, "stage.rundown", "%d problems", len(problems)).With("problems", problems)
	}
	_, err := order(ctx, s, func(ctx context.Context) (struct{}, error) {
		facts := seated(s.cfg.Catalog.Judges, c.Judges)
		panels, err := s.reseated(ctx, c.Judges)
		if err != nil {
			return struct{}{}, err
		}
		facts = append(facts, panels...)
		if !same(s.cfg.Rundown, r) {
			facts = append(facts, cue.Make(cue.RundownChanged{Cues: len(r.Cues)}))
			facts = append(facts, s.opening(r)...)
		}
		s.state = replaced(s.state, r, c)
		if err := s.record(ctx, system, facts); err != nil {
			s.state = replaced(s.state, s.cfg.Rundown, s.cfg.Catalog)
			return struct{}{}, err
		}
		s.cfg.Rundown, s.cfg.Catalog = r, c
		s.publish()
		return struct{}{}, nil
	})
	return err
}

// Purged has what is left of a rehearsal of this show taken away, and says so in its
// facts: nothing else of the show moves, however far it is.
func (s *Stage) Purged(ctx context.Context, actor Actor, said cue.TakePurged) error {
	act := context.WithoutCancel(ctx) // from which the record learns whose act it is
	_, err := order(ctx, s, func(ctx context.Context) (struct{}, error) {
		facts := []cue.Fact{cue.Make(said)}
		return struct{}{}, s.recordBy(ctx, actor.String(), facts, func(before int64) error {
			return s.cfg.Store.PurgeTake(act, s.cfg.Lease, before, said.Take, facts)
		})
	})
	return err
}

// seated says who sits now, if somebody has left.
func seated(old, now []contest.Judge) []cue.Fact {
	body := cue.PanelSeated{Judges: []contest.JudgeID{}, Left: []contest.JudgeID{}}
	here := map[contest.JudgeID]bool{}
	for _, j := range now {
		here[j.ID] = true
		body.Judges = append(body.Judges, j.ID)
	}
	for _, j := range old {
		if !here[j.ID] {
			body.Left = append(body.Left, j.ID)
		}
	}
	if len(body.Left) == 0 {
		return nil // who came is told with the sheets
	}
	return said(body)
}

// reseated tells again of the sheets that are open, if somebody has come to the
// panel or has another name.
func (s *Stage) reseated(ctx context.Context, now []contest.Judge) ([]cue.Fact, error) {
	names := map[contest.JudgeID]string{}
	for _, j := range s.cfg.Catalog.Judges {
		names[j.ID] = j.Name
	}
	open := s.state.OpenEntries()
	known := func(j contest.Judge) bool { name, sat := names[j.ID]; return sat && name == j.Name }
	if len(open) == 0 || !slices.ContainsFunc(now, func(j contest.Judge) bool { return !known(j) }) {
		return nil, nil
	}
	return s.tellSheets(ctx, open, now)
}

// same reports whether two rundowns are stored as the same text.
func same(a, b cue.Rundown) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func replaced(s *cue.State, r cue.Rundown, c cue.Catalog) *cue.State {
	next := s.Clone()
	next.Replace(r, c)
	return next
}

// View is what everyone may see.
func (s *Stage) View() cue.View { return cue.Public(s.shown.Load().state) }

// HostView is the host's prompter.
func (s *Stage) HostView() cue.HostView { return cue.Host(s.shown.Load().state) }

// Rev is the rundown's revision.
func (s *Stage) Rev() int64 { return s.shown.Load().state.Rev() }

// OnRecord reports whether an entry was on stage, was scored or stands in the seal.
func (s *Stage) OnRecord(id contest.EntryID) bool { return s.shown.Load().state.OnRecord(id) }

// UnderWay reports whether the session has begun and not ended.
func (s *Stage) UnderWay() bool { return s.shown.Load().state.UnderWay() }

// Stands says where the session stands; rehearsed is whether a rehearsal of it is on.
func (s *Stage) Stands(rehearsed bool) contest.SessionState {
	return s.shown.Load().state.Stands(rehearsed)
}

// IsSealed reports whether the session's result is sealed.
func (s *Stage) IsSealed() bool { return s.shown.Load().state.IsSealed() }

// Facts returns the stored facts that are public, without their actors, from the one
// after a number on. They are numbered among themselves, as the events are: a gap
// would tell of a fact that is not public, and a chair's decision is one.
func (s *Stage) Facts(ctx context.Context, after int64) ([]cue.Fact, error) {
	no, seq := s.said.before(after)
	facts, err := s.cfg.Store.LoadFacts(ctx, s.id, seq)
	if err != nil {
		return nil, err
	}
	out := []cue.Fact{}
	for _, f := range facts {
		if !f.Public() {
			continue
		}
		if no++; no > after {
			f.Seq, f.Actor = no, ""
			out = append(out, f)
		}
	}
	return out, nil
}

// Revealed returns the token for the public board of a ballot whose figures are
// public.
func (s *Stage) Revealed(b vote.Ballot) (vote.Revealed, bool) {
	if !s.FiguresPublic(b) {
		return vote.Revealed{}, false
	}
	token, err := vote.Reveal(b)
	return token, err == nil
}

// Concerns reports whether the ballot is part of this show.
func (s *Stage) Concerns(b vote.Ballot) bool { return s.concerned(s.shown.Load().state, b) }

// FiguresPublic reports whether the ballot's figures are public, by its tally or by
// the seal in which it counts.
func (s *Stage) FiguresPublic(b vote.Ballot) bool {
	return s.shown.Load().state.FiguresPublic(b.ID, b.Round)
}

// Sealed returns the sealed text and its root for anyone to check, once the
// root has been shown; before that, stage.sealed.
func (s *Stage) Sealed(ctx context.Context) (text []byte, root string, err error) {
	if !s.shown.Load().state.Verified() {
		return nil, "", fault.New(fault.Forbidden, "stage.sealed", "the seal is not open")
	}
	_, text, root, err = s.cfg.Store.LoadSeal(ctx, s.id)
	return text, root, err
}

// State is how the show stands. It does not change.
func (s *Stage) State() *cue.State { return s.shown.Load().state }

// Report is the whole result that was revealed here, once its root has been shown;
// before that, stage.sealed.
func (s *Stage) Report(ctx context.Context) (cue.Report, error) {
	state := s.shown.Load().state
	if made := s.report.Load(); made != nil && made.of == state {
		return made.Report, nil // a home page asks for it, thousands of times
	}
	text, root, err := s.Sealed(ctx)
	if err != nil {
		return cue.Report{}, err
	}
	catalog := state.Catalog()
	sealed, err := cue.Unseal(&catalog, text, root)
	if err != nil {
		return cue.Report{}, fault.Wrap(fault.Internal, "stage.seal_broken", err, "read the seal")
	}
	out, err := sealed.Published(state)
	if err == nil {
		s.report.Store(&reported{out, state})
	}
	return out, err
}

// reported is the result as it was told when the show stood so.
type reported struct {
	cue.Report
	of *cue.State
}

// Judging is the jury's side of the stage.
func (s *Stage) Judging() Judging { return s.judging }

// Danmaku is the audience's side of the stage.
func (s *Stage) Danmaku() *Danmaku { return s.danmaku }

// BallotChanged tells that the box changed a ballot. It does not block.
func (s *Stage) BallotChanged(b vote.Ballot) {
	notice := ballotNotice{b.State, b.Round, b.Deadline}
	s.mu.Lock()
	same := s.ballots[b.ID] == notice
	s.ballots[b.ID] = notice
	s.mu.Unlock()
	if !same {
		nudge(s.poke)
	}
}

// CamerasChanged tells that a camera came, went or stalled. It does not block.
func (s *Stage) CamerasChanged() { nudge(s.poke) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *Stage) ticks() int64 { return s.cfg.Ticks().Milliseconds() }

func (s *Stage) now() int64 { return s.cfg.Now().UnixMilli() }
