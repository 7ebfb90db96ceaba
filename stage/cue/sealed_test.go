package cue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/vote"
)

// TestASealedResultDoesNotPrint, whatever a log does with it.
func TestASealedResultDoesNotPrint(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	p := newPlay(t, smallRundown(), n).upTo("seal")
	for name, s := range map[string]Sealed{"session": *p.sealed, "panel": p.s.SealPanel("e1", n.sheets),
		"tally": SealTally(&n.catalog, p.n.ballots["b"], n.tally(p.n.ballots["b"]))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o"} {
			if out := fmt.Sprintf(verb, s) + fmt.Sprintf(verb, []any{s}); len(out) > 60 {
				t.Errorf("%s as %s: %.200s", name, verb, out)
			}
		}
		if out, err := json.Marshal(map[string]any{"x": s}); err == nil {
			t.Errorf("%s as JSON: %s", name, out)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "sealed", s)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "sealed", &s)
		if log.Len() > 400 || strings.Contains(log.String(), "8034") {
			t.Errorf("%s in a log: %s", name, log.String())
		}
	}
}

// TestASealIsReadBackAsItWas, and a text that was touched is not read at all.
func TestASealIsReadBackAsItWas(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	p := newPlay(t, smallRundown(), n).upTo("seal").run("arm listed", "fire listed")
	text, root := p.sealed.Text()
	again, err := Unseal(&n.catalog, text, root)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := p.sealed.Step(p.fired)
	if got, err := again.Step(p.fired); err != nil || string(asJSON(t, got)) != string(asJSON(t, want)) {
		t.Errorf("%v: %s, want %s", err, asJSON(t, got), asJSON(t, want))
	}
	text[len(text)/2] ^= 1
	if own, _ := p.sealed.Text(); bytes.Equal(own, text) {
		t.Error("the text that was given out is the sealed one itself")
	}
	if _, err := Unseal(&n.catalog, text, root); err == nil {
		t.Error("a text with one bit changed was taken")
	}
	text[len(text)/2] ^= 1
	var form map[string]json.RawMessage
	if err := json.Unmarshal(text, &form); err != nil {
		t.Fatal(err)
	}
	form["form"] = json.RawMessage(`"hecai/v2/seal"`)
	for name, odd := range map[string][]byte{
		"a space more": append(slices.Clone(text), ' '), "no JSON": []byte("x"), "null": []byte("null"), "another form": asJSON(t, form),
	} {
		if _, err := Unseal(&n.catalog, odd, Root(odd)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := p.sealed.Step(Fired{what: RevealVerify}); err != nil {
		t.Error(err)
	}
}

func TestWhatCanNotBeSealed(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	st := newPlay(t, smallRundown(), n).s
	salt := make([]byte, saltBytes)
	b := n.ballots["b"]
	b.State, b.Round = vote.StateOpen, 1
	if _, _, err := st.Seal(n.sheets, []CountedBallot{{Ballot: b}}, salt); fault.CodeOf(err) != "stage.ballot_open" {
		t.Errorf("an open ballot: %v", err)
	}
	if _, _, err := st.Seal(n.sheets, nil, salt[1:]); err == nil {
		t.Error("a short salt was taken")
	}
	few := slices.DeleteFunc(slices.Clone(n.sheets), func(s score.Sheet) bool { return s.Entry == "e3" && s.Judge != "j1" })
	s, blockers, err := st.Seal(few, nil, salt)
	if err != nil || len(blockers) != 1 || blockers[0].Code != "award.not_rankable" || s.result != nil {
		t.Errorf("no quorum: %v %v", blockers, err)
	}
	tied := slices.Clone(n.sheets)
	for i := range tied { // e9 and e8, first and second, alike
		if tied[i].Entry == "e9" {
			tied[i].Marks = tied[i-5].Marks
		}
	}
	s, blockers, err = st.Seal(tied, nil, salt)
	if err != nil || len(blockers) != 1 || blockers[0].Code != score.BlockTie || s.result != nil {
		t.Errorf("a tie at a boundary: %v %v", blockers, err)
	}
}

// TestTheRootTellsNothing: two seals of one result have different roots, for the
// salt is fresh each time; and one salt gives one root.
func TestTheRootTellsNothing(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	root := func(salt byte) string {
		n.salt = salt
		p := newPlay(t, smallRundown(), n).upTo("seal")
		_, root := p.sealed.Text()
		return root
	}
	if a := root(1); a == root(2) || a != root(1) || len(a) != 64 {
		t.Error("roots do not follow from the salt")
	}
}

// TestAFrozenRowSaysItsRank and nothing else, while the rest is complete.
func TestAFrozenRowSaysItsRank(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).upTo("frozen")
	rows := Public(p.s).Board.Rows
	if len(rows) != 9 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		if i < 3 {
			if row != (BoardRow{Rank: i + 1, Frozen: true}) {
				t.Errorf("frozen row %d: %+v", i, row)
			}
			continue
		}
		want := contest.EntryID(fmt.Sprint("e", 9-i))
		if row.Frozen || row.Rank != i+1 || row.Entry != want || row.Title == "" || row.Lead == "" || row.TrackName == "" || row.Score == "" {
			t.Errorf("row %d: %+v, want %s", i, row, want)
		}
	}
}

