package vote_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/fault"
	. "hecai/vote"
)

// ballot makes an open ballot of n entries e1…en over tracks of two.
func ballot(n int, q Quota) Ballot {
	b := Ballot{ID: "final", No: 1, Title: "示例投票", Quota: q, Visibility: Hidden, State: StateOpen, Round: 1, OpenedAt: 1000}
	for i := range n {
		b.Options = append(b.Options, Option{No: i + 1, Entry: entry(i + 1), Track: contest.TrackID(fmt.Sprint("t", i/2))})
	}
	return b
}

func entry(no int) contest.EntryID { return contest.EntryID(fmt.Sprint("e", no)) }

func entries(nos ...int) []contest.EntryID {
	var out []contest.EntryID
	for _, no := range nos {
		out = append(out, entry(no))
	}
	return out
}

func cast(rev int64, nos ...int) Cast {
	return Cast{Ballot: "final", Voter: 7, Rev: rev, Choice: entries(nos...), At: 2000}
}

func paper(rev int64, nos ...int) Paper {
	return Paper{Rev: rev, Choice: nos, Receipt: Receipt{Ballot: "final", Round: 1, Rev: rev, Leaf: fmt.Sprint("leaf", rev)}}
}

func TestDecideRefuses(t *testing.T) {
	change := Quota{MaxVotes: 3, PerTrack: 2, AllowChange: true}
	adding := Quota{MaxVotes: 3, PerTrack: 2}
	with := func(b Ballot, edit func(*Ballot)) Ballot { edit(&b); return b }
	edit := func(c Cast, edit func(*Cast)) Cast { edit(&c); return c }
	tests := []struct {
		name  string
		b     Ballot
		prior []Paper
		c     Cast
		code  string
		kind  fault.Kind
	}{
		{"another ballot", ballot(6, change), nil, edit(cast(1, 1), func(c *Cast) { c.Ballot = "x" }), "vote.unknown_ballot", fault.NotFound},
		{"an earlier round", with(ballot(6, change), func(b *Ballot) { b.Round = 2 }), nil, edit(cast(1, 1), func(c *Cast) { c.Round = 1 }), "vote.closed", fault.Closed},
		{"one change more than there may be", ballot(6, change), []Paper{{Rev: 60, Choice: []int{1}, Changes: MaxChanges}}, cast(61, 2), "vote.changes", fault.Conflict},
		{"rev zero", ballot(6, change), nil, cast(0, 1), "vote.bad_rev", fault.Invalid},
		{"rev past what JavaScript counts", ballot(6, change), nil, cast(1<<53, 1), "vote.bad_rev", fault.Invalid},
		{"salt that is no hex", ballot(6, change), nil, edit(cast(1, 1), func(c *Cast) { c.ClientSalt = "xyz" }), "vote.bad_salt", fault.Invalid},
		{"upper-case salt", ballot(6, change), nil, edit(cast(1, 1), func(c *Cast) { c.ClientSalt = "AB" }), "vote.bad_salt", fault.Invalid},
		{"nothing chosen", ballot(6, change), nil, cast(1), "vote.empty", fault.Invalid},
		{"unknown entry", ballot(6, change), nil, cast(1, 9), "vote.unknown_entry", fault.Invalid},
		{"draft", with(ballot(6, change), func(b *Ballot) { b.State = StateDraft }), nil, cast(1, 1), "vote.not_open", fault.Conflict},
		{"armed", with(ballot(6, change), func(b *Ballot) { b.State = StateArmed }), nil, cast(1, 1), "vote.not_open", fault.Conflict},
		{"before the opening", ballot(6, change), nil, edit(cast(1, 1), func(c *Cast) { c.At = 999 }), "vote.not_open", fault.Conflict},
		{"after the deadline", with(ballot(6, change), func(b *Ballot) { b.Deadline = 1999 }), nil, cast(1, 1), "vote.closed", fault.Closed},
		{"closed", with(ballot(6, change), func(b *Ballot) { b.State = StateClosed }), nil, cast(1, 1), "vote.closed", fault.Closed},
		{"revealed", with(ballot(6, change), func(b *Ballot) { b.State = StateRevealed }), nil, cast(1, 1), "vote.closed", fault.Closed},
		{"level too low", with(ballot(6, change), func(b *Ballot) { b.Level = 2 }), nil, cast(1, 1), "vote.level", fault.Forbidden},
		{"same rev, other choice", ballot(6, change), []Paper{paper(1, 1)}, cast(1, 2), "vote.rev_conflict", fault.Conflict},
		{"older rev", ballot(6, change), []Paper{paper(5, 1)}, cast(4, 2), "vote.rev_stale", fault.Conflict},
		{"too many picks", ballot(6, change), nil, cast(1, 1, 3, 4, 5), "vote.quota", fault.Conflict},
		{"same entry twice", ballot(6, change), nil, cast(1, 1, 1), "vote.per_entry", fault.Conflict},
		{"three of a track", with(ballot(6, change), func(b *Ballot) { b.Options[2].Track = "t0" }), nil, cast(1, 1, 2, 3), "vote.per_track", fault.Conflict},
		{"too few picks", with(ballot(6, change), func(b *Ballot) { b.Quota.MinPicks = 2 }), nil, cast(1, 1), "vote.too_few", fault.Invalid},
		{"adds up beyond the quota", ballot(6, adding), []Paper{paper(1, 1, 3), paper(2, 5)}, cast(3, 6), "vote.quota", fault.Conflict},
		{"same entry again", ballot(6, adding), []Paper{paper(1, 1)}, cast(2, 1), "vote.per_entry", fault.Conflict},
		{"track is used up", ballot(6, Quota{PerTrack: 1}), []Paper{paper(1, 1)}, cast(2, 2), "vote.per_track", fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err, dup := Decide(tt.b, tt.prior, tt.c)
			if err == nil || dup != nil {
				t.Fatalf("got err %v, duplicate %v; want %s", err, dup, tt.code)
			}
			if err.Code != tt.code || err.Kind != tt.kind {
				t.Errorf("got %s (%s), want %s (%s)", err.Code, err.Kind, tt.code, tt.kind)
			}
		})
	}
}

