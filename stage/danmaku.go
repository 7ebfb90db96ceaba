package stage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// Bounds of danmaku.
const (
	maxMessage  = 60              // runes
	maxSpeaker  = 16              // runes of a name
	voterPause  = 3 * time.Second // between two messages of one voter
	lately      = time.Minute     // see admit
	messageRate = 50              // most messages a second, so that votes keep the disk
	maxPending  = 300             // waiting for a moderator
	maxKept     = 500             // shown ones that can still be retracted
	maxSpeakers = 20000           // voters whose last message is remembered
	maxRecent   = 50              // shown ones that a late phone is given
)

// Danmaku is the audience's lines over the picture (弹幕). A line is stored
// before anyone sees it; in the review mode, and where held says so, it waits for
// a moderator. Who wrote it is never told.
type Danmaku struct {
	stage *Stage

	verdicts sync.Mutex // one verdict at a time, so that two on the same line can't both hold

	mu      sync.Mutex      // guards all below; never held while storing
	pending []Message       // oldest first
	shown   []Message       // oldest first
	last    map[int64]int64 // ticks, ms
	second  int64           // of the rate
	count   int             // messages in it
	seq     int64           // of the last event
}

func newDanmaku(ctx context.Context, s *Stage) (*Danmaku, error) {
	d := &Danmaku{stage: s, last: map[int64]int64{}}
	var err error
	if d.pending, err = s.cfg.Messages.Messages(ctx, s.id, MessagePending, maxPending); err != nil {
		return nil, err
	}
	d.shown, err = s.cfg.Messages.Messages(ctx, s.id, MessageApproved, maxKept)
	return d, err
}

// Say takes a line from a voter and returns its id and state: "approved", and
// everyone has it, or "pending".
func (d *Danmaku) Say(ctx context.Context, voter int64, text, name string) (id, state string, err error) {
	state = MessageApproved
	switch d.stage.shown.Load().state.Danmaku() {
	case cue.DanmakuOff:
		return "", "", fault.New(fault.Closed, "danmaku.off", "danmaku is off")
	case cue.DanmakuReview:
		state = MessagePending
	}
	text, err = tidy(text, maxMessage, "danmaku.text")
	if err == nil && text == "" {
		err = fault.New(fault.Invalid, "danmaku.text", "nothing said").With("max", maxMessage)
	}
	if err != nil {
		return "", "", err
	}
	if name, err = tidy(name, maxSpeaker, "danmaku.name"); err != nil {
		return "", "", err
	}
	if held(text) || held(name) {
		state = MessagePending
	}
	now := d.stage.now()
	if err := d.admit(voter, d.stage.ticks(), state); err != nil {
		return "", "", err
	}
	var random [8]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	m := Message{
		ID: hex.EncodeToString(random[:]), Show: d.stage.id, Voter: voter,
		Name: name, Text: text, At: now, State: state,
	}
	if err := d.stage.cfg.Messages.SaveMessage(ctx, m); err != nil {
		return "", "", fault.Wrap(fault.Internal, "danmaku.not_stored", err, "store a message")
	}
	d.keep(m)
	return m.ID, state, nil
}