// TestPlacesWithoutAWinner: with four entries the second place of the third level
// is vacant and never shown, the list below has nobody and is passed over, and the
// desk was told so before the seal. How many are ranked is no secret.
func TestPlacesWithoutAWinner(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 4, 5))).upTo("lock")
	if a := Staff(p.s).Alarms; len(a) != 1 || a[0].Code != AlarmAwardShort || a[0].Args["n"] != 4 || a[0].Args["levels"] != "三等奖、优秀奖" {
		t.Errorf("alarms %+v", a)
	}
	p.upTo("frozen")
	if _, cmd := p.parse("arm listed"); p.do(RoleDirector, cmd).Code != "stage.vacant" {
		t.Error("a level with nobody can be armed")
	}
	for _, c := range Staff(p.s).Cues {
		if c.ID == "listed" && c.State != "skipped" || c.ID == "third" && c.Steps != 2 {
			t.Errorf("desk: %+v", c)
		}
	}
	if h := Host(p.s); h.Next.Cue != "third" {
		t.Errorf("the host is told of %s", h.Next.Cue)
	}
	p.run("next")
	if card := Public(p.s).Award; card == nil || !card.Held || card.Place != 1 || card.Of != 1 || card.Winner != nil {
		t.Fatalf("held: %+v", card)
	}
	p.upTo("verify")
	got := []string{}
	for _, l := range Public(p.s).Awards {
		got = append(got, fmt.Sprint(l.Level, " ", len(l.Winners), " of ", l.Quota))
	}
	if want := []string{"third 1 of 2", "second 2 of 2", "first 1 of 1"}; !slices.Equal(got, want) {
		t.Errorf("levels %v, want %v", got, want)
	}
	for _, f := range p.facts {
		if f.Kind == kindAward && strings.Contains(string(f.Body), `"winners":[]`) {
			t.Errorf("a vacancy was shown: %s", f.Body)
		}
	}
}

