package vote_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/fault"
	. "hecai/vote"
)

func TestValidateNamesWhatIsWrong(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Ballot)
		code string
	}{
		{"good", func(*Ballot) {}, ""},
		{"id with a space", func(b *Ballot) { b.ID = "a b" }, "ballot.id"},
		{"id with a line break inside", func(b *Ballot) { b.ID = "a\nb" }, "ballot.id"},
		{"Chinese id", func(b *Ballot) { b.ID = "决赛" }, "ballot.id"},
		{"no title", func(b *Ballot) { b.Title = "  " }, "ballot.title"},
		{"no options", func(b *Ballot) { b.Options = nil }, "ballot.options"},
		{"option out of order", func(b *Ballot) { b.Options[0].No = 2 }, "ballot.options"},
		{"entry twice", func(b *Ballot) { b.Options[1].Entry = "e1" }, "ballot.options"},
		{"unknown visibility", func(b *Ballot) { b.Visibility = "" }, "ballot.visibility"},
		{"unknown state", func(b *Ballot) { b.State = "paused" }, "ballot.state"},
		{"level 3", func(b *Ballot) { b.Level = 3 }, "ballot.level"},
		{"closes before it opens", func(b *Ballot) { b.OpensAt, b.ClosesAt = 10, 10 }, "ballot.schedule"},
		{"unknown window", func(b *Ballot) { b.Quota.Window = "week" }, "ballot.window"},
		{"unknown zone", func(b *Ballot) { b.Quota.TZ = "Mars/Base" }, "ballot.timezone"},
		{"zone by offset", func(b *Ballot) { b.Quota.TZ = "+08:00" }, ""},
		{"zone with signs inside", func(b *Ballot) { b.Quota.TZ = "++8:+0" }, "ballot.timezone"},
		{"negative quota", func(b *Ballot) { b.Quota.PerTrack = -1 }, "ballot.quota"},
		{"minimum out of reach", func(b *Ballot) { b.Quota.MinPicks, b.Quota.PerTrack = 3, 1 }, "ballot.quota"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := ballot(4, Quota{})
			tt.edit(&b)
			if got := fault.CodeOf(b.Validate()); got != tt.code {
				t.Errorf("got %q, want %q", got, tt.code)
			}
		})
	}
}

func TestOpenedAndShut(t *testing.T) {
	b := ballot(2, Quota{})
	b.State, b.Round, b.OpenedAt = StateArmed, 0, 0
	open, err := b.Opened(100, 200)
	if err != nil || open.State != StateOpen || open.Round != 1 || open.OpenedAt != 100 || open.Deadline != 200 {
		t.Fatalf("opened: %+v, %v", open, err)
	}
	longer, err := open.Opened(150, 300)
	if err != nil || longer.Round != 1 || longer.OpenedAt != 100 || longer.Deadline != 300 {
		t.Errorf("extended: %+v, %v", longer, err)
	}
	closed, err := longer.Shut()
	if err != nil || closed.State != StateClosed {
		t.Fatalf("shut: %+v, %v", closed, err)
	}
	if again, err := closed.Shut(); err != nil || again.State != StateClosed {
		t.Errorf("shut twice: %+v, %v", again, err)
	}
	if _, err := closed.Opened(400, 0); fault.CodeOf(err) != "ballot.closed" {
		t.Errorf("opened after the close: %v", err)
	}
	if _, err := closed.Rearmed(" "); fault.CodeOf(err) != "ballot.note" {
		t.Errorf("a new round without a reason: %v", err)
	}
	closed.OpensAt, closed.ClosesAt = 100, 200
	armed, err := closed.Rearmed("设备故障")
	if err != nil || armed.State != StateArmed || armed.Round != 1 || armed.Note != "设备故障" || armed.OpensAt != 0 || armed.ClosesAt != 0 {
		t.Errorf("armed again: %+v, %v", armed, err)
	}
	second, err := armed.Opened(400, 0)
	if err != nil || second.Round != 2 || second.Deadline != 0 {
		t.Errorf("second round: %+v, %v", second, err)
	}
	if _, err := second.Rearmed("再来"); fault.CodeOf(err) != "ballot.not_closed" {
		t.Errorf("a new round of an open ballot: %v", err)
	}
	closed.State = StateRevealed
	if _, err := closed.Opened(500, 0); fault.CodeOf(err) != "ballot.revealed" {
		t.Errorf("reopened after the reveal: %v", err)
	}
	if _, err := b.Shut(); fault.CodeOf(err) != "vote.not_open" {
		t.Errorf("shut before opening: %v", err)
	}
	if _, err := b.Opened(100, 100); fault.CodeOf(err) != "ballot.deadline" {
		t.Errorf("deadline in the past: %v", err)
	}
}

// TestDue: an opening by schedule carries the scheduled end or does not happen,
// whenever the server looks.
func TestDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := ballot(2, Quota{})
		b.State = rapid.SampledFrom([]State{StateDraft, StateArmed, StateOpen, StateClosed, StateRevealed}).Draw(t, "state")
		b.OpensAt = rapid.Int64Range(0, 5000).Draw(t, "opens")
		b.ClosesAt = rapid.Int64Range(0, 5000).Draw(t, "closes")
		b.Deadline = rapid.Int64Range(0, 5000).Draw(t, "deadline")
		now := rapid.Int64Range(1, 6000).Draw(t, "now")
		what, deadline := b.Due(now)
		if at := b.NextDue(); (what != ScheduleNothing) != (at != 0 && at <= now) {
			t.Fatalf("due %v, next at %d, now %d", what, at, now)
		}
		switch what {
		case ScheduleOpen:
			opened, err := b.Opened(now, deadline)
			if err != nil {
				t.Fatal(err)
			}
			if b.ClosesAt != 0 && opened.PublicDeadline() != b.ClosesAt || b.ClosesAt == 0 && opened.Deadline != 0 {
				t.Fatalf("opened with deadline %d, scheduled end %d", opened.Deadline, b.ClosesAt)
			}
		case ScheduleClose:
			if now <= b.Deadline {
				t.Fatal("closed while it takes votes")
			}
		case ScheduleSkip:
			if b.ClosesAt == 0 || b.ClosesAt > now {
				t.Fatalf("skipped at %d, ends %d", now, b.ClosesAt)
			}
			skipped, err := b.Skipped()
			if err != nil || skipped.State != StateClosed {
				t.Fatal(skipped, err)
			}
		}
	})
}

