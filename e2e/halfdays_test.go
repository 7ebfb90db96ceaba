package e2e

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hecai/access"
)

// TestTwoHalfDaysAndACeremony: a final of two half-days, with an absent team, a judge who
// recuses, a public vote and a tie at an award's boundary that the chair breaks, is one
// ranking, sealed in the afternoon and revealed in a ceremony of its own; each of them
// was rehearsed before, and the rehearsals are gone. Its result is that of a calculation
// of our own.
func TestTwoHalfDaysAndACeremony(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, h *house) {
		t.Parallel()
		d := newHalfDays(h)
		d.rehearse("am", "open", "lock", "end")
		d.rehearse("pm", "open", "vote", "close", "lock", "seal", "end")
		d.morning()
		d.afternoon()
		d.rehearse("gala", "seal", "third", "second", "first", "verify", "end")
		if r := h.results("pm"); r.Whole || len(r.Awards) > 0 {
			t.Fatalf("before the ceremony: %+v", r)
		}
		h.run("gala", "seal", "third", "second", "first", "verify", "end")
		d.check(h.results("pm"))
	})
}

// halfDays is the case: marks by entry and judge, votes by entry.
type halfDays struct {
	*house
	judges map[string]*Client
	marks  map[string][]int // of each judge in all criteria, -1 = recused
	votes  map[string]int
	tied   []string // in the chair's order
}

func newHalfDays(h *house) *halfDays {
	d := &halfDays{house: h, judges: map[string]*Client{}, tied: []string{"E06", "E01"},
		marks: map[string][]int{
			"E02": {90, 94, 91, 88, 97, 90, 92}, "E01": {-1, 85, 85, 85, 85, 85, 85}, "E04": {79, 82, 60, 81, 80, 83, 99},
			"E05": {80, 82, 84, 79, 83, 81, 80}, "E06": {85, 85, 85, 85, 85, 85, 85}, "E07": {75, 71, 74, 77, 73, 76, 72}, "E08": {70, 69, 71, 68, 72, 73, 67},
		},
		votes: map[string]int{"E02": 4, "E01": 2, "E06": 2, "E05": 1, "E07": 3, "E04": 1},
	}
	importEntries(h.org, 8)
	var list []object
	for i := range 7 {
		list = append(list, object{"id": fmt.Sprintf("j%d", i+1), "name": fmt.Sprintf("示例评委%d", i+1), "org": "示例大学", "sector": "高校"})
	}
	h.org.Do("POST", "/v1/admin/judges", list, nil)
	for _, s := range []object{
		{"id": "am", "title": "示例决赛上午", "kind": "defence", "date": "2026-12-05", "time": "09:00"},
		{"id": "pm", "title": "示例决赛下午", "kind": "defence", "date": "2026-12-05", "time": "14:00", "joins": []string{"am"}},
		{"id": "gala", "title": "示例颁奖", "kind": "ceremony", "date": "2026-12-06", "time": "15:00", "reveals": "pm"},
	} {
		h.org.Do("POST", "/v1/admin/sessions", s, nil)
	}
	h.org.Do("PUT", "/v1/admin/sessions/am/entries", object{"entries": []string{"E02", "E01", "E04", "E03"}}, nil)
	h.org.Do("PUT", "/v1/admin/sessions/pm/entries", object{"entries": []string{"E05", "E06", "E07", "E08"}}, nil)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "pop", "title": "示例人气票", "session": "pm", "entries": []string{"E01", "E02", "E03", "E04", "E05", "E06", "E07", "E08"},
		"visibility": "hidden", "quota": object{"window": "ballot", "max": 1}}, nil)
	do := func(kind string, more object) object {
		more["kind"] = kind
		return more
	}
	cue := func(id string, confirm bool, actions ...object) object {
		return object{"id": id, "title": "环节" + id, "confirm": confirm, "actions": actions}
	}
	open, lock, end := cue("open", false, do("sheets_open", object{"entry": "*"})), cue("lock", false, do("sheets_lock", object{"entry": "*"})), cue("end", true, do("end", object{}))
	seal, vote := cue("seal", true, do("seal", object{})), cue("vote", false, do("ballot_open", object{"ballot": "pop"}))
	award := func(id string) object { return cue(id, true, do("reveal", object{"what": "award", "award": id})) }
	for session, cues := range map[string][]object{
		"am":   {open, lock, cue("again", false, do("sheets_open", object{"entry": "*"})), end},
		"pm":   {open, vote, cue("close", false, do("ballot_close", object{"ballot": "pop"})), lock, seal, end},
		"gala": {seal, award("third"), award("second"), award("first"), cue("verify", true, do("reveal", object{"what": "verify"})), end},
	} {
		h.org.Do("PUT", "/v1/admin/rundown/"+session, object{"session": session, "title": "示例" + session, "cues": cues}, nil)
	}
	h.org.Refused("stage.rundown", "PUT", "/v1/admin/rundown/am", object{"session": "am", "title": "示例", "cues": []object{seal}})
	for id := range list {
		for _, session := range []string{"am", "pm"} {
			judge := fmt.Sprintf("j%d", id+1)
			d.judges[session+judge] = h.holder(access.Judge, judge, session)
		}
	}
	return d
}

