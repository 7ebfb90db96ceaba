package stage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// staffEvery is how often the director's desk gets fresh figures.
const staffEvery = time.Second

// Config says what a stage works with. Rundown, Catalog, Store, Messages, Box
// and Publisher are needed.
type Config struct {
	Rundown   cue.Rundown
	Catalog   cue.Catalog // plan, entries and judges of the session
	Store     Store
	Messages  MessageStore
	Box       Box
	Publisher Publisher
	Ledger    Ledger      // nil: seals name no ledger roots
	Cameras   Cameras     // nil: there are none
	Live      func() Live // nil: nothing measured; must not block
	Now       func() time.Time
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
	id   contest.SessionID
	asks chan func(context.Context) // run by the actor, one at a time
	poke chan struct{}              // the world outside has moved
	desk chan struct{}              // the director's desk has something new
	done chan struct{}              // closed when the actor has ended

	running atomic.Bool
	shown   atomic.Pointer[cue.State] // never changed once stored
	staff   atomic.Pointer[cue.StaffView]

	judging Judging
	danmaku *Danmaku

	mu      sync.Mutex                     // guards ballots
	ballots map[vote.BallotID]ballotNotice // last told by the box

	// The actor's own.
	state    *cue.State
	told     int64         // Seq of the last fact that was published
	lost     bool          // what is stored is unknown: read it before anything else
	unnoted  bool          // a sheet may have changed without its fact
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
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stage{
		cfg: cfg, id: cfg.Rundown.Session,
		asks: make(chan func(context.Context)), poke: make(chan struct{}, 1), desk: make(chan struct{}, 1),
		done: make(chan struct{}), ballots: map[vote.BallotID]ballotNotice{},
	}
	s.cfg.Log = cfg.Log.With("session", s.id)
	facts, err := cfg.Store.LoadFacts(ctx, s.id, 0)
	if err != nil {
		return nil, err
	}
	if s.state, err = cue.Fold(cfg.Rundown, cfg.Catalog, facts); err != nil {
		return nil, err
	}
	s.shown.Store(s.state)
	desk := cue.Staff(s.state)
	s.staff.Store(&desk)
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
		case <-s.desk:
			s.publishStaff()
		case <-tick.C:
			if s.lost || s.unnoted {
				s.catchUp(work)
			}
			s.publishStaff()
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
}

// order has the actor run do, and waits. What was begun ends even if the caller
// has gone.
func order[T any](ctx context.Context, s *Stage, do func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	reply := make(chan answer, 1)
	ask := func(ctx context.Context) {
		if s.lost && !s.find(ctx) {
			var none T
			reply <- answer{none, fault.New(fault.Internal, "stage.unavailable", "facts can't be read")}
			return
		}
		v, err := do(ctx)
		reply <- answer{v, err}
	}
	var none T
	select {
	case s.asks <- ask:
	case <-ctx.Done():
		return none, fault.Wrap(fault.Internal, "stage.unavailable", ctx.Err(), "stage is busy")
	case <-s.done:
		return none, fault.New(fault.Internal, "stage.unavailable", "stage has ended")
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
	return order(ctx, s, func(ctx context.Context) (int64, error) {
		plan, refusal := cue.Decide(s.state, actor.Role, cmd, s.now())
		if refusal != nil {
			return s.state.Rev(), refusal
		}
		facts, err := s.carryOut(ctx, plan)
		if err == nil {
			err = s.record(ctx, actor.String(), facts)
		}
		s.catchUp(ctx) // an effect may have happened without its fact
		return s.state.Rev(), err
	})
}

// Replace puts another rundown and catalog under the show. A rundown that
// refers to what does not exist is refused with stage.rundown and its problems.
func (s *Stage) Replace(ctx context.Context, r cue.Rundown, c cue.Catalog) error {
	if problems := r.Validate(c); len(problems) > 0 || r.Session != s.id {
		return fault.New(fault.Invalid, "stage.rundown", "%d problems", len(problems)).With("problems", problems)
	}
	_, err := order(ctx, s, func(ctx context.Context) (struct{}, error) {
		s.state = replaced(s.state, r, c)
		facts := append(said(cue.RundownChanged{Cues: len(r.Cues)}), s.opening(r)...)
		if err := s.record(ctx, system, facts); err != nil {
			s.state = replaced(s.state, s.cfg.Rundown, s.cfg.Catalog)
			return struct{}{}, err
		}
		s.cfg.Rundown, s.cfg.Catalog = r, c
		return struct{}{}, nil
	})
	return err
}

func replaced(s *cue.State, r cue.Rundown, c cue.Catalog) *cue.State {
	next := s.Clone()
	next.Replace(r, c)
	return next
}

// View is what everyone may see.
func (s *Stage) View() cue.View { return cue.Public(s.shown.Load()) }

// HostView is the host's prompter.
func (s *Stage) HostView() cue.HostView { return cue.Host(s.shown.Load()) }

// Rev is the rundown's revision.
func (s *Stage) Rev() int64 { return s.shown.Load().Rev() }

// Facts returns the stored facts with Seq > after. The public may read those
// that are Public, without their actors.
func (s *Stage) Facts(ctx context.Context, after int64) ([]cue.Fact, error) {
	return s.cfg.Store.LoadFacts(ctx, s.id, after)
}

// Revealed returns the token for the public board of a ballot whose tally has
// been revealed.
func (s *Stage) Revealed(b vote.Ballot) (vote.Revealed, bool) {
	if round := s.shown.Load().RevealedRound(b.ID); round == 0 || round != b.Round {
		return vote.Revealed{}, false
	}
	token, err := vote.Reveal(b)
	return token, err == nil
}

// Sealed returns the sealed text and its root for anyone to check, once the
// root has been shown; before that, stage.sealed.
func (s *Stage) Sealed(ctx context.Context) (text []byte, root string, err error) {
	if !s.shown.Load().Verified() {
		return nil, "", fault.New(fault.Forbidden, "stage.sealed", "the seal is not open")
	}
	_, text, root, err = s.cfg.Store.LoadSeal(ctx, s.id)
	return text, root, err
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

func (s *Stage) now() int64 { return s.cfg.Now().UnixMilli() }
