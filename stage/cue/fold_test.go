package cue

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hecai/contest"
)

func asJSON(t tb, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return text
}

// drawCommand draws what consoles may send, sense and nonsense; the weights make
// most shows come to their reveals.
func drawCommand(rt *rapid.T, p *play) (string, Command) {
	cmd := Command{Rev: p.s.Rev(), Seconds: rapid.IntRange(-90, 90).Draw(rt, "seconds")}
	role := rapid.SampledFrom([]string{RoleDirector, RoleDirector, RoleDirector, RoleOrganiser, RoleHost, RoleModerator}).Draw(rt, "role")
	cmd.Kind = rapid.SampledFrom(append(Commands(), "next", "next", "next", "fire", "arm")).Draw(rt, "kind")
	cmd.Cue = p.s.rundown.Cues[rapid.IntRange(0, len(p.s.rundown.Cues)-1).Draw(rt, "cue")].ID
	if cmd.Kind == "arm" && rapid.IntRange(0, 2).Draw(rt, "sensible") > 0 {
		cmd.Cue = p.s.next()
	}
	cmd.Text = rapid.SampledFrom([]string{"", "示例", DanmakuOff, DanmakuOpen, DanmakuReview}).Draw(rt, "text")
	cmd.Name = rapid.SampledFrom([]string{"", "b", "close"}).Draw(rt, "name")
	cmd.Reason, cmd.On = cmd.Text, cmd.Seconds > 0
	if cmd.Kind == "decide" {
		cmd.What = rapid.SampledFrom([]string{DecideTie, DecideQuorum, DecideEntryOut, DecideOpenBallot, DecideBallotOut, "?"}).Draw(rt, "what")
		cmd.Entries = rapid.SliceOfNDistinct(rapid.SampledFrom([]contest.EntryID{"e1", "e2", "e3"}), 0, 3, rapid.ID).Draw(rt, "entries")
		cmd.Undo = rapid.IntRange(0, 2).Draw(rt, "undo") == 1
		if cmd.What == DecideBallotOut || cmd.What == DecideOpenBallot {
			cmd.Ballot, cmd.Entries = "b", nil
		}
	}
	if rapid.IntRange(0, 9).Draw(rt, "stale") == 0 {
		cmd.Rev--
	}
	return role, cmd
}

// TestFoldIsLiveApply: whatever commands come, the facts that they caused fold,
// after a trip through JSON as the store makes it, to the very state that lived
// through them, and half the facts plus the other half is the whole. This is
// what a restart rests on.
func TestFoldIsLiveApply(t *testing.T) {
	reached := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		r, c := smallRundown(), smallCatalog(rt, rapid.IntRange(3, 9).Draw(rt, "entries"), rapid.IntRange(3, 6).Draw(rt, "judges"))
		r.Cues = slices.DeleteFunc(r.Cues, func(c Cue) bool { return c.ID == "end" && rapid.Bool().Draw(rt, "endless") })
		p := newPlay(rt, r, newNight(c))
		if rapid.Bool().Draw(rt, "late") {
			decision := Command{Kind: "decide", What: DecideQuorum, Entries: []contest.EntryID{"e2"}, Reason: "示例"}
			if err := p.upTo(rapid.SampledFrom([]string{"lock", "marks", "tally"}).Draw(rt, "from")).do(RoleDirector, decision); err != nil {
				rt.Fatalf("%v", err)
			}
			p.run("arm seal", "fire seal")
			if rapid.Bool().Draw(rt, "awards") {
				p.run("fire frozen", "fire first", "next")
			}
		}
		for range rapid.IntRange(0, 60).Draw(rt, "commands") {
			role, cmd := drawCommand(rt, p)
			if err := p.do(role, cmd); err == nil && rapid.IntRange(0, 9).Draw(rt, "note") == 0 && !p.s.Ended() {
				p.tell(Make(SheetNoted{Entry: "e1", Judge: "j2", Done: true}))
			}
		}
		if id := "end"; p.s.cue(id) != nil && !p.s.Ended() && !p.s.progress(p.s.cue(id)).done() && rapid.Bool().Draw(rt, "over") {
			if p.s.cue(p.s.armed) != nil && p.s.armed != id {
				p.run("disarm " + p.s.armed)
			}
			p.run("fire end")
			if rapid.Bool().Draw(rt, "back") {
				p.run("reopen")
			}
		}
		var stored []Fact
		if err := json.Unmarshal(asJSON(rt, p.facts), &stored); err != nil {
			rt.Fatal(err)
		}
		folded, err := Fold(r, c, stored)
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(folded, p.s) {
			rt.Fatalf("folded\n%+v\nlived\n%+v", folded, p.s)
		}
		half := rapid.IntRange(0, len(stored)).Draw(rt, "half")
		first, err := Fold(r, c, stored[:half])
		if err != nil {
			rt.Fatal(err)
		}
		was := first.Clone()
		rest := first.Clone()
		for _, f := range stored[half:] {
			if err := rest.Apply(f); err != nil {
				rt.Fatal(err)
			}
		}
		for _, f := range stored {
			reached[f.Kind]++
		}
		if !reflect.DeepEqual(rest, p.s) {
			rt.Fatal("half and half is not the whole")
		}
		if !reflect.DeepEqual(first, was) {
			rt.Fatal("a state moved when its clone did")
		}
	})
	for _, kind := range []string{kindMark, kindScore, kindTally, kindSealed, kindAward, kindHeld, kindBoard, kindSkipped, kindEnded, kindReopened, kindDecided} {
		if reached[kind] == 0 {
			t.Errorf("no show came to %s: the property says too little", kind)
		}
	}
}