// rehearse plays cues in a take, with sheets like those of the day in a half-day, and
// purges it.
func (d *halfDays) rehearse(session string, cues ...string) {
	d.t.Helper()
	takes := "/v1/admin/sessions/" + session + "/takes"
	var take takeRow
	d.org.Do("POST", takes, object{}, &take)
	d.run(take.Show, cues[0])
	switch session {
	case "am":
		d.score(take.Show, "E02", "E01", "E04", "E03")
	case "pm":
		d.score(take.Show, "E05", "E06", "E07", "E08")
		d.decide(take.Show, object{"what": "open_ballot", "ballot": fmt.Sprintf("pop~%d", take.Take)})
	}
	d.run(take.Show, cues[1:]...)
	d.org.Do("POST", fmt.Sprintf("%s/%d/end", takes, take.Take), nil, nil)
	d.org.Do("DELETE", fmt.Sprintf("%s/%d", takes, take.Take), nil, nil)
}

// score has the judges hand in their sheets of the entries.
func (d *halfDays) score(show string, entries ...string) {
	d.t.Helper()
	session, _, _ := strings.Cut(show, "~")
	for _, e := range entries {
		marks := d.marks[e]
		if marks == nil {
			marks = []int{50, 51, 52, 53, 54, 55, 56}
		}
		for j, m := range marks {
			c := d.judges[session+"j"+strconv.Itoa(j+1)]
			if m < 0 {
				c.Do("POST", "/v1/judge/sheets/"+e+"/recuse?session="+show, object{"reason": "示例：同一单位"}, nil)
				continue
			}
			given := object{}
			for _, criterion := range []string{"innovation", "practicality", "technology", "sustainability"} {
				given[criterion] = m * 100
			}
			var saved struct{ Rev int64 }
			c.Do("PUT", "/v1/judge/sheets/"+e+"?session="+show, object{"rev": 0, "marks": given}, &saved)
			c.Do("POST", "/v1/judge/sheets/"+e+"/submit?session="+show, object{"rev": saved.Rev}, nil)
		}
	}
}

// morning has a team that does not come.
func (d *halfDays) morning() {
	d.t.Helper()
	d.run("am", "open")
	d.score("am", "E02", "E01", "E04")
	d.org.Do("POST", "/v1/admin/entries/E03/state", object{"state": "withdrawn", "reason": "示例：未到场"}, nil)
	d.org.Do("POST", "/v1/admin/ballots", object{"id": "mor", "title": "示例上午票", "session": "am", "entries": []string{"E01", "E02", "E04"},
		"visibility": "hidden", "quota": object{"window": "ballot", "max": 1}}, nil)
	d.org.Do("POST", "/v1/admin/ballots/mor/open", object{"seconds": 0}, nil)
	phone := d.client()
	phone.Do("POST", "/v1/device", object{}, nil)
	phone.cast("mor", "E04", 1, "")
	d.org.Do("POST", "/v1/admin/ballots/mor/close", object{}, nil)
	d.decide("am", object{"what": "quorum", "entries": []string{"E01"}})
}

// afternoon has the vote, and the seal of both half-days: not before the morning is
// locked, nor before the chair has decided.
func (d *halfDays) afternoon() {
	d.t.Helper()
	d.run("pm", "open", "vote")
	for entry, n := range d.votes {
		for range n {
			phone := d.client()
			phone.Do("POST", "/v1/device", object{}, nil)
			phone.cast("pop", entry, 1, "")
		}
	}
	d.score("pm", "E05", "E06", "E07", "E08")
	d.run("pm", "close", "lock")
	d.decide("pm", object{"what": "open_ballot", "ballot": "pop"})
	d.blocked("pm", "stage.joined_open")
	d.run("am", "lock")
	d.blocked("pm", "stage.blocked") // the morning's ballot is not fair to all
	d.decide("pm", object{"what": "ballot_out", "ballot": "mor"})
	d.blocked("pm", "stage.blocked") // the tie
	d.decide("pm", object{"what": "tie", "entries": d.tied})
	d.run("pm", "seal")

	// Nothing of the morning moves any more.
	director := d.staff[access.Director]
	d.org.Refused("session.sealed", "PUT", "/v1/admin/sessions/am/entries", object{"entries": []string{"E04"}})
	director.Refused("stage.sealed", "POST", "/v1/stage/am/commands", object{"kind": "decide", "what": "entry_out", "entries": []string{"E02"}, "reason": "示例"})
	d.blockedAt("am", "again", "stage.sealed")
	d.run("am", "end")
	d.run("pm", "end")
}

