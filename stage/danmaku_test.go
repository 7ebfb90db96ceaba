package stage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
)

// pass lets time pass for the stage, not for the test.
func (r *rig) pass(d time.Duration) { r.now.Add(int64(d)); r.ticks.Add(int64(d)) }

func (r *rig) danmaku(mode string) {
	r.t.Helper()
	_, err := r.s().Do(bg, moderator, cue.Command{Kind: "danmaku", Text: mode})
	must(r.t, err)
}

// say sends a line of a voter who has not spoken for long.
func (r *rig) say(voter int64, text string) (id string) {
	r.t.Helper()
	r.pass(4 * time.Second)
	id, _, err := r.s().Danmaku().Say(bg, voter, text, "示例")
	must(r.t, err)
	return id
}

func (r *rig) lines() []event { return r.pub.told("danmaku/final") }

func (r *rig) queue() []cue.QueuedMessage { return r.s().StaffView().Queue }

func (r *rig) state(id string) string {
	r.t.Helper()
	all, err := r.db.Messages(bg, "final", "", 1000)
	must(r.t, err)
	for _, m := range all {
		if m.ID == id {
			return m.State
		}
	}
	return ""
}

func TestDanmakuOffOpenReview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	_, _, err := d.Say(bg, 1, "加油", "")
	wantCode(t, "while it is off", err, "danmaku.off")
	if fault.KindOf(err) != fault.Closed || len(r.lines()) > 0 {
		t.Errorf("%v, told %v", err, r.lines())
	}

	r.danmaku(cue.DanmakuOpen)
	id, state, err := d.Say(bg, 7001, "  加油 \n 吉林！ ", "示例甲")
	must(t, err)
	told := r.lines()
	if state != stage.MessageApproved || len(told) != 1 || r.state(id) != stage.MessageApproved {
		t.Fatalf("%s, stored as %s, told %v", state, r.state(id), told)
	}
	for _, want := range []string{`"加油 吉林！"`, `"示例甲"`, `"` + id + `"`} {
		if !strings.Contains(told[0].body, want) {
			t.Errorf("no %s in %s", want, told[0].body)
		}
	}
	if strings.Contains(told[0].body, "7001") || strings.Contains(told[0].body, "oter") {
		t.Errorf("the voter is told: %s", told[0].body)
	}

	r.danmaku(cue.DanmakuReview)
	id, state, err = d.Say(bg, 2, "等待审核", "")
	must(t, err)
	if state != stage.MessagePending || len(r.lines()) != 1 {
		t.Errorf("%s, told %v", state, r.lines())
	}
	eventually(t, "the moderator sees it", func() bool { q := r.queue(); return len(q) == 1 && q[0].ID == id && q[0].Text == "等待审核" })
	must(t, d.Moderate(bg, id, stage.Approve))
	eventually(t, "the queue is empty", func() bool { return len(r.queue()) == 0 })
	if told := r.lines(); len(told) != 2 || told[1].seq <= told[0].seq || r.state(id) != stage.MessageApproved {
		t.Errorf("told %v, stored as %s", told, r.state(id))
	}
	wantCode(t, "approved again", d.Moderate(bg, id, stage.Approve), "danmaku.unknown")

	bad := r.say(3, "不雅")
	must(t, d.Moderate(bg, bad, stage.Reject))
	wantCode(t, "approve what was rejected", d.Moderate(bg, bad, stage.Approve), "danmaku.unknown")
	if len(r.lines()) != 2 || r.state(bad) != stage.MessageRejected {
		t.Errorf("a rejected line: told %v, stored as %s", r.lines(), r.state(bad))
	}
	must(t, d.Moderate(bg, id, stage.Retract))
	if told := r.lines(); len(told) != 3 || told[2].body != fmt.Sprintf(`{"retract":%q}`, id) || r.state(id) != stage.MessageRetracted {
		t.Errorf("retracted: told %v, stored as %s", told, r.state(id))
	}
	wantCode(t, "retract again", d.Moderate(bg, id, stage.Retract), "danmaku.unknown")
	wantCode(t, "retract what waits", d.Moderate(bg, r.say(4, "等待"), stage.Retract), "danmaku.unknown")
	wantCode(t, "a verdict unknown", d.Moderate(bg, id, "burn"), "danmaku.verdict")
	wantCode(t, "a line unknown", d.Moderate(bg, "nobody", stage.Approve), "danmaku.unknown")
	r.danmaku(cue.DanmakuOff)
	_, _, err = d.Say(bg, 9, "还在吗", "")
	wantCode(t, "off again", err, "danmaku.off")
}