// TestNothingIsRevealedTwice, but a board, which may be shown with other bounds.
func TestNothingIsRevealedTwice(t *testing.T) {
	r := smallRundown()
	again := []Cue{}
	for _, c := range r.Cues {
		if _, ok := c.reveal(); ok {
			c.ID, c.Confirm = c.ID+"2", false
			again = append(again, c)
		}
	}
	r.Cues = append(r.Cues[:len(r.Cues)-1], again...)
	p := newPlay(t, r, newNight(smallCatalog(t, 9, 5))).upTo("verify")
	for _, c := range again {
		_, cmd := p.parse("fire " + c.ID)
		err := p.do(RoleDirector, cmd)
		if a, _ := c.reveal(); a.What == RevealBoard {
			if err != nil {
				t.Errorf("%s: %v", c.ID, err)
			}
		} else if err == nil || err.Code != "stage.revealed" {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
	// Another round of the ballot has a tally of its own.
	b := p.n.ballots["b"]
	p.tell(Make(BallotOpened{"b", b.Title, b.Round + 1, 0}), Make(BallotClosed{"b"}))
	b.Round++
	p.n.ballots["b"] = b
	if p.run("fire tally2"); p.s.ballots["b"].revealed != 2 {
		t.Errorf("round %d is revealed", p.s.ballots["b"].revealed)
	}
}

// TestThePrompter: before its step a line has dots for what nobody may know, and
// after it the values; the host sees when it is their turn.
func TestThePrompter(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5)))
	if h := Host(p.s); h.Now != nil || h.Next.Cue != "idle" || !h.Next.Fire || h.Next.Line != "请看大屏幕：……" {
		t.Errorf("at the start: %+v", h.Next)
	}
	p.upTo("lock").run("next")
	want := [][2]string{ // now, next
		{"示例评委1：62.00", "示例评委2：……"}, {"示例评委2：62.17", "示例评委3：……"}, {"示例评委3：62.34", "示例评委4：……"},
		{"示例评委4：62.51", "示例评委5：……"}, {"示例评委5：62.68", "去掉……和……"}, {"去掉62.68和62.00", "示例项目2：……"},
		{"示例项目2：62.34", ""},
	}
	for i, w := range want {
		h := Host(p.s)
		if h.Now.Line != w[0] || i < 6 && h.Next.Line != w[1] {
			t.Errorf("step %d: %q, then %q, want %q", i+1, h.Now.Line, h.Next.Line, w)
		}
		if i < 6 {
			p.run("next")
		}
	}
	p.upTo("listed").run("arm third")
	if h := Host(p.s); !h.Next.Armed || !h.Next.Confirm || !h.Next.Fire || h.Next.Line != "下一个三等奖是……" || h.Next.Steps != 4 {
		t.Errorf("armed: %+v", h.Next)
	}
	p.run("host:next")
	if h := Host(p.s); h.Now.Line != "下一个三等奖是……" || h.Next.Line != "《……》，……分，……" || h.Next.Step != 2 {
		t.Errorf("held: %+v, then %+v", h.Now, h.Next)
	}
	p.run("host:next")
	if h := Host(p.s); !strings.HasPrefix(h.Now.Line, "《示例项目5》，") || !strings.HasSuffix(h.Now.Line, "分，示例项目5") {
		t.Errorf("turned: %+v", h.Now)
	}
	p.upTo("end")
	if h := Host(p.s); !h.Ended || h.Next != nil {
		t.Errorf("ended: %+v", h)
	}
}

// TestTheDesk: states of cues, and a preview that shows a held card at most.
func TestTheDesk(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run("fire idle", "skip card", "arm seal")
	v := Staff(p.s)
	got := map[string]string{}
	for _, c := range v.Cues {
		got[c.ID] = c.State
	}
	if got["idle"] != "done" || got["card"] != "skipped" || got["seal"] != "armed" || got["vote"] != "planned" || *v.Next != "seal" || *v.Armed != "seal" {
		t.Errorf("%v, next %s", got, *v.Next)
	}
	p.run("disarm seal")
	if v := Staff(p.s); *v.Next != "other" || v.Armed != nil || v.Preview.Entry == nil || v.Preview.Entry.ID != "e2" || Public(p.s).Entry != nil {
		t.Errorf("preview of %s: %+v", *v.Next, v.Preview)
	}
	p.run("fire other", "fire sheets")
	p.tell(Make(SheetNoted{Entry: "e2", Judge: "j4", Done: true}), Make(SheetNoted{Entry: "e2", Judge: "j5", Recused: true}),
		Make(SheetNoted{Entry: "zz", Judge: "j5", Done: true}), Make(SheetNoted{Entry: "e2", Judge: "zz", Done: true}))
	v = Staff(p.s)
	if !v.Judges[3].Done || v.Judges[4].Done || len(Public(p.s).Dots.Judges) != 4 {
		t.Errorf("judges %+v, dots %+v", v.Judges, Public(p.s).Dots)
	}
	p.upTo("seal").run("skip listed", "arm third")
	before := asText(t, p)
	if v := Staff(p.s); v.Preview.Award != nil || v.Preview.Scene.Name != "award" {
		t.Errorf("preview of an award: %+v", v.Preview)
	}
	if asText(t, p) != before {
		t.Error("a preview moved the state")
	}
	if p.upTo("end"); Staff(p.s).Next != nil || Staff(p.s).Preview != nil {
		t.Error("something comes after the end")
	}
}