// tidy makes a text one line of what shows; emoji and joined letters stay whole.
func tidy(text string, most int, code string) (string, error) {
	if !utf8.ValidString(text) || len(text) > 16*most {
		return "", fault.New(fault.Invalid, code, "not text, or %d bytes of it", len(text)).With("max", most)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	text = contest.OneLine(text)
	if utf8.RuneCountInString(text) > most {
		return "", fault.New(fault.Invalid, code, "%d runes", utf8.RuneCountInString(text)).With("max", most)
	}
	return text, nil
}

// admit holds everyone to the bounds. now is counted by time that passes, so that
// a wall clock that is set silences nobody.
func (d *Danmaku) admit(voter, now int64, state string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	said, spoke := d.last[voter]
	if wait := said + voterPause.Milliseconds() - now; spoke && wait > 0 {
		return fault.New(fault.Limited, "danmaku.too_fast", "%d ms early", wait).After(time.Duration(wait) * time.Millisecond)
	}
	if second := now / 1000; second != d.second {
		d.second, d.count = second, 0
	}
	// Half of everything is for those who have not spoken lately, so that a few
	// who never stop silence nobody.
	rate, room := messageRate, maxPending
	if spoke && now-said < lately.Milliseconds() {
		rate /= 2
	}
	if slices.ContainsFunc(d.pending, func(m Message) bool { return m.Voter == voter }) {
		room /= 2
	}
	if d.count >= rate || state == MessagePending && len(d.pending) >= room {
		return fault.New(fault.Limited, "danmaku.busy", "%d this second, %d pending", d.count, len(d.pending)).After(time.Second)
	}
	d.count++
	if len(d.last) >= maxSpeakers {
		clear(d.last) // forgives a pause once in a great while
	}
	d.last[voter] = now
	return nil
}

// keep takes a stored message in and shows it if it is approved.
func (d *Danmaku) keep(m Message) {
	d.mu.Lock()
	if m.State != MessagePending {
		defer d.mu.Unlock()
		d.show(m)
		return
	}
	d.pending = append(d.pending, m)
	d.mu.Unlock()
	d.stage.staffChanged()
}

// show publishes a message. The caller holds mu.
func (d *Danmaku) show(m Message) {
	d.shown = append(d.shown, m)
	if extra := len(d.shown) - maxKept; extra > 0 {
		d.shown = slices.Delete(d.shown, 0, extra)
	}
	d.publish(m.At, map[string]any{"id": m.ID, "text": m.Text, "name": m.Name, "at": m.At})
}

// publish tells an event; its seq is an instant, so it grows over restarts too.
func (d *Danmaku) publish(now int64, body map[string]any) {
	d.seq = max(d.seq+1, now)
	d.stage.cfg.Publisher.Event("danmaku/"+string(d.stage.id), d.seq, body)
}

// The verdicts of a moderator.
const (
	Approve = "approve"
	Reject  = "reject"
	Retract = "retract" // takes a shown line off every screen
)

// Moderate decides about a message. Of two moderators who decide about one
// message, the second finds it decided: danmaku.unknown.
func (d *Danmaku) Moderate(ctx context.Context, id, verdict string) error {
	moves := map[string][2]string{ // verdict → from, to
		Approve: {MessagePending, MessageApproved},
		Reject:  {MessagePending, MessageRejected},
		Retract: {MessageApproved, MessageRetracted},
	}
	move, known := moves[verdict]
	if !known {
		return fault.New(fault.Invalid, "danmaku.verdict", "%q", verdict)
	}
	d.verdicts.Lock()
	defer d.verdicts.Unlock()
	m, ok := d.find(id, move[0])
	if !ok {
		return fault.New(fault.NotFound, "danmaku.unknown", "no %s message %q", move[0], id)
	}
	if err := d.stage.cfg.Messages.SetMessageState(ctx, id, move[1]); err != nil {
		return fault.Wrap(fault.Internal, "danmaku.not_stored", err, "store a verdict")
	}
	defer d.stage.staffChanged()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(id)
	m.State = move[1]
	switch m.State {
	case MessageApproved:
		d.show(m)
	case MessageRetracted:
		d.publish(d.stage.now(), map[string]any{"retract": id})
	}
	return nil
}

func (d *Danmaku) find(id, state string) (Message, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.pending
	if state == MessageApproved {
		list = d.shown
	}
	i := slices.IndexFunc(list, func(m Message) bool { return m.ID == id })
	if i < 0 {
		return Message{}, false
	}
	return list[i], true
}

// remove takes the message off both lists. The caller holds mu.
func (d *Danmaku) remove(id string) {
	same := func(m Message) bool { return m.ID == id }
	d.pending, d.shown = slices.DeleteFunc(d.pending, same), slices.DeleteFunc(d.shown, same)
}

// queue is what waits for a moderator, oldest first.
func (d *Danmaku) queue() []cue.QueuedMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]cue.QueuedMessage, 0, len(d.pending))
	for _, m := range d.pending {
		out = append(out, cue.QueuedMessage{ID: m.ID, Name: m.Name, Text: m.Text, At: m.At})
	}
	return out
}

// Recent is what was shown last, oldest first.
func (d *Danmaku) Recent() []cue.QueuedMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.shown[max(0, len(d.shown)-maxRecent):]
	out := make([]cue.QueuedMessage, 0, len(last))
	for _, m := range last {
		out = append(out, cue.QueuedMessage{ID: m.ID, Name: m.Name, Text: m.Text, At: m.At})
	}
	return out
}
