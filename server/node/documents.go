package node

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/hub"
	"hecai/vote"
)

// documents is the hub's source: it knows whose each state topic is. Whoever
// changes something says only that; the document is made when the hub asks, on
// neither the vote writer nor a show's actor.
type documents struct {
	n *Node

	mu     sync.Mutex
	from   hub.Version              // guarded by mu; the versions of this start, or of this time of having the shows, are above it
	boards map[vote.BallotID]*board // guarded by mu
}

// board counts what a public board has shown.
type board struct {
	number int64
	voters int64
	votes  []int64
}

// newDocuments begins above all that earlier starts of the record gave out. A
// start that could not be counted, 0, is told by the clock.
func newDocuments(n *Node, start int64) *documents {
	from := hub.Version{Epoch: start}
	if start == 0 {
		ms := n.cfg.Now().UnixMilli()
		from = hub.Version{Epoch: ms >> 32, Number: ms & (1<<32 - 1)}
	}
	return &documents{n: n, from: from, boards: map[vote.BallotID]*board{}}
}

func (d *documents) version(number int64) hub.Version {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.above(number)
}

// begin has all versions from here on be above those of any node before.
func (d *documents) begin(epoch int64) {
	d.mu.Lock()
	d.from = hub.Version{Epoch: epoch}
	d.mu.Unlock()
}

// above needs mu.
func (d *documents) above(number int64) hub.Version {
	return hub.Version{Epoch: d.from.Epoch, Number: d.from.Number + number}
}

// Document implements hub.Source.
func (d *documents) Document(topic string) (any, hub.Version) {
	if !d.n.theatre.Here() { // the node that has the shows says what they show
		return nil, hub.Version{}
	}
	kind, of, _ := strings.Cut(topic, "/")
	switch kind {
	case "ballot":
		return d.board(vote.BallotID(of))
	case "on":
		if d.n.shows.Known(contest.ShowID(of)) != nil {
			return nil, hub.Version{}
		}
		on, number := d.n.shows.on(contest.ShowID(of))
		return map[string]any{"show": on.Show, "take": on.Take}, d.version(number)
	}
	sh, err := d.n.shows.find(contest.ShowID(of))
	if err != nil {
		return nil, hub.Version{}
	}
	if kind == "pulse" {
		doc, number := sh.feel()
		return doc, d.version(number)
	}
	doc, number := sh.Document(topic)
	if doc == nil {
		return nil, hub.Version{}
	}
	return doc, d.version(number)
}

// board is the public board of a ballot. Its number grows with what it shows and
// not with what it hides: it is as public as the board.
func (d *documents) board(id vote.BallotID) (any, hub.Version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.known(id)
	b, t, err := d.n.shows.Ballot(id)
	if err != nil {
		return nil, hub.Version{}
	}
	if b.Visibility != vote.Hidden && t.Voters != known.voters || b.Visibility == vote.Live && !slices.Equal(t.Votes, known.votes) {
		known.number++
		known.voters, known.votes = t.Voters, t.Votes
	}
	return d.n.shows.board(b, t).Fields(), d.above(known.number)
}

// known is what is known of a board. The caller holds mu.
func (d *documents) known(id vote.BallotID) *board {
	if d.boards[id] == nil {
		d.boards[id] = &board{}
	}
	return d.boards[id]
}

// boardChanged says that the public board of a ballot shows something else,
// besides figures.
func (d *documents) boardChanged(id vote.BallotID) {
	d.mu.Lock()
	d.known(id).number++
	d.mu.Unlock()
	d.n.hub.Changed("ballot/" + string(id))
}

// forget forgets a board that is no more.
func (d *documents) forget(id vote.BallotID) {
	d.mu.Lock()
	delete(d.boards, id)
	d.mu.Unlock()
}

// Announce says that what the public board of a ballot shows has
// changed.
func (s *shows) Announce(id vote.BallotID) { s.n.docs.boardChanged(id) }