func TestDecideAccepts(t *testing.T) {
	day := Quota{Window: PerDay, MaxVotes: 2, AllowChange: true}
	at := func(s string) int64 {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMilli()
	}
	late := ballot(4, day)
	late.OpenedAt = at("2024-08-25T00:00:00+08:00")
	late.Deadline = at("2024-09-06T00:00:00+08:00") + Grace
	tests := []struct {
		name     string
		b        Ballot
		prior    []Paper
		c        Cast
		want     Paper
		replaced int64 // rev
	}{
		{"first paper, sorted", ballot(4, Quota{}), nil, cast(3, 4, 1), Paper{Rev: 3, Choice: []int{1, 4}, First: true}, 0},
		{"on the deadline's millisecond", func() Ballot { b := ballot(4, Quota{}); b.Deadline = 2000; return b }(), nil, cast(1, 1), Paper{Rev: 1, Choice: []int{1}, First: true}, 0},
		{"change replaces", ballot(4, Quota{MaxVotes: 2, AllowChange: true}), []Paper{paper(1, 1, 2), paper(4, 3)}, cast(5, 2, 4), Paper{Rev: 5, Choice: []int{2, 4}, Changes: 1}, 4},
		{"papers add up", ballot(4, Quota{MaxVotes: 2}), []Paper{paper(1, 1)}, cast(2, 2), Paper{Rev: 2, Choice: []int{2}}, 0},
		{"an entry more than once", ballot(4, Quota{PerEntry: 3}), nil, cast(1, 2, 2, 2), Paper{Rev: 1, Choice: []int{2, 2, 2}, First: true}, 0},
		{"last instant of a day", late, nil, Cast{Ballot: "final", Rev: 1, Choice: entries(1), At: at("2024-08-26T00:00:00+08:00") - 1},
			Paper{Rev: 1, Window: "2024-08-25", Choice: []int{1}, First: true}, 0},
		{"a new day is a new window", late, []Paper{{Rev: 1, Window: "2024-08-25", Choice: []int{1}}}, Cast{Ballot: "final", Rev: 2, Choice: entries(1), At: at("2024-08-26T00:00:00+08:00")},
			Paper{Rev: 2, Window: "2024-08-26", Choice: []int{1}}, 0},
		{"grace belongs to the last day", late, nil, Cast{Ballot: "final", Rev: 1, Choice: entries(1), At: at("2024-09-06T00:00:01+08:00")},
			Paper{Rev: 1, Window: "2024-09-05", Choice: []int{1}, First: true}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, replaced, err, dup := Decide(tt.b, tt.prior, tt.c)
			if err != nil || dup != nil {
				t.Fatalf("got err %v, duplicate %v", err, dup)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if rev := int64(0); replaced != nil {
				if rev = replaced.Rev; rev != tt.replaced {
					t.Errorf("replaced rev %d, want %d", rev, tt.replaced)
				}
			} else if tt.replaced != 0 {
				t.Errorf("replaced nothing, want rev %d", tt.replaced)
			}
		})
	}
}

func TestARetryGetsTheFirstReceipt(t *testing.T) {
	prior := []Paper{paper(1, 1, 2), paper(2, 3)}
	for _, state := range []State{StateOpen, StateClosed, StateRevealed} {
		b := ballot(4, Quota{MaxVotes: 2, AllowChange: true})
		b.State = state
		got := Resolve(b, prior, cast(1, 2, 1), Receipt{Round: 1, Leaf: "fresh"})
		if got.Added != nil || !got.Outcome.Duplicate || got.Outcome.Receipt != prior[0].Receipt {
			t.Errorf("%s: got %+v", state, got)
		}
		if got.Outcome.Rev != 2 || !slices.Equal(got.Outcome.Choice, entries(3)) {
			t.Errorf("%s: standing is rev %d %v, want 2 [e3]", state, got.Outcome.Rev, got.Outcome.Choice)
		}
	}
}