// decide records a decision of the chair.
func (d *halfDays) decide(show string, what object) {
	d.t.Helper()
	what["kind"], what["reason"] = "decide", "示例：评委会表决"
	d.staff[access.Director].Do("POST", "/v1/stage/"+show+"/commands", what, nil)
}

// blocked presses the seal, which is refused.
func (d *halfDays) blocked(session, code string) {
	d.t.Helper()
	d.blockedAt(session, "seal", code)
}

func (d *halfDays) blockedAt(session, cue, code string) {
	d.t.Helper()
	director := d.staff[access.Director]
	var desk struct{ Rev int64 }
	press := func(kind string) error {
		director.Do("GET", "/v1/stage/"+session+"/desk", nil, &desk)
		return director.Try("POST", "/v1/stage/"+session+"/commands", object{"kind": kind, "cue": cue, "rev": desk.Rev}, nil)
	}
	if err := press("arm"); err != nil {
		d.t.Fatal(err)
	}
	if err := press("fire"); err == nil || err.(*apiError).Code != code {
		d.t.Fatalf("the seal: %v, want %s", err, code)
	}
	if err := press("disarm"); err != nil {
		d.t.Fatal(err)
	}
}

// check holds the result against our own sums: the mean of the judges' totals without
// the highest and the lowest, votes as mid-ranks between 60 and 100, brought to the
// mean and spread of the jury, 85 to 15; then the awards by their quotas.
func (d *halfDays) check(r results) {
	d.t.Helper()
	type row struct {
		id          string
		jury, total float64
	}
	var rows []row
	for id, marks := range d.marks {
		given := slices.DeleteFunc(slices.Clone(marks), func(m int) bool { return m < 0 })
		slices.Sort(given)
		sum := 0
		for _, m := range given[1 : len(given)-1] {
			sum += m
		}
		rows = append(rows, row{id: id, jury: float64(sum) / float64(len(given)-2)})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	points := make([]float64, len(rows))
	for i, a := range rows {
		below, same := 0, 0
		for _, b := range rows {
			switch n, m := d.votes[b.id], d.votes[a.id]; {
			case n < m:
				below++
			case n == m:
				same++
			}
		}
		points[i] = 60 + 40*(float64(below)+float64(same-1)/2)/float64(len(rows)-1)
	}
	spread := func(of func(i int) float64) (mean, deviation float64) {
		for i := range rows {
			mean += of(i) / float64(len(rows))
		}
		for i := range rows {
			deviation += (of(i) - mean) * (of(i) - mean)
		}
		return mean, math.Sqrt(deviation)
	}
	juryMean, juryDev := spread(func(i int) float64 { return rows[i].jury })
	voteMean, voteDev := spread(func(i int) float64 { return points[i] })
	for i := range rows {
		rows[i].total = 0.85*rows[i].jury + 0.15*(juryMean+(points[i]-voteMean)*juryDev/voteDev)
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if math.Abs(a.total-b.total) < 1e-9 { // the chair's order
			return slices.Index(d.tied, a.id) - slices.Index(d.tied, b.id)
		}
		return cmp.Compare(b.total, a.total)
	})
	if r.Result == nil || r.Session != "pm" || r.In != "gala" || len(r.Result.Rows) != len(rows)+1 {
		d.t.Fatalf("the result: %+v", r)
	}
	quotas := []struct {
		id string
		n  int
	}{{"first", 2}, {"second", 3}, {"third", 5}, {"excellence", 20}}
	for i, want := range rows {
		got, award, before := r.Result.Rows[i], "", 0
		for _, q := range quotas {
			if before += q.n; award == "" && i < before {
				award = q.id
			}
		}
		total, err := strconv.ParseFloat(got.Total, 64)
		if got.ID != want.id || got.Rank != i+1 || got.Award != award || err != nil || math.Abs(total-want.total) > 0.0101 {
			d.t.Errorf("place %d: %+v, want %+v with %s", i+1, got, want, award)
		}
	}
	decided := map[string]bool{}
	for _, x := range r.Result.Decisions {
		decided[x.What] = true
	}
	for _, what := range []string{"open_ballot", "ballot_out", "tie", "quorum"} { // the last is the morning's
		if !decided[what] {
			d.t.Errorf("the decision %s does not stand in the result: %+v", what, r.Result.Decisions)
		}
	}
	if last := r.Result.Rows[len(rows)]; last.ID != "E03" || last.Rank != 0 || last.Award != "" || last.Total != "" {
		d.t.Errorf("who did not come: %+v", last)
	}
}