func TestWritable(t *testing.T) {
	b := ballot(2, Quota{})
	for level, code := range map[int]string{LevelDevice: "", 1: "ballot.level", LevelTicket: ""} {
		b.Level = level
		if err := b.Writable(100); fault.CodeOf(err) != code || b.Validate() != nil {
			t.Errorf("level %d: %v, want %q; as stored %v", level, err, code, b.Validate())
		}
	}
	b.Level = LevelTicket
	for closes, code := range map[int64]string{0: "", 99: "ballot.past", 100: "ballot.past", 101: ""} {
		b.ClosesAt = closes
		if err := b.Writable(100); fault.CodeOf(err) != code {
			t.Errorf("closes %d: %v, want %q", closes, err, code)
		}
	}
}

func TestFrozenOnceOpened(t *testing.T) {
	b := ballot(2, Quota{MaxVotes: 1})
	next := b
	next.Title = "新标题"
	if b.Frozen(next) {
		t.Error("a title may change")
	}
	next.Quota.MaxVotes = 2
	if !b.Frozen(next) {
		t.Error("a quota may not change")
	}
	b.Round = 0
	if b.Frozen(next) {
		t.Error("before the first opening everything may change")
	}
}

// TestHiddenFiguresCannotGetOut gives every figure a value that is nowhere
// else and looks for it in the public bytes.
func TestHiddenFiguresCannotGetOut(t *testing.T) {
	const votes, voters, papers = 777001, 777002, 777003
	b := ballot(2, Quota{MaxVotes: 1})
	b.State, b.Deadline = StateClosed, 5000
	tally := Tally{Ballot: b.ID, Round: 1, Votes: []int64{votes, votes}, Voters: voters, Papers: papers}
	token, err := Reveal(b)
	if err != nil {
		t.Fatal(err)
	}
	other := b
	other.Round = 2
	otherToken, _ := Reveal(other)
	tests := []struct {
		name        string
		visibility  Visibility
		token       *Revealed
		wantVoters  bool
		wantEntries bool
	}{
		{"hidden", Hidden, nil, false, false},
		{"hidden, empty token", Hidden, &Revealed{}, false, false},
		{"hidden, token of another round", Hidden, &otherToken, false, false},
		{"hidden, revealed", Hidden, &token, true, true},
		{"count", Count, nil, true, false},
		{"count, revealed", Count, &token, true, true},
		{"live", Live, nil, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := b
			b.Visibility = tt.visibility
			board := Public(b, tally, tt.token).Named(func(id contest.EntryID) Card { return Card{Title: "示例 " + string(id)} })
			whole := encode(t, board)
			if fields := encode(t, board.Fields()); !sameJSON(t, whole, fields) {
				t.Errorf("fields and board differ:\n%s\n%s", fields, whole)
			}
			if got := strings.Contains(whole, "777001"); got != tt.wantEntries {
				t.Errorf("entry votes shown: %v\n%s", got, whole)
			}
			if got := strings.Contains(whole, "777002"); got != tt.wantVoters {
				t.Errorf("voters shown: %v\n%s", got, whole)
			}
			if strings.Contains(whole, "777003") || !strings.Contains(whole, `"deadline":3500`) || !strings.Contains(whole, "示例 e2") {
				t.Errorf("board: %s", whole)
			}
			if staff := encode(t, Staff(b, tally)); strings.Contains(staff, "777001") || !strings.Contains(staff, "777002") {
				t.Errorf("staff: %s", staff)
			}
		})
	}
	if _, _, ok := otherToken.Counts(tally); ok {
		t.Error("a token of another round opened the counts")
	}
	if got, n, ok := token.Counts(tally); !ok || n != voters || got[1] != votes {
		t.Errorf("counts: %v %d %v", got, n, ok)
	}
}

func TestNoTokenWhileVotesAreTaken(t *testing.T) {
	for _, s := range []State{StateDraft, StateArmed, StateOpen} {
		b := ballot(2, Quota{})
		b.State = s
		if r, err := Reveal(b); fault.CodeOf(err) != "vote.not_closed" || r != (Revealed{}) {
			t.Errorf("%s: %v, %v", s, r, err)
		}
	}
}

func TestReceiptKeepsTheSaltInTheHouse(t *testing.T) {
	if got := encode(t, Receipt{Ballot: "b", Round: 1, Rev: 1, Leaf: "l", Salt: "secret", Promise: "p"}); strings.Contains(got, "secret") {
		t.Errorf("receipt: %s", got)
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func sameJSON(t *testing.T, x, y string) bool {
	t.Helper()
	var a, b map[string]any
	if json.Unmarshal([]byte(x), &a) != nil || json.Unmarshal([]byte(y), &b) != nil {
		t.Fatal("not JSON")
	}
	return encode(t, a) == encode(t, b)
}