func TestResolveTellsTheStandingAfterARefusal(t *testing.T) {
	got := Resolve(ballot(4, Quota{MaxVotes: 1}), []Paper{paper(3, 2)}, cast(2, 1), Receipt{Round: 1})
	if fault.CodeOf(got.Outcome.Fault) != "vote.rev_stale" || got.Outcome.Rev != 3 || !slices.Equal(got.Outcome.Choice, entries(2)) {
		t.Errorf("got %+v", got.Outcome)
	}
}

func TestResolveRefusesAReceiptOfAnotherRound(t *testing.T) {
	b := ballot(4, Quota{})
	b.Round = 2
	got := Resolve(b, nil, cast(1, 1), Receipt{Round: 1})
	if got.Added != nil || fault.CodeOf(got.Outcome.Fault) != "vote.not_open" {
		t.Errorf("got %+v", got)
	}
}

// TestQuotaHoldsAndTallyIsTheRecount plays random casts, retries and
// reorderings of a few voters over days and checks I-01, I-02 and I-03 against
// the papers themselves.
func TestQuotaHoldsAndTallyIsTheRecount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := ballot(rapid.IntRange(1, 8).Draw(t, "options"), Quota{
			Window:      rapid.SampledFrom([]string{"", PerBallot, PerDay}).Draw(t, "window"),
			MaxVotes:    rapid.IntRange(0, 5).Draw(t, "max"),
			PerEntry:    rapid.IntRange(0, 2).Draw(t, "perEntry"),
			PerTrack:    rapid.IntRange(0, 3).Draw(t, "perTrack"),
			AllowChange: rapid.Bool().Draw(t, "change"),
		})
		b.Deadline = 3 * 24 * 3600_000
		stored := map[int64][]Paper{}
		tally := NewTally(b)
		acked := map[[2]int64]Receipt{}
		for i := range rapid.IntRange(1, 60).Draw(t, "casts") {
			c := Cast{
				Ballot: b.ID,
				Voter:  rapid.Int64Range(1, 3).Draw(t, "voter"),
				Rev:    rapid.Int64Range(1, 12).Draw(t, "rev"),
				Choice: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) contest.EntryID {
					return entry(rapid.IntRange(1, len(b.Options)).Draw(t, "no"))
				}), 1, 4).Draw(t, "choice"),
				At: rapid.Int64Range(0, 4*24*3600_000).Draw(t, "at"),
			}
			key := [2]int64{c.Voter, c.Rev}
			prior := slices.Clone(stored[c.Voter])
			slices.Reverse(prior) // any order
			res := Resolve(b, prior, c, Receipt{Ballot: b.ID, Round: 1, Rev: c.Rev, Leaf: fmt.Sprint(i)})
			first, before := acked[key]
			switch {
			case res.Outcome.Fault != nil:
				if res.Added != nil {
					t.Fatal("refused and added")
				}
				continue
			case res.Outcome.Duplicate:
				if !before || res.Added != nil || res.Outcome.Receipt != first {
					t.Fatalf("duplicate of %v: %+v", first, res)
				}
				continue
			case before:
				t.Fatalf("rev %v was counted twice", key)
			case c.At < b.OpenedAt || c.At > b.Deadline:
				t.Fatalf("counted at %d, outside %d…%d", c.At, b.OpenedAt, b.Deadline)
			}
			acked[key] = res.Outcome.Receipt
			stored[c.Voter] = append(stored[c.Voter], *res.Added)
			tally.Apply(*res.Added, res.Replaced)
			checkQuota(t, b, stored[c.Voter])
		}
		if diff := cmp.Diff(recount(b, stored), tally); diff != "" {
			t.Fatal(diff)
		}
	})
}

// counting returns the papers that count, by window.
func counting(b Ballot, papers []Paper) map[string][]Paper {
	out := map[string][]Paper{}
	for _, p := range papers { // ascending rev
		if b.Quota.AllowChange {
			out[p.Window] = []Paper{p}
		} else {
			out[p.Window] = append(out[p.Window], p)
		}
	}
	return out
}

func checkQuota(t *rapid.T, b Ballot, papers []Paper) {
	for window, list := range counting(b, papers) {
		total, byEntry, byTrack := 0, map[int]int{}, map[contest.TrackID]int{}
		for _, p := range list {
			for _, no := range p.Choice {
				total++
				byEntry[no]++
				byTrack[b.Options[no-1].Track]++
			}
		}
		most := func(m []int) int { return slices.Max(append(m, 0)) }
		q := b.Quota
		if q.MaxVotes > 0 && total > q.MaxVotes ||
			most(slices.Collect(maps.Values(byEntry))) > max(1, q.PerEntry) ||
			q.PerTrack > 0 && most(slices.Collect(maps.Values(byTrack))) > q.PerTrack {
			t.Fatalf("window %q breaks %+v: %+v", window, q, list)
		}
	}
}

func recount(b Ballot, stored map[int64][]Paper) Tally {
	out := NewTally(b)
	for _, papers := range stored {
		for _, list := range counting(b, papers) {
			for _, p := range list {
				out.Papers++
				for _, no := range p.Choice {
					out.Votes[no-1]++
				}
			}
		}
		out.Voters++
	}
	return out
}