// TestViewsAreDeterministic: the same state gives the same bytes, every key of a
// topic is there in every state, and a view made before does not move when the
// state does.
func TestViewsAreDeterministic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(rt, smallRundown(), newNight(smallCatalog(rt, 9, 5)))
		var held []View
		var texts []string
		for range rapid.IntRange(0, 25).Draw(rt, "commands") {
			role, cmd := drawCommand(rt, p)
			p.do(role, cmd)
			sameDocs(rt, "looked at twice", p.seen(), p.seen())
			held, texts = append(held, Public(p.s)), append(texts, string(asJSON(rt, Public(p.s))))
			for name, v := range map[string]any{"public": Public(p.s), "host": Host(p.s), "staff": Staff(p.s)} {
				var fields map[string]json.RawMessage
				if err := json.Unmarshal(asJSON(rt, v), &fields); err != nil {
					rt.Fatal(err)
				}
				doc := map[string]json.RawMessage{}
				if err := json.Unmarshal(asJSON(rt, docOf(v)), &doc); err != nil {
					rt.Fatal(err)
				}
				if !reflect.DeepEqual(fields, doc) {
					rt.Fatalf("%s: Doc and JSON tell different things", name)
				}
			}
		}
		for i, v := range held {
			if string(asJSON(rt, v)) != texts[i] {
				rt.Fatalf("view %d moved after it was made", i)
			}
		}
	})
}

func docOf(v any) map[string]any {
	switch v := v.(type) {
	case View:
		return v.Doc()
	case HostView:
		return v.Doc()
	case StaffView:
		return v.Doc()
	}
	panic(fmt.Sprintf("%T has no topic", v))
}

// TestApplyRefusesWhatItCanNotKnow, and stays where it was.
func TestApplyRefusesWhatItCanNotKnow(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).upTo("lock")
	was := p.s.Clone()
	good := Make(blackoutSet{true})
	for name, f := range map[string]Fact{
		"gap":       {Seq: was.Seq() + 2, Kind: good.Kind, Body: good.Body},
		"twice":     {Seq: was.Seq(), Kind: good.Kind, Body: good.Body},
		"unknown":   {Seq: was.Seq() + 1, Kind: "danced", Body: good.Body},
		"no body":   {Seq: was.Seq() + 1, Kind: good.Kind},
		"other one": {Seq: was.Seq() + 1, Kind: kindFired, Body: json.RawMessage(`{"cue":7}`)},
	} {
		if err := p.s.Apply(f); err == nil || !reflect.DeepEqual(p.s, was) {
			t.Errorf("%s: %v, state moved: %v", name, err, !reflect.DeepEqual(p.s, was))
		}
	}
	if _, err := Fold(smallRundown(), p.n.catalog, p.facts[1:]); err == nil {
		t.Error("facts without their first were folded")
	}
}

// TestTimeDoesNotGoBack: a clock that was set back makes no fact older than the
// one before it.
func TestTimeDoesNotGoBack(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5)))
	at := p.s.Time()
	p.now -= 500_000
	if p.run("fire idle"); p.s.Time() != at {
		t.Errorf("time went from %d to %d", at, p.s.Time())
	}
}

// TestReplacedRundownKeepsProgress: cues keep their progress by id, one that was
// taken out is no cue any more, and the facts fold with either rundown.
func TestReplacedRundownKeepsProgress(t *testing.T) {
	c := smallCatalog(t, 9, 5)
	p := newPlay(t, smallRundown(), newNight(c)).run("fire idle", "fire card", "arm seal")
	next := smallRundown()
	next.Cues = slices.DeleteFunc(next.Cues, func(c Cue) bool { return c.ID == "card" || c.ID == "seal" })
	p.s.Replace(next, c)
	p.tell(Make(RundownChanged{len(next.Cues)}))
	staff := Staff(p.s)
	if staff.Cues[0].State != "done" || staff.Cues[1].ID != "other" || len(staff.Cues) != len(next.Cues) {
		t.Errorf("desk: %+v", staff.Cues)
	}
	// The last cue fired is gone, so the show goes on at the first that is planned;
	// the armed one is gone too and is in nobody's way.
	p.run("next", "arm first")
	if p.s.last != "other" {
		t.Errorf("next fired %s", p.s.last)
	}
	folded, err := Fold(next, c, p.facts)
	if err != nil || !reflect.DeepEqual(folded, p.s) {
		t.Errorf("%v: the facts fold to another state", err)
	}
}
