package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/access"
)

type changed struct {
	No        int64
	At        int64
	Actor, ID string
	Verb      access.Verb
	Parts     []changedPart
}

type changedPart struct {
	Path          string
	Before, After []string
}

type changes struct {
	Rows  []changed
	Older int64
	Verbs []access.Verb
}

// TestEveryActOfTheOfficeIsARow does everything that an organiser can do: each leaves
// one row that names who did it, and what opens a door is in none.
func TestEveryActOfTheOfficeIsARow(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	ids := importEntries(h.org, 3)
	last := func() changes {
		var out changes
		h.org.Do("GET", "/v1/admin/changes", nil, &out)
		return out
	}
	seen, secrets := []access.Verb{access.ImportEntries}, []string{}
	if rows := last().Rows; len(rows) == 0 || rows[0].Verb != access.ImportEntries {
		t.Fatalf("the import left %+v", rows)
	}
	var link struct{ ID, Token string }
	var account struct{ ID, URL string }
	var tickets struct{ Codes []string }
	phone := h.phone()
	for _, act := range []struct {
		verb         access.Verb
		method, path string
		body         any
		out          any
	}{
		{access.SaveJudges, "POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil},
		{access.SaveSession, "POST", "/v1/admin/sessions", object{"id": "more", "title": "示例", "kind": "other"}, nil},
		{access.SaveSession, "PUT", "/v1/admin/sessions/more", object{"title": "示例场次", "kind": "salon", "date": "2024-09-06"}, nil},
		{access.DropSession, "DELETE", "/v1/admin/sessions/more", nil, nil},
		{access.SetEntries, "PUT", "/v1/admin/sessions/final/entries", object{"entries": ids[:2]}, nil},
		{access.SetPanel, "PUT", "/v1/admin/sessions/final/panel", object{"judges": []string{"j1"}}, nil},
		{access.SetPanel, "PUT", "/v1/admin/sessions/final/panel", object{"judges": []string{}}, nil},
		{access.SaveBallot, "POST", "/v1/admin/ballots", object{"id": "mine", "title": "示例投票", "entries": ids, "visibility": "live", "quota": object{"max": 1}}, nil},
		{access.SetStanding, "POST", "/v1/admin/entries/" + ids[2] + "/state", object{"state": "withdrawn", "reason": "示例"}, nil},
		{access.OpenBallot, "POST", "/v1/admin/ballots/mine/open", object{"seconds": 600}, nil},
		{access.ExtendBallot, "POST", "/v1/admin/ballots/mine/extend", object{"seconds": 60}, nil},
		{access.CloseBallot, "POST", "/v1/admin/ballots/mine/close", nil, nil},
		{access.RearmBallot, "POST", "/v1/admin/ballots/mine/round", object{"reason": "示例"}, nil},
		{access.OpenBallot, "POST", "/v1/admin/ballots/mine/open", object{"seconds": 600}, nil},
		{access.CloseBallot, "POST", "/v1/admin/ballots/mine/close", nil, nil},
		{access.PublishBallot, "POST", "/v1/admin/ballots/mine/publish", nil, nil},
		{access.SaveCamera, "POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil},
		{access.SaveBallot, "POST", "/v1/admin/ballots", object{"id": "wrong", "title": "示例投票", "entries": ids[:2], "visibility": "live", "quota": object{"max": 1}}, nil},
		{access.DropBallot, "DELETE", "/v1/admin/ballots/wrong", nil, nil},
		{access.SaveCamera, "POST", "/v1/admin/cameras", object{"session": "final", "name": "wrong", "label": "示例机位"}, nil},
		{access.DropCamera, "DELETE", "/v1/admin/cameras/final/wrong", nil, nil},
		{access.MakeLink, "POST", "/v1/admin/links", object{"role": "judge", "name": "j1", "session": "final"}, &link},
		{access.RevokeLink, "DELETE", "/v1/admin/links/{link}", nil, nil},
		{access.MakeAccount, "POST", "/v1/admin/staff", object{"name": "示例导演二", "roles": []string{"director"}}, &account},
		{access.InviteAccount, "POST", "/v1/admin/staff/{account}/link", object{}, nil},
		{access.DisableAccount, "DELETE", "/v1/admin/staff/{account}", nil, nil},
		{access.EnableAccount, "POST", "/v1/admin/staff/{account}/enable", object{}, nil},
		{access.MakeTickets, "POST", "/v1/admin/tickets", object{"count": 1}, &tickets},
		{access.ReleaseTicket, "POST", "/v1/admin/tickets/release", object{"code": "{ticket}"}, nil},
		{access.BeginTake, "POST", "/v1/admin/sessions/final/takes", object{"sure": true}, nil},
		{access.EndTake, "POST", "/v1/admin/sessions/final/takes/1/end", object{}, nil},
		{access.PurgeTake, "DELETE", "/v1/admin/sessions/final/takes/1", nil, nil},
		{access.DropJudge, "DELETE", "/v1/admin/judges/j1", nil, nil},
	} {
		before := last().Rows[0].No
		path := strings.NewReplacer("{link}", link.ID, "{account}", account.ID).Replace(act.path)
		if act.verb == access.ReleaseTicket {
			secrets = append(secrets, tickets.Codes[0])
			act.body = object{"code": tickets.Codes[0]}
			phone.Do("POST", "/v1/tickets/redeem", act.body, nil)
		}
		h.org.Do(act.method, path, act.body, act.out)
		rows := last().Rows
		if rows[0].No != before+1 || rows[0].Verb != act.verb || rows[0].Actor != "示例 organiser" || rows[0].At == 0 {
			t.Errorf("%s %s left %d rows, the last %+v", act.method, path, rows[0].No-before, rows[0])
		}
		seen = append(seen, act.verb)
	}
	var rundown object
	h.org.Do("GET", "/v1/admin/rundown/final", nil, &rundown)
	delete(rundown, "rev")
	rundown["title"] = "示例：另一个标题"
	h.org.Do("PUT", "/v1/admin/rundown/final", rundown, nil)
	seen = append(seen, access.SaveRundown, access.MakeContest)
	all := last()
	if r := all.Rows[0]; r.Verb != access.SaveRundown || r.ID != "final" || !slices.ContainsFunc(r.Parts, func(p changedPart) bool {
		return p.Path == "title" && slices.Equal(p.After, []string{"示例：另一个标题"})
	}) {
		t.Errorf("the rundown left %+v", r)
	}
	h.org.Do("POST", "/v1/admin/contests", object{"code": "SL-2", "name": "示例第二届"}, nil)
	for _, path := range []string{"", "/c/SL-2"} { // where it was made, and its own
		var out changes
		h.org.Do("GET", path+"/v1/admin/changes", nil, &out)
		if r := out.Rows[0]; r.Verb != access.MakeContest || r.ID != "SL-2" || r.Actor != "示例 organiser" || !slices.ContainsFunc(r.Parts, func(p changedPart) bool {
			return p.Path == "name" && slices.Equal(p.After, []string{"示例第二届"})
		}) {
			t.Errorf("%s: the contest left %+v", path, r)
		}
	}
	for _, v := range all.Verbs {
		if !slices.Contains(seen, v) {
			t.Errorf("nobody tried %s", v)
		}
	}
	text := fmt.Sprint(all)
	for _, s := range append(secrets, link.Token, account.URL) {
		if s == "" || strings.Contains(text, s) {
			t.Errorf("a secret is on record: %q", s)
		}
	}

	auditor := h.staff[access.Auditor]
	var read changes
	auditor.Do("GET", "/v1/admin/changes?verb=judge%2Fsave", nil, &read)
	if len(read.Rows) != 1 || read.Rows[0].ID != "j1" {
		t.Errorf("the auditor reads %+v", read.Rows)
	}
	auditor.Refused("access.forbidden", "GET", "/v1/admin/judges", nil)
	t.Run("told in words", func(t *testing.T) { toldInWords(t, h, all.Verbs) })
}

// TestAJudgeSavedDuringAShow moves no revision of a desk and writes no fact.
func TestAJudgeSavedDuringAShow(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	type desk struct{ Rev int64 }
	var before, after desk
	var was, is []struct{ Kind string }
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例"}, nil)
	h.org.Do("GET", "/v1/stage/final/desk", nil, &before)
	h.org.Do("GET", "/v1/stage/final/facts?after=0", nil, &was)
	for _, name := range []string{"示例评委", "示例评委二"} {
		h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": name, "org": "示例大学", "sector": "高校"}}, nil)
	}
	h.org.Do("GET", "/v1/stage/final/desk", nil, &after)
	h.org.Do("GET", "/v1/stage/final/facts?after=0", nil, &is)
	if before != after || len(was) != len(is) {
		t.Errorf("revision %d and then %d, %d facts and then %d", before.Rev, after.Rev, len(was), len(is))
	}
}

// TestTheChangesPage: by clicks, as an organiser and as an auditor, who sees nothing
// else of the office.
func TestTheChangesPage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 1, nil)
	for i := range 60 {
		v.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": fmt.Sprintf("示例评委 %d", i), "org": "示例大学", "sector": "高校"}}, nil)
	}
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例投票", "session": "final", "entries": v.entries,
		"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	o := v.adminAt(b, 1440, 900)
	o.tab("changes")
	o.WaitFor("the newest first", `document.querySelector("#changes tbody tr").dataset.verb === "account/make"`, soon)
	o.WaitFor("what it was and is", `[...document.querySelectorAll('#changes tr[data-verb="judge/save"] .diff')].some((d) => d.querySelector('del').textContent === '示例评委 58' && d.querySelector('ins').textContent === '示例评委 59')`, soon)
	o.WaitFor("who did it", `document.querySelector('#changes tbody tr').textContent.includes('示例 organiser')`, soon)
	o.see("changes")
	o.Click("#changes-older")
	o.WaitFor("the older ones", `document.querySelectorAll('#changes tbody tr').length > 50`, soon)
	o.Pick("#changes-filter select[name=verb]", "ballot/save")
	o.WaitFor("ballots only", `[...document.querySelectorAll('#changes tbody tr')].every((r) => r.dataset.verb === 'ballot/save') && document.querySelectorAll('#changes tbody tr').length > 0`, 30*time.Second)
}