// announceRevealed tells of the boards whose figures the stage has revealed: the
// ballot itself doesn't change by that.
func (s *shows) announceRevealed(id contest.ShowID) {
	sh, err := s.find(id)
	if err != nil {
		return
	}
	for _, b := range s.n.box.Ballots() {
		if b.Show != id && !slices.Contains(s.revealing(b), sh) {
			continue
		}
		if _, ok := sh.Revealed(b); ok {
			s.Announce(b.ID)
		}
	}
}

// ballotChanged is called by the box's writer after every change of a ballot, and
// must not block.
func (n *Node) ballotChanged(b vote.Ballot) {
	n.logs.look(b)
	if n.shows == nil {
		return
	}
	n.docs.boardChanged(b.ID)
	if sh, err := n.shows.find(b.Show); err == nil {
		n.hub.Changed("pulse/" + string(sh.id))
		sh.BallotChanged(b)
	}
}

// ballotCounted is called by the box's writer after votes were counted, and must
// not block. Where nobody may see figures there is nothing to tell.
func (n *Node) ballotCounted(b vote.Ballot) {
	if b.Visibility != vote.Hidden {
		n.hub.Changed("ballot/" + string(b.ID))
	}
}

// publisher fits the hub to the stage. Neither blocks; an event that cannot be
// encoded is a bug and is logged.
type publisher struct{ n *Node }

// Changed implements stage.Publisher.
func (p publisher) Changed(topic string) {
	p.n.hub.Changed(topic)
	if show, ok := strings.CutPrefix(topic, "stage/"); ok {
		p.n.shows.announceRevealed(contest.ShowID(show))
	}
}

// Event implements stage.Publisher.
func (p publisher) Event(topic string, seq int64, body any) {
	if err := p.n.hub.Event(topic, seq, body); err != nil {
		p.n.cfg.Log.Error("event not sent", "topic", topic, "err", err)
	}
}

// pulse is what everyone at a show is told that is no matter of the stage: how
// many are there, and the ballots that are open, the newest first. Only one of
// them can be on stage, and some are opened by hand.
type pulse struct {
	online  int
	ballots []openBallot
	number  int64 // of what was told
}

type openBallot struct {
	ID    vote.BallotID `json:"id"`
	Title string        `json:"title"`
}

// feel is the pulse now, at a number that grows when it changes.
func (sh *show) feel() (doc map[string]any, number int64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	online, ballots := sh.audience(), sh.open()
	if p := &sh.pulse; p.number == 0 || online != p.online || !slices.Equal(ballots, p.ballots) {
		sh.pulse = pulse{online, ballots, p.number + 1}
	}
	return map[string]any{"online": online, "ballots": ballots}, sh.pulse.number
}

// audience is how many sockets of the audience follow the show, at all nodes: nobody
// who works at it is counted.
func (sh *show) audience() int {
	n := sh.audienceHere()
	for _, at := range sh.n.roll.elsewhere(sh.id) {
		n += at.Audience
	}
	return n
}

func (sh *show) audienceHere() int {
	return sh.n.hub.Crowd("stage/"+string(sh.id), string(access.Audience), string(access.Visitor))
}

// open lists the open ballots, the newest first.
func (sh *show) open() []openBallot {
	all := slices.DeleteFunc(sh.n.box.Ballots(), func(b vote.Ballot) bool {
		of := b.Show == sh.id || b.Show == sh.id.Live() // one that opens during a rehearsal is as open
		return !of || b.State != vote.StateOpen
	})
	slices.SortFunc(all, func(a, b vote.Ballot) int {
		return cmp.Or(cmp.Compare(b.OpenedAt, a.OpenedAt), cmp.Compare(b.No, a.No))
	})
	out := make([]openBallot, len(all))
	for i, b := range all {
		out[i] = openBallot{b.ID, b.Title}
	}
	return out
}

// beat has the pulses asked for once a second, since people come and go, and
// keeps the time.
func (n *Node) beat(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for _, s := range n.shows.list() {
				n.hub.Changed("pulse/" + string(s.id))
			}
			n.keepTime(ctx)
		}
	}
}