func TestDanmakuIsOneLineOfText(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	for name, c := range map[string]struct{ text, name, code string }{
		"empty":           {"", "", "danmaku.text"},
		"blank":           {" \n\u3000\t", "", "danmaku.text"},
		"invisible":       {"\u200b\u202e", "", "danmaku.text"},
		"61 runes":        {strings.Repeat("好", 61), "", "danmaku.text"},
		"much":            {strings.Repeat(" ", 2000), "", "danmaku.text"},
		"not UTF-8":       {"\xff", "", "danmaku.text"},
		"a long name":     {"好", strings.Repeat("名", 17), "danmaku.name"},
		"a name of bytes": {"好", "\xff", "danmaku.name"},
	} {
		r.pass(4 * time.Second)
		_, _, err := d.Say(bg, 1, c.text, c.name)
		wantCode(t, name, err, c.code)
	}
	if len(r.lines()) > 0 {
		t.Errorf("told %v", r.lines())
	}
	r.pass(4 * time.Second)
	_, _, err := d.Say(bg, 1, strings.Repeat("好", 60)+"\u202e", strings.Repeat("名", 16))
	must(t, err)
	if told := r.lines(); len(told) != 1 || strings.Contains(told[0].body, "\u202e") {
		t.Errorf("told %v", told)
	}
}

// TestDanmakuEmojiStayWhole is "emoji-in-danmaku": joined emoji and words are
// told as they were typed, and what shows as nothing is refused.
func TestDanmakuEmojiStayWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	for _, text := range []string{"👨\u200d👩\u200d👧 一家三口", "🏳\ufe0f\u200d🌈 彩虹", "می\u200cخواهم", "👍🏽", "1\ufe0f\u20e3"} {
		r.say(1, text)
		lines := r.lines()
		if got := fmt.Sprint(lines[len(lines)-1].body); !strings.Contains(got, text) {
			t.Errorf("%+q is told as %+q", text, got)
		}
	}
	for _, text := range []string{"\u3164\u3164\u3164", "\u2800\u2800", "\u200d", "\ufe0f", "\u00ad\u200b", "\u202e", "\U000e0067"} {
		r.pass(4 * time.Second)
		_, _, err := d.Say(bg, 1, text, "")
		wantCode(t, fmt.Sprintf("%+q", text), err, "danmaku.text")
	}
}

func TestDanmakuLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.still = time.Now() // only what passes here passes
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	r.say(1, "一")
	r.pass(time.Second)
	_, _, err := d.Say(bg, 1, "二", "")
	wantCode(t, "after a second", err, "danmaku.too_fast")
	if wait := fault.Of(err).RetryAfter; fault.KindOf(err) != fault.Limited || wait <= 0 || wait > 2*time.Second {
		t.Errorf("told to wait %v", fault.Of(err).Args)
	}
	_, _, err = d.Say(bg, 2, "别人", "")
	must(t, err)
	r.pass(2100 * time.Millisecond)
	_, _, err = d.Say(bg, 1, "三", "") // being refused does not start the pause again
	must(t, err)

	busy, sent := 0, 0
	for voter := int64(100); voter < 400; voter++ {
		_, _, err := d.Say(bg, voter, "刷屏", "")
		if sent++; fault.CodeOf(err) == "danmaku.busy" {
			busy++
		} else {
			must(t, err)
		}
	}
	if sent-busy > 50 {
		t.Errorf("%d of %d lines got through in one second", sent-busy, sent)
	}

	r.danmaku(cue.DanmakuReview)
	full := 0
	for voter := int64(1000); voter < 1310; voter++ {
		if voter%40 == 0 {
			r.pass(time.Second)
		}
		_, _, err := d.Say(bg, voter, "待审", "")
		if fault.CodeOf(err) == "danmaku.busy" {
			full++
		} else {
			must(t, err)
		}
	}
	if full != 10 {
		t.Errorf("%d of 310 lines were refused, want those beyond 300", full)
	}
}

// TestDanmakuThatIsNotStored is seen by nobody, and a verdict that is not stored
// moves nothing.
func TestDanmakuThatIsNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	shown := r.say(1, "已上屏")
	r.danmaku(cue.DanmakuReview)
	waits := r.say(2, "待审")
	before := len(r.lines())
	r.store.set(readOnly, false)
	r.pass(4 * time.Second)
	_, _, err := d.Say(bg, 3, "存不下", "")
	wantCode(t, "say", err, "danmaku.not_stored")
	wantCode(t, "approve", d.Moderate(bg, waits, stage.Approve), "danmaku.not_stored")
	wantCode(t, "retract", d.Moderate(bg, shown, stage.Retract), "danmaku.not_stored")
	r.store.set(sound, false)
	if len(r.lines()) != before {
		t.Errorf("told %v", r.lines()[before:])
	}
	must(t, d.Moderate(bg, waits, stage.Approve))
	must(t, d.Moderate(bg, shown, stage.Retract))
	if len(r.lines()) != before+2 {
		t.Errorf("told %v", r.lines()[before:])
	}
}

// TestDanmakuAfterARestart: what waits still waits, what is shown can still be
// taken away, and events go on to grow.
func TestDanmakuAfterARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.danmaku(cue.DanmakuOpen)
	shown := r.say(1, "已上屏")
	r.danmaku(cue.DanmakuReview)
	one, two := r.say(2, "待审一"), r.say(3, "待审二")
	last := r.lines()[0].seq
	r.restart()
	eventually(t, "the queue is back", func() bool { q := r.queue(); return len(q) == 2 && q[0].ID == one && q[1].ID == two })
	must(t, r.s().Danmaku().Moderate(bg, shown, stage.Retract))
	must(t, r.s().Danmaku().Moderate(bg, two, stage.Approve))
	for _, e := range r.lines()[1:] {
		if e.seq <= last {
			t.Errorf("event %d after %d", e.seq, last)
		}
		last = e.seq
	}
	if n := len(r.lines()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// TestTwoModerators decide about the same line at the same time: one of them is
// heard. Once, an approval that met another was shown twice, and one that met a
// rejection stayed on every screen with nobody able to take it away.
func TestTwoModerators(t *testing.T) {
	t.Parallel()
	for _, verdicts := range [][2]string{{stage.Approve, stage.Approve}, {stage.Approve, stage.Reject}, {stage.Reject, stage.Approve}} {
		r := newRig(t)
		d := r.start().Danmaku()
		r.danmaku(cue.DanmakuReview)
		for i := range 10 {
			id := r.say(int64(i+1), "待审")
			gate := make(chan struct{})
			r.store.mu.Lock()
			r.store.gate = gate
			r.store.mu.Unlock()
			before := len(r.lines())
			errs := make(chan error, 2)
			for _, v := range verdicts {
				go func() { errs <- d.Moderate(bg, id, v) }()
			}
			time.Sleep(2 * time.Millisecond) // both have looked at the queue
			close(gate)
			heard := 0
			for range verdicts {
				switch err := <-errs; fault.CodeOf(err) {
				case "":
					heard++
				case "danmaku.unknown":
				default:
					t.Fatal(err)
				}
			}
			shown := len(r.lines()) - before
			state := r.state(id)
			if heard != 1 || shown > 1 || (shown == 1) != (state == stage.MessageApproved) {
				t.Errorf("%v: %d heard, shown %d times, stored as %s", verdicts, heard, shown, state)
			}
			if err := d.Moderate(bg, id, stage.Retract); (err == nil) != (shown == 1) {
				t.Errorf("%v: shown %d times, retracting: %v", verdicts, shown, err)
			}
		}
	}
}

// TestAFewDoNotSilenceTheRest: fifty who never stop leave half of the rate and
// half of the moderator's queue to those who have not spoken.
func TestAFewDoNotSilenceTheRest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.still = time.Now()
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuReview)
	for round := range 20 {
		for voter := range int64(50) {
			_, _, err := d.Say(bg, 1+voter, "刷屏", "")
			if err != nil && fault.CodeOf(err) != "danmaku.busy" {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		r.pass(4 * time.Second)
	}
	for voter := range int64(100) {
		if voter%40 == 0 {
			r.pass(time.Second)
		}
		if _, _, err := d.Say(bg, 1000+voter, "加油", ""); err != nil {
			t.Fatalf("voter %d: %v", voter, err)
		}
	}
	r.danmaku(cue.DanmakuOpen)
	r.pass(4 * time.Second)
	busy := 0
	for voter := range int64(100) {
		if _, _, err := d.Say(bg, 1000+voter, "刷屏", ""); err != nil {
			busy++
		}
	}
	if busy != 75 {
		t.Errorf("%d of 100 in one second by those who spoke a moment ago were refused, want 75", busy)
	}
	for voter := range int64(25) {
		if _, _, err := d.Say(bg, 5000+voter, "加油", ""); err != nil {
			t.Errorf("in the same second, voter %d: %v", voter, err)
		}
	}
}

// TestDanmakuForWhoComesLate: what everyone was shown last, and nothing that waits,
// was rejected or was taken off.
func TestDanmakuForWhoComesLate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	if got := d.Recent(); got == nil || len(got) != 0 {
		t.Fatalf("before anyone spoke: %v", got)
	}
	r.danmaku(cue.DanmakuOpen)
	for i := range 60 {
		r.say(int64(i+1), fmt.Sprintf("第%d句", i))
	}
	off := r.say(100, "撤回的")
	must(t, d.Moderate(bg, off, stage.Retract))
	r.danmaku(cue.DanmakuReview)
	r.say(101, "等待的")
	must(t, d.Moderate(bg, r.say(102, "拒绝的"), stage.Reject))
	got := d.Recent()
	if len(got) != 50 || got[0].Text != "第10句" || got[49].Text != "第59句" || got[49].Name != "示例" {
		t.Errorf("%d lines: %+v", len(got), got)
	}
}
